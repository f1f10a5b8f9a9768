/* clean_rng_session_ids.c - each worker of a server writes a session id of sixteen bytes that it takes from the kernel.
 *
 * No defect: nothing is taken before it is needed. The counterpart of rng_urandom_buffered.
 * Expect: none
 * Run: --generators
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

static inline __attribute__((always_inline)) int next(unsigned char *bytes, size_t size)
{
    return getrandom(bytes, size, 0) == (ssize_t)size ? 0 : -1;
}

static int run_worker(int to)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        unsigned char id[16];
        char text[2 * sizeof id + 2];

        if (next(id, sizeof id))
            _exit(1);
        for (size_t i = 0; i < sizeof id; i++)
            sprintf(text + 2 * i, "%02x", id[i]);
        strcat(text, "\n");
        _exit(write(to, text, strlen(text)) != (ssize_t)strlen(text));
    }
    return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

int main(void)
{
    unsigned char first[16];
    int to = memfd_create("sessions", MFD_CLOEXEC);

    return to < 0 || next(first, sizeof first) || run_worker(to) || run_worker(to);
}
