/* forkaudit.h - markers by which a program under test speaks to forkaudit.
 *
 * A marker is a static probe point in the format of sys/sdt.h (Debian: systemtap-sdt-dev): one no-op instruction
 * and an ELF note. It costs nothing without an auditor, needs no library, opens no descriptor that stays, and is
 * async-signal-safe. Define FORKAUDIT_DISABLE to compile them all out.
 *
 *   FORKAUDIT_MOMENT("worker-ready");            the process has reached a moment worth a look
 *   FORKAUDIT_SELF("after-drop");                what the process itself sees in /proc/self/fd, and its ids and groups
 *   FORKAUDIT_DRAW("libc rand", buffer, size);   these bytes came from that generator (at most 4096 a call are read)
 *   FORKAUDIT_GENERATOR("name", function, "shape"); the program has this generator of its own
 *
 * Under audit a marker is a breakpoint: a program that ignores or handles SIGTRAP itself and blocks it finds its disposition reset
 * there (the kernel forces the signal; sigaction(2)).
 *
 * Names are C strings of at most 127 bytes. Provider "forkaudit"; probes moment(name), self(name, struct
 * forkaudit_self *), draw(name, bytes, size), generator(name, function, shape). The markers must be compiled into the
 * program itself; those in a shared library are not looked for.
 */
#ifndef FORKAUDIT_H
#define FORKAUDIT_H

#define FORKAUDIT_FDS_MAX    1024
#define FORKAUDIT_GROUPS_MAX 256

/* What FORKAUDIT_SELF hands over. Layout is fixed: 32-bit fields, no padding. */
struct forkaudit_self {
    unsigned version; /* 1 */
    int error;        /* errno when /proc/self/fd could not be read, else 0 */
    unsigned ruid, euid, suid, rgid, egid, sgid;
    int n_groups; /* -1: getgroups failed (or more than FORKAUDIT_GROUPS_MAX) */
    int n_fds;    /* entries used in fds; when there were more, error is E2BIG */
    unsigned groups[FORKAUDIT_GROUPS_MAX];
    int fds[FORKAUDIT_FDS_MAX]; /* ascending is not promised */
    unsigned char cloexec[FORKAUDIT_FDS_MAX];
};

#ifdef FORKAUDIT_DISABLE

#define FORKAUDIT_MOMENT(name)                     ((void)(name))
#define FORKAUDIT_SELF(name)                       ((void)(name))
#define FORKAUDIT_DRAW(name, bytes, size)          ((void)(name), (void)(bytes), (void)(size))
#define FORKAUDIT_GENERATOR(name, function, shape) ((void)(name), (void)(function), (void)(shape))

#else

#ifdef __has_include
#if !__has_include(<sys/sdt.h>)
#error "forkaudit.h needs <sys/sdt.h>: install systemtap-sdt-dev, or define FORKAUDIT_DISABLE to leave markers out"
#endif
#endif

#include <errno.h>
#include <fcntl.h>
#include <sys/sdt.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FORKAUDIT_MOMENT(name)                     forkaudit_probe_moment(name)
#define FORKAUDIT_SELF(name)                       forkaudit_self_report(name)
#define FORKAUDIT_DRAW(name, bytes, size)          forkaudit_probe_draw((name), (bytes), (unsigned long)(size))
#define FORKAUDIT_GENERATOR(name, function, shape) forkaudit_probe_generator((name), (unsigned long)(function), (shape))

/* Below: how. Programs use the macros above. */

#if defined O_CLOEXEC && defined O_DIRECTORY
#define FORKAUDIT_O_DIRECTORY (O_DIRECTORY | O_CLOEXEC)
#elif defined __O_CLOEXEC && defined __O_DIRECTORY
#define FORKAUDIT_O_DIRECTORY (__O_DIRECTORY | __O_CLOEXEC) /* glibc under -std=c11 without a feature test macro */
#else
#error "forkaudit.h needs O_CLOEXEC and O_DIRECTORY: compile with -D_GNU_SOURCE"
#endif

