/* test_inject.c - forkaudit inject from the outside: its words, its runs side by side, and what it leaves behind. */
#include "harness/cli/tests/program.h"
#include "harness/testing.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PORT 47123
#define USER 33

static struct program p;

/* ---- what is run: the suite itself, with --play ---- */

static int socket_of_port(void)
{
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static const struct sockaddr_in *address(void)
{
    static struct sockaddr_in a;

    a = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = { htonl(INADDR_LOOPBACK) } };
    return &a;
}

/* Ignores that it could not drop privilege; says "s" to whoever connects. */
static int play_server(const char *unused)
{
    int fd = socket_of_port(), one = 1, client;

    (void)unused;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (const struct sockaddr *)address(), sizeof *address()) || listen(fd, 5))
        return 5;
    if (setgid(USER) || setuid(USER))
        puts("never mind");
    while ((client = accept(fd, NULL, NULL)) >= 0) {
        if (write(client, "s", 1) != 1)
            return 6;
        close(client);
    }
    return 7;
}

static int play_client(const char *unused)
{
    int fd = socket_of_port();
    char byte = 0;

    (void)unused;
    if (connect(fd, (const struct sockaddr *)address(), sizeof *address()))
        return 5;
    return read(fd, &byte, 1) == 1 && byte == 's' ? 0 : 6;
}

/* Can be run only once in a directory. */
static int play_once(const char *directory)
{
    char path[PATH_MAX];
    int fd;

    snprintf(path, sizeof path, "%s/pid", directory);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return 5;
    open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (;;)
        pause();
}

/* Its file stays locked as long as a process of it lives; a failure keeps it busy for ever. */
static int play_locked(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0 || lockf(fd, F_LOCK, 0))
        return 5;
    while (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0)
        ;
    for (;;)
        pause();
}

static int play(const char *name, const char *argument)
{
    static const struct {
        const char *name;
        int (*play)(const char *argument);
    } plays[] = {
        { "server", play_server }, { "client", play_client }, { "once", play_once }, { "locked", play_locked }
    };

    for (size_t i = 0; i < sizeof plays / sizeof *plays; i++)
        if (!strcmp(plays[i].name, name))
            return plays[i].play(argument);
    return 99;
}

/* ---- helpers ---- */

/* In commands, "$S" is the suite itself. The temporary directory is the test's own, and must be empty in the end. */
static void prepare(void)
{
    char self[PATH_MAX], temporary[PATH_MAX];

    CU_ASSERT_FATAL(realpath("/proc/self/exe", self) != NULL);
    setenv("S", self, 1);
    snprintf(temporary, sizeof temporary, "%s/temporary", test_directory());
    CU_ASSERT_FATAL(!mkdir(temporary, 0700));
    setenv("TMPDIR", temporary, 1);
}

static void check_nothing_left(void)
{
    CU_ASSERT_EQUAL(rmdir(getenv("TMPDIR")), 0);
    unsetenv("TMPDIR");
}

static void expect(const char *command, int status, const char *words)
{
    int got = program_run(&p, command);

    CU_ASSERT_EQUAL(got, status);
    CU_ASSERT_PTR_NOT_NULL(strstr(p.errors, words));
    if (got != status || !strstr(p.errors, words))
        fprintf(stderr, "%s: %d\n%s%s", command, got, p.text, p.errors);
}

static int is_root(void)
{
    if (!geteuid())
        return 1;
    test_skip("needs root for namespaces");
    return 0;
}

/* ---- words ---- */

static void test_words__wrong_ones(void)
{
    expect("$F inject --calls setuid,setgruops -- /bin/true", 2,
           "--calls does not know 'setgruops'; did you mean 'setgroups'?");
    expect("$F inject --errno EPREM,EIO -- /bin/true", 2, "--errno does not know 'EPREM'; did you mean 'EPERM'?");
    expect("$F inject --calls '' -- /bin/true", 2, "--calls does not know ''");
    expect("$F inject --jobs 0 -- /bin/true", 2, "--jobs: '0' is not a number from 1 to");
    expect("$F inject --jobs 2x -- /bin/true", 2, "--jobs: '2x' is not a number from 1 to");
    expect("$F inject --private $D/none -- /bin/true", 2, "No such file");
    expect("$F inject --cals x -- /bin/true", 2, "did you mean '--calls'?");
    expect("$F inject", 2, "no program given");
    expect("cd $D; $F inject -- /bin/no-such-program", 3, "/bin/no-such-program");
}

