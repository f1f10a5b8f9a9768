/* gate.c - what becomes of each system call of a worker. One row a call; what has none is refused.
 *
 * Nothing that could be seen outside is let through, and nothing that depends on it: a generator that needs more has
 * ended its run, and the values behind prove nothing.
 */
#include "harness/draw/internal.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

enum gate_act gate_answer(struct gate_call *c, int64_t answer)
{
    c->answer = answer;
    return GATE_ANSWER;
}

enum gate_act gate_give(struct gate_call *c, uint64_t address, const void *bytes, size_t size, int64_t answer)
{
    return gate_answer(c, worker_write(c->run->w, address, bytes, size) ? -EFAULT : answer);
}

enum gate_act gate_refuse(struct gate_call *c, const char *format, ...)
{
    char text[160];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    run_end(c->run, DRAW_REFUSED, "%s", text);
    return GATE_REFUSE;
}

#ifdef __x86_64__

static enum gate_act gate_allow(struct gate_call *c)
{
    (void)c;
    return GATE_ALLOW;
}

/* Done, as far as the process can tell; or without effect on what it does next. */
static enum gate_act gate_nothing(struct gate_call *c)
{
    return gate_answer(c, 0);
}

static enum gate_act gate_not_known(struct gate_call *c)
{
    return gate_answer(c, -ENOSYS);
}

static enum gate_act gate_no_room(struct gate_call *c)
{
    return gate_answer(c, -ENOMEM);
}

static enum gate_act gate_no_child(struct gate_call *c)
{
    return gate_answer(c, -ECHILD);
}

static enum gate_act gate_umask(struct gate_call *c)
{
    return gate_answer(c, 022);
}

/* mov $nr, %eax; syscall - as libraries have it - becomes mov $number, %eax: generators ask at each draw, and a stop
 * is dear. */
static void answer_for_ever(struct gate_call *c, uint32_t number)
{
    uint8_t code[7], there[7];
    uint32_t nr = (uint32_t)c->stop->nr;

    memcpy(code, "\xb8\0\0\0\0\x0f\x05", sizeof code);
    memcpy(code + 1, &nr, sizeof nr);
    if (worker_read(c->run->w, c->stop->pc - sizeof code, there, sizeof there) || memcmp(code, there, sizeof code) != 0)
        return;
    memcpy(code, "\xb8\0\0\0\0\x66\x90", sizeof code);
    memcpy(code + 1, &number, sizeof number);
    /* Where it cannot be written, it is asked again. */
    worker_write(c->run->w, c->stop->pc - sizeof code, code, sizeof code);
}

static enum gate_act gate_pid(struct gate_call *c)
{
    const struct draw_mode *m = c->run->mode;
    pid_t number = c->stop->nr == SYS_getpid ? m->pid : c->stop->nr == SYS_getppid ? m->ppid : m->tid;

    run_consulted(c->run, DRAW_PID);
    answer_for_ever(c, (uint32_t)number);
    return gate_answer(c, number);
}

/* Process group and session: the same on both sides, whatever they are. */
static enum gate_act gate_group(struct gate_call *c)
{
    return gate_answer(c, 1);
}

static const char *signal_word(uint64_t number)
{
    switch (number) {
    case SIGABRT:
        return "SIGABRT";
    case SIGKILL:
        return "SIGKILL";
    case SIGTERM:
        return "SIGTERM";
    case SIGSEGV:
        return "SIGSEGV";
    case SIGILL:
        return "SIGILL";
    case SIGTRAP:
        return "SIGTRAP";
    default:
        return NULL;
    }
}

/* kill, tkill, tgkill: abort(3) ends so. */
static enum gate_act gate_kill(struct gate_call *c)
{
    const struct draw_mode *m = c->run->mode;
    const uint64_t *args = c->stop->args;
    int is_group = c->stop->nr == SYS_tgkill;
    int is_itself = c->stop->nr == SYS_tkill ? (pid_t)args[0] == m->tid
                    : is_group               ? (pid_t)args[0] == m->pid && (pid_t)args[1] == m->tid
                                             : (pid_t)args[0] == m->pid;
    uint64_t number = args[is_group ? 2 : 1];

