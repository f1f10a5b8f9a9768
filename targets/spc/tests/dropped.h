/* dropped.h - what must hold after a drop for good, written without the library under test. */
#ifndef SPC_TESTS_DROPPED_H
#define SPC_TESTS_DROPPED_H

#include "harness/testing.h"
#include "spc.h"
#include "targets/spc/tests/child.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>

#define USER  4321
#define GROUP 4322

/* In a user namespace root may have nobody else to become. */
static inline bool can_become_others(void)
{
    pid_t pid;

    if (geteuid() != 0)
        return false;
    pid = fork();
    if (pid == 0)
        _exit(setgroups(0, NULL) || setresgid(20000, 20000, 20000) || setresuid(USER, USER, USER) ? 1 : 0);
    return child_result(pid) == 0;
}

#define NEED_ROOT()                                                                                                    \
    do {                                                                                                               \
        if (!can_become_others()) {                                                                                    \
            test_skip("needs root, with other ids to drop to");                                                        \
            return;                                                                                                    \
        }                                                                                                              \
    } while (0)

static inline bool caps_are_empty(void)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2] = { { 0, 0, 0 } };
    static const struct __user_cap_data_struct none[2];

    return syscall(SYS_capget, &header, data) == 0 && memcmp(data, none, sizeof none) == 0;
}

static inline bool groups_are(int n, gid_t first, gid_t second)
{
    gid_t groups[64];

    return getgroups(64, groups) == n && (n < 1 || groups[0] == first) && (n < 2 || groups[1] == second);
}

static inline int need_dropped(uid_t uid, gid_t gid)
{
    uid_t u[3];
    gid_t g[3];

    NEED(getresuid(&u[0], &u[1], &u[2]) == 0 && u[0] == uid && u[1] == uid && u[2] == uid);
    NEED(getresgid(&g[0], &g[1], &g[2]) == 0 && g[0] == gid && g[1] == gid && g[2] == gid);
    NEED(setfsuid((uid_t)-1) == (int)uid && setfsgid((gid_t)-1) == (int)gid);
    NEED(caps_are_empty());
    NEED(seteuid(0) == -1 && errno == EPERM);
    NEED(setegid(0) == -1 && errno == EPERM);
    NEED(setuid(0) == -1 && setgid(0) == -1);
    return 0;
}

#endif
