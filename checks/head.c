/* head.c - the head comment of a check file, parsed strictly: a misspelt key must not become a missing rationale. */
#include "checks/engine.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_TITLE,
    KEY_SEVERITY,
    KEY_STRENGTH,
    KEY_CWE,
    KEY_CERT,
    KEY_KIN, /* the only one that may be missing */
    KEY_NEEDS,
    KEY_WHY,
    KEY_ACCEPTED,
    KEY_FIX,
    N_KEY
};
static const char *const keys[N_KEY] = { "title", "severity", "strength", "cwe",      "cert",
                                         "kin",   "needs",    "why",      "accepted", "fix" };
#define KEY_LIST  "title, severity, strength, cwe, cert, kin, needs, why, accepted, fix"
#define TITLE_MAX 60

struct parser {
    const char *file;
    const char *at; /* start of the line to read */
    int line;       /* its number */
    char *pool;     /* free memory for values; large enough for the whole text */
    char *values[N_KEY];
    int lines[N_KEY];
    struct errors *errors;
};

#define REFUSE(p, line, ...) (errors_add((p)->errors, (p)->file, line, __VA_ARGS__) ? -ENOMEM : -EBADMSG)

static size_t line_length(const char *at)
{
    return strcspn(at, "\n");
}

static void line_skip(struct parser *p)
{
    p->at += line_length(p->at);
    if (*p->at)
        p->at++;
    p->line++;
}

/* Appends `size` bytes without blanks at either end to the value that ends at pool[-1]. */
static void value_append(struct parser *p, const char *from, size_t size, int again)
{
    while (size && isspace((unsigned char)*from))
        from++, size--;
    while (size && isspace((unsigned char)from[size - 1]))
        size--;
    if (again)
        p->pool[-1] = ' ';
    memcpy(p->pool, from, size);
    p->pool += size;
    *p->pool++ = '\0';
}

/* The id: the file's name without ".sql", lower-case words joined by '-'. */
static int id_parse(struct parser *p, char **ret_id)
{
    const char *slash = strrchr(p->file, '/'), *name = slash ? slash + 1 : p->file;
    size_t size = strlen(name), i;

    if (size <= 4 || strcmp(name + size - 4, ".sql"))
        return REFUSE(p, 0, "the name of a check file ends in .sql and is the check's id, such as my-check.sql");
    size -= 4;
    for (i = 0; i < size; i++) {
        int word = islower((unsigned char)name[i]) || isdigit((unsigned char)name[i]);
        int joint = name[i] == '-' && i && i + 1 < size && name[i - 1] != '-';

        if (!word && !joint)
            return REFUSE(p, 0, "a check's id is lower-case words joined by '-', such as my-check: rename the file");
    }
    if (!islower((unsigned char)name[0]) || size > 63)
        return REFUSE(p, 0, "a check's id begins with a letter and has at most 63 bytes: rename the file");
    *ret_id = p->pool;
    memcpy(p->pool, name, size);
    p->pool += size;
    *p->pool++ = '\0';
    return 0;
}

/* Line 1: "-- ID.sql: what it finds". */
static int first_line_parse(struct parser *p, const char *id)
{
    size_t n = strlen(id);
    const char *at = p->at;

    if (strncmp(at, "-- ", 3) || strncmp(at + 3, id, n) || strncmp(at + 3 + n, ".sql: ", 6) ||
        isspace((unsigned char)at[9 + n]) || !at[9 + n])
        return REFUSE(p, 1, "line 1 must be \"-- %s.sql: what it finds\"", id);
    line_skip(p);
    return 0;
}

static int key_find(const char *at, size_t size)
{
    for (int k = 0; k < N_KEY; k++)
        if (strlen(keys[k]) == size && !memcmp(keys[k], at, size))
            return k;
    return -1;
}

/* One "-- key: value" and the indented lines that go on with it. */
static int key_parse(struct parser *p)
{
    const char *name = p->at + 3;
    size_t left = line_length(p->at), size;
    int key;

    if (left < 4 || p->at[2] != ' ' || isspace((unsigned char)*name) || !memchr(name, ':', left - 3))
        return REFUSE(p, p->line,
                      "a line of the head is \"-- key: value\", or \"--   more of the value\" (two blanks)");
    size = (size_t)((const char *)memchr(name, ':', left - 3) - name);
    key = key_find(name, size);
    if (key < 0)
        return REFUSE(p, p->line, "unknown key '%.*s': known are " KEY_LIST, size > 40 ? 40 : (int)size, name);
    if (p->values[key])
        return REFUSE(p, p->line, "'%s' is given twice: first in line %d", keys[key], p->lines[key]);
    p->values[key] = p->pool;
    p->lines[key] = p->line;
    value_append(p, name + size + 1, left - 3 - size - 1, 0);
    line_skip(p);
    while (!strncmp(p->at, "--   ", 5)) {
        value_append(p, p->at + 5, line_length(p->at) - 5, 1);
        line_skip(p);
    }
    if (!*p->values[key])
        return REFUSE(p, p->lines[key], "'%s' is empty", keys[key]);
    return 0;
}

/* Calls `known` for each blank-separated word; the first one that it does not know goes to ret_bad. */
static int list_is_known(const char *list, int (*known)(const char *word), char *ret_bad, size_t bad_size)
{
    while (*list) {
        size_t n = strcspn(list, " ");

        if (n >= bad_size)
            n = bad_size - 1;
        memcpy(ret_bad, list, n);
        ret_bad[n] = '\0';
        if (!known(ret_bad))
            return 0;
        list += n + strspn(list + n, " ");
    }
    return 1;
}

