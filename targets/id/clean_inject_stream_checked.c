/* clean_inject_stream_checked.c - a daemon forks a worker that opens /dev/null for its messages, and ends when
 * it cannot.
 *
 * No defect: the counterpart of id_inject_null_stream.
 * Expect: none
 * Inject: --calls open
 */
#include "forkaudit.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where the daemon's messages go when nobody wants them. */
static int work(void)
{
    static const struct rlimit none = { 0, 0 };
    FILE *log;

    if (setrlimit(RLIMIT_CORE, &none)) /* no core file of ours on this machine */
        return 1;
    log = fopen("/dev/null", "we");
    if (!log)
        return 1;
    fputs("started\n", log);
    FORKAUDIT_MOMENT("started");
    return fclose(log) != 0;
}

int main(void)
{
    int status;
    pid_t pid = fork();

    if (pid < 0)
        return 1;
    if (pid == 0)
        _exit(work());

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}