static void test_words__help(void)
{
    CU_ASSERT_EQUAL(program_run(&p, "$F inject --help"), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(p.text, "--private DIR"));
    CU_ASSERT_PTR_NOT_NULL(strstr(p.text, "--poke COMMAND"));
    CU_ASSERT_PTR_NOT_NULL(strstr(p.text, "--fail-on"));
}

static void test_words__nothing_to_fail(void)
{
    prepare();
    expect("$F inject -q --without 'rng-*' --calls setsid -r $D/x.fork -- /bin/true", 0,
           "no call that --calls chooses");
    CU_ASSERT_EQUAL(program_ask("x.fork", "select count(*) from injection"), 0);
    check_nothing_left();
}

/* ---- side by side ---- */

static void test_jobs__refused_without_privilege(void)
{
    prepare();
    if (geteuid())
        expect("$F inject --jobs 2 -r $D/x.fork -- /bin/true", 3, "--fake-root");
    else
        expect("setpriv --bounding-set=-sys_admin $F inject --jobs 2 -r $D/x.fork -- /bin/true", 3, "--fake-root");
    CU_ASSERT_EQUAL(program_run(&p, "test ! -e $D/x.fork"), 0);
    check_nothing_left();
}

/* The host's own port is taken: each run has its own. */
static void test_jobs__one_port_for_all(void)
{
    int host;

    if (!is_root())
        return;
    prepare();
    host = socket_of_port();
    if (!bind(host, (const struct sockaddr *)address(), sizeof *address()))
        listen(host, 1);
    expect("$F inject -o ids --jobs 4 --calls setuid --errno EAGAIN,EPERM,EIO,ENOMEM,EACCES,EINVAL --poke '$S --play "
           "client' "
           "--without 'rng-*' -r $D/x.fork -- $S --play server",
           1, "");
    close(host);
    CU_ASSERT_PTR_NOT_NULL(strstr(p.text, "found id-drop-unchecked"));
    CU_ASSERT_EQUAL(program_ask("x.fork", "select poke_status from audit where complete"), 0);
    CU_ASSERT_EQUAL(program_ask("x.fork",
                                "select count(*) from injection where outcome = 'carried-on' and served = 1 and "
                                "kept_uid = 0 and recording is null"),
                    6);
    check_nothing_left();
}

