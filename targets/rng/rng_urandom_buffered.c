/* rng_urandom_buffered.c - a server takes random bytes from the kernel, 512 at a time, and each of its workers writes
 * a session id made of the next sixteen.
 *
 * Defect: the bytes are the kernel's, but what is left of them is copied by the fork: all workers write one id. No
 * function gives the values that could be called. So did Crystal's.
 * Expect: rng-derived 1
 * Run: --generators
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned char ready[512];
static size_t left;

static inline __attribute__((always_inline)) int next(unsigned char *bytes, size_t size)
{
    if (left < size) {
        if (getrandom(ready, sizeof ready, 0) != sizeof ready)
            return -1;
        left = sizeof ready;
    }
    left -= size;
    memcpy(bytes, ready + left, size);
    return 0;
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
