/* as_user.c - run commands as an ordinary user with subordinate ids, whoever runs the tests. */
#include "harness/cli/tests/as_user.h"
#include "harness/testing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

const char *user_path(const char *name)
{
    static char path[4300];

    snprintf(path, sizeof path, "%s/%s", test_directory(), name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(user_path(name), "we");

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    CU_ASSERT_EQUAL_FATAL(fclose(file), 0);
}

int user_run(struct program *p, const char *command)
{
    setenv("C", command, 1);
    if (geteuid())
        return program_run(p, "cd \"$D/home\" && exec sh -c \"$C\"");
    return program_run(p, "exec unshare --mount --propagation private sh -c '"
                          "mount --bind \"$D/ids\" /etc/subuid && mount --bind \"$D/ids\" /etc/subgid && "
                          "cd \"$D/home\" && "
                          "exec setpriv --reuid 65534 --regid 65534 --groups 4 --inh-caps=-all sh -c \"$C\"'");
}

/* What the preparations said. */
static struct program said;

int user_prepare(const char *ids)
{
    CU_ASSERT_EQUAL_FATAL(mkdir(user_path("home"), 0700), 0);
    if (geteuid())
        return 1;
    write_file("ids", ids);
    CU_ASSERT_EQUAL_FATAL(chown(user_path("home"), NOBODY, NOBODY), 0);
    if (!user_run(&said, "true") && !user_run(&said, "test -x \"$F\""))
        return 1;
    test_skip("here no other user can be given subordinate ids and reach the build (mount namespaces, /etc/subuid)");
    CU_PASS("skipped");
    return 0;
}

int user_prepare_whole(void)
{
    static char reason[300];

    if (!user_prepare("nobody:1000000:65536\n"))
        return 0;
    if (!user_run(&said, "unshare --user --map-root-user --map-auto true"))
        return 1;
    said.errors[strcspn(said.errors, "\n")] = '\0';
    snprintf(reason, sizeof reason, "no user namespace with mapped ids can be made here: %.200s", said.errors);
    test_skip(reason);
    CU_PASS("skipped");
    return 0;
}

uid_t user_uid(void)
{
    return geteuid() ? geteuid() : NOBODY;
}

void user_check_entries(const char *folder, int n)
{
    DIR *directory = opendir(user_path(folder));
    const struct dirent *entry;
    struct stat st;

    CU_ASSERT_PTR_NOT_NULL_FATAL(directory);
    while ((entry = readdir(directory))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        CU_ASSERT_EQUAL(fstatat(dirfd(directory), entry->d_name, &st, AT_SYMLINK_NOFOLLOW), 0);
        CU_ASSERT_EQUAL(st.st_uid, user_uid());
        n--;
    }
    closedir(directory);
    CU_ASSERT_EQUAL(n, 0);
}

void user_check_no_process(void)
{
    pid_t pid;

    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        ;
    CU_ASSERT(pid < 0 && errno == ECHILD);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}
