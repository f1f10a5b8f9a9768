/* test_outputs.c - a file appears whole or not at all, and what cannot be written is found out beforehand. */
#include "harness/cli/outputs.h"

#include <dirent.h>
#include <sys/stat.h>

#include "harness/cli/tests/run_cli.h"

/* Standard error goes to a file during `call`, whose value is given back. */
#define QUIETLY(call)                                                                                                  \
    ({                                                                                                                 \
        int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10), result;                                                 \
        fflush(stderr);                                                                                                \
        run_redirect(run_path("err"), STDERR_FILENO);                                                                  \
        result = (call);                                                                                               \
        dup2(saved, STDERR_FILENO);                                                                                    \
        close(saved);                                                                                                  \
        result;                                                                                                        \
    })

static struct cli_output parse(const char *format, const char *path)
{
    struct cli_output o = { 0 };
    char argument[4300];

    snprintf(argument, sizeof argument, "%s=%s", format, path);
    CU_ASSERT_EQUAL_FATAL(output_parse(argument, &o), 0);
    return o;
}

/* How many entries the directory of the test has that begin with a dot (the temporary files). */
static int count_hidden(void)
{
    DIR *directory = opendir(test_directory());
    int n = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(directory);
    for (struct dirent *entry; (entry = readdir(directory));)
        n += entry->d_name[0] == '.' && strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
    closedir(directory);
    return n;
}

static int write_words(struct cli_output *o, const char *words)
{
    FILE *stream = output_stream(o);

    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    fputs(words, stream);
    fclose(stream);
    return output_finish(o);
}

static void expect_file(const char *path, const char *expected)
{
    char *text = run_read(path);

    CU_ASSERT_STRING_EQUAL(text, expected);
    free(text);
}

static void test_outputs__appears_at_the_end(void)
{
    struct cli_output o = parse("text", run_path("new"));

    CU_ASSERT_EQUAL_FATAL(output_open(&o), 0);
    CU_ASSERT_EQUAL(access(run_path("new"), F_OK), -1);
    CU_ASSERT_EQUAL(count_hidden(), 1);
    CU_ASSERT_EQUAL(write_words(&o, "words"), 0);
    expect_file(run_path("new"), "words");
    CU_ASSERT_EQUAL(count_hidden(), 0);
    output_release(&o);
}

static void test_outputs__old_file_stays_until_then(void)
{
    struct cli_output o = parse("text", run_path("old"));

    run_write(run_path("old"), "old");
    CU_ASSERT_EQUAL_FATAL(output_open(&o), 0);
    expect_file(run_path("old"), "old");
    CU_ASSERT_EQUAL(write_words(&o, "new"), 0);
    expect_file(run_path("old"), "new");
    output_release(&o);
}

static void test_outputs__removed_on_failure(void)
{
    struct cli_output o = parse("text", run_path("old"));

    run_write(run_path("old"), "old");
    CU_ASSERT_EQUAL_FATAL(output_open(&o), 0);
    output_release(&o);
    CU_ASSERT_EQUAL(count_hidden(), 0);
    expect_file(run_path("old"), "old");
}

