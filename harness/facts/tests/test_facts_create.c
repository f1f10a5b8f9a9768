/* test_facts_create.c - where a recording may begin, what it replaces, and what it leaves behind. */
#include "harness/facts/tests/recording.h"

#include <dirent.h>

static char why[1024];

static int try_create(const char *path)
{
    struct facts *f = NULL;
    int error;

    why[0] = '\0';
    error = facts_create(path, &f, why, sizeof why);
    CU_ASSERT_EQUAL(f != NULL, error == 0);
    CU_ASSERT_EQUAL(why[0] != '\0', error != 0);
    if (!error)
        CU_ASSERT_EQUAL(facts_close(f), 0);
    return error;
}

static unsigned count_entries(const char *folder)
{
    DIR *stream = opendir(folder);
    unsigned n = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    while (readdir(stream))
        n++;
    closedir(stream);
    return n;
}

static void test_facts_create__private_and_alone(void)
{
    const char *path = test_path("a.fork");
    struct stat st;

    CU_ASSERT_EQUAL_FATAL(try_create(path), 0);
    CU_ASSERT_EQUAL_FATAL(stat(path, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode, S_IFREG | 0600);
    CU_ASSERT_EQUAL(count_entries(test_directory()), 3); /* ".", ".." and the recording */
}

static void test_facts_create__mode_is_not_the_umasks(void)
{
    const char *path = test_path("a.fork");
    mode_t old = umask(0777);
    int error = try_create(path);
    struct stat st;

    umask(old);
    CU_ASSERT_EQUAL(error, 0);
    CU_ASSERT_EQUAL_FATAL(stat(path, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
}

static void test_facts_create__ids_in_the_head(void)
{
    const char *path = test_path("a.fork");
    size_t size;
    char *bytes;

    CU_ASSERT_EQUAL_FATAL(try_create(path), 0);
    bytes = read_file(path, &size);
    CU_ASSERT_EQUAL(memcmp(bytes + 68, "FKAU", 4), 0);
    CU_ASSERT_EQUAL(memcmp(bytes + 60, "\0\0\0\3", 4), 0);
    CU_ASSERT_EQUAL(bytes[18], 1); /* no log is needed to read it */
    free(bytes);
}

/* Its descriptors do not reach a target, none is left when it is closed, and there is no shared memory. */
static void test_facts_create__descriptors(void)
{
    const char *path = test_path("a.fork");
    unsigned before = count_entries("/proc/self/fd"), seen = 0;
    struct facts *f = begin(path);

    add_audit(f);
    CU_ASSERT_EQUAL(facts_commit(f), 0);
    for (int fd = 0; fd < 64; fd++) {
        char link[64], name[4096];
        ssize_t n;

        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        n = readlink(link, name, sizeof name - 1);
        if (n < 0)
            continue;
        name[n] = '\0';
        if (!strstr(name, "a.fork"))
            continue;
        seen++;
        CU_ASSERT_TRUE(fd > 2);
        CU_ASSERT_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    }
    CU_ASSERT_EQUAL(seen, 2); /* the file and its log */
    CU_ASSERT_FALSE(exists(test_path("a.fork-shm")));
    CU_ASSERT_EQUAL(facts_close(f), 0);
    CU_ASSERT_EQUAL(count_entries("/proc/self/fd"), before);
}

static void test_facts_create__replaces_a_recording(void)
{
    const char *path = test_path("a.fork");
    struct facts *f = begin(path);

    add_audit(f);
    CU_ASSERT_EQUAL(facts_close(f), 0);
    write_file(test_path("a.fork-wal"), "old", 3);
    write_file(test_path("a.fork-journal"), "old", 3);
    f = begin(path);
    ASK(f, "SELECT count(*) FROM audit", "0");
    CU_ASSERT_FALSE(exists(test_path("a.fork-journal")));
    CU_ASSERT_EQUAL(facts_close(f), 0);
}

static void test_facts_create__replaces_an_empty_file(void)
{
    const char *path = test_path("a.fork");

    write_file(path, "", 0);
    CU_ASSERT_EQUAL(try_create(path), 0);
}

static void test_facts_create__refuses_other_files(void)
{
    const char *path = test_path("notes.txt");
    size_t size;
    char *bytes;

    write_file(path, "precious", 8);
    CU_ASSERT_EQUAL(try_create(path), -EEXIST);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "not a recording"));
    bytes = read_file(path, &size);
    CU_ASSERT_EQUAL(size, 8);
    CU_ASSERT_EQUAL(memcmp(bytes, "precious", 8), 0);
    free(bytes);
}

static void test_facts_create__refuses_another_database(void)
{
    const char *path = test_path("other.db");

    tamper(path, "CREATE TABLE t (a)");
    CU_ASSERT_EQUAL(try_create(path), -EEXIST);
    CU_ASSERT_TRUE(exists(path));
}

static void test_facts_create__refuses_links(void)
{
    const char *target = test_path("real.fork"), *link = test_path("link.fork"), *dangling = test_path("dangling.fork");

    CU_ASSERT_EQUAL_FATAL(try_create(target), 0);
    CU_ASSERT_EQUAL_FATAL(symlink(target, link), 0);
    CU_ASSERT_EQUAL_FATAL(symlink("nowhere", dangling), 0);
    CU_ASSERT_EQUAL(try_create(link), -EEXIST);
    CU_ASSERT_EQUAL(try_create(dangling), -EEXIST);
    CU_ASSERT_TRUE(exists(target) && exists(link));
    CU_ASSERT_FALSE(exists(test_path("nowhere")));
}

static void test_facts_create__refuses_folders_and_fifos(void)
{
    const char *fifo = test_path("fifo");

    CU_ASSERT_EQUAL(try_create(test_directory()), -EEXIST);
    CU_ASSERT_EQUAL(try_create(test_path("")), -EEXIST); /* ends in a slash */
    CU_ASSERT_EQUAL(try_create(test_path(".")), -EEXIST);
    CU_ASSERT_EQUAL_FATAL(mkfifo(fifo, 0600), 0);
    CU_ASSERT_EQUAL(try_create(fifo), -EEXIST);
    CU_ASSERT_EQUAL(try_create("/dev/null"), -EEXIST);
    CU_ASSERT_EQUAL(try_create(""), -ENOENT);
    CU_ASSERT_EQUAL(try_create(test_path("no/such/folder/a.fork")), -ENOENT);
}

static void test_facts_create__refuses_a_folder_open_to_all(void)
{
    const char *folder = test_path("open"), *path = test_path("open/a.fork");

    CU_ASSERT_EQUAL_FATAL(mkdir(folder, 0755), 0);
    CU_ASSERT_EQUAL_FATAL(chmod(folder, 0777), 0);
    CU_ASSERT_EQUAL(try_create(path), -EPERM);
    CU_ASSERT_FALSE(exists(path));
    /* Sticky, as /tmp is, it will do. */
    CU_ASSERT_EQUAL_FATAL(chmod(folder, 01777), 0);
    CU_ASSERT_EQUAL(try_create(path), 0);
}

static void test_facts_create__through_a_linked_folder(void)
{
    CU_ASSERT_EQUAL_FATAL(mkdir(test_path("real"), 0755), 0);
    CU_ASSERT_EQUAL_FATAL(symlink("real", test_path("linked")), 0);
    CU_ASSERT_EQUAL(try_create(test_path("linked/a.fork")), 0);
    CU_ASSERT_TRUE(exists(test_path("real/a.fork")));
}

/* A log without a recording is nothing of ours; SQLite would take it for a part of the new one. */
static void test_facts_create__refuses_a_stray_log(void)
{
    write_file(test_path("a.fork-wal"), "stray", 5);
    CU_ASSERT_EQUAL(try_create(test_path("a.fork")), -EEXIST);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "a.fork-wal"));
    CU_ASSERT_FALSE(exists(test_path("a.fork")));
    CU_ASSERT_TRUE(exists(test_path("a.fork-wal")));
}

