/* internal.h - what the files of the spc library share among themselves. Not for programs: they include spc.h. */
#ifndef SPC_INTERNAL_H
#define SPC_INTERNAL_H

#include "spc.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* ---- lock.c: one lock for the registry and for what a temporary drop saved ---- */

/* Installs the fork handlers, once. 0 or -1 with errno. */
int spc_lock_prepare(void);
/* Takes the lock with every signal blocked in this thread. 0 or -1 with errno: EDEADLK when this thread holds it. */
int spc_lock_take(void);
void spc_lock_give(void);

/* ---- entropy.c ---- */

/* Fills `size` bytes from getrandom(2), EINTR retried. Async-signal-safe. 0 or -1 with errno. */
int spc_entropy(void *buffer, size_t size);

/* ---- rand.c ---- */

/* Allocates all that spc_rand() needs, so that a child need not. A failure shows at the next spc_rand(). */
void spc_rand_prepare(void);
/* The next spc_rand() in this process takes a new key. Async-signal-safe. */
void spc_rand_forget(void);

/* ---- pipe.c ---- */

/* pipe2(O_CLOEXEC) with both ends above 2, whatever is closed below. 0 or -1 with errno. */
int spc_pipe_create(int ret_ends[2]);

/* ---- child_wait.c: the parent's view of a child that reports through a pipe ---- */

#define SPC_REPORT_LOST ECANCELED /* the child ended without a word */

/* A descriptor for the child (close-on-exec), or -1 where the kernel has none. */
int spc_child_pidfd(pid_t pid);
/* Waits for an int on `report`, for its end of file, or for the end of the child. Returns 1 and the int; 0 when the
 * pipe or the child ended without one; -1 with errno. Never waits for a stranger who holds the pipe's other end. */
int spc_child_hear(int report, int pidfd, pid_t pid, int *ret_error);
/* Kills the child if it is still there. */
void spc_child_kill(int pidfd, pid_t pid);
/* waitpid(2), EINTR retried. 0 or -1 with errno; `ret_status` may be NULL. */
int spc_child_reap(pid_t pid, int *ret_status);

/* ---- fork_child.c ---- */

struct spc_child_plan {
    const struct spc_fork_options *options;
    int report[2]; /* the error pipe: read end, write end */
    sigset_t mask; /* the caller's signal mask */
};
/* The child's half of spc_fork_with(): returns 0, or reports and does not return. Async-signal-safe if the registered
 * reseed functions are. */
pid_t spc_fork_child(const struct spc_child_plan *plan);

/* ---- sanitize_files.c, proc_fds.c ---- */

struct spc_keep {
    const int *fds;
    size_t n;
    int own[2]; /* two more, or -1 */
};
bool spc_keep_has(const struct spc_keep *keep, int fd);
int spc_sanitize_files_keep(const struct spc_keep *keep);
/* Closes what /proc/self/fd lists, but 0 to 2 and `keep`. -1 with errno and nothing closed when it cannot be read. */
int spc_proc_fds_close(const struct spc_keep *keep);

/* ---- ids.c ---- */

struct spc_ids {
    uid_t ruid, euid, suid;
    gid_t rgid, egid, sgid;
};
/* The calls that change ids: of every thread (the C library's), or of the calling thread alone (the system calls:
 * right in a child that has just been forked, and async-signal-safe). */
struct spc_id_calls {
    int (*set_uids)(uid_t ruid, uid_t euid, uid_t suid);
    int (*set_gids)(gid_t rgid, gid_t egid, gid_t sgid);
    int (*set_groups)(size_t n, const gid_t *groups);
};
extern const struct spc_id_calls spc_id_calls_process;
extern const struct spc_id_calls spc_id_calls_thread;

int spc_ids_read(struct spc_ids *ret_ids);
/* 1 when the supplementary groups are exactly these, in any order; 0 when not; -1 with errno. Async-signal-safe. */
int spc_groups_are(const gid_t *groups, size_t n);
/* Whether this user namespace forbids setgroups(2) even to its root (user_namespaces(7)). Async-signal-safe. */
bool spc_setgroups_is_denied(void);

/* ---- caps.c ---- */

struct spc_caps {
    uint64_t effective, permitted, inheritable;
};
int spc_caps_read(struct spc_caps *ret_caps);
int spc_caps_write(const struct spc_caps *caps);
/* 1 when the calling thread may change groups, 0 when not, -1 with errno. */
int spc_caps_may_set_groups(void);
/* Empties every set of the calling thread but the bounding set, and makes sure. 0 or -1 with errno. */
int spc_caps_clear(void);

/* ---- ids_drop.c, ids_check.c: the permanent drop ---- */

struct spc_drop {
    uid_t uid;
    gid_t gid;
    const gid_t *groups;
    size_t n_groups;
    /* The groups may stay as they are where the process cannot change them: they are its user's own. */
    bool keep_groups;
};
/* Takes these ids for good and checks. Async-signal-safe with spc_id_calls_thread. 0 or -1 with errno. */
int spc_ids_drop(const struct spc_id_calls *calls, const struct spc_drop *drop);
/* The same to the real ids. */
int spc_ids_drop_to_real(const struct spc_id_calls *calls);
/* EPERM unless the calling thread is what `drop` says (its groups are not looked at when `groups` is NULL), and can
 * get none of `old` back. */
int spc_ids_check(const struct spc_drop *drop, const struct spc_ids *old);

/* ---- threads.c ---- */

/* EPERM when a living thread of this process has other ids, groups or capabilities than the calling one. */
int spc_threads_check(void);

/* ---- privileges_temporary.c ---- */

/* Forgets what a temporary drop saved. Async-signal-safe; the lock is held, or the process has one thread. */
void spc_privileges_forget(void);
int spc_privileges_drop_temporarily(void);

#endif