static void test_outputs__mode_and_close_on_exec(void)
{
    struct cli_output o = parse("text", run_path("new")), again = parse("text", run_path("private"));
    mode_t before = umask(027);
    struct stat st;

    CU_ASSERT_EQUAL_FATAL(output_open(&o), 0);
    CU_ASSERT_EQUAL(fcntl(o.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    CU_ASSERT_EQUAL(fcntl(o.directory, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    CU_ASSERT_EQUAL(write_words(&o, ""), 0);
    CU_ASSERT_EQUAL(stat(run_path("new"), &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 07777, 0640);
    run_write(run_path("private"), "");
    CU_ASSERT_EQUAL(chmod(run_path("private"), 0600), 0);
    CU_ASSERT_EQUAL_FATAL(output_open(&again), 0);
    CU_ASSERT_EQUAL(write_words(&again, ""), 0);
    CU_ASSERT_EQUAL(stat(run_path("private"), &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 07777, 0600); /* what was private stays so */
    umask(before);
    output_release(&o);
    output_release(&again);
}

static void expect_refused(const char *path, int error, const char *reason)
{
    struct cli_output o = parse("text", path);
    char *said;

    CU_ASSERT_EQUAL(QUIETLY(output_open(&o)), -error);
    said = run_read(run_path("err"));
    ASSERT_HAS(said, reason);
    ASSERT_HAS(said, "cannot write");
    free(said);
    output_release(&o);
}

static void test_outputs__refused(void)
{
    char *recording;

    CU_ASSERT_EQUAL(mkdir(run_path("folder"), 0700), 0);
    expect_refused(run_path("folder"), EISDIR, "it is a directory");
    expect_refused(run_path("folder/"), EISDIR, "it is a directory");
    expect_refused(run_path("missing/file"), ENOENT, "No such file or directory");
    run_write(run_path("file"), "");
    expect_refused(run_path("file/below"), ENOTDIR, "Not a directory");
    CU_ASSERT_EQUAL(symlink("file", run_path("link")), 0);
    expect_refused(run_path("link"), ELOOP, "symbolic link");
    CU_ASSERT_EQUAL(symlink("nowhere", run_path("dangling")), 0);
    expect_refused(run_path("dangling"), ELOOP, "symbolic link");
    CU_ASSERT_EQUAL(mkfifo(run_path("pipe"), 0600), 0);
    expect_refused(run_path("pipe"), ENXIO, "nobody reads");
    recording = run_recording("");
    expect_refused(recording, EEXIST, "a recording is there");
    CU_ASSERT_EQUAL(count_hidden(), 0);
}

static void test_outputs__unwritable(void)
{
    pid_t child;
    int status;

    CU_ASSERT_EQUAL(mkdir(run_path("closed"), 0555), 0);
    run_write(run_path("readonly"), "");
    CU_ASSERT_EQUAL(chmod(run_path("readonly"), 0444), 0);
    fflush(NULL);
    child = fork();
    if (child == 0) { /* root may write anywhere, so another user tries */
        struct cli_output a = parse("text", run_path("closed/new")), b = parse("text", run_path("readonly"));

        run_redirect("/dev/null", STDERR_FILENO);
        if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
            _exit(9);
        status = output_open(&a) == -EACCES && output_open(&b) == -EACCES ? 0 : 1;
        output_release(&a);
        output_release(&b);
        _exit(status);
    }
    CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 9) {
        test_skip("another user cannot be taken on here");
        return;
    }
    CU_ASSERT_TRUE(WIFEXITED(status));
    CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
}

static void test_outputs__full_device(void)
{
    struct cli_output o = parse("text", "/dev/full");
    struct stat st;
    char *said;

    CU_ASSERT_EQUAL_FATAL(output_open(&o), 0);
    CU_ASSERT_EQUAL(QUIETLY(write_words(&o, "words")), -ENOSPC);
    said = run_read(run_path("err"));
    ASSERT_HAS(said, "cannot write /dev/full: No space left on device");
    free(said);
    output_release(&o);
    CU_ASSERT_EQUAL(stat("/dev/full", &st), 0);
    CU_ASSERT_TRUE(S_ISCHR(st.st_mode)); /* a device is written to, never replaced */
}

static void test_outputs__first_error_is_kept(void)
{
    struct cli_output o = parse("text", "/dev/full");
    FILE *stream;

    CU_ASSERT_EQUAL_FATAL(output_open(&o), 0);
    stream = output_stream(&o);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    for (int i = 0; i < 100000; i++)
        fputs("much more than a buffer\n", stream);
    fclose(stream);
    CU_ASSERT_EQUAL(o.error, ENOSPC);
    output_release(&o);
}

static void test_outputs__same_place(void)
{
    struct cli_output a = parse("text", run_path("x")), b = parse("json", run_path("./x")),
                      c = parse("ids", run_path("y"));
    struct cli_output out = { .fd = 1, .directory = -1 };

    CU_ASSERT_EQUAL(output_open(&a), 0);
    CU_ASSERT_EQUAL(output_open(&b), 0);
    CU_ASSERT_EQUAL(output_open(&c), 0);
    CU_ASSERT_TRUE(output_is_same(&a, &b));
    CU_ASSERT_FALSE(output_is_same(&a, &c));
    CU_ASSERT_FALSE(output_is_same(&a, &out));
    CU_ASSERT_TRUE(output_is_same(&out, &out));
    output_release(&a);
    output_release(&b);
    output_release(&c);
}

static void test_outputs__parse(void)
{
    static const char *const wrong[] = { "", "jsn", "=x", "text=", "text =x", "TEXT" };
    struct cli_output o = { 0 };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_EQUAL(QUIETLY(output_parse(wrong[i], &o)), -CLI_EXIT_USAGE);
    CU_ASSERT_EQUAL(output_parse("json", &o), 0);
    CU_ASSERT_PTR_NULL(o.path);
    output_release(&o);
    CU_ASSERT_EQUAL(output_parse("json=-", &o), 0);
    CU_ASSERT_PTR_NULL(o.path);
    output_release(&o);
    CU_ASSERT_EQUAL(output_parse("json=a=b", &o), 0);
    CU_ASSERT_STRING_EQUAL(o.path, "a=b");
    output_release(&o);
}

static void test_outputs__release_of_nothing(void)
{
    struct cli_output o = { 0 };

    output_release(&o);
    CU_ASSERT_TRUE(fcntl(STDIN_FILENO, F_GETFD) >= 0 || errno == EBADF);
    CU_ASSERT_EQUAL(o.fd, -1);
}

TEST_MAIN("outputs", TEST(test_outputs__appears_at_the_end), TEST(test_outputs__old_file_stays_until_then),
          TEST(test_outputs__removed_on_failure), TEST(test_outputs__mode_and_close_on_exec),
          TEST(test_outputs__refused), TEST(test_outputs__unwritable), TEST(test_outputs__full_device),
          TEST(test_outputs__first_error_is_kept), TEST(test_outputs__same_place), TEST(test_outputs__parse),
          TEST(test_outputs__release_of_nothing))