#ifdef __cplusplus
extern "C" {
#elif !defined _DEFAULT_SOURCE
extern long syscall(long number, ...); /* syscall(2): unistd.h declares it only with _DEFAULT_SOURCE */
#endif

/* A program whose other probes use semaphores makes sys/sdt.h ask for one per probe. Nobody reads ours. */
#ifdef _SDT_HAS_SEMAPHORES
#define FORKAUDIT_SEMAPHORE(probe)                                                                                     \
    __extension__ unsigned short forkaudit_##probe##_semaphore __attribute__((weak, section(".probes")))
FORKAUDIT_SEMAPHORE(moment);
FORKAUDIT_SEMAPHORE(self);
FORKAUDIT_SEMAPHORE(draw);
FORKAUDIT_SEMAPHORE(generator);
#endif

#ifdef __cplusplus
}
#endif

/* Arguments are 8 bytes wide on 64-bit hosts and always in registers, the same ones at every site, so that an auditor
 * need not decode addresses: the note of draw reads "8@%rdi 8@%rsi 8@%rdx". */
#if defined __x86_64__ && defined __LP64__
#define FORKAUDIT_IN(n) __asm__(FORKAUDIT_IN_##n)
#define FORKAUDIT_IN_1  "rdi"
#define FORKAUDIT_IN_2  "rsi"
#define FORKAUDIT_IN_3  "rdx"
#elif defined __aarch64__
#define FORKAUDIT_IN(n) __asm__(FORKAUDIT_IN_##n)
#define FORKAUDIT_IN_1  "x0"
#define FORKAUDIT_IN_2  "x1"
#define FORKAUDIT_IN_3  "x2"
#else
#define FORKAUDIT_IN(n) /* any register */
#endif

/* Always part of the caller, also at -O0, so that the probe stands where the macro was written. */
#define FORKAUDIT_INLINE           static inline __attribute__((always_inline, unused))
/* What the program stored there is in memory before the probe, and is still there at it. */
#define FORKAUDIT_VISIBLE(pointer) __asm__ __volatile__("" : : "r"(pointer) : "memory")

#pragma push_macro("STAP_SDT_ARG_CONSTRAINT")
#undef STAP_SDT_ARG_CONSTRAINT
#define STAP_SDT_ARG_CONSTRAINT r
#ifdef __clang__ /* sys/sdt.h's own macros, under -Wpedantic */
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wgnu-zero-variadic-macro-arguments"
#endif

FORKAUDIT_INLINE void forkaudit_probe_moment(const char *name)
{
    register unsigned long forkaudit_1 FORKAUDIT_IN(1) = (unsigned long)name;

    FORKAUDIT_VISIBLE(name);
    STAP_PROBE1(forkaudit, moment, forkaudit_1);
}

FORKAUDIT_INLINE void forkaudit_probe_self(const char *name, const struct forkaudit_self *self)
{
    FORKAUDIT_VISIBLE(name);
    FORKAUDIT_VISIBLE(self);
    {
        register unsigned long forkaudit_1 FORKAUDIT_IN(1) = (unsigned long)name;
        register unsigned long forkaudit_2 FORKAUDIT_IN(2) = (unsigned long)self;

        STAP_PROBE2(forkaudit, self, forkaudit_1, forkaudit_2);
    }
    FORKAUDIT_VISIBLE(self);
}

FORKAUDIT_INLINE void forkaudit_probe_draw(const char *name, const void *bytes, unsigned long size)
{
    FORKAUDIT_VISIBLE(name);
    FORKAUDIT_VISIBLE(bytes);
    {
        register unsigned long forkaudit_1 FORKAUDIT_IN(1) = (unsigned long)name;
        register unsigned long forkaudit_2 FORKAUDIT_IN(2) = (unsigned long)bytes;
        register unsigned long forkaudit_3 FORKAUDIT_IN(3) = size;

        STAP_PROBE3(forkaudit, draw, forkaudit_1, forkaudit_2, forkaudit_3);
    }
    FORKAUDIT_VISIBLE(bytes);
}

