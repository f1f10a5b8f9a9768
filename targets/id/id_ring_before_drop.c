/* id_ring_before_drop.c - a root server makes an io_uring with a kernel thread that takes its requests, drops to
 * www-data for good, and lets the ring open a file.
 *
 * Defect: the ring's thread was made before the drop and keeps root's credentials, so that what is asked of the
 * ring is done as root: the file is root's alone, and it is opened. This was libuv, and with it Node.js.
 * Expect: id-old-credential-worker 1
 * Expect: id-threads-differ 1
 * Re-enacts: CVE-2024-22017
 * Needs: root
 * Needs: threads
 * Needs: io_uring
 */
#include "forkaudit.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WWW 33 /* www-data */

struct ring {
    int fd;
    unsigned char *queues; /* both, in one mapping (IORING_FEAT_SINGLE_MMAP) */
    struct io_uring_sqe *entries;
    struct io_uring_params parameters;
};

static int ring_make(struct ring *r)
{
    size_t size;

    memset(r, 0, sizeof *r);
    r->parameters.flags = IORING_SETUP_SQPOLL;
    r->parameters.sq_thread_idle = 60000; /* ms: it stays awake */
    r->fd = (int)syscall(SYS_io_uring_setup, 2, &r->parameters);
    if (r->fd < 0)
        return -1;
    size = r->parameters.cq_off.cqes + r->parameters.cq_entries * sizeof(struct io_uring_cqe);
    r->queues = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, IORING_OFF_SQ_RING);
    r->entries = mmap(NULL, r->parameters.sq_entries * sizeof *r->entries, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
                      IORING_OFF_SQES);
    return r->queues == MAP_FAILED || r->entries == MAP_FAILED ? -1 : 0;
}

/* Opens a file through the ring and waits for the result: a descriptor, or a negative errno. */
static int ring_open(struct ring *r, const char *path)
{
    uint32_t *tail = (uint32_t *)(r->queues + r->parameters.sq_off.tail);
    uint32_t *order = (uint32_t *)(r->queues + r->parameters.sq_off.array);
    struct io_uring_cqe *done = (struct io_uring_cqe *)(r->queues + r->parameters.cq_off.cqes);

    r->entries[0] = (struct io_uring_sqe){
        .opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = (uintptr_t)path, .open_flags = O_RDONLY | O_CLOEXEC
    };
    order[0] = 0;
    __atomic_store_n(tail, 1, __ATOMIC_RELEASE);
    if (syscall(SYS_io_uring_enter, r->fd, 1, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_SQ_WAKEUP, NULL, 0) < 0)
        return -1;
    return done->res;
}

int main(void)
{
    gid_t group = WWW;
    struct ring ring;
    char path[64];
    int secret = (int)syscall(SYS_memfd_create, "secret", 1U /* MFD_CLOEXEC */);

    if (secret < 0 || fchmod(secret, 0600) || ring_make(&ring))
        return 1;
    snprintf(path, sizeof path, "/proc/self/fd/%d", secret);
    if (setgroups(1, &group) || setresgid(WWW, WWW, WWW) || setresuid(WWW, WWW, WWW))
        return 1;
    if (open(path, O_RDONLY | O_CLOEXEC) >= 0)
        return 2;
    FORKAUDIT_SELF("dropped");
    return ring_open(&ring, path) < 0 ? 3 : 0;
}
