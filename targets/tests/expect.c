/* expect.c - parsers of target heads and of `ids` reports, and their exact comparison. */
#include "targets/tests/expect.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_SIZE 512

__attribute__((format(printf, 3, 4))) static int refuse(char *why, size_t why_size, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(why, why_size, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

/* Copies the line at *text without its end and moves on. 1: got one; 0: end of text; -1: too long. */
static int line_next(const char **text, char *line)
{
    size_t length = strcspn(*text, "\n");

    if (!**text)
        return 0;
    if (length >= LINE_SIZE)
        return -1;
    memcpy(line, *text, length);
    line[length] = '\0';
    *text += length + ((*text)[length] == '\n');
    return 1;
}

static int id_is_valid(const char *id)
{
    size_t length = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-");

    return length > 0 && length < EXPECT_ID_SIZE && !id[length] && islower((unsigned char)id[0]);
}

static struct expect_row *rows_find(struct expect_rows *rows, const char *id)
{
    size_t i;

    for (i = 0; i < rows->n; i++)
        if (!strcmp(rows->rows[i].id, id))
            return &rows->rows[i];
    return NULL;
}

/* Adds `count` to the row of `id`. -1: no room. */
static int rows_add(struct expect_rows *rows, const char *id, unsigned count)
{
    struct expect_row *row = rows_find(rows, id);

    if (!row) {
        if (rows->n == EXPECT_ROWS_MAX)
            return -1;
        row = &rows->rows[rows->n++];
        snprintf(row->id, sizeof row->id, "%s", id);
        row->count = 0;
    }
    row->count += count;
    return 0;
}

/* "CHECK-ID COUNT" after "Expect:" or "Unknown:". */
static int parse_row(const char *value, struct expect_rows *rows, char *why, size_t why_size)
{
    char id[LINE_SIZE], rest;
    unsigned count;

    if (sscanf(value, "%511s %u %c", id, &count, &rest) != 2 || !id_is_valid(id) || count < 1 || count > 999)
        return refuse(why, why_size, "\"%s\" is not CHECK-ID COUNT", value);
    if (rows_find(rows, id))
        return refuse(why, why_size, "%s stands twice", id);
    if (rows_add(rows, id, count))
        return refuse(why, why_size, "more than %d checks", EXPECT_ROWS_MAX);
    return 0;
}

static int parse_needs(const char *value, struct expect *expect, char *why, size_t why_size)
{
    if (!strcmp(value, "root"))
        expect->needs_root = 1;
    else if (!strcmp(value, "user"))
        expect->needs_user = 1;
    else if (!strcmp(value, "user-auditor"))
        expect->needs_user = expect->needs_user_auditor = 1;
    else if (!strcmp(value, "threads"))
        expect->needs_threads = 1;
    else if (!strcmp(value, "userns"))
        expect->needs_userns = 1;
    else if (!strcmp(value, "io_uring"))
        expect->needs_io_uring = 1;
    else
        return refuse(why, why_size, "Needs: \"%s\" is none of root, user, user-auditor, threads, userns, io_uring",
                      value);
    if (expect->needs_root && expect->needs_user)
        return refuse(why, why_size, "needs both root and user");
    return 0;
}

/* Words after "Re-enacts:", "Inject:", "Run:" or "Member:". */
static int parse_words(const char *value, struct expect_words *ret, char *why, size_t why_size)
{
    if (!*value)
        return refuse(why, why_size, "a line without a value");
    for (; *value; value += strspn(value, " ")) {
        size_t size = strcspn(value, " ");

        if (ret->n == EXPECT_WORDS_MAX || size >= EXPECT_WORD_SIZE)
            return refuse(why, why_size, "more than %d words, or one that is too long", EXPECT_WORDS_MAX);
        memcpy(ret->words[ret->n], value, size);
        ret->words[ret->n++][size] = '\0';
        value += size;
    }
    return 0;
}

/* "CHECK-ID STRENGTH" after "Strength:". */
static int parse_strength(const char *value, struct expect *expect, char *why, size_t why_size)
{
    char id[LINE_SIZE], strength[LINE_SIZE], rest;
    struct expect_strength *row = &expect->strengths[expect->n_strengths];

    if (sscanf(value, "%511s %511s %c", id, strength, &rest) != 2 || !id_is_valid(id) ||
        (strcmp(strength, "proven") && strcmp(strength, "observed") && strcmp(strength, "suspect")))
        return refuse(why, why_size, "\"%s\" is not CHECK-ID and proven, observed or suspect", value);
    if (expect->n_strengths == sizeof expect->strengths / sizeof expect->strengths[0])
        return refuse(why, why_size, "more than %zu strengths", expect->n_strengths);
    memcpy(row->id, id, strlen(id) + 1);
    memcpy(row->strength, strength, strlen(strength) + 1);
    expect->n_strengths++;
    return 0;
}

/* The value after "KEY:" in a line of a head, or NULL when it is another line. */
static const char *value_of(const char *line, const char *key)
{
    size_t length = strlen(key);

    line += strspn(line, " *");
    if (strncmp(line, key, length) || line[length] != ':')
        return NULL;
    line += length + 1;
    return line + strspn(line, " ");
}

static int parse_line(const char *line, struct expect *expect, int *none, char *why, size_t why_size)
{
    const char *value;

    if ((value = value_of(line, "Needs")))
        return parse_needs(value, expect, why, why_size);
    if ((value = value_of(line, "Unknown")))
        return parse_row(value, &expect->unknown, why, why_size);
    if ((value = value_of(line, "Strength")))
        return parse_strength(value, expect, why, why_size);
    if ((value = value_of(line, "Re-enacts")))
        return parse_words(value, &expect->re_enacts, why, why_size);
    if ((value = value_of(line, "Member")))
        return parse_words(value, &expect->member, why, why_size);
    if ((value = value_of(line, "Inject")))
        return parse_words(value, &expect->inject, why, why_size);
    if ((value = value_of(line, "Run")))
        return parse_words(value, &expect->run, why, why_size);
    if (!(value = value_of(line, "Expect")))
        return 0;
    if (strcmp(value, "none"))
        return parse_row(value, &expect->found, why, why_size);
    *none += 1;
    return 0;
}

/* The first line of a head: "NAME.c - what it does" after the comment's opening. */
static int parse_title(const char *name, const char *line, char *why, size_t why_size)
{
    size_t length = strlen(name);

    if (strncmp(line, "/* ", 3) || strncmp(line + 3, name, length) || strncmp(line + 3 + length, ".c - ", 5) ||
        !line[3 + length + 5])
        return refuse(why, why_size, "the first line is not \"/* %s.c - what it does\"", name);
    return 0;
}

/* What lines say of each other. */
static int expect_check(struct expect *expect, int none, char *why, size_t why_size)
{
    if (none > 1 || (none == 1) == (expect->found.n > 0))
        return refuse(why, why_size, "needs either one \"Expect: none\" or \"Expect: CHECK-ID COUNT\" lines");
    if (none && expect->re_enacts.n)
        return refuse(why, why_size, "re-enacts a failure and expects nothing to be found");
    if (expect->run.n && expect->inject.n)
        return refuse(why, why_size, "has options for both run and inject");
    for (size_t i = 0; i < expect->member.n; i++)
        if (strspn(expect->member.words[i], "0123456789") != strlen(expect->member.words[i]))
            return refuse(why, why_size, "\"%s\" is not the number of a group", expect->member.words[i]);
    for (size_t i = 0; i < expect->n_strengths; i++)
        if (!rows_find(&expect->found, expect->strengths[i].id))
            return refuse(why, why_size, "has a strength of %s and does not expect it", expect->strengths[i].id);
    return 0;
}

int expect_parse(const char *name, const char *text, struct expect *ret, char *why, size_t why_size)
{
    struct expect expect = { .needs_root = 0 };
    char line[LINE_SIZE];
    int none = 0, got, error;

    if (line_next(&text, line) != 1)
        return refuse(why, why_size, "no first line");
    error = parse_title(name, line, why, why_size);
    while (!error && !strstr(line, "*/")) {
        got = line_next(&text, line);
        if (got != 1)
            return refuse(why, why_size, got ? "a line is too long" : "the head comment does not end");
        error = parse_line(line, &expect, &none, why, why_size);
    }
    if (!error)
        error = expect_check(&expect, none, why, why_size);
    if (!error)
        *ret = expect;
    return error;
}

static int read_row(const char *line, struct expect_answer *answer, char *why, size_t why_size)
{
    char result[LINE_SIZE], id[LINE_SIZE], rest;

    if (sscanf(line, "%511s %511s %c", result, id, &rest) != 2 || !id_is_valid(id))
        return refuse(why, why_size, "the report has the line \"%s\"", line);
    if (!strcmp(result, "accepted") || !strcmp(result, "pass"))
        return 0;
    if (strcmp(result, "found") && strcmp(result, "unknown"))
        return refuse(why, why_size, "the report has the unknown result \"%s\"", result);
    if (rows_add(*result == 'f' ? &answer->found : &answer->unknown, id, 1))
        return refuse(why, why_size, "the report names more than %d checks", EXPECT_ROWS_MAX);
    return 0;
}

int expect_read_ids(const char *text, struct expect_answer *ret, char *why, size_t why_size)
{
    struct expect_answer answer = { .complete = -1 };
    char line[LINE_SIZE];
    int got, error = 0;

    while ((got = line_next(&text, line)) == 1 && !error) {
        if (answer.complete >= 0)
            return refuse(why, why_size, "the report goes on after its end: \"%s\"", line);
        if (!strcmp(line, "complete") || !strcmp(line, "incomplete"))
            answer.complete = *line == 'c';
        else
            error = read_row(line, &answer, why, why_size);
    }
    if (error)
        return error;
    if (got < 0)
        return refuse(why, why_size, "the report has a line that is too long");
    if (answer.complete < 0)
        return refuse(why, why_size, "the report ends without \"complete\" or \"incomplete\"");
    *ret = answer;
    return 0;
}

/* Equal as multisets; no row has count 0. */
static int rows_are_equal(const struct expect_rows *a, struct expect_rows b)
{
    size_t i;

    for (i = 0; i < a->n; i++) {
        const struct expect_row *row = rows_find(&b, a->rows[i].id);

        if (!row || row->count != a->rows[i].count)
            return 0;
    }
    return a->n == b.n;
}

static void rows_print(const struct expect_rows *rows, char *buffer, size_t size)
{
    size_t i, used = 0;

    snprintf(buffer, size, "none");
    for (i = 0; i < rows->n && used < size; i++)
        used += (size_t)snprintf(buffer + used, size - used, "%s%s %u", i ? ", " : "", rows->rows[i].id,
                                 rows->rows[i].count);
}

static int differ(const char *what, const struct expect_rows *expected, const struct expect_rows *got, char *why,
                  size_t why_size)
{
    char left[512], right[512];

    if (rows_are_equal(expected, *got))
        return 0;
    rows_print(expected, left, sizeof left);
    rows_print(got, right, sizeof right);
    snprintf(why, why_size, "%s: expected %s; got %s", what, left, right);
    return 1;
}

int expect_is_met(const struct expect *expect, const struct expect_answer *answer, char *why, size_t why_size)
{
    if (differ("found", &expect->found, &answer->found, why, why_size) ||
        differ("unknown", &expect->unknown, &answer->unknown, why, why_size))
        return 0;
    if (answer->complete == (expect->unknown.n > 0)) {
        snprintf(why, why_size, "the audit is %s; expected %s", answer->complete ? "complete" : "incomplete",
                 answer->complete ? "incomplete" : "complete");
        return 0;
    }
    return 1;
}