static int is_cwe(const char *word)
{
    return !strncmp(word, "CWE-", 4) && word[4] && strspn(word + 4, "0123456789") == strlen(word + 4);
}

/* SEI CERT C: three capitals, two digits, "-C". */
static int is_cert(const char *word)
{
    return strlen(word) == 7 && isupper((unsigned char)word[0]) && isupper((unsigned char)word[1]) &&
           isupper((unsigned char)word[2]) && isdigit((unsigned char)word[3]) && isdigit((unsigned char)word[4]) &&
           !strcmp(word + 5, "-C");
}

/* A failure by its public name: CVE-YEAR-NUMBER, or PROJECT#NUMBER for an issue or pull request. */
static int is_kin(const char *word)
{
    size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    if (!strncmp(word, "CVE-", 4))
        return strspn(word + 4, "0123456789") == 4 && word[8] == '-' && strlen(word + 9) >= 4 &&
               strspn(word + 9, "0123456789") == strlen(word + 9);
    return n && word[n] == '#' && word[n + 1] && strspn(word + n + 1, "0123456789") == strlen(word + n + 1);
}

/* What may be missing, or "none", is the empty value from here on. */
static int values_complete(struct parser *p)
{
    static char nothing[1];
    char **v = p->values;

    if (!v[KEY_KIN])
        v[KEY_KIN] = nothing;
    for (int k = 0; k < N_KEY; k++)
        if (!v[k])
            return REFUSE(p, p->line, "the head lacks '%s': add a line \"-- %s: ...\"", keys[k], keys[k]);
    for (int k = 0; k < N_KEY; k++)
        if ((k == KEY_CWE || k == KEY_CERT || k == KEY_KIN || k == KEY_NEEDS || k == KEY_ACCEPTED) &&
            !strcmp(v[k], "none"))
            *v[k] = '\0';
    return 0;
}

static int values_check(struct parser *p)
{
    char **v = p->values, bad[80];
    int r = values_complete(p);

    if (r)
        return r;
    if (strlen(v[KEY_TITLE]) > TITLE_MAX)
        return REFUSE(p, p->lines[KEY_TITLE], "the title has %zu bytes, at most %d are shown: shorten it",
                      strlen(v[KEY_TITLE]), TITLE_MAX);
    if (judge_severity(v[KEY_SEVERITY]) < 0)
        return REFUSE(p, p->lines[KEY_SEVERITY], "unknown severity '%.40s': %s", v[KEY_SEVERITY], words_list('s'));
    if (!words_is_strength(v[KEY_STRENGTH]))
        return REFUSE(p, p->lines[KEY_STRENGTH], "unknown strength '%.40s': %s", v[KEY_STRENGTH], words_list('t'));
    if (!list_is_known(v[KEY_CWE], is_cwe, bad, sizeof bad))
        return REFUSE(p, p->lines[KEY_CWE], "'%s' is not a CWE number such as CWE-403, nor none", bad);
    if (!list_is_known(v[KEY_CERT], is_cert, bad, sizeof bad))
        return REFUSE(p, p->lines[KEY_CERT], "'%s' is not a CERT C rule such as FIO22-C, nor none", bad);
    if (!list_is_known(v[KEY_KIN], is_kin, bad, sizeof bad))
        return REFUSE(p, p->lines[KEY_KIN], "'%s' is no kin such as CVE-2006-2607 or cups#185, nor none", bad);
    if (!list_is_known(v[KEY_NEEDS], words_is_source, bad, sizeof bad))
        return REFUSE(p, p->lines[KEY_NEEDS], "needs unknown evidence '%s': known are %s", bad, words_list('n'));
    return 0;
}

int head_parse(const char *file, const char *text, struct head *ret, struct errors *errors)
{
    /* Every value is shorter than what it was made of, the id is shorter than the file's name. */
    size_t size = strlen(text) + 1;
    char *memory = malloc(2 * size + strlen(file) + 2 + strlen(file) + 2);
    struct parser p = { .file = file, .line = 1, .errors = errors };
    char *own_file, *id = NULL;
    int r;

    if (!memory)
        return -ENOMEM;
    memcpy(memory, text, size);
    own_file = memory + size;
    strcpy(own_file, file);
    p.at = memory;
    p.pool = own_file + strlen(file) + 1;
    r = id_parse(&p, &id);
    if (!r)
        r = first_line_parse(&p, id);
    while (!r && !strncmp(p.at, "--", 2))
        r = key_parse(&p);
    if (!r)
        r = values_check(&p);
    if (!r && !p.at[strspn(p.at, " \t\n\r;")])
        r = REFUSE(&p, p.line, "there is no query after the head");
    if (r) {
        free(memory);
        return r;
    }
    *ret = (struct head){
        .check = { .id = id,
                   .file = own_file,
                   .title = p.values[KEY_TITLE],
                   .severity = p.values[KEY_SEVERITY],
                   .strength = p.values[KEY_STRENGTH],
                   .cwe = p.values[KEY_CWE],
                   .cert = p.values[KEY_CERT],
                   .kin = p.values[KEY_KIN],
                   .needs = p.values[KEY_NEEDS],
                   .why = p.values[KEY_WHY],
                   .accepted = p.values[KEY_ACCEPTED],
                   .fix = p.values[KEY_FIX],
                   .sql = p.at },
        .line = p.line,
        .memory = memory,
    };
    return 0;
}

void head_release(struct head *h)
{
    free(h->memory);
    *h = (struct head){ 0 };
}
