/* test_generator_script.c - the scripts of interpreters, called right here in processes that have an interpreter. */
#include "harness/generator/internal.h"
#include "harness/generator/tests/subject.h"
#include "harness/testing.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define N 16

static uint64_t scratch[8192];

static int call_here(struct generator_caller *c, uint64_t function, const uint64_t a[6], int own_stack, uint64_t *ret)
{
    uint64_t (*f)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t) = (void *)(uintptr_t)function;

    (void)c, (void)own_stack;
    *ret = f(a[0], a[1], a[2], a[3], a[4], a[5]);
    return 0;
}

static int read_here(struct generator_caller *c, uint64_t address, void *buffer, size_t size)
{
    (void)c;
    memcpy(buffer, (const void *)(uintptr_t)address, size);
    return 0;
}

static int write_here(struct generator_caller *c, uint64_t address, const void *bytes, size_t size)
{
    (void)c;
    memcpy((void *)(uintptr_t)address, bytes, size);
    return 0;
}

/* In a child: draws from the generator of that name, found as in any process. */
static int draw(const char *name, uint64_t values[N])
{
    struct generator_caller caller = { .call = call_here, .read = read_here, .write = write_here };
    struct generator_cache *c;
    struct generator_list l;
    const struct generator *g;
    int error = generator_cache_new(&c);

    caller.scratch = (uintptr_t)scratch;
    if (error || (error = generator_find(c, subject_proc(), getpid(), gettid(), &l)))
        return error;
    g = subject_has(&l, name, NULL);
    if (g && (!g->ended_by || !g->kind->ended_by))
        return -EPROTO; /* each of them ends before its process */
    error = g && g->kind->script ? g->kind->script->draw(&caller, g->symbols, N, values) : -ENOENT;
    generator_list_release(&l);
    generator_cache_free(c);
    return error;
}

#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                            \
            _exit(1);                                                                                                  \
        }                                                                                                              \
    } while (0)
#define SKIPPED 77

static int are_alike(const uint64_t *a, const uint64_t *b)
{
    return !memcmp(a, b, N * sizeof *a);
}

static int are_distinct(const uint64_t *a)
{
    for (size_t i = 1; i < N; i++)
        if (a[i] == a[i - 1])
            return 0;
    return 1;
}

/* The interpreter goes into a child: it changes its process for good. */
static void run_apart(void (*play)(void))
{
    int status = 0;
    pid_t pid;

    if (subject_is_under_valgrind()) {
        test_skip("interpreters read memory in ways that valgrind complains of");
        return;
    }
    pid = fork();
    if (!pid) {
        play();
        _exit(0);
    }
    CU_ASSERT_FATAL(pid > 0 && waitpid(pid, &status, 0) == pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
        test_skip("the interpreter's library is not installed");
    else
        CU_ASSERT_EQUAL(status, 0);
}

static void *load(const char *library)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_GLOBAL);

    if (!handle)
        _exit(SKIPPED);
    return handle;
}

/* ---- Perl ---- */

static void play_perl(void)
{
    void *handle = load("libperl.so.5.36");
    void *(*alloc)(void) = dlsym(handle, "perl_alloc");
    void (*construct)(void *) = dlsym(handle, "perl_construct");
    int (*parse)(void *, void *, int, char **, char **) = dlsym(handle, "perl_parse");
    int (*run)(void *) = dlsym(handle, "perl_run");
    void *(*eval)(void *, const char *, int) = dlsym(handle, "Perl_eval_pv");
    char *argv[] = { "", "-e", "0", NULL };
    uint64_t a[N], b[N];
    double first;
    void *perl;

    EXPECT(draw("Perl rand", a) == -ENOTSUP); /* no interpreter yet */
    perl = alloc();
    construct(perl);
    EXPECT(!parse(perl, NULL, 3, argv, NULL) && !run(perl));
    eval(perl, "srand(5)", 1);
    EXPECT(!draw("Perl rand", a) && are_distinct(a));
    memcpy(&first, a, sizeof first);
    EXPECT(first >= 0 && first < 1);
    eval(perl, "srand(5)", 1);
    EXPECT(!draw("Perl rand", b) && are_alike(a, b));
    EXPECT(!draw("Perl rand", b) && !are_alike(a, b));
    /* A function of the program's own by that name is not asked. */
    eval(perl, "srand(5); BEGIN { *CORE::GLOBAL::rand = sub { 0.5 } }", 1);
    EXPECT(!draw("Perl rand", b) && are_alike(a, b));
}

static void test_script__perl(void)
{
    run_apart(play_perl);
}

/* ---- Python ---- */

static void *python_handle;

static void python(const char *text)
{
    int (*run)(const char *, void *) = dlsym(python_handle, "PyRun_SimpleStringFlags");

    EXPECT(!run(text, NULL));
}

static void begin_python(void)
{
    void (*begin)(int);

    unsetenv("PYTHONHOME");
    unsetenv("PYTHONPATH");
    python_handle = load("libpython3.11.so.1.0");
    begin = dlsym(python_handle, "Py_InitializeEx");
    begin(0);
}