    if (!is_itself)
        return gate_refuse(c, "it wants to send a signal to process %d", (int)args[0]);
    if (!number)
        return gate_answer(c, 0);
    if (!signal_word(number))
        return gate_refuse(c, "it wants to send itself signal %llu", (unsigned long long)number);
    run_end(c->run, DRAW_ABORTED, "it ends its process with %s", signal_word(number));
    return GATE_REFUSE;
}

static enum gate_act gate_exit(struct gate_call *c)
{
    run_end(c->run, DRAW_ABORTED, "it ends its process with status %d", (int)(c->stop->args[0] & 0xff));
    return GATE_REFUSE;
}

static int is_itself(const struct gate_call *c, uint64_t pid)
{
    return !(pid_t)pid || (pid_t)pid == c->run->mode->pid || (pid_t)pid == c->run->mode->tid;
}

/* What it may run on and how much it may use: its own, asked for only. */
static enum gate_act gate_own_limits(struct gate_call *c)
{
    if ((pid_t)c->stop->args[0] || (c->stop->nr == SYS_prlimit64 && c->stop->args[2]))
        return is_itself(c, c->stop->args[0]) ? gate_answer(c, -EPERM) : gate_refuse(c, "it asks for another process");
    return GATE_ALLOW;
}

static enum gate_act gate_prctl(struct gate_call *c)
{
    enum { NAME_SET = 15, NAME_GET = 16, MEMORY_NAME = 0x53564d41 };
    static const char name[16] = "";

    if (c->stop->args[0] == NAME_GET)
        return gate_give(c, c->stop->args[1], name, sizeof name, 0);
    if (c->stop->args[0] == NAME_SET || c->stop->args[0] == MEMORY_NAME)
        return gate_answer(c, 0);
    return gate_refuse(c, "it makes prctl(%llu)", (unsigned long long)c->stop->args[0]);
}

/* Trampolines of the kernel's own, where somebody watches a library with uprobes. */
#define NR_URETPROBE 335
#define NR_UPROBE    336
#define N_GATES      460

static gate_function *const gates[N_GATES] = {
    [SYS_getpid] = gate_pid,
    [SYS_gettid] = gate_pid,
    [SYS_getppid] = gate_pid,
    [SYS_getpgrp] = gate_group,
    [SYS_getpgid] = gate_group,
    [SYS_getsid] = gate_group,
    [SYS_getrandom] = gate_getrandom,
    [SYS_open] = gate_open,
    [SYS_openat] = gate_openat,
    [SYS_read] = gate_read,
    [SYS_pread64] = gate_pread,
    [SYS_readv] = gate_readv,
    [SYS_write] = gate_write,
    [SYS_close] = gate_close,
    [SYS_fstat] = gate_fstat,
    [SYS_stat] = gate_stat,
    [SYS_lstat] = gate_stat,
    [SYS_newfstatat] = gate_statat,
    [SYS_statx] = gate_statx,
    [SYS_access] = gate_access,
    [SYS_faccessat] = gate_faccessat,
    [439 /* faccessat2 */] = gate_faccessat,
    [SYS_readlink] = gate_readlink,
    [SYS_readlinkat] = gate_readlinkat,
    [SYS_lseek] = gate_lseek,
    [SYS_fcntl] = gate_fcntl,
    [SYS_ioctl] = gate_ioctl,
    [SYS_poll] = gate_poll,
    [SYS_ppoll] = gate_poll,
    [SYS_select] = gate_select,
    [SYS_pselect6] = gate_select,
    [SYS_socket] = gate_socket,
    [SYS_connect] = gate_connect,
    [SYS_clock_gettime] = gate_clock_gettime,
    [SYS_gettimeofday] = gate_gettimeofday,
    [SYS_time] = gate_time,
    [SYS_times] = gate_times,
    [SYS_getrusage] = gate_rusage,
    [SYS_clock_getres] = gate_clock_getres,
    [SYS_sysinfo] = gate_sysinfo,
    [SYS_getcpu] = gate_getcpu,
    [SYS_nanosleep] = gate_sleep,
    [SYS_clock_nanosleep] = gate_clock_sleep,
    [SYS_sched_yield] = gate_nothing,
    [SYS_futex] = gate_futex,
    [SYS_mmap] = gate_mmap,
    [SYS_mremap] = gate_mremap,
    [SYS_madvise] = gate_madvise,
    [SYS_munmap] = gate_allow,
    [SYS_mprotect] = gate_allow,
    [SYS_brk] = gate_brk,
    [SYS_umask] = gate_umask,
    [SYS_mlock] = gate_nothing,
    [SYS_mlock2] = gate_nothing,
    [SYS_munlock] = gate_nothing,
    [SYS_mlockall] = gate_nothing,
    [SYS_munlockall] = gate_nothing,
    [SYS_pkey_alloc] = gate_no_room,
    [SYS_membarrier] = gate_nothing,
    [SYS_uname] = gate_allow,
    [SYS_getuid] = gate_allow,
    [SYS_geteuid] = gate_allow,
    [SYS_getgid] = gate_allow,
    [SYS_getegid] = gate_allow,
    [SYS_getresuid] = gate_allow,
    [SYS_getresgid] = gate_allow,
    [SYS_rt_sigprocmask] = gate_allow,
    [SYS_rt_sigaction] = gate_allow,
    [SYS_rt_sigpending] = gate_allow,
    [SYS_rt_sigreturn] = gate_allow,
    [SYS_sigaltstack] = gate_allow,
    [SYS_arch_prctl] = gate_allow,
    [SYS_set_robust_list] = gate_allow,
    [SYS_prctl] = gate_prctl,
    [SYS_getrlimit] = gate_allow,
    [SYS_prlimit64] = gate_own_limits,
    [SYS_sched_getaffinity] = gate_own_limits,
    [SYS_wait4] = gate_no_child,
    [SYS_waitid] = gate_no_child,
    [SYS_kill] = gate_kill,
    [SYS_tkill] = gate_kill,
    [SYS_tgkill] = gate_kill,
    [SYS_exit] = gate_exit,
    [SYS_exit_group] = gate_exit,
    [334 /* rseq */] = gate_not_known,
    [NR_URETPROBE] = gate_allow,
    [NR_UPROBE] = gate_allow,
};

