/* verb_doctor.c - forkaudit doctor: what this host allows, tried rather than guessed, and which checks that leaves partial. */
#include "harness/cli/cli.h"
#include "harness/cli/copies_probe.h"
#include "harness/cli/fake_root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/kcmp.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each probe returns 0 when the host allows it, or an errno. */
struct doctor_probe {
    const char *what;
    int (*run)(void);
    int is_vital;        /* without it no audit can run */
    const char *without; /* what its lack leaves partial, and what to change */
};

static int read_number(const char *path)
{
    char text[32] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC), n;

    if (fd < 0)
        return -1;
    n = read(fd, text, sizeof text - 1);
    close(fd);
    return n > 0 ? atoi(text) : -1;
}

static int has_capability(int capability)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2];

    return !syscall(SYS_capget, &header, data) && data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}

/* Runs `body` in a child; its exit status is the answer. */
static int in_child(int (*body)(void))
{
    pid_t pid = fork();
    int status;

    if (!pid)
        _exit(body());
    if (pid < 0)
        return errno;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static int probe_ptrace(void)
{
    pid_t pid = fork();
    int error = 0;

    if (!pid)
        for (;;)
            pause();
    if (pid < 0)
        return errno;
    if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)PTRACE_O_EXITKILL))
        error = errno;
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
        ;
    return error;
}

static int install_filter(void)
{
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = { 1, &allow };

    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) ? errno : 0;
}

static int install_filter_no_new_privs(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? errno : install_filter();
}

static int probe_filter(void)
{
    return in_child(install_filter_no_new_privs);
}

static int probe_filter_privileged(void)
{
    return in_child(install_filter);
}

static int probe_kcmp(void)
{
    return syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, 0, 0) < 0 && errno != EBADF ? errno : 0;
}

static int probe_sys_ptrace(void)
{
    return has_capability(CAP_SYS_PTRACE) ? 0 : EPERM;
}

static int probe_root(void)
{
    return has_capability(CAP_SETUID) && has_capability(CAP_SETGID) ? 0 : EPERM;
}

static int enter_namespace(void)
{
    return unshare(CLONE_NEWUSER | CLONE_NEWNS) ? errno : 0;
}

static int probe_namespaces(void)
{
    return in_child(enter_namespace);
}

static int probe_close_range(void)
{
    return syscall(SYS_close_range, ~0U, ~0U, 0) ? errno : 0;
}

static int probe_proc_syscall(void)
{
    int fd = open("/proc/self/syscall", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

static const struct doctor_probe probes[] = {
    { "trace a child (ptrace)", probe_ptrace, 1,
      "nothing can be audited. Set /proc/sys/kernel/yama/ptrace_scope to at most 2 (as root), or give the container "
      "--cap-add=SYS_PTRACE" },
    { "filter system calls (seccomp)", probe_filter, 1,
      "nothing can be audited. The kernel needs CONFIG_SECCOMP_FILTER; a container's profile must allow seccomp(2)" },
    { "compare open file descriptions (kcmp)", probe_kcmp, 0,
      "fd-* checks cannot tell one open file description from another. The kernel needs CONFIG_KCMP; a container's "
      "profile must "
      "allow kcmp(2)" },
    { "see where a process waits (/proc/PID/syscall)", probe_proc_syscall, 0,
      "--until-settled and --poke cannot see that a program has settled; use --for. The kernel needs "
      "CONFIG_HAVE_ARCH_TRACEHOOK" },
    { "filter without no_new_privs (CAP_SYS_ADMIN)", probe_filter_privileged, 0,
      "set-uid programs under audit do not gain their privilege, so id-* checks see them unprivileged. Run as root" },
    { "trace set-uid programs (CAP_SYS_PTRACE)", probe_sys_ptrace, 0,
      "set-uid programs under audit run without privilege. Run as root" },
    { "change ids (CAP_SETUID, CAP_SETGID)", probe_root, 0,
      "daemons that drop privilege cannot be audited as they run in earnest, nor --user be used. Run as root, or with "
      "--fake-root" },
    { "user and mount namespaces", probe_namespaces, 0,
      "an ordinary user cannot run what needs root in a namespace. Set /proc/sys/user/max_user_namespaces above 0" },
    { "close_range(2)", probe_close_range, 0, "the reference spc_fork() uses its slower way. Linux 5.9 has it" },
};

static void doctor_host(void)
{
    struct utsname host;
    int yama = read_number("/proc/sys/kernel/yama/ptrace_scope");

    if (!uname(&host))
        printf("host: %s %s %s\n", host.sysname, host.release, host.machine);
    printf("effective uid: %u\n", (unsigned)geteuid());
    if (yama < 0)
        printf("Yama: not present\n");
    else
        printf("Yama: ptrace_scope %d%s\n", yama, yama == 3 ? " (no tracing at all until reboot)" : "");
#ifndef __x86_64__
    printf("machine: markers and the return of clone flags are known for x86-64 only\n");
#endif
}

/* Root has no use for it. An enum cli_exit. */
static int doctor_fake_root(void)
{
    char why[1536] = "";

    if (!geteuid()) {
        printf("ok      be root of a user namespace (--fake-root): not needed, you are root\n");
        return CLI_EXIT_CLEAN;
    }
    if (!fake_root_probe(why, sizeof why)) {
        printf("ok      be root of a user namespace (--fake-root)\n");
        return CLI_EXIT_CLEAN;
    }
    printf("missing be root of a user namespace (--fake-root): %s\n"
           "        without it: an ordinary user cannot audit daemons that drop privilege\n",
           why);
    return CLI_EXIT_INCOMPLETE;
}

/* An enum cli_exit. */
static int doctor_copies(void)
{
    char why[512] = "";

    if (!copies_probe(why, sizeof why)) {
        printf("ok      rebuild a process and run it under a gate (--generators)\n");
        return CLI_EXIT_CLEAN;
    }
    printf(
        "missing rebuild a process and run it under a gate (--generators): %s\n"
        "        without it: --generators finds and watches generators, but cannot draw from them. It needs an x86-64 "
        "kernel, memfd_create(2) without vm.memfd_noexec=2, ptrace(2) and seccomp(2)\n",
        why);
    return CLI_EXIT_INCOMPLETE;
}

static int worse(int a, int b)
{
    return a == CLI_EXIT_CLEAN ? b : a;
}

int verb_doctor(int argc, char **argv)
{
    int status = CLI_EXIT_CLEAN;

    if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
        printf("Usage: forkaudit doctor\nTry what an audit needs on this host, and say what its lack leaves partial.\n"
               "Exit status: 0 everything is there, 4 some checks are partial, 3 no audit can run.\n");
        return CLI_EXIT_CLEAN;
    }
    if (argc > 1) {
        cli_error("doctor takes no argument; see 'forkaudit doctor --help'");
        return CLI_EXIT_USAGE;
    }
    doctor_host();
    fflush(stdout); /* a probe's child must not print it again */
    for (size_t i = 0; i < sizeof probes / sizeof *probes; i++) {
        int error = probes[i].run();

        printf("%-7s %s%s%s\n", error ? "missing" : "ok", probes[i].what, error ? ": " : "",
               error ? strerror(error) : "");
        if (!error)
            continue;
        printf("        without it: %s\n", probes[i].without);
        if (probes[i].is_vital)
            status = CLI_EXIT_FAILED;
        else if (status == CLI_EXIT_CLEAN)
            status = CLI_EXIT_INCOMPLETE;
    }
    status = worse(status, doctor_copies());
    return worse(status, doctor_fake_root());
}
