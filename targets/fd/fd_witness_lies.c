/* fd_witness_lies.c - a program reports a view of its own descriptors in which one is missing.
 *
 * Defect: what it says of itself and what the kernel says of it differ, as when /proc is another's or a library
 * hides something. Neither witness alone may then be believed.
 * Expect: fd-witness-differs 1
 */
#include "forkaudit.h"

#include <fcntl.h>

int main(void)
{
    struct forkaudit_self self;
    int i, fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return 1;
    forkaudit_self_fill(&self);
    for (i = 0; i < self.n_fds && self.fds[i] != fd; i++)
        ;
    if (i == self.n_fds)
        return 1;
    self.n_fds--;
    self.fds[i] = self.fds[self.n_fds];
    self.cloexec[i] = self.cloexec[self.n_fds];
    forkaudit_probe_self("hides-one", &self);
    return 0;
}