static void test_facts_create__refuses_one_in_use(void)
{
    const char *path = test_path("a.fork");
    int ready[2], go[2];
    pid_t child;
    char byte;

    CU_ASSERT_EQUAL_FATAL(pipe2(ready, O_CLOEXEC), 0);
    CU_ASSERT_EQUAL_FATAL(pipe2(go, O_CLOEXEC), 0);
    child = fork();
    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        struct facts *f = NULL;
        int error = facts_create(path, &f, NULL, 0);

        close(go[1]);
        if (error || write(ready[1], "r", 1) != 1 || read(go[0], &byte, 1) != 0)
            _exit(1);
        _exit(facts_close(f) ? 2 : 0);
    }
    close(ready[1]);
    close(go[0]);
    CU_ASSERT_EQUAL(read(ready[0], &byte, 1), 1);
    CU_ASSERT_EQUAL(try_create(path), -EBUSY);
    CU_ASSERT_EQUAL(try_open(path, why, sizeof why), -EBUSY);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "still being written"));
    close(go[1]);
    close(ready[0]);
    CU_ASSERT_EQUAL(wait_status(child), 0);
    CU_ASSERT_EQUAL(try_open(path, why, sizeof why), 0);
}

/* A file name is a file name, whatever SQLite could read into it. */
static void test_facts_create__names_that_sqlite_would_interpret(void)
{
    char here[4096];
    static const char *const names[] = { ":memory:", "file:x.fork?mode=memory", "a b%20'\"\n.fork" };

    CU_ASSERT_PTR_NOT_NULL_FATAL(getcwd(here, sizeof here));
    CU_ASSERT_EQUAL_FATAL(chdir(test_directory()), 0);
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(try_create(names[i]), 0);
        CU_ASSERT_TRUE(exists(names[i]));
        CU_ASSERT_EQUAL(try_open(names[i], why, sizeof why), 0);
    }
    CU_ASSERT_EQUAL_FATAL(chdir(here), 0);
}

