/* user.c - USER[:GROUP] on the command line: names or numbers to ids and groups. */
#include "harness/cli/user.h"
#include "harness/cli/cli.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

static int number(const char *text, unsigned *ret)
{
    char *end;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &end, 10);
    if (errno || end == text || *end || value >= 0xffffffffu)
        return 0;
    *ret = value;
    return 1;
}

static int user_groups(const char *name, struct cli_user *u)
{
    int n = 0;

    getgrouplist(name, u->gid, NULL, &n);
    u->groups = calloc(n ? n : 1, sizeof *u->groups);
    if (!u->groups)
        return CLI_EXIT_FAILED;
    if (getgrouplist(name, u->gid, u->groups, &n) < 0)
        n = 0;
    u->n_groups = n;
    return 0;
}

int cli_user_find(const char *text, struct cli_user *ret)
{
    char *name = strdup(text), *group = name ? strchr(name, ':') : NULL;
    struct passwd *user;
    struct group *entry;
    unsigned id;
    int r = CLI_EXIT_USAGE;

    if (!name)
        return CLI_EXIT_FAILED;
    if (group)
        *group++ = '\0';
    cli_user_release(ret);
    user = number(name, &id) ? getpwuid(id) : getpwnam(name);
    if (!user && !number(name, &ret->uid)) {
        cli_error("--user: no user '%s'; see 'getent passwd'", name);
        goto out;
    }
    if (user) {
        ret->uid = user->pw_uid;
        ret->gid = user->pw_gid;
    } else {
        ret->gid = ret->uid;
    }
    entry = group ? getgrnam(group) : NULL;
    if (group && !entry && !number(group, &ret->gid)) {
        cli_error("--user: no group '%s'; see 'getent group'", group);
        goto out;
    }
    if (entry)
        ret->gid = entry->gr_gid;
    r = user ? user_groups(user->pw_name, ret) : 0;
    ret->is_set = !r;
out:
    free(name);
    return r;
}

void cli_user_release(struct cli_user *u)
{
    free(u->groups);
    memset(u, 0, sizeof *u);
}
