/* lock.c - the library's one lock, kept consistent across fork(3) by fork handlers.
 *
 * Signals are blocked while it is held: a handler that forks would otherwise wait in the fork handler for the very
 * thread it interrupted. A raw clone(2) runs no handlers; spc_rand() therefore does not depend on this lock.
 */
#include "internal.h"

#include <errno.h>
#include <pthread.h>

/* Error-checking, so that a reseed function which calls back into the registry gets EDEADLK and does not hang. */
static pthread_mutex_t lock = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sigset_t mask_before; /* guarded by the lock */
static int install_error;
static _Thread_local bool fork_took;

/* Signals first: between the lock and the mask a handler could still run. */
static int take(void)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_mutex_lock(&lock);
    if (error) {
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        return error;
    }
    mask_before = before;
    return 0;
}

/* False when a reseed function forks: then the lock is this thread's already, and stays so. */
static void before_fork(void)
{
    fork_took = take() == 0;
}

static void in_parent(void)
{
    if (fork_took)
        spc_lock_give();
}

/* The owner noted in the mutex is the parent's thread id, so it cannot be unlocked here: it is made anew. */
static void in_child(void)
{
    static const pthread_mutex_t fresh = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
    sigset_t before = mask_before;

    lock = fresh;
    if (fork_took)
        pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void install(void)
{
    install_error = pthread_atfork(before_fork, in_parent, in_child);
}

int spc_lock_prepare(void)
{
    int error = pthread_once(&once, install);

    if (!error)
        error = install_error;
    if (error) {
        errno = error;
        return -1;
    }
    return 0;
}

int spc_lock_take(void)
{
    int error;

    if (spc_lock_prepare())
        return -1;
    error = take();
    if (error) {
        errno = error;
        return -1;
    }
    return 0;
}

void spc_lock_give(void)
{
    sigset_t before = mask_before;
    int saved = errno;

    pthread_mutex_unlock(&lock);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = saved;
}
