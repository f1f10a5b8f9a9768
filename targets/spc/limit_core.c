/* limit_core.c - no core dump of a process that holds secrets, nor of its children. */
#include "internal.h"

#include <sys/prctl.h>
#include <sys/resource.h>

int spc_limit_core(void)
{
    struct rlimit none = { 0, 0 };

    /* The limit is inherited and survives exec, but a core_pattern that is a pipe ignores it (core(5)); the dumpable
     * attribute covers that, but an exec sets it anew. So both. */
    if (setrlimit(RLIMIT_CORE, &none))
        return -1;
    return prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
}
