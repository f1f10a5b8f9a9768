/* clean_worker.c - a root daemon makes a worker with spc_fork_with(): www-data's ids, one pipe kept, its own session.
 *
 * No defect: all ids, groups and capabilities of root are gone, and only the pipe of all descriptors was kept.
 * Expect: none
 * Needs: root
 */
#include "forkaudit.h"
#include "spc.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

int main(void)
{
    static const gid_t groups[] = { 0, 4, 27 };
    struct spc_fork_options options = SPC_FORK_OPTIONS_INIT;
    int ends[2], status;
    char byte;
    pid_t pid;

    if (setgroups(3, groups) || pipe2(ends, O_CLOEXEC) || open("/etc/passwd", O_RDONLY) < 0)
        return 1;
    options.keep = &ends[1];
    options.n_keep = 1;
    options.target_uid = WWW;
    options.target_gid = WWW;
    options.new_session = 1;
    options.reset_signals = 1;
    pid = spc_fork_with(&options);
    if (pid < 0)
        return 1;
    if (pid == 0) {
        FORKAUDIT_SELF("worker");
        _exit(write(ends[1], "x", 1) != 1);
    }
    if (read(ends[0], &byte, 1) != 1)
        return 1;

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}
