/* text_identity.h - the parts of the section "Identity" of the text report. */
#ifndef FORKAUDIT_TEXT_IDENTITY_H
#define FORKAUDIT_TEXT_IDENTITY_H

#include "reports/identity.h"
#include "reports/page.h"

/* ---- text_state.c: an identity in words ---- */
/* "uid 33, gid 33, groups 33, no capabilities, no_new_privs": what is known and is not usual for every process. */
void text_state(struct page *p, const struct identity *now);
/* "uid 0/0/0/0 -> 33/33/33/33, permitted and effective all -> none": only what differs; nothing when nothing does. */
void text_changes(struct page *p, const struct identity *before, const struct identity *now);
/* "none", "cap_chown cap_kill", "all but cap_sys_resource", "all" or "17 capabilities (0x...)". */
void text_capabilities(struct page *p, uint64_t mask);

/* ---- text_copy.c: what disposable copies tried ---- */
/* The rows of one copy are told together: what was regained each for itself, the rest in a sentence an outcome. */
enum text_copy_outcome { TEXT_COPY_REFUSED, TEXT_COPY_KILLED, TEXT_COPY_HUNG, N_TEXT_COPY };
struct text_copy {
    int is_open;
    int64_t look, tid;
    int64_t regained; /* so far */
    struct {
        struct page wanted; /* "uid 0, gid 0" */
        int64_t rows, calls;
    } outcomes[N_TEXT_COPY];
};
void text_copy_init(struct text_copy *c, const struct report_options *options);
void text_copy_release(struct text_copy *c);
/* 1: the row (IDENTITY_COPY) belongs to the copy whose rows came last. */
int text_copy_is_same(const struct text_copy *c, sqlite3_stmt *row);
/* Adds a row. 1: it is a sentence of its own, which was put on `p`; 0: it is told at the end of the copy.
 * *ret_regained: 1 or 0. */
int text_copy_add(struct text_copy *c, struct page *p, sqlite3_stmt *row, int *ret_regained);
/* The next sentence that was left for the end of the copy. 1: put on `p`; 0: there is none, a new copy may begin. */
int text_copy_end(struct text_copy *c, struct page *p);

/* ---- text_steps.c: the life of one process, line by line ---- */
struct text_step {
    char *label, *text; /* of page_take() */
    int times;          /* one after the other, all alike */
    int thread;         /* 0: the first thread; else its number in the order of appearance */
    int64_t tid;
    int is_regained, is_copy;
};
struct text_steps {
    struct text_step *steps; /* the first and the last ones, owned */
    size_t n, room, head;    /* hidden ones were after the first `head` */
    int64_t hidden;
    uint64_t hash;  /* of all, those hidden too */
    int is_changed; /* it changed, tried to, or a copy of it was tried */
    int is_regained;
};
/* Who is told of. */
struct text_subject {
    int64_t process, pid;
    int64_t last_rest; /* the look at which it was seen at rest for the last time; 0: none */
};
/* 0 or -errno. The caller releases *ret in any case. */
int text_steps_read(struct identity_reader *r, const struct text_subject *subject, const struct report_options *options,
                    struct text_steps *ret);
void text_steps_release(struct text_steps *s);
/* 1: both lives read the same. */
int text_steps_equal(const struct text_steps *a, const struct text_steps *b);

#endif
