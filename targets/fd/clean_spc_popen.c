/* clean_spc_popen.c - a program runs cat through spc_popen() and reads back what it wrote.
 *
 * No defect: of the many open descriptors only the two pipes reach cat, as its 0 and 1. Started as root, it
 * becomes www-data first: spc_popen() drops to the real ids, and root's would be no drop.
 * Expect: none
 */
#include "forkaudit.h"
#include "spc.h"

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    char *arguments[] = { "cat", NULL }, line[16] = "";
    struct spc_pipe *cat;
    int status;

    if (geteuid() == 0 && spc_drop_privileges_to(33, 33, NULL, 0))
        return 1;
    if (open("/etc/passwd", O_RDONLY) < 0 || dup2(STDIN_FILENO, 90) < 0)
        return 1;
    cat = spc_popen("/bin/cat", arguments, NULL);
    if (!cat)
        return 1;
    FORKAUDIT_SELF("parent");
    if (fputs("payload\n", cat->write_stream) < 0 || fflush(cat->write_stream))
        return 1;
    if (!fgets(line, sizeof line, cat->read_stream) || strcmp(line, "payload\n"))
        return 1;
    status = spc_pclose(cat);
    return status == -1 || !WIFEXITED(status) || WEXITSTATUS(status);
}
