/* text_steps.c - the life of one process, line by line: a label, and what was so or became so. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reports/query.h"
#include "reports/text.h"
#include "reports/text_identity.h"

#define LINES_MAX         14 /* lines of one process without -v; of more, the middle ones are counted only */
#define LINES_MAX_VERBOSE 2000
#define TAIL              4 /* how many of them are the last ones */
#define THREADS_MAX       4096

/* One life in the making. */
struct life {
    const struct text_subject *subject;
    struct text_steps *steps;
    struct text_copy copy;
    struct page label, text; /* of the line in the making */
    int verbose;
    int64_t *tids; /* other threads, in the order of appearance */
    size_t n_tids, tids_room;
};

static void release_step(struct text_step *step)
{
    free(step->label);
    free(step->text);
}

void text_steps_release(struct text_steps *s)
{
    for (size_t i = 0; i < s->n; i++)
        release_step(&s->steps[i]);
    free(s->steps);
    *s = (struct text_steps){ 0 };
}

static int is_alike(const struct text_step *a, const struct text_step *b)
{
    return a->thread == b->thread && !strcmp(a->label, b->label) && !strcmp(a->text, b->text);
}

int text_steps_equal(const struct text_steps *a, const struct text_steps *b)
{
    if (a->hash != b->hash || a->n != b->n || a->hidden != b->hidden)
        return 0;
    for (size_t i = 0; i < a->n; i++)
        if (a->steps[i].times != b->steps[i].times || !is_alike(&a->steps[i], &b->steps[i]))
            return 0;
    return 1;
}

