/* entropy.c - fresh bytes from the kernel, and from nowhere else. */
#include "internal.h"

#include <errno.h>
#include <sys/random.h>

int spc_entropy(void *buffer, size_t size)
{
    unsigned char *at = buffer;

    while (size > 0) {
        ssize_t n = getrandom(at, size, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        at += n;
        size -= (size_t)n;
    }
    return 0;
}
