/* main.c - the program: a sane environment for the verbs, and the last look at standard output. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/cli/cli.h"

/* Fills descriptors 0 to 2 that are closed, so that no file of ours lands there and takes what others print. The
 * fillers are close-on-exec, so that a target finds them closed as its starter left them; and as 1 and 2 cannot be
 * written to, a report that cannot be seen is an error still. */
static int fill_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
            continue;
        if (open("/dev/null", (fd == 0 ? O_WRONLY : O_RDONLY) | O_CLOEXEC) != fd)
            return -1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    int status;

    if (fill_standard_descriptors() < 0)
        return CLI_EXIT_FAILED;
    setlocale(LC_CTYPE, ""); /* which characters the reader can see; numbers and messages stay as in the C locale */
    status = cli_main(argc, argv);
    if (fflush(stdout) == EOF && errno != EPIPE) {
        cli_error("cannot write to standard output: %s", strerror(errno));
        status = CLI_EXIT_FAILED;
    }
    return status;
}
