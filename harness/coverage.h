/* coverage.h - force-included by `make coverage`: lines run in a process that ends with _exit are counted too.
 *
 * _exit(2) skips the exit handler in which gcov writes its counters. They are written here first, and reset, because a child
 * of vfork(2) shares them with its parent. Never included in an ordinary build.
 */
#ifndef FORKAUDIT_COVERAGE_H
#define FORKAUDIT_COVERAGE_H

#include <unistd.h>

extern void __gcov_dump(void);
extern void __gcov_reset(void);

static inline __attribute__((noreturn, unused)) void coverage_exit(int status)
{
    __gcov_dump();
    __gcov_reset();
    _exit(status);
}
#define _exit(status) coverage_exit(status)

#endif
