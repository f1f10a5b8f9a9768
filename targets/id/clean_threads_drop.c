/* clean_threads_drop.c - a root daemon with two threads changes its ids through libc.
 *
 * No defect: the wrappers make every thread do the call (nptl(7)), so that both are www-data afterwards.
 * Expect: none
 * Needs: root
 * Needs: threads
 */
#include "forkaudit.h"

#include <grp.h>
#include <pthread.h>
#include <unistd.h>

#define WWW 33 /* www-data */

static pthread_barrier_t barrier;

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
    if (setgroups(1, &group) || setresgid(WWW, WWW, WWW) || setresuid(WWW, WWW, WWW))
        return 1;
    FORKAUDIT_SELF("all-dropped");
    pthread_barrier_wait(&barrier);
    return pthread_join(thread, NULL) != 0;
}
