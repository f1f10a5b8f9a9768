/* subject.c - a process whose snapshot is taken: a child of the test that plays a part, and stops where it says so. */
#include "harness/snapshot/tests/subject.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define STORE_LIMIT ((uint64_t)256 << 20)
#define CALL_MS     20000

int subject_is_skipped(void)
{
    const char *preload = getenv("LD_PRELOAD");

    if (!preload || !strstr(preload, "vgpreload"))
        return 0;
    test_skip("valgrind runs no process that was rebuilt");
    return 1;
}

int subject_is_sanitized(void)
{
#if defined(__SANITIZE_ADDRESS__)
    return 1;
#else
    return 0;
#endif
}

static int wait_stop(pid_t pid)
{
    int status;

    if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
        return -1;
    return status;
}

static int start(struct subject *s, void (*part)(void), const char *path, long options)
{
    int go[2];
    char byte = 0;

    *s = (struct subject){ .proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC) };
    if (s->proc < 0 || snapshot_store_new(STORE_LIMIT, &s->store) || pipe2(go, O_CLOEXEC))
        return -1;
    s->pid = fork();
    if (!s->pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (read(go[0], &byte, 1) != 1)
            _exit(99);
        if (path)
            execl(path, path, (char *)NULL);
        else
            part();
        _exit(98);
    }
    if (s->pid < 0 || ptrace(PTRACE_SEIZE, s->pid, NULL, options) || write(go[1], &byte, 1) != 1)
        return -1;
    close(go[0]);
    close(go[1]);
    return wait_stop(s->pid) < 0 ? -1 : 0;
}

int subject_start(struct subject *s, void (*part)(void), long options)
{
    return start(s, part, NULL, options);
}

int subject_start_program(struct subject *s, const char *path)
{
    return start(s, NULL, path, PTRACE_O_TRACEEXEC);
}

int subject_next(struct subject *s)
{
    if (ptrace(PTRACE_CONT, s->pid, NULL, NULL) && errno != ESRCH)
        return -1;
    return wait_stop(s->pid);
}

void subject_end(struct subject *s)
{
    int status;

    if (s->pid > 0 && !kill(s->pid, SIGKILL)) {
        ptrace(PTRACE_CONT, s->pid, NULL, NULL); /* on its way out it does not hear of it */
        while (waitpid(s->pid, &status, __WALL) == s->pid && WIFSTOPPED(status))
            ptrace(PTRACE_CONT, s->pid, NULL, NULL);
    }
    if (s->store) {
        CU_ASSERT_EQUAL(snapshot_store_used(s->store), 0);
        snapshot_store_free(s->store);
    }
    if (s->proc >= 0)
        close(s->proc);
}

struct snapshot *subject_take(struct subject *s, const struct snapshot *base)
{
    struct snapshot *taken;
    int error = snapshot_take(s->store, s->proc, s->pid, s->pid, base, NULL, 0, STORE_LIMIT, &taken, NULL);

    CU_ASSERT_EQUAL(error, 0);
    return error ? NULL : taken;
}

int subject_rebuild(const struct snapshot *s, struct rebuilt **ret, struct worker *ret_worker)
{
    char why[256] = "";
    int error = rebuild(s, ret, why, sizeof why);

    CU_ASSERT_EQUAL(error, 0);
    CU_ASSERT_STRING_EQUAL(why, "");
    if (error)
        return -1;
    error = worker_make(*ret, ret_worker);
    CU_ASSERT_EQUAL(error, 0);
    if (error)
        rebuilt_free(*ret);
    return error ? -1 : 0;
}

int subject_call(struct worker *w, uint64_t function, uint64_t a, uint64_t b, struct worker_stop *ret_stop,
                 uint64_t *ret_value)
{
    const uint8_t breakpoint = 0xcc;
    struct user_regs_struct r;
    uint64_t behind = w->room, stack = w->room + w->room_size / 2 - 8;
    int error = worker_write(w, behind, &breakpoint, 1);

    if (!error)
        error = worker_write(w, stack, &behind, sizeof behind);
    if (!error)
        error = worker_registers(w, &r);
    if (error)
        return error;
    r.rip = function;
    r.rdi = a;
    r.rsi = b;
    r.rax = 0;
    r.rsp = stack;
    error = worker_set_registers(w, &r);
    if (!error)
        error = worker_run(w, CALL_MS, ret_stop);
    if (!error && ret_value && ret_stop->kind == WORKER_TRAP && !worker_registers(w, &r))
        *ret_value = r.rax;
    return error;
}

unsigned subject_fds(void)
{
    DIR *d = opendir("/proc/self/fd");
    unsigned n = 0;

    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n;
}

int subject_has_children(void)
{
    return waitpid(-1, NULL, WNOHANG | __WALL) >= 0 || errno != ECHILD;
}

/* The kernel names them: each thread's children, in one file. */
int subject_has_others(pid_t but)
{
    char path[64];
    int child, has_others = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    f = fopen(path, "re");
    while (f && fscanf(f, "%d", &child) == 1)
        has_others |= child != but;
    if (f)
        fclose(f);
    return has_others;
}
