/* fork_loop.c - forks N children one after the other that end at once, and prints how many that was per second.
 *
 * usage: fork_loop N. The time is taken inside, so that the start of a tracer does not count.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    long n = argc > 1 ? atol(argv[1]) : 0;
    struct timespec began, ended;

    if (n < 1) {
        fprintf(stderr, "usage: fork_loop N\n");
        return 2;
    }
    clock_gettime(CLOCK_MONOTONIC, &began);
    for (long i = 0; i < n; i++) {
        int status;
        pid_t pid = fork();

        if (pid == 0)
            _exit(0);
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
            perror("fork_loop: fork");
            return 1;
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &ended);
    printf("%.2f\n", n / (ended.tv_sec - began.tv_sec + (ended.tv_nsec - began.tv_nsec) / 1e9));
    return 0;
}
