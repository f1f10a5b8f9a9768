/* id_cgi_group_root.c - a root server runs a CGI program as another user: gid, uid, and then the groups.
 *
 * Defect: without root's uid setgroups(2) fails, always, and nobody looks: the CGI program is in the groups 0, 4 and
 * 27. CUPS 1.1.19 ran them so.
 * Expect: id-drop-order 1
 * Expect: id-drop-unchecked 1
 * Expect: id-groups-kept 1
 * Re-enacts: cups#185
 * Needs: root
 */
#include "forkaudit.h"

#include <errno.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#define WWW 33 /* www-data */

static int run(void)
{
    if (setgid(WWW) || setuid(WWW))
        return 126;
    if (setgroups(0, NULL))
        errno = 0; /* never looked at */
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
