/* subject.h - a process whose snapshot is taken: a child of the test that plays a part, and stops where it says so. */
#ifndef FORKAUDIT_SNAPSHOT_TESTS_SUBJECT_H
#define FORKAUDIT_SNAPSHOT_TESTS_SUBJECT_H

#include "harness/snapshot/snapshot.h"
#include "harness/testing.h"

struct subject {
    pid_t pid;
    int proc;
    struct snapshot_store *store;
};
/* Here a part stops, and goes on when it is let. */
#define SUBJECT_STOP() __asm__ volatile("int3" ::: "memory")

/* Forks, traces the child with these options of ptrace(2) and lets it play up to its first stop. 0, or -1: failed. */
int subject_start(struct subject *s, void (*part)(void), long options);
/* The same with a program: it stops behind its exec. */
int subject_start_program(struct subject *s, const char *path);
int subject_next(struct subject *s); /* lets it run to its next stop: the status; -1: it has ended */
void subject_end(struct subject *s); /* and fails the test where the store holds anything yet */
/* Takes it with the usual arguments. NULL: failed. */
struct snapshot *subject_take(struct subject *s, const struct snapshot *base);

/* Calls a function of the program in a worker, to its end or the first other stop. */
int subject_call(struct worker *w, uint64_t function, uint64_t a, uint64_t b, struct worker_stop *ret_stop,
                 uint64_t *ret_value);
/* A worker of a fresh rebuilt process. 0 or -1. */
int subject_rebuild(const struct snapshot *s, struct rebuilt **ret, struct worker *ret_worker);

/* 1 and the test is skipped: rebuilt processes cannot run there. */
int subject_is_skipped(void);
int subject_is_sanitized(void);
/* How many descriptors and children this process has. */
unsigned subject_fds(void);
int subject_has_children(void);
int subject_has_others(pid_t but); /* children but this one */

#endif