/* FNV-1a */
static void hash_text(struct text_steps *s, const char *text)
{
    do {
        s->hash = (s->hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    } while (*text++);
}

/* Gives up a line in the middle, but none that says that something was regained. */
static void hide_one(struct text_steps *s)
{
    size_t i = s->head;

    while (i < s->n && s->steps[i].is_regained)
        i++;
    if (i == s->n)
        i = s->head;
    s->hidden += s->steps[i].times;
    release_step(&s->steps[i]);
    memmove(&s->steps[i], &s->steps[i + 1], (s->n - i - 1) * sizeof *s->steps);
    s->n--;
}

/* 1: the line is one of those before, once more. */
static int is_repeated(struct life *l, const struct text_step *step)
{
    struct text_steps *s = l->steps;

    if (l->verbose)
        return 0;
    if (s->n > 0 && is_alike(&s->steps[s->n - 1], step)) {
        s->steps[s->n - 1].times++;
        return 1;
    }
    /* Copies made at several moments that came to the same are told once. */
    for (size_t i = 0; step->is_copy && i < s->n; i++)
        if (s->steps[i].is_copy && is_alike(&s->steps[i], step))
            return 1;
    return 0;
}

/* Ends the line that was put together on l->label and l->text. 0 or -ENOMEM. */
static int end_line(struct life *l, struct text_step step)
{
    struct text_steps *s = l->steps;

    step.times = 1;
    step.label = page_take(&l->label);
    step.text = page_take(&l->text);
    if (!step.label || !step.text)
        goto failed;
    hash_text(s, step.label);
    hash_text(s, step.text);
    s->is_regained |= step.is_regained;
    if (is_repeated(l, &step)) {
        release_step(&step);
        return 0;
    }
    if (s->n == (size_t)(l->verbose ? LINES_MAX_VERBOSE : LINES_MAX))
        hide_one(s);
    if (s->n == s->room) {
        struct text_step *more = reallocarray(s->steps, s->room * 2 + 8, sizeof *more);

        if (!more)
            goto failed;
        s->steps = more;
        s->room = s->room * 2 + 8;
    }
    s->steps[s->n++] = step;
    return 0;
failed:
    release_step(&step);
    return -ENOMEM;
}

/* Which thread, by number: tids differ from process to process. 0 also for those beyond the bound. */
static int thread_number(struct life *l, int64_t tid)
{
    if (tid == l->subject->pid)
        return 0;
    for (size_t i = 0; i < l->n_tids; i++)
        if (l->tids[i] == tid)
            return (int)i + 2;
    if (l->n_tids == THREADS_MAX)
        return 0;
    if (l->n_tids == l->tids_room) {
        int64_t *more = reallocarray(l->tids, l->tids_room * 2 + 8, sizeof *more);

        if (!more)
            return 0;
        l->tids = more;
        l->tids_room = l->tids_room * 2 + 8;
    }
    l->tids[l->n_tids++] = tid;
    return (int)l->n_tids + 1;
}

static int is_word(sqlite3_stmt *row, int column, const char *word)
{
    const char *text = (const char *)sqlite3_column_text(row, column);

    return text && !strcmp(text, word);
}

/* A call of which it matters that it changed nothing: it was made to change something. */
static int is_meant_to_change(sqlite3_stmt *row)
{
    static const char *const names[] = { "setuid",    "setgid",    "setreuid", "setregid",
                                         "setresuid", "setresgid", "setgroups" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (is_word(row, IDENTITY_NAME, names[i]))
            return 1;
    return 0;
}

static int add_call(struct life *l, const struct identity_step *step, struct text_step line)
{
    int changed = identity_changed(step->before, step->now);
    int is_back = sqlite3_column_type(step->row, IDENTITY_RESULT) != SQLITE_NULL;
    int failed = sqlite3_column_int(step->row, IDENTITY_ERROR) != 0;

    l->steps->is_changed |= changed || failed || !is_back || step->is_first;
    if (!changed && !failed && is_back && !step->is_first && !l->verbose && !is_meant_to_change(step->row))
        return 0;
    text_call(&l->label, step->row, IDENTITY_NAME);
    if (failed || !is_back || !step->has_state || step->is_first) {
        page_style(&l->text, failed || !is_back ? PAGE_YELLOW : PAGE_PLAIN);
        text_result(&l->text, step->row, IDENTITY_RESULT);
        page_style(&l->text, PAGE_PLAIN);
        page_add(&l->text, changed || (step->has_state && step->is_first) ? ", " : "");
    }
    if (step->has_state && step->is_first) /* who it was before the call was not seen */
        text_state(&l->text, step->now);
    else if (changed)
        text_changes(&l->text, step->before, step->now);
    else if (!failed && is_back && step->has_state)
        page_add(&l->text, "changed nothing");
    return end_line(l, line);
}

static void put_moment(struct page *p, sqlite3_stmt *row)
{
    if (is_word(row, IDENTITY_STEP, "exit")) {
        page_add(p, "at exit");
    } else if (is_word(row, IDENTITY_STEP, "marker")) {
        page_add(p, "at marker ");
        text_column(p, row, IDENTITY_MARKER);
    } else if (is_word(row, IDENTITY_STEP, "before-change") || is_word(row, IDENTITY_STEP, "after-change")) {
        page_add(p, is_word(row, IDENTITY_STEP, "before-change") ? "before " : "after ");
        text_column(p, row, IDENTITY_NAME);
    } else if (is_word(row, IDENTITY_STEP, "exec")) {
        size_t size;
        const void *path = query_bytes(row, IDENTITY_PATH, &size);

        page_add(p, "exec ");
        text_basename(p, path, size);
    } else {
        text_column(p, row, IDENTITY_STEP);
    }
}

/* A look: it matters where a life begins, where it comes to rest for the last time, and where something is new. */
static int add_seen(struct life *l, const struct identity_step *step, struct text_step line)
{
    int is_other = sqlite3_column_int(step->row, IDENTITY_IS_OTHER);
    int changed = identity_changed(step->before, step->now), is_exec = is_word(step->row, IDENTITY_STEP, "exec");
    int is_rest = !is_other && l->subject->last_rest == sqlite3_column_int64(step->row, IDENTITY_LOOK);
    int is_between =
        is_word(step->row, IDENTITY_STEP, "before-change") || is_word(step->row, IDENTITY_STEP, "after-change");
    int is_told = step->is_first || changed || is_exec || is_rest;

    /* A thread that is new but like the others is no news; -v tells of each moment, but not of both sides of a call. */
    if (!is_told && (!l->verbose || is_between))
        return 0;
    l->steps->is_changed |= changed;
    put_moment(&l->label, step->row);
    if (changed && !step->is_new) {
        text_changes(&l->text, step->before, step->now);
        page_add(&l->text, is_rest ? "; now " : "");
    }
    if (step->is_first || is_rest || (changed && step->is_new))
        text_state(&l->text, step->now);
    else if (!changed)
        page_add(&l->text, "as before");
    return end_line(l, line);
}

/* The sentences that the last copy left to its end. */
static int end_copy(struct life *l)
{
    struct text_step line = { .is_copy = 1, .tid = l->copy.tid };
    int r = 0;

    if (!l->copy.is_open)
        return 0;
    line.thread = thread_number(l, line.tid);
    while (r == 0 && text_copy_end(&l->copy, &l->text)) {
        page_add(&l->label, "in a copy");
        r = end_line(l, line);
    }
    return r;
}

static int add_copy(struct life *l, const struct identity_step *step, struct text_step line)
{
    int r = 0;

    if (!l->verbose &&
        is_word(step->row, IDENTITY_OUTCOME, "described")) /* nothing was tried, and it is so nearly everywhere */
        return 0;
    if (!text_copy_is_same(&l->copy, step->row))
        r = end_copy(l);
    l->steps->is_changed = 1;
    line.is_copy = 1;
    if (r < 0 || !text_copy_add(&l->copy, &l->text, step->row, &line.is_regained))
        return r;
    page_add(&l->label, "in a copy");
    return end_line(l, line);
}

static int read_life(struct life *l, struct identity_reader *reader)
{
    struct identity_step step;
    int r;

    identity_start(reader, l->subject->process);
    while ((r = identity_next(reader, &step)) > 0) {
        struct text_step line = { .tid = sqlite3_column_int64(step.row, IDENTITY_TID) };

        line.thread = thread_number(l, line.tid);
        if (step.kind != IDENTITY_COPY)
            r = end_copy(l);
        if (r < 0)
            return r;
        if (step.kind == IDENTITY_COPY)
            r = add_copy(l, &step, line);
        else if (step.kind == IDENTITY_CALL)
            r = add_call(l, &step, line);
        else
            r = add_seen(l, &step, line);
        if (r < 0)
            return r;
    }
    if (r == 0)
        r = end_copy(l);
    if (r < 0 || l->subject->last_rest || l->steps->n == 0)
        return r;
    page_add(&l->label, "at the end");
    page_add(&l->text, "not seen");
    return end_line(l, (struct text_step){ .tid = l->subject->pid });
}

int text_steps_read(struct identity_reader *r, const struct text_subject *subject, const struct report_options *options,
                    struct text_steps *ret)
{
    struct life l = { .subject = subject, .steps = ret, .verbose = options->verbose > 0 };
    int error;

    *ret = (struct text_steps){ .hash = UINT64_C(0xcbf29ce484222325) };
    ret->head = (size_t)(l.verbose ? LINES_MAX_VERBOSE : LINES_MAX) - TAIL;
    page_init(&l.label, NULL, options);
    page_init(&l.text, NULL, options);
    text_copy_init(&l.copy, options);
    error = read_life(&l, r);
    text_copy_release(&l.copy);
    page_finish(&l.label);
    page_finish(&l.text);
    free(l.tids);
    return error;
}