static void test_private__each_has_its_own(void)
{
    char path[PATH_MAX];
    struct stat st;

    if (!is_root())
        return;
    prepare();
    snprintf(path, sizeof path, "%s/it's, a:dir", test_directory());
    CU_ASSERT_FATAL(!mkdir(path, 0751) && !chmod(path, 0751));
    program_run(&p, "grep -c forkaudit /proc/self/mountinfo >$D/mounts");
    expect("$F inject -q --private \"$D/it's, a:dir\" --calls open --until-settled --without 'rng-*' --fail-on none -r "
           "$D/x.fork -- $S --play once \"$D/it's, a:dir\"",
           0, "");
    CU_ASSERT_EQUAL(program_ask("x.fork", "select count(*) from injection where outcome = 'carried-on'"), 2);
    CU_ASSERT_EQUAL(stat(path, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 07777, 0751);
    CU_ASSERT_EQUAL(rmdir(path), 0);
    CU_ASSERT_EQUAL(program_run(&p, "grep -c forkaudit /proc/self/mountinfo | cmp - $D/mounts"), 0);
    check_nothing_left();
}

/* The temporary directory may lie in a private one, a recording may not. */
static void test_private__places_in_it(void)
{
    if (!is_root())
        return;
    prepare();
    expect("$F inject -q --private $D -r $D/x.fork -- /bin/true", 3, "put it elsewhere with -r");
    expect(
        "mkdir -m 0755 $D/out; $F inject -q --private $D/temporary --keep $D/temporary/k -r $D/out/x.fork -- /bin/true",
        3, "of --keep lies in it");
    expect("$F inject -q --private $D/temporary --calls open --until-settled --without 'rng-*' --fail-on none -r "
           "$D/out/x.fork "
           "-- $S --play once $D/temporary",
           0, "");
    CU_ASSERT_EQUAL(program_ask("out/x.fork", "select count(*) from injection where outcome = 'carried-on'"), 2);
    check_nothing_left();
}

/* ---- what is kept ---- */

static void test_keep__judged_recordings(void)
{
    prepare();
    program_run(
        &p, "$F inject -q --keep $D/keep --calls open --errno EIO -r $D/x.fork -- /bin/sh -c '(exit 5); : </dev/null'");
    CU_ASSERT_EQUAL(program_ask("x.fork", "select count(*) from injection where recording = '001-open-EIO.fork'"), 1);
    CU_ASSERT(program_ask("keep/001-open-EIO.fork", "select count(*) from finding") > 0);
    CU_ASSERT_EQUAL(program_ask("keep/001-open-EIO.fork", "select complete from audit where mode = 'inject'"), 1);
    check_nothing_left();
}

/* ---- interrupted ---- */

/* Starts it, and returns when the first trial has begun to record. */
static void start_endless(void)
{
    char directory[PATH_MAX], events[4096];
    struct pollfd watch = { inotify_init1(IN_CLOEXEC), POLLIN, 0 };

    snprintf(directory, sizeof directory, "%s/keep", test_directory());
    CU_ASSERT_FATAL(!mkdir(directory, 0700));
    CU_ASSERT_FATAL(inotify_add_watch(watch.fd, directory, IN_CREATE) >= 0);
    program_start(
        &p, "exec $F inject -q --keep $D/keep --calls open --errno EIO --repeat --until-settled --without 'rng-*' -r "
            "$D/x.fork -- $S --play locked $D/lock");
    CU_ASSERT_EQUAL(poll(&watch, 1, 60000), 1);
    CU_ASSERT(read(watch.fd, events, sizeof events) > 0);
    close(watch.fd);
}

/* Waits until no process of the play is left. */
static void wait_for_lock(void)
{
    char path[PATH_MAX];
    int fd;

    snprintf(path, sizeof path, "%s/lock", test_directory());
    fd = open(path, O_RDWR | O_CLOEXEC);
    CU_ASSERT_FATAL(fd >= 0);
    alarm(60);
    CU_ASSERT_EQUAL(lockf(fd, F_LOCK, 0), 0);
    alarm(0);
    close(fd);
}

static void test_interrupt__leaves_nothing(void)
{
    prepare();
    start_endless();
    kill(p.pid, SIGINT);
    CU_ASSERT_EQUAL(program_wait(&p), 4);
    wait_for_lock();
    CU_ASSERT_EQUAL(program_ask("x.fork",
                                "select count(*) from audit where complete = 0 and why like '0 of 1 trials%'"),
                    1);
    CU_ASSERT_EQUAL(program_ask("x.fork", "select count(*) from site where name = 'open'"), 1);
    CU_ASSERT_EQUAL(program_run(&p, "rmdir $D/keep"), 0);
    check_nothing_left();
}

static void test_interrupt__killed(void)
{
    prepare();
    start_endless();
    kill(p.pid, SIGKILL);
    CU_ASSERT_EQUAL(program_wait(&p), 256 + SIGKILL);
    wait_for_lock();
    expect("$F report -q $D/x.fork", 0, "");
    CU_ASSERT_EQUAL(program_ask("x.fork",
                                "select count(*) from audit where complete = 0 and why like 'the recorder was ended%'"),
                    1);
    unsetenv("TMPDIR");
}

static const struct test tests[] = {
    TEST(test_words__wrong_ones),
    TEST(test_words__help),
    TEST(test_words__nothing_to_fail),
    TEST(test_jobs__refused_without_privilege),
    TEST(test_jobs__one_port_for_all),
    TEST(test_private__each_has_its_own),
    TEST(test_private__places_in_it),
    TEST(test_keep__judged_recordings),
    TEST(test_interrupt__leaves_nothing),
    TEST(test_interrupt__killed),
    { NULL, NULL },
};

int main(int argc, char **argv)
{
    if (argc >= 3 && !strcmp(argv[1], "--play"))
        return play(argv[2], argc > 3 ? argv[3] : "");
    return test_main("test_inject", tests, argc, argv);
}
