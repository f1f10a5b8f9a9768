/* expect.h - what a target's head comment promises, what an audit said of it, and whether the two are the same.
 *
 * A head is the first comment of a file: "NAME.c - what it does", its defect, and lines of the form
 *
 *   Expect: none                 nothing may be found
 *   Expect: CHECK-ID COUNT       so many rows with the result "found"; one line for each check
 *   Unknown: CHECK-ID COUNT      so many rows with the result "unknown"; without such a line none may be
 *   Strength: CHECK-ID STRENGTH  each of those "found" rows is proven, observed or suspect, as said
 *   Re-enacts: NAME...           the real failure that it does again, by the name that a check's kin: has
 *   Inject: OPTION...            run under `forkaudit inject OPTION...` instead of `forkaudit run`
 *   Run: OPTION...               run under `forkaudit run OPTION...`
 *   Member: GID...               the audit sees a user database in which www-data is in these groups too
 *   Needs: root|user|threads...  root: must run with uid 0; user: must not; threads: has more than one
 *
 * Functions return 0 or -EINVAL, and then `why` holds a sentence. Outputs are untouched on failure.
 */
#ifndef TARGETS_TESTS_EXPECT_H
#define TARGETS_TESTS_EXPECT_H

#include <stddef.h>

#define EXPECT_ROWS_MAX 32
#define EXPECT_ID_SIZE  48

/* How often each check id stands with each of the two results that are compared. */
struct expect_row {
    char id[EXPECT_ID_SIZE];
    unsigned count;
};
struct expect_rows {
    struct expect_row rows[EXPECT_ROWS_MAX];
    size_t n;
};

/* Blank-separated words of one or several lines. */
#define EXPECT_WORDS_MAX 16
#define EXPECT_WORD_SIZE 64
struct expect_words {
    char words[EXPECT_WORDS_MAX][EXPECT_WORD_SIZE];
    size_t n;
};

struct expect_strength {
    char id[EXPECT_ID_SIZE], strength[16];
};

struct expect {
    struct expect_rows found, unknown;
    struct expect_strength strengths[8];
    size_t n_strengths;
    struct expect_words re_enacts, inject, run, member;
    unsigned needs_root : 1, needs_user : 1, needs_user_auditor : 1, needs_threads : 1, needs_userns : 1,
        needs_io_uring : 1;
};

struct expect_answer {
    struct expect_rows found, unknown;
    int complete;
};

/* Reads the head of a target called `name` (without ".c") from the text of its file. */
int expect_parse(const char *name, const char *text, struct expect *ret, char *why, size_t why_size);
/* Reads the text of a report in the format `ids`: "RESULT CHECK-ID" lines, the last one "complete" or "incomplete". */
int expect_read_ids(const char *text, struct expect_answer *ret, char *why, size_t why_size);
/* 1: the answer is what was expected, and complete unless an unknown was expected. 0: it is not; `why` says both. */
int expect_is_met(const struct expect *expect, const struct expect_answer *answer, char *why, size_t why_size);

#endif
