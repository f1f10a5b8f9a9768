/* id_raw_setuid_thread.c - a root daemon with two threads changes its ids in one of them, by the system call itself.
 *
 * Defect: ids belong to threads; only libc's wrapper changes all of them (nptl(7)). The other thread is still
 * root, and shares all memory with the one that is not.
 * Expect: id-threads-differ 1
 * Re-enacts: golang#1435 gosu#1 zig#1337
 * Needs: root
 * Needs: threads
 */
#include "forkaudit.h"

#include <grp.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WWW 33 /* www-data */

static pthread_barrier_t barrier;

/* Stays root, and waits until the other thread has been seen. */
static void *stay(void *unused)
{
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return unused;
}

int main(void)
{
    static const gid_t groups[] = { 0, 4, 27 };
    gid_t group = WWW;
    pthread_t thread;

    if (setgroups(3, groups) || pthread_barrier_init(&barrier, NULL, 2) || pthread_create(&thread, NULL, stay, NULL))
        return 1;
    pthread_barrier_wait(&barrier);
    if (syscall(SYS_setgroups, 1, &group) || syscall(SYS_setresgid, WWW, WWW, WWW) ||
        syscall(SYS_setresuid, WWW, WWW, WWW))
        return 1;
    FORKAUDIT_SELF("one-dropped");
    pthread_barrier_wait(&barrier);
    return pthread_join(thread, NULL) != 0;
}