FORKAUDIT_INLINE void forkaudit_probe_generator(const char *name, unsigned long function, const char *shape)
{
    FORKAUDIT_VISIBLE(name);
    FORKAUDIT_VISIBLE(shape);
    {
        register unsigned long forkaudit_1 FORKAUDIT_IN(1) = (unsigned long)name;
        register unsigned long forkaudit_2 FORKAUDIT_IN(2) = function;
        register unsigned long forkaudit_3 FORKAUDIT_IN(3) = (unsigned long)shape;

        STAP_PROBE3(forkaudit, generator, forkaudit_1, forkaudit_2, forkaudit_3);
    }
}

#ifdef __clang__
#pragma clang diagnostic pop
#endif
#pragma pop_macro("STAP_SDT_ARG_CONSTRAINT")

/* The descriptor that a name in /proc/self/fd stands for; -1: "." and "..". */
__attribute__((unused)) static inline int forkaudit_self_number(const char *name)
{
    int number = 0;

    if (*name < '0' || *name > '9')
        return -1;
    for (; *name >= '0' && *name <= '9'; name++)
        number = number * 10 + (*name - '0');
    return number;
}

/* Takes the entries of one getdents64(2) buffer. E2BIG when there are more than fit. */
__attribute__((unused)) static inline int forkaudit_self_entries(struct forkaudit_self *self, const char *buffer,
                                                                 long size, int directory)
{
    unsigned short length;

    for (; size > 19; size -= length, buffer += length) {
        int fd = forkaudit_self_number(buffer + 19), flags;

        __builtin_memcpy(&length, buffer + 16, sizeof length); /* struct linux_dirent64: d_reclen, d_name at 19 */
        if (length < 20)
            break;
        if (fd < 0 || fd == directory || (flags = fcntl(fd, F_GETFD)) < 0)
            continue;
        if (self->n_fds == FORKAUDIT_FDS_MAX)
            return E2BIG;
        self->fds[self->n_fds] = fd;
        self->cloexec[self->n_fds++] = (flags & FD_CLOEXEC) != 0;
    }
    return 0;
}

/* Fills *self with what this process sees of itself. Async-signal-safe; leaves errno and the descriptors as they were;
 * takes about 4 KiB of stack. */
__attribute__((unused)) static inline void forkaudit_self_fill(struct forkaudit_self *self)
{
    int saved = errno, directory;
    char buffer[4096];
    long size = 0;

    __builtin_memset(self, 0, sizeof *self);
    self->version = 1;
    syscall(SYS_getresuid, &self->ruid, &self->euid, &self->suid);
    syscall(SYS_getresgid, &self->rgid, &self->egid, &self->sgid);
    self->n_groups = (int)syscall(SYS_getgroups, FORKAUDIT_GROUPS_MAX, self->groups);
    directory = (int)syscall(SYS_openat, -100 /* AT_FDCWD */, "/proc/self/fd", O_RDONLY | FORKAUDIT_O_DIRECTORY);
    if (directory < 0) {
        self->error = errno;
    } else {
        while (!self->error && (size = syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0)
            self->error = forkaudit_self_entries(self, buffer, size, directory);
        if (!self->error && size < 0)
            self->error = errno;
        close(directory);
    }
    errno = saved;
}

/* Not inlined by force: 6 KiB of struct belong to the frame of this function only. */
__attribute__((unused, noinline)) static void forkaudit_self_report(const char *name)
{
    struct forkaudit_self self;

    forkaudit_self_fill(&self);
    forkaudit_probe_self(name, &self);
}

#undef FORKAUDIT_INLINE

#endif /* FORKAUDIT_DISABLE */

#endif
