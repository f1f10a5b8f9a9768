/* test_generator_find.c - which generators are found in programs of all sorts, and where. */
#include "harness/generator/internal.h"
#include "harness/generator/tests/subject.h"
#include "harness/testing.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static uint64_t read_word(pid_t pid, uint64_t address)
{
    uint64_t word = 0;
    struct iovec local = { &word, sizeof word }, remote = { (void *)(uintptr_t)address, sizeof word };

    CU_ASSERT_EQUAL(process_vm_readv(pid, &local, 1, &remote, 1, 0), sizeof word);
    return word;
}

/* What was found in `pid` under this name is the function that libc has here. */
static void check_text(pid_t pid, const struct generator_list *l, const char *name, const char *symbol)
{
    const struct generator *g = subject_has(l, name, NULL);
    const void *here = dlsym(RTLD_DEFAULT, symbol);

    CU_ASSERT_PTR_NOT_NULL_FATAL(g);
    CU_ASSERT_PTR_NOT_NULL_FATAL(here);
    CU_ASSERT_EQUAL(read_word(pid, g->address), read_word(getpid(), (uintptr_t)here));
}

/* Starts the program, finds in it. -1: the test was skipped. */
static pid_t start_found(struct generator_cache *c, const char *path, struct generator_list *ret)
{
    pid_t pid = path ? subject_start(path) : -1;

    if (!path)
        return -1;
    CU_ASSERT_FATAL(pid > 0);
    subject_find(c, pid, ret);
    CU_ASSERT_EQUAL(ret->n_unread, 0);
    return pid;
}

static void test_find__dynamic(void)
{
    struct generator_cache *c = subject_cache();
    struct generator_list l;
    const struct generator *g;
    pid_t pid;

    subject_add_own(c, "hidden_next=u32()");
    subject_add_own(c, "own_next=u64(context:own_state)");
    subject_add_own(c, "own_next=u64(context:*own_pointer)");
    subject_add_own(c, "nobody_has_this=u32()");
    pid = start_found(c, subject_build(NULL, "dynamic", subject_source, ""), &l);
    if (pid < 0)
        goto out;
    check_text(pid, &l, "libc rand", "rand");
    check_text(pid, &l, "libc drand48", "drand48");
    CU_ASSERT_PTR_NOT_NULL(subject_has(&l, "libc random_r", "/libc.so.6"));
    CU_ASSERT_PTR_NOT_NULL(subject_has_seeder(&l, "srand48"));
    CU_ASSERT_PTR_NULL(subject_has(&l, "musl rand", NULL));
    CU_ASSERT_PTR_NULL(subject_has(&l, "libbsd arc4random", NULL));
    CU_ASSERT_PTR_NULL(subject_has(&l, "nobody_has_this", NULL));
    CU_ASSERT_PTR_NOT_NULL(subject_has(&l, "hidden_next", "/dynamic")); /* .symtab, static */
    g = subject_has(&l, "own_next", "/dynamic");
    CU_ASSERT_PTR_NOT_NULL_FATAL(g);
    CU_ASSERT_STRING_EQUAL(g->kind->source, "option");
    CU_ASSERT(g->needs_context && g->has_context && read_word(pid, g->context) > 1);
    CU_ASSERT_STRING_EQUAL(g[1].kind->shape, "u64(context:*own_pointer)");
    CU_ASSERT_EQUAL(g[1].address, g->address);
    CU_ASSERT_EQUAL(read_word(pid, g[1].context), g->context); /* the pointer is stored there */
    CU_ASSERT_EQUAL(l.n_code, 0);
    generator_list_release(&l);
    subject_end(pid);
out:
    generator_cache_free(c);
}

static void test_find__context_unknown(void)
{
    struct generator_cache *c = subject_cache();
    struct generator_list l;
    const struct generator *g;
    pid_t pid;

    subject_add_own(c, "own_next=u64(context:no_such_object)");
    pid = start_found(c, subject_build(NULL, "dynamic", subject_source, ""), &l);
    if (pid > 0) {
        g = subject_has(&l, "own_next", NULL);
        CU_ASSERT(g && g->needs_context && !g->has_context);
        g = subject_has(&l, "libc rand_r", NULL);
        CU_ASSERT(g && g->needs_context && !g->has_context);
        g = subject_has(&l, "libc rand", NULL);
        CU_ASSERT(g && !g->needs_context && !g->has_context);
        generator_list_release(&l);
        subject_end(pid);
    }
    generator_cache_free(c);
}

static void test_find__stripped(void)
{
    struct generator_cache *c = subject_cache();
    const char *path = subject_build(NULL, "stripped", subject_source, "-s");
    struct generator_list l;
    pid_t pid;

    subject_add_own(c, "own_next=u64(context)");
    pid = start_found(c, path, &l);
    if (pid > 0) {
        CU_ASSERT_PTR_NOT_NULL(subject_has(&l, "libc rand", "/libc.so.6"));
        CU_ASSERT_PTR_NULL(subject_has(&l, "own_next", NULL));
        generator_list_release(&l);
        subject_end(pid);
    }
    generator_cache_free(c);
}

