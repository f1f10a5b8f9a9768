/* trouble.h - reseed functions that fail, die or damage, on one side of a fork. */
#ifndef SPC_TESTS_TROUBLE_H
#define SPC_TESTS_TROUBLE_H

#include "spc.h"
#include "targets/spc/tests/child.h"

/* What is done with the generator named `context` in the process that is not `parent`, or in it. */
struct trouble {
    pid_t parent;
    enum { TROUBLE_CHILD_FAILS, TROUBLE_PARENT_FAILS, TROUBLE_CHILD_DIES, TROUBLE_CHILD_CLOSES } kind;
};

static inline int reseed_with_trouble(void *context, const unsigned char *seed, size_t size)
{
    const struct trouble *trouble = context;
    bool is_child = getpid() != trouble->parent;

    (void)seed, (void)size;
    if (is_child && trouble->kind == TROUBLE_CHILD_DIES)
        raise(SIGKILL);
    if (is_child && trouble->kind == TROUBLE_CHILD_CLOSES)
        syscall(SYS_close_range, 3u, ~0u, 0u);
    errno = EDOM;
    return trouble->kind == (is_child ? TROUBLE_CHILD_FAILS : TROUBLE_PARENT_FAILS) ? -1 : 0;
}

#endif
