/* text_random.h - the parts of the section "Random numbers" of the text report. */
#ifndef FORKAUDIT_TEXT_RANDOM_H
#define FORKAUDIT_TEXT_RANDOM_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/page.h"

/* SQL: a common table of which image is of which program: programs are told apart by their path, and named by the
 * lowest id of their images. */
#define TEXT_RANDOM_PROGRAMS                                                                                           \
    "prog AS MATERIALIZED (SELECT id AS image, min(id) OVER (PARTITION BY path) AS program FROM image)"
/* Which state each name draws from. Generators are told by the state: random(3) and rand(3) are one. */
#define TEXT_RANDOM_FAMILIES                                                                                           \
    "family AS MATERIALIZED (SELECT name, min(coalesce(state_of, name)) AS state FROM generator GROUP BY name)"
#define TEXT_RANDOM_PURPOSE(x) "CASE " x " WHEN 'cryptographic' THEN 0 WHEN 'identifier' THEN 1 ELSE 2 END"
#define TEXT_RANDOM_NAME_MAX   80 /* bytes of the name of a generator that are shown */

/* ---- text_outcomes.c: what came of drawing in copies ---- */
#define TEXT_RANDOM_PIDS 8 /* named of one outcome */
/* What can be said of a generator after a fork, the worst first. */
enum text_outcome {
    TEXT_OUTCOME_SHARED,
    TEXT_OUTCOME_SIBLINGS, /* two children go on from one state */
    TEXT_OUTCOME_NOW,      /* two processes stand at one state; that at their fork is not known */
    TEXT_OUTCOME_WAITING,  /* shared, and this child has not drawn, others of the program have */
    TEXT_OUTCOME_WEAK,
    TEXT_OUTCOME_REPEATS, /* diverges, but not where the process id comes again */
    TEXT_OUTCOME_REFUSES,
    TEXT_OUTCOME_UNDECIDED,
    TEXT_OUTCOME_UNSEEDED,
    TEXT_OUTCOME_PARTED, /* by the program: at birth it was shared */
    TEXT_OUTCOME_DIVERGED,
    TEXT_OUTCOME_ONE,
    TEXT_OUTCOME_OTHER, /* a verdict that is not known here */
    TEXT_OUTCOME_IDLE,  /* shared, and nobody draws from it */
    N_TEXT_OUTCOME
};
/* The processes of one program in which the same came of the same generator. */
struct text_random_group {
    int64_t program;
    enum text_outcome outcome;
    char *name, *reason;                   /* printable, owned */
    int64_t n;                             /* processes */
    int64_t pids[TEXT_RANDOM_PIDS], other; /* other: pid with which the first is compared */
    size_t n_pids;
    int64_t comparison;         /* of the first whose values were kept; 0: none */
    int64_t equal;              /* values in a row, of the first */
    int64_t shift, other_shift; /* of its first equal value, in its own stream and the other */
    int is_cryptographic, is_partial, is_now, is_idle;
    int has_parent_left; /* the common stream */
    int is_late;         /* it parts, but later than at its first draw */
};
struct text_random_groups {
    struct text_random_group *groups; /* owned; ascending by program, then the worst first */
    size_t n, room;
    int64_t hidden; /* groups above the bound of memory */
};
/* 0 or -errno. The caller releases *ret in any case. */
int text_outcomes_read(struct page *p, sqlite3 *db, struct text_random_groups *ret);
void text_outcomes_release(struct text_random_groups *g);

/* ---- text_outcome_lines.c ---- */
/* The paragraphs about `n` groups of one program; *pictures: how many pictures may still be drawn. 0 or -errno. */
int text_outcome_lines(struct page *p, sqlite3 *db, const struct text_random_group *groups, size_t n, int *pictures);
/* 1: without -v nothing is said of it. */
int text_outcome_is_quiet(const struct text_random_group *g);

/* ---- text_streams.c: two streams of values side by side ---- */
struct text_streams {
    const void *left, *right; /* bytes */
    size_t left_size, right_size;
    size_t value_size;              /* bytes of a value; 0: 8 */
    size_t left_shift, right_shift; /* the first values that are equal, from 0 */
    char left_name[48], right_name[48];
};
/* A table, marked where values are equal: = and where they are not; nothing where the first equal ones are not
 * among the bytes. 0 or -errno. */
int text_streams_write(struct page *p, const struct text_streams *s);

/* ---- text_handed.c: bytes that processes handed over or wrote ---- */
/* FORKAUDIT_DRAW; nothing where there are none. *pictures as above. */
int text_handed_write(struct page *p, sqlite3 *db, int *pictures);
/* The same bytes in what two processes wrote. */
int text_tokens_write(struct page *p, sqlite3 *db);

/* ---- text_programs.c: what each program has, draws from and seeds ---- */
#define TEXT_PROGRAMS_MAX 2000 /* that are kept in memory */
/* Composed on a page of its own, "a, b": the first `max` of n items. */
struct text_random_list {
    struct page items;
    int64_t n, max;
};
void text_random_list_init(struct text_random_list *l, const struct report_options *options);
/* 1: there is room for one more item, whose words follow; the others are counted only. */
int text_random_list_add(struct text_random_list *l);

struct text_program {
    int64_t id, processes; /* id: 0 for rows without an image */
    struct page name;
    struct text_random_list drawn, seeded, never, code, alone; /* alone: drawn from and not compared */
    const struct text_random_group *groups;                    /* of its processes, n of them */
    size_t n;
    int is_quiet; /* there is nothing to tell but what it has */
};
struct text_programs {
    struct text_program *programs; /* owned; ascending by id */
    size_t n, room;
    int64_t unread; /* programs above the bound */
    struct text_random_groups groups;
};
/* 0 or -errno. The caller releases *ret in any case. */
int text_programs_read(struct page *p, sqlite3 *db, struct text_programs *ret);
void text_programs_release(struct text_programs *s);

/* "pid 801", "pids 801, 802 and 7 more" of n processes. */
void text_random_pids(struct page *p, const int64_t *pids, size_t n_pids, int64_t n);

#endif