/* What a generator that needs them is likely to want. */
static const char *call_name(long nr)
{
    static const struct {
        long nr;
        const char *name;
    } names[] = {
        { SYS_fork, "fork" },
        { SYS_vfork, "vfork" },
        { SYS_clone, "clone" },
        { 435, "clone3" },
        { SYS_execve, "execve" },
        { SYS_sendto, "sendto" },
        { SYS_sendmsg, "sendmsg" },
        { SYS_recvfrom, "recvfrom" },
        { SYS_recvmsg, "recvmsg" },
        { SYS_pipe, "pipe" },
        { SYS_pipe2, "pipe2" },
        { SYS_flock, "flock" },
        { SYS_unlink, "unlink" },
        { SYS_keyctl, "keyctl" },
        { SYS_bind, "bind" },
        { SYS_writev, "writev" },
        { SYS_memfd_create, "memfd_create" },
        { SYS_semop, "semop" },
        { SYS_timer_create, "timer_create" },
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].nr == nr)
            return names[i].name;
    return NULL;
}

static enum gate_act gate_other(struct gate_call *c)
{
    const char *name = call_name(c->stop->nr);

    if (c->stop->nr < 0)
        return gate_refuse(c, "it makes a system call of another machine");
    if (name)
        return gate_refuse(c, "it makes %s(), which a copy may not", name);
    return gate_refuse(c, "it makes system call %ld, which a copy may not", c->stop->nr);
}

int gate_pass(struct draw_run *run, const struct worker_stop *stop)
{
    struct gate_call c = { .run = run, .stop = stop };
    gate_function *gate = stop->nr >= 0 && stop->nr < N_GATES ? gates[stop->nr] : NULL;

    switch (gate ? gate(&c) : gate_other(&c)) {
    case GATE_ANSWER:
        run->s->is_denied |= c.answer < 0;
        return worker_answer(run->w, c.answer);
    case GATE_ALLOW:
        return worker_allow(run->w);
    default:
        return 1;
    }
}

#else

int gate_pass(struct draw_run *run, const struct worker_stop *stop)
{
    (void)stop;
    return run_end(run, DRAW_REFUSED, "copies are only known on x86-64");
}

#endif