static void check_static(const char *name, const char *flags)
{
    struct generator_cache *c = subject_cache();
    struct generator_list l;
    const struct generator *rand_, *own;
    pid_t pid;

    subject_add_own(c, "own_next=u64(context:own_state)");
    pid = start_found(c, subject_build(NULL, name, subject_source, flags), &l);
    if (pid > 0) {
        rand_ = subject_has(&l, "libc rand", name);
        own = subject_has(&l, "own_next", name);
        CU_ASSERT_PTR_NOT_NULL_FATAL(rand_);
        CU_ASSERT_PTR_NOT_NULL_FATAL(own);
        CU_ASSERT(own->has_context && read_word(pid, own->context) > 1);
        CU_ASSERT_PTR_NOT_NULL(subject_has(&l, "libc lrand48", name));
        CU_ASSERT_PTR_NOT_NULL(subject_has_seeder(&l, "srand"));
        CU_ASSERT_PTR_NULL(subject_has(&l, "musl rand", NULL));
        CU_ASSERT_PTR_NULL(subject_has(&l, "libbsd arc4random", NULL));
        CU_ASSERT_EQUAL(l.n_code, 0);
        generator_list_release(&l);
        subject_end(pid);
    }
    generator_cache_free(c);
}

static void test_find__static(void)
{
    check_static("static", "-static");
}

static void test_find__static_pie(void)
{
    check_static("static_pie", "-static-pie");
}

static void test_find__static_stripped(void)
{
    struct generator_cache *c = subject_cache();
    struct generator_list l;
    pid_t pid = start_found(c, subject_build(NULL, "static_stripped", subject_source, "-static -s"), &l);

    if (pid > 0) {
        CU_ASSERT_EQUAL(l.n, 0);
        CU_ASSERT_EQUAL(l.n_seedings, 0);
        generator_list_release(&l);
        subject_end(pid);
    }
    generator_cache_free(c);
}

static void check_musl(const char *name, const char *flags, const char *object)
{
    struct generator_cache *c = subject_cache();
    struct generator_list l;
    pid_t pid = start_found(c, subject_build("musl-gcc", name, subject_source, flags), &l);

    if (pid > 0) {
        CU_ASSERT_PTR_NOT_NULL(subject_has(&l, "musl rand", object));
        CU_ASSERT_PTR_NOT_NULL(subject_has(&l, "musl lrand48", object));
        CU_ASSERT_PTR_NULL(subject_has(&l, "libc rand", NULL));
        CU_ASSERT_STRING_EQUAL(subject_has_seeder(&l, "srandom")->seeder->generator, "musl random");
        generator_list_release(&l);
        subject_end(pid);
    }
    generator_cache_free(c);
}

static void test_find__musl(void)
{
    check_musl("musl", "", "");
}

static void test_find__musl_static(void)
{
    check_musl("musl_static", "-static", "/musl_static");
}

/* A program's own function that bears the name of libc's is not libc's. */
static void test_find__same_name(void)
{
    struct generator_cache *c = subject_cache();
    struct generator_list l;
    const struct generator *g;
    pid_t pid;

    pid =
        start_found(c,
                    subject_build(NULL, "same_name",
                                  "#include <unistd.h>\n"
                                  "int rand(void) { return 4; }\n"
                                  "int main(void) { if (write(1, \"r\", 1) == 1) for (;;) pause(); return rand(); }\n",
                                  "-rdynamic -fno-builtin"),
                    &l);
    if (pid > 0) {
        g = subject_has(&l, "libc rand", NULL);
        CU_ASSERT(g && strstr(g->object, "/libc"));
        generator_list_release(&l);
        subject_end(pid);
    }
    generator_cache_free(c);
}

__attribute__((noinline)) static uint64_t marked_next(uint64_t *state)
{
    return *state = *state * 6364136223846793005u + 1442695040888963407u;
}
static uint64_t marked_state = 5;

static void test_place__marker(void)
{
    struct generator_cache *c = subject_cache();
    struct generator g, nowhere;
    char why[256];
    int stack = 0;

    CU_ASSERT(marked_next(&marked_state) > 5);
    CU_ASSERT_EQUAL_FATAL(generator_from_marker(c, "mine", (uintptr_t)marked_next, "u64(context:marked_state)", &g, why,
                                                sizeof why),
                          0);
    CU_ASSERT_EQUAL_FATAL(generator_place(c, subject_proc(), getpid(), gettid(), &g), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(g.object, "test_generator_find"));
    CU_ASSERT(g.offset && g.offset <= g.address);
    CU_ASSERT(g.needs_context && g.has_context);
    CU_ASSERT_EQUAL(g.context, (uintptr_t)&marked_state);
    nowhere = g;
    nowhere.address = (uintptr_t)&stack;
    CU_ASSERT_EQUAL(generator_place(c, subject_proc(), getpid(), gettid(), &nowhere), -ENOENT);
    nowhere.address = 16;
    CU_ASSERT_EQUAL(generator_place(c, subject_proc(), getpid(), gettid(), &nowhere), -ENOENT);
    generator_cache_free(c);
}

static void test_find__gone_process(void)
{
    struct generator_cache *c = subject_cache();
    struct generator_list l = { .n = 99 };

    CU_ASSERT(generator_find(c, subject_proc(), 0x3fffffff, 0x3fffffff, &l) < 0);
    CU_ASSERT_EQUAL(l.n, 99);
    generator_cache_free(c);
}

TEST_MAIN("generator_find", TEST(test_find__dynamic), TEST(test_find__context_unknown), TEST(test_find__stripped),
          TEST(test_find__static), TEST(test_find__static_pie), TEST(test_find__static_stripped), TEST(test_find__musl),
          TEST(test_find__musl_static), TEST(test_find__same_name), TEST(test_place__marker),
          TEST(test_find__gone_process))
