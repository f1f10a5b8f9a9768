/* draw_load.c - a process of a known size, whose children draw from the generator that they inherit.
 *
 * usage: draw_load MEGABYTES CHILDREN
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    size_t megabytes = argc > 2 ? (size_t)atol(argv[1]) : 0;
    int n = argc > 2 ? atoi(argv[2]) : 0;
    char *memory = malloc((megabytes << 20) + 1);

    if (n < 1 || !memory) {
        fprintf(stderr, "usage: draw_load MEGABYTES CHILDREN\n");
        return 2;
    }
    srand((unsigned)time(NULL));
    /* No two pages alike, as in a real process. */
    for (size_t i = 0; i < megabytes << 20; i += sizeof(int))
        memcpy(memory + i, &(int){ (int)(i * 2654435761u) }, sizeof(int));
    for (int i = 0; i < n; i++) {
        pid_t pid = fork();

        if (!pid)
            _exit(rand() == rand());
        if (pid < 0 || waitpid(pid, NULL, 0) < 0)
            return 1;
    }
    free(memory);
    return 0;
}
