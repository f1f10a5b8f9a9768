/* test_hard.c - audits of programs that never rest, never settle as others do, or outlive what they share: each comes to its
 * planned end, and what cannot be seen is a gap. */
#include "harness/observe/tests/audit.h"
#include "harness/testing.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the programs ---- */

static void *thread_wait(void *unused)
{
    for (;;)
        pause();
    return unused;
}

/* The first thread has ended, another goes on. */
static int play_leader_gone(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, thread_wait, NULL))
        return 1;
    pthread_exit(NULL);
}

static int play_strict(void)
{
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == -1 ? 0 : 1;
}

static int pass_fd(int channel, int fd, int is_sender)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = { .header = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
    char byte = 0;
    struct iovec data = { &byte, 1 };
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
    };

    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    return is_sender ? sendmsg(channel, &message, 0) == 1 : recvmsg(channel, &message, 0) == 1;
}

/* A worker's short-lived children are the last that were seen with a description; its first owner then hands it to a process that
 * never had it. Descriptor 100 here, and whatever number comes there. */
static int play_old_holder(void)
{
    int channel[2];
    pid_t worker;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, channel))
        return 1;
    if (!fork())
        for (pass_fd(channel[1], -1, 0);;)
            pause();
    if (dup2(open("/etc/passwd", O_RDONLY | O_CLOEXEC), 100) != 100)
        return 2;
    worker = fork();
    if (!worker) {
        for (int i = 0; i < 8; i++)
            if (!fork())
                _exit(0);
        while (wait(NULL) > 0)
            ;
        _exit(0);
    }
    waitpid(worker, NULL, 0);
    if (!pass_fd(channel[0], 100, 1))
        return 3;
    for (;;)
        pause();
}

static int play(const char *name)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } plays[] = {
        { "leader-gone", play_leader_gone },
        { "strict", play_strict },
        { "old-holder", play_old_holder },
    };

    for (size_t i = 0; i < sizeof plays / sizeof *plays; i++)
        if (!strcmp(plays[i].name, name))
            return plays[i].run();
    return 99;
}

/* ---- the tests ---- */

/* This program's play, or a shell's script, under the plan `until`. */
static void audit_until(struct audit *a, enum observe_until until, const char *play_name, const char *script)
{
    static char self[4096];
    char *const play_argv[] = { self, "--play", (char *)play_name, NULL };
    char *const shell_argv[] = { "/bin/sh", "-c", (char *)script, NULL };

    CU_ASSERT_TRUE_FATAL(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    audit_init(a, play_name ? play_argv : shell_argv);
    a->options.until = until;
    a->options.time = until == OBSERVE_UNTIL_TIME ? 300 : 0;
    audit_run(a);
    CU_ASSERT_EQUAL(a->r, 0);
}

static void test_end__comes_to_a_tree_that_never_rests(void)
{
    struct audit a;

    audit_until(&a, OBSERVE_UNTIL_TIME, NULL,
                "i=0; while [ $i -lt 30 ]; do { while :; do (:); done & }; i=$((i+1)); done; wait");
    CU_ASSERT_EQUAL(a.result.complete, 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from audit where why = 'the time was over'"), 1);
    audit_release(&a);
}

static void test_end__full_disk_does_not_keep_the_program(void)
{
    struct rlimit limit, small;
    struct audit a;

    getrlimit(RLIMIT_FSIZE, &limit);
    small = (struct rlimit){ 300000, limit.rlim_max };
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    audit_until(&a, OBSERVE_UNTIL_SETTLED, NULL,
                "i=0; while [ $i -lt 200 ]; do (exit 0); i=$((i+1)); done; sleep 1000; :");
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, SIG_DFL);
    CU_ASSERT(a.result.record_error < 0);
    CU_ASSERT_EQUAL(a.result.complete, 0);
    facts_close(a.f);
}

static void test_poke__leaves_no_process_behind(void)
{
    char *const argv[] = { "/bin/sleep", "1000", NULL };
    struct pollfd ends = { -1, POLLIN, 0 };
    struct audit a;
    int fds[2];

    CU_ASSERT_EQUAL_FATAL(pipe(fds), 0); /* not close-on-exec: the poke's sleep holds the other end */
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    audit_init(&a, argv);
    a.options.until = OBSERVE_UNTIL_POKE;
    a.options.poke = "sleep 1000 & true";
    audit_run(&a);
    close(fds[1]);
    CU_ASSERT_EQUAL(a.result.complete, 1);
    ends.fd = fds[0];
    CU_ASSERT_EQUAL(poll(&ends, 1, 20000), 1);
    CU_ASSERT(ends.revents & POLLHUP);
    close(fds[0]);
    audit_release(&a);
}

static void test_settle__leader_that_has_ended(void)
{
    struct audit a;

    audit_until(&a, OBSERVE_UNTIL_SETTLED, "leader-gone", NULL);
    CU_ASSERT_EQUAL(a.result.complete, 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from gap"), 0);
    CU_ASSERT(audit_ask(&a, "select count(*) from look join fd using (fd_table) where moment = 'settled' and waiting = "
                            "'pause' and tid <> (select pid from process) and fd = 2") > 0);
    audit_release(&a);
}

static void test_settle__stopped_and_locked_out_processes_wait(void)
{
    char script[4400];
    struct audit a;

    snprintf(script, sizeof script,
             "exec 9> '%s/lock'; flock 9; sh -c 'kill -STOP $$' & flock '%s/lock' true & exec sleep 1000",
             test_directory(), test_directory());
    audit_until(&a, OBSERVE_UNTIL_SETTLED, NULL, script);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from gap where source = 'settled'"), 0);
    CU_ASSERT(audit_ask(&a, "select count(*) from look where moment = 'settled' and waiting = 'flock'") > 0);
    CU_ASSERT(audit_ask(&a, "select count(*) from look where moment = 'settled' and waiting = 'a stop'") > 0);
    audit_release(&a);
}

static void test_seccomp__strict_mode_that_we_make_fail_is_a_gap(void)
{
    struct audit a;

    audit_until(&a, OBSERVE_UNTIL_EXIT, "strict", NULL);
    CU_ASSERT_EQUAL(a.result.target_status, 0);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from gap where source = 'follow' and error = 22"), 1);
    audit_release(&a);
}

static void test_fd__description_is_known_by_its_oldest_holder(void)
{
    struct audit a;

    audit_until(&a, OBSERVE_UNTIL_SETTLED, "old-holder", NULL);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(distinct process) from look join fd using (fd_table) join description "
                                  "d on d.id = description where moment = 'settled' and name = '/etc/passwd'"),
                    2);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from description where name = '/etc/passwd'"), 1);
    audit_release(&a);
}

