/* ways.h - the ways in which a program of this folder makes a process. */
#ifndef TARGETS_GENERATORS_WAYS_H
#define TARGETS_GENERATORS_WAYS_H

#include <sys/types.h>

enum way {
    WAY_FORK,     /* fork(3): runs the handlers of pthread_atfork(3) */
    WAY__FORK,    /* _Fork(3): does not */
    WAY_CLONE,    /* the system call itself: the C library does not know of it */
    WAY_VFORK,    /* in the parent's memory, while the parent stands still */
    WAY_SPAWN,    /* posix_spawn(3): the child is the program from its beginning */
    WAY_THREADS,  /* fork(3), while two other threads of the parent draw */
    WAY_NEWPID,   /* parent and child are each process 1 of a pid namespace */
    WAY_PIDREUSE, /* a grandchild that has the pid of its dead grandparent; its parent never draws */
    N_WAY
};
/* -1: no such name. */
int way_find(const char *name);

/* Makes a process that calls `run` (which does not return) in the child. Its pid in the parent, or -1. Not for
 * WAY_PIDREUSE. WAY_SPAWN executes `again` in it. */
pid_t way_make(enum way way, void (*run)(const char *role), const char *role, char *const *again);
/* A child that has this pid, which must be free. Needs CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE. -1 with errno. */
pid_t way_make_with_pid(pid_t pid);
/* Waits for it (-1: any child). 0: it ended well, or was aborted by the library that it drew from. */
int way_wait(pid_t pid);

#endif
