/* held.c - how long a process stands still while copies of it try to take its privilege back, as it feels that itself.
 *
 * usage: held MEGABYTES N, as root, under forkaudit. N children that have so much memory give up root and come to two
 * markers: at the first a proof is made, at the second their identity is known already. Prints the median of each in
 * microseconds.
 */
#include "harness/include/forkaudit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKER 60001

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static int child_run(int fd)
{
    double times[2], began;

    if (setresgid(WORKER, WORKER, WORKER) || setresuid(WORKER, WORKER, WORKER))
        return 1;
    began = now();
    FORKAUDIT_MOMENT("proof");
    times[0] = now() - began;
    began = now();
    FORKAUDIT_MOMENT("known");
    times[1] = now() - began;
    return write(fd, times, sizeof times) != sizeof times;
}

/* One child. 0 with both times. */
static int measure(double *ret_proof, double *ret_plain)
{
    double times[2];
    int fds[2], status, r = -1;
    pid_t pid;

    if (pipe(fds))
        return -1;
    pid = fork();
    if (!pid)
        _exit(child_run(fds[1]));
    close(fds[1]);
    if (pid > 0 && read(fds[0], times, sizeof times) == sizeof times) {
        *ret_proof = times[0];
        *ret_plain = times[1];
        r = 0;
    }
    close(fds[0]);
    if (pid > 0)
        waitpid(pid, &status, 0);
    return r;
}

int main(int argc, char **argv)
{
    size_t megabytes = argc > 2 ? (size_t)atol(argv[1]) : 0;
    int n = argc > 2 ? atoi(argv[2]) : 0;
    double *proof = calloc(n > 0 ? n : 1, sizeof *proof), *plain = calloc(n > 0 ? n : 1, sizeof *plain);
    char *memory = malloc((megabytes << 20) + 1);

    if (n < 1 || !proof || !plain || !memory) {
        fprintf(stderr, "usage: held MEGABYTES N\n");
        return 2;
    }
    memset(memory, 1, (megabytes << 20) + 1);
    for (int i = 0; i < n; i++)
        if (measure(&proof[i], &plain[i])) {
            fprintf(stderr, "held: a child could not give up root\n");
            return 1;
        }
    qsort(proof, n, sizeof *proof, compare);
    qsort(plain, n, sizeof *plain, compare);
    printf("%.0f %.0f\n", proof[n / 2], plain[n / 2]);
    return 0;
}