static void test_facts_create__name_too_long(void)
{
    char name[300];

    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    CU_ASSERT_EQUAL(try_create(test_path(name)), -ENAMETOOLONG);
}

static void test_facts_create__no_room_for_a_reason(void)
{
    struct facts *f = NULL;
    char tiny[4] = "";

    CU_ASSERT_EQUAL(facts_create("/dev/null", &f, tiny, sizeof tiny), -EEXIST);
    CU_ASSERT_EQUAL(strlen(tiny), 3);
    CU_ASSERT_EQUAL(facts_create("/dev/null", &f, NULL, 0), -EEXIST);
    CU_ASSERT_PTR_NULL(f);
}

TEST_MAIN("test_facts_create", TEST(test_facts_create__private_and_alone),
          TEST(test_facts_create__mode_is_not_the_umasks), TEST(test_facts_create__ids_in_the_head),
          TEST(test_facts_create__descriptors), TEST(test_facts_create__replaces_a_recording),
          TEST(test_facts_create__replaces_an_empty_file), TEST(test_facts_create__refuses_other_files),
          TEST(test_facts_create__refuses_another_database), TEST(test_facts_create__refuses_links),
          TEST(test_facts_create__refuses_folders_and_fifos), TEST(test_facts_create__refuses_a_folder_open_to_all),
          TEST(test_facts_create__through_a_linked_folder), TEST(test_facts_create__refuses_a_stray_log),
          TEST(test_facts_create__refuses_one_in_use), TEST(test_facts_create__names_that_sqlite_would_interpret),
          TEST(test_facts_create__name_too_long), TEST(test_facts_create__no_room_for_a_reason))
