/* copies_probe.c - tries whether a process can be taken, rebuilt in an empty program, and run there under a gate. */
#include "harness/cli/copies_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/snapshot/snapshot.h"

#define MEMORY_MAX ((uint64_t)1 << 30)

static void reap(pid_t pid)
{
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
        ;
}

/* A child that stands still under our ptrace(2), or a negative errno. */
static pid_t stopped_child(void)
{
    pid_t parent = getpid(), pid = fork();
    int status, error;

    if (!pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (getppid() == parent)
            pause();
        _exit(0);
    }
    if (pid < 0)
        return -errno;
    if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)PTRACE_O_EXITKILL) || ptrace(PTRACE_INTERRUPT, pid, NULL, NULL)) {
        error = errno;
        reap(pid);
        return -error;
    }
    while (waitpid(pid, &status, __WALL) < 0)
        if (errno != EINTR)
            return -errno;
    return WIFSTOPPED(status) ? pid : -ESRCH;
}

/* A system call in a copy of it. */
static int run_copy(const struct snapshot *snapshot, char *why, size_t why_size)
{
    struct rebuilt *rebuilt = NULL;
    struct worker worker;
    int64_t result = 0;
    int r;

    snprintf(why, why_size, "a process could not be rebuilt");
    r = rebuild(snapshot, &rebuilt, why, why_size);
    if (r)
        return r;
    r = worker_make(rebuilt, &worker);
    if (r) {
        snprintf(why, why_size, "a rebuilt process could not be copied: %s", strerror(-r));
    } else {
        r = worker_inject(&worker, SYS_getpid, (const uint64_t[6]){ 0 }, &result);
        if (!r && result <= 0)
            r = -EPERM;
        if (r)
            snprintf(why, why_size, "a rebuilt process could not be run: %s", strerror(-r));
        worker_end(&worker);
    }
    rebuilt_free(rebuilt);
    return r;
}

int copies_probe(char *why, size_t why_size)
{
    struct snapshot_store *store = NULL;
    struct snapshot *snapshot = NULL;
    pid_t pid;
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

    if (proc < 0) {
        r = -errno;
        snprintf(why, why_size, "/proc: %s", strerror(-r));
        return r;
    }
    pid = stopped_child();
    r = pid < 0 ? (int)pid : snapshot_store_new(MEMORY_MAX, &store);
    if (!r)
        r = snapshot_take(store, proc, pid, pid, NULL, NULL, 0, MEMORY_MAX, &snapshot, NULL);
    if (r)
        snprintf(why, why_size, "the memory of a child could not be taken: %s", strerror(-r));
    else
        r = run_copy(snapshot, why, why_size);
    snapshot_release(snapshot);
    snapshot_store_free(store);
    if (pid > 0)
        reap(pid);
    close(proc);
    return r;
}
