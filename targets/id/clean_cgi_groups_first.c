/* clean_cgi_groups_first.c - a root server runs a CGI program as another user: groups, gid, and then the uid.
 *
 * No defect: the counterpart of id_cgi_group_root. The groups come first, and every result is looked at.
 * Expect: none
 * Needs: root
 */
#include "forkaudit.h"

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

static int run(void)
{
    if (setgroups(0, NULL) || setgid(WWW) || setuid(WWW))
        return 126;
    FORKAUDIT_SELF("cgi");
    execl("/bin/true", "cgi", (char *)NULL);
    return 127;
}

int main(void)
{
    static const gid_t groups[] = { 0, 4, 27 };
    int status;
    pid_t pid;

    if (setgroups(3, groups))
        return 1;
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0)
        _exit(run());

    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}
