/* id_inject_null_stream.c - a daemon forks a worker that opens /dev/null for its messages.
 *
 * Defect: nobody looks whether it could be opened, and a null pointer is written through when not, as when there are no
 * descriptors left or the file is missing in a chroot.
 * Expect: inject-crash 1
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
