/* memory.c - a stopped task's memory and registers. What is read there is hostile: callers bound and check it. */
#include "harness/trace/internal.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

/* Word by word: works also where process_vm_readv(2) is refused, in a target that made itself undumpable. */
static ssize_t memory_peek(pid_t tid, uint64_t address, void *buffer, size_t size)
{
    size_t done = 0;

    while (done < size) {
        uint64_t at = (address + done) & ~(uint64_t)7;
        size_t skip = address + done - at, n = sizeof(long) - skip;
        long word;

        errno = 0;
        word = ptrace(PTRACE_PEEKDATA, tid, (void *)at, NULL);
        if (errno == EIO || errno == EFAULT)
            break;
        if (errno)
            return -errno;
        if (n > size - done)
            n = size - done;
        memcpy((char *)buffer + done, (char *)&word + skip, n);
        done += n;
    }
    return done;
}

ssize_t trace_read(pid_t tid, uint64_t address, void *buffer, size_t size)
{
    struct iovec local = { buffer, size }, remote = { (void *)(uintptr_t)address, size };
    ssize_t n;

    if (!size)
        return 0;
    n = process_vm_readv(tid, &local, 1, &remote, 1, 0);
    if (n == (ssize_t)size)
        return n;
    if (n < 0 && errno == ESRCH)
        return -ESRCH;
    return memory_peek(tid, address, buffer, size);
}

ssize_t trace_read_string(pid_t tid, uint64_t address, char *buffer, size_t size)
{
    size_t done = 0;

    while (done + 1 < size) {
        /* Up to the end of the page: the next one may not be there. */
        size_t n = 4096 - (address + done) % 4096;
        char *end;
        ssize_t r;

        if (n > size - 1 - done)
            n = size - 1 - done;
        r = trace_read(tid, address + done, buffer + done, n);
        if (r < 0)
            return r;
        if (!r)
            return -EFAULT;
        end = memchr(buffer + done, '\0', r);
        if (end)
            return end - buffer;
        done += r;
    }
    buffer[done] = '\0';
    return done;
}

/* is: what must be there; NULL: anything. */
static int byte_write(pid_t tid, uint64_t address, const uint8_t *is, uint8_t byte, uint8_t *ret_old)
{
    uint64_t at = address & ~(uint64_t)7;
    long word;
    uint8_t *bytes = (uint8_t *)&word, old;

    errno = 0;
    word = ptrace(PTRACE_PEEKDATA, tid, (void *)at, NULL);
    if (errno)
        return -errno;
    old = bytes[address - at];
    if (is && old != *is)
        return -EILSEQ;
    bytes[address - at] = byte;
    if (ptrace(PTRACE_POKEDATA, tid, (void *)at, (void *)word))
        return -errno;
    if (ret_old)
        *ret_old = old;
    return 0;
}

int trace_write_byte(pid_t tid, uint64_t address, uint8_t byte, uint8_t *ret_old)
{
    return byte_write(tid, address, NULL, byte, ret_old);
}

int trace_swap_byte(pid_t tid, uint64_t address, uint8_t is, uint8_t byte)
{
    return byte_write(tid, address, &is, byte, NULL);
}

int trace_registers(pid_t tid, uint64_t ret[TRACE_REGISTERS], uint64_t *ret_pc)
{
#ifdef __x86_64__
    struct user_regs_struct r;
    struct iovec io = { &r, sizeof r };

    /* NT_PRSTATUS: a 32-bit program gives a shorter block. */
    if (ptrace(PTRACE_GETREGSET, tid, (void *)1, &io))
        return -errno;
    if (io.iov_len != sizeof r)
        return -ENOSYS;
    uint64_t all[TRACE_REGISTERS] = { r.rax, r.rdx, r.rcx, r.rbx, r.rsi, r.rdi, r.rbp, r.rsp,
                                      r.r8,  r.r9,  r.r10, r.r11, r.r12, r.r13, r.r14, r.r15 };
    memcpy(ret, all, sizeof all);
    *ret_pc = r.rip;
    return 0;
#else
    (void)tid, (void)ret, (void)ret_pc;
    return -ENOSYS;
#endif
}

#ifdef __x86_64__

int trace_set_pc(pid_t tid, uint64_t pc)
{
    return ptrace(PTRACE_POKEUSER, tid, (void *)offsetof(struct user, regs.rip), (void *)pc) ? -errno : 0;
}

int trace_returned_double(pid_t tid, uint64_t *ret_bits)
{
    struct user_fpregs_struct r;

    if (ptrace(PTRACE_GETFPREGS, tid, NULL, &r))
        return -errno;
    memcpy(ret_bits, r.xmm_space, sizeof *ret_bits);
    return 0;
}

#else

int trace_set_pc(pid_t tid, uint64_t pc)
{
    (void)tid, (void)pc;
    return -ENOSYS;
}

int trace_returned_double(pid_t tid, uint64_t *ret_bits)
{
    (void)tid, (void)ret_bits;
    return -ENOSYS;
}

#endif