/* A copy of /bin/true that says it had a note of two GiB; the file is sparse, so it has. */
static void write_giant(const char *path)
{
    char command[8600];
    Elf64_Ehdr head;
    Elf64_Shdr section;
    int fd;

    snprintf(command, sizeof command, "cp /bin/true '%s' && chmod 755 '%s'", path, path);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    fd = open(path, O_RDWR | O_CLOEXEC);
    CU_ASSERT_EQUAL_FATAL(pread(fd, &head, sizeof head, 0), sizeof head);
    for (int i = 0; i < head.e_shnum; i++) {
        off_t at = head.e_shoff + i * sizeof section;

        if (pread(fd, &section, sizeof section, at) != sizeof section || section.sh_type != SHT_NOTE)
            continue;
        section.sh_size = (uint64_t)1 << 31;
        CU_ASSERT_EQUAL(pwrite(fd, &section, sizeof section, at), sizeof section);
    }
    CU_ASSERT_EQUAL(ftruncate(fd, ((off_t)1 << 31) + (1 << 20)), 0);
    close(fd);
}

static void test_image__giant_notes_do_not_fill_our_memory(void)
{
    char path[4200];
    char *const argv[] = { path, NULL };
    struct audit a;

    snprintf(path, sizeof path, "%s/giant", test_directory());
    write_giant(path);
    audit_init(&a, argv);
    audit_run(&a);
    CU_ASSERT_EQUAL(a.result.target_status, 0);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from gap where source = 'image' and error = 27"), 1);
    CU_ASSERT_EQUAL(audit_ask(&a, "select count(*) from image where path is not null"), 1);
    audit_release(&a);
}

static const struct test tests[] = {
    TEST(test_end__comes_to_a_tree_that_never_rests),
    TEST(test_end__full_disk_does_not_keep_the_program),
    TEST(test_poke__leaves_no_process_behind),
    TEST(test_settle__leader_that_has_ended),
    TEST(test_settle__stopped_and_locked_out_processes_wait),
    TEST(test_seccomp__strict_mode_that_we_make_fail_is_a_gap),
    TEST(test_fd__description_is_known_by_its_oldest_holder),
    TEST(test_image__giant_notes_do_not_fill_our_memory),
    { NULL, NULL },
};

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "--play"))
        return play(argv[2]);
    return test_main("test_hard", tests, argc, argv);
}