static void play_python(void)
{
    uint64_t a[N], b[N];

    python_handle = load("libpython3.11.so.1.0");
    EXPECT(draw("Python random", a) == -ENOTSUP); /* never begun */
    begin_python();
    EXPECT(draw("Python random", a) == -ENOTSUP); /* not imported, and not by us */
    python("import sys\nassert 'random' not in sys.modules");
    python("import random; random.seed(5)");
    EXPECT(!draw("Python random", a) && are_distinct(a));
    python("random.seed(5); want = [random.getrandbits(64) for i in range(16)]; random.seed(5)");
    EXPECT(!draw("Python random", b) && are_alike(a, b));
    python("range = len = bytes = None"); /* names of the program's own do not disturb */
    EXPECT(!draw("Python random", b) && !are_alike(a, b));
}

static void test_script__python(void)
{
    run_apart(play_python);
}

static void play_python_instance(void)
{
    uint64_t a[N], b[N], c[N];

    begin_python();
    EXPECT(draw("Python Random instance", a) == -ENOTSUP);
    python("import random");
    EXPECT(draw("Python Random instance", a) == -ENOTSUP); /* the module's own, and SystemRandom, are none */
    python("one = random.Random(1)");
    EXPECT(!draw("Python Random instance", a) && are_distinct(a));
    python("one.seed(1)");
    EXPECT(!draw("Python Random instance", b) && are_alike(a, b));
    /* Of several, each gives its own in turn: the first value of `one` is there whatever the others do. */
    python("class Mine(random.Random):\n"
           "    def getrandbits(self, k): raise RuntimeError\n"
           "one.seed(1); two = Mine(); more = [random.Random() for i in (1, 2, 3)]; system = random.SystemRandom()\n"
           "class Proxy:\n"
           "    @property\n"
           "    def __class__(self): raise RuntimeError\n"
           "proxy = Proxy()");
    EXPECT(!draw("Python Random instance", c));
    for (size_t i = 0; i < N; i++)
        if (c[i] == a[0])
            return;
    EXPECT(!"the value of the seeded one is there");
}

static void test_script__python_instance(void)
{
    run_apart(play_python_instance);
}

static void play_python_more(void)
{
    uint64_t a[N];

    begin_python();
    python("import random; many = [random.Random(i) for i in range(100)]"); /* more than values */
    EXPECT(!draw("Python Random instance", a) && are_distinct(a));
    python("random.getrandbits = None");
    EXPECT(draw("Python random", a) == -EIO); /* the expression fails */
}

static void test_script__python_more(void)
{
    run_apart(play_python_more);
}

static void play_numpy(void)
{
    int (*run)(const char *, void *);
    uint64_t a[N], b[N];

    begin_python();
    EXPECT(draw("Python numpy.random", a) == -ENOENT);
    run = dlsym(python_handle, "PyRun_SimpleStringFlags");
    if (run("try:\n    import numpy.random\nexcept ImportError:\n    raise SystemExit(77)", NULL))
        _exit(SKIPPED);
    python("numpy.random.seed(5)");
    EXPECT(!draw("Python numpy.random", a) && are_distinct(a));
    python("numpy.random.seed(5)");
    EXPECT(!draw("Python numpy.random", b) && are_alike(a, b));
}

static void test_script__numpy(void)
{
    run_apart(play_numpy);
}

/* ---- Ruby ---- */

static void *ruby_handle;

static void ruby(const char *text)
{
    uint64_t (*eval)(const char *, int *) = dlsym(ruby_handle, "rb_eval_string_protect");
    int failed = 0;

    eval(text, &failed);
    if (failed)
        eval("$stderr.puts $!.inspect; $stderr.flush", &(int){ 0 });
    EXPECT(!failed);
}

static void play_ruby(void)
{
    uint64_t here, a[N], b[N];
    void (*stack)(uint64_t *), (*begin)(void);

    ruby_handle = load("libruby-3.1.so.3.1");
    EXPECT(draw("Ruby rand", a) == -ENOTSUP);
    stack = dlsym(ruby_handle, "ruby_init_stack");
    begin = dlsym(ruby_handle, "ruby_init");
    stack(&here);
    begin();
    ruby("Random.srand(5)");
    EXPECT(!draw("Ruby rand", a) && are_distinct(a));
    ruby("Random.srand(5)");
    EXPECT(!draw("Ruby rand", b) && are_alike(a, b));
    EXPECT(draw("Ruby Random instance", a) == -ENOTSUP);
    ruby("$one = Random.new(1)");
    EXPECT(!draw("Ruby Random instance", a) && are_distinct(a));
    ruby("$one = Random.new(1); $two = Random.new(2)");
    EXPECT(!draw("Ruby Random instance", b) && !are_alike(a, b));
    for (size_t i = 0; i < N; i++)
        if (b[i] == a[0])
            return;
    EXPECT(!"the value of the first one is there");
}

static void test_script__ruby(void)
{
    run_apart(play_ruby);
}

TEST_MAIN("generator_script", TEST(test_script__perl), TEST(test_script__python), TEST(test_script__python_instance),
          TEST(test_script__python_more), TEST(test_script__numpy), TEST(test_script__ruby))
