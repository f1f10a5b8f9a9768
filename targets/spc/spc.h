/* spc.h - the reference spc_fork() and the functions it stands on: create a child process securely.
 *
 * Every function is safe to call from several threads unless it says otherwise. Functions that return int return 0
 * (or the value they name) or -1 with errno set; none prints, none aborts. Manual: spc_fork(3). Where the recipe that
 * these functions follow falls short, and what is done here instead: ERRATA.md.
 */
#ifndef SPC_H
#define SPC_H

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/* ---- generators ---- */

/* Reseeds one generator. `seed` holds `size` fresh bytes from getrandom(2), wiped afterwards; they differ between
 * parent and child. `context` is what was registered. In the child it runs between fork and the return of spc_fork():
 * it must be async-signal-safe when the parent had threads. Every signal is blocked meanwhile. It must not call the
 * registry or the privilege functions of this header: they fail with EDEADLK. It may call spc_rand(). Returns 0 or -1
 * with errno. */
typedef int (*spc_prng_reseed)(void *context, const unsigned char *seed, size_t size);

/* Registers a generator to be reseeded in parent and child by spc_fork(). At most SPC_PRNG_MAX; then -1 with ENOSPC.
 * Registering the same pair twice is EEXIST, unregistering one that is not there ENOENT. When spc_prng_unregister()
 * has returned, no thread is in the function any more, and `context` may be freed. */
#define SPC_PRNG_MAX       64
#define SPC_PRNG_SEED_SIZE 48
int spc_prng_register(spc_prng_reseed reseed, void *context);
int spc_prng_unregister(spc_prng_reseed reseed, void *context);
/* Reseeds every registered generator in this process now, and spc_rand(). One that fails does not keep the others from
 * it; the first error is told. */
int spc_prng_reseed_all(void);

/* The application's own generator: ChaCha20 (OpenSSL EVP) keyed from getrandom(2). Thread-safe; safe across spc_fork()
 * and across any other fork or raw clone (a page that the kernel wipes on fork tells). Where the kernel has no such
 * page (before Linux 4.14) every call is answered by getrandom(2) itself. Not for signal handlers. Fills `size` bytes;
 * 0 or -1 with errno, and then `buffer` must not be used. */
int spc_rand(void *buffer, size_t size);

/* ---- fork ---- */

/* Forks. Parent: the child's pid, with the generators reseeded, or -1 with errno; a child that failed after the fork
 * has ended and has been waited for, so that no half-made worker remains. Child: 0, with the generators reseeded,
 * descriptors 0 to 2 open, all others closed, and privilege dropped for good to the real ids (for real uid 0 that is
 * nothing: use spc_fork_with()). ECANCELED: the child died before it could say why. Fork handlers (pthread_atfork(3))
 * run. Not for signal handlers. */
pid_t spc_fork(void);

#define SPC_KEEP_IDS ((uid_t)-1) /* target_uid: drop to the real ids, as spc_fork() does */
struct spc_fork_options {
    const int *keep; /* descriptors >= 3 to keep open, in any order; else EBADF */
    size_t n_keep;
    uid_t target_uid;    /* ids to take for good; SPC_KEEP_IDS: the real ids */
    gid_t target_gid;    /* given if and only if target_uid is; else EINVAL */
    const gid_t *groups; /* supplementary groups to take; NULL: only target_gid */
    size_t n_groups;
    unsigned new_session : 1;   /* setsid(2) */
    unsigned reset_signals : 1; /* all dispositions to default, nothing blocked */
};
#define SPC_FORK_OPTIONS_INIT                                                                                          \
    {                                                                                                                  \
        .target_uid = SPC_KEEP_IDS, .target_gid = (gid_t)-1                                                            \
    }
/* As spc_fork(), with options. NULL: as spc_fork(). */
pid_t spc_fork_with(const struct spc_fork_options *options);

/* ---- descriptors ---- */

/* Opens /dev/null for any of 0 to 2 that is closed and closes every other descriptor but the `n_keep` in `keep` (NULL
 * with 0: none), also those above a lowered RLIMIT_NOFILE. close_range(2), else /proc/self/fd, else it fails (ENOSYS
 * or the reason) with nothing closed: never a walk up to the limit. Numbers in `keep` that are not open are passed
 * over. ENODEV: /dev/null is something else. Async-signal-safe. */
int spc_sanitize_files(void);
int spc_sanitize_files_except(const int *keep, size_t n_keep);

/* ---- privilege ---- */

/* Drops from the effective to the real user and group, in every thread. permanent = 0: spc_restore_privileges() can
 * take it back. permanent = 1: nothing can; groups, gid, uid in that order, every result checked, all ids, groups and
 * capabilities read back, and getting the old ids back is tried and must fail (EPERM else). Works after a temporary
 * drop too. Groups that the process may not change (no CAP_SETGID, or a user namespace without setgroups(2)) stay:
 * they are its user's own. After a failed permanent drop the process may be half way: it should end. A failed
 * temporary drop, or restore, is undone. With real uid 0 there is nothing to drop to: it succeeds and the process
 * stays root, as in the recipe; a root daemon needs spc_drop_privileges_to() or spc_fork_with(). */
int spc_drop_privileges(int permanent);
/* Drops for good to these ids and exactly these groups (NULL with 0: only gid), checked in the same way. */
int spc_drop_privileges_to(uid_t uid, gid_t gid, const gid_t *groups, size_t n_groups);
/* Takes back what spc_drop_privileges(0) dropped; EPERM if nothing was. */
int spc_restore_privileges(void);

/* ---- around exec ---- */

/* Replaces the environment by a safe one: PATH and IFS set to safe values, of the rest only the names in `preserve`
 * (NULL-ended, may be NULL) and TZ, TERM, LANG, LC_*, these only with a value that leads to no file of somebody's
 * choice. Returns 0, or -1 with too little in the environment, never too much. Not thread-safe, as setenv(3) is not. */
int spc_sanitize_environment(const char *const *preserve);

/* popen without a shell and with spc_fork()'s care: runs `path` with `argv`, `envp` (NULL: the present environment).
 * The program has only descriptors 0 to 2, the real ids for good (see spc_fork()), and signals as they are by default.
 * A failing exec is reported here: NULL with its errno. Ended by spc_pclose(), which closes both streams, waits, and
 * returns the wait status or -1. */
struct spc_pipe {
    FILE *read_stream;  /* the child's standard output */
    FILE *write_stream; /* the child's standard input */
    pid_t pid;
};
struct spc_pipe *spc_popen(const char *path, char *const argv[], char *const envp[]);
int spc_pclose(struct spc_pipe *pipe);

/* No core dump of this process and its children: RLIMIT_CORE 0 and PR_SET_DUMPABLE 0. */
int spc_limit_core(void);

#endif
