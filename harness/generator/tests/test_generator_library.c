/* test_generator_library.c - generators in shared libraries: linked, loaded later, deleted, replaced, known already. */
#include "harness/generator/internal.h"
#include "harness/generator/tests/subject.h"
#include "harness/testing.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_library__linked(void)
{
    struct generator_cache *c = subject_cache();
    struct generator_list l;
    const struct generator *g;
    void *library = dlopen("libcrypto.so.3", RTLD_NOW), *here = library ? dlsym(library, "RAND_bytes") : NULL;

    subject_find(c, getpid(), &l);
    g = subject_has(&l, "OpenSSL RAND_bytes", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(g);
    CU_ASSERT_PTR_NOT_NULL_FATAL(here);
    CU_ASSERT_EQUAL(g->address, (uintptr_t)here);
    CU_ASSERT_STRING_EQUAL(g->kind->guard, "pid");
    CU_ASSERT_EQUAL(subject_has_seeder(&l, "RAND_add")->seeder->is_added, 1);
    generator_list_release(&l);
    dlclose(library);
    generator_cache_free(c);
}

#define LIBRARY                                                                                                        \
    "unsigned long state = 7;\n"                                                                                       \
    "unsigned long genrand64_int64(void) { return state = state * 6364136223846793005ul + 1; }\n"

/* Loads a library made for it, with one generator. NULL: skipped. */
__attribute__((noinline, noclone)) static void *load_library(const char *name, const char **ret_path)
{
    void *library;

    *ret_path = subject_build(NULL, name, LIBRARY, "-shared -fPIC");
    if (!*ret_path)
        return NULL;
    library = dlopen(*ret_path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        test_skip("a library of the test's own cannot be loaded here");
    return library;
}

static void test_library__dlopened(void)
{
    struct generator_cache *c = subject_cache();
    struct generator_list l;
    const struct generator *g;
    const char *path;
    void *library;

    subject_find(c, getpid(), &l);
    CU_ASSERT_PTR_NULL(subject_has(&l, "MT19937-64 genrand64_int64", NULL));
    generator_list_release(&l);
    library = load_library("libloaded.so", &path);
    if (library) {
        subject_find(c, getpid(), &l);
        g = subject_has(&l, "MT19937-64 genrand64_int64", "/libloaded.so");
        CU_ASSERT(g && g->address == (uintptr_t)dlsym(library, "genrand64_int64"));
        generator_list_release(&l);
        dlclose(library);
        subject_find(c, getpid(), &l);
        CU_ASSERT_PTR_NULL(subject_has(&l, "MT19937-64 genrand64_int64", NULL));
        generator_list_release(&l);
    }
    generator_cache_free(c);
}

/* 1: the kernel's own way to mapped files is open to us. */
static int has_map_files(void)
{
    glob_t found = { 0 };
    int fd = -1;

    if (!glob("/proc/self/map_files/*", 0, NULL, &found))
        fd = open(found.gl_pathv[0], O_PATH | O_CLOEXEC);
    globfree(&found);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* Deleted, or replaced by another file: with privilege it is found all the same, without it is said. */
static void check_gone(int is_replaced)
{
    struct generator_cache *c = subject_cache();
    struct generator_list l;
    const struct generator *g;
    const char *path;
    void *library = load_library(is_replaced ? "libreplaced.so" : "libdeleted.so", &path);

    if (library) {
        CU_ASSERT_EQUAL(unlink(path), 0);
        CU_ASSERT(!is_replaced || !subject_tool("cp /bin/true '%s'", path));
        subject_find(c, getpid(), &l);
        g = subject_has(&l, "MT19937-64 genrand64_int64", is_replaced ? "/libreplaced.so" : "/libdeleted.so");
        if (g) {
            CU_ASSERT_EQUAL(l.n_unread, 0);
            CU_ASSERT_EQUAL(g->address, (uintptr_t)dlsym(library, "genrand64_int64"));
        } else {
            CU_ASSERT_EQUAL(l.n_unread, 1);
            CU_ASSERT_PTR_NOT_NULL(strstr(l.unread, is_replaced ? "/libreplaced.so: " : "/libdeleted.so: "));
        }
        CU_ASSERT_EQUAL(g != NULL, has_map_files());
        generator_list_release(&l);
        dlclose(library);
    }
    generator_cache_free(c);
}

static void test_library__deleted(void)
{
    check_gone(0);
}

static void test_library__replaced(void)
{
    check_gone(1);
}

static void test_library__cached(void)
{
    struct generator_cache *c = subject_cache();
    struct generator_list l;
    const char *path;
    void *library = load_library("libcached.so", &path);
    struct timespec times[2] = { { 1, 0 }, { 1, 0 } };
    uint64_t n;

    if (library) {
        subject_find(c, getpid(), &l);
        generator_list_release(&l);
        n = c->n_read;
        CU_ASSERT(n > 3);
        subject_find(c, getpid(), &l);
        CU_ASSERT_EQUAL(c->n_read, n); /* nothing is read again */
        CU_ASSERT_PTR_NOT_NULL(subject_has(&l, "libc rand", NULL));
        generator_list_release(&l);
        CU_ASSERT_EQUAL(utimensat(AT_FDCWD, path, times, 0), 0);
        subject_find(c, getpid(), &l);
        CU_ASSERT_EQUAL(c->n_read, n + 1); /* what has changed is */
        generator_list_release(&l);
        subject_add_own(c, "load_library=u32()"); /* a symbol that was not looked for */
        subject_find(c, getpid(), &l);
        CU_ASSERT_EQUAL(c->n_read, 2 * n + 1);
        CU_ASSERT_PTR_NOT_NULL(subject_has(&l, "load_library", NULL));
        generator_list_release(&l);
        dlclose(library);
    }
    generator_cache_free(c);
}

/* A file that is mapped a second time as code does not give its generators twice. */
static void test_library__mapped_twice(void)
{
    struct generator_cache *c = subject_cache();
    struct generator_list l;
    const char *path;
    void *library = load_library("libtwice.so", &path), *more;
    size_t n = 0;
    int fd;

    if (library) {
        fd = open(path, O_RDONLY | O_CLOEXEC);
        more = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
        CU_ASSERT_FATAL(more != MAP_FAILED);
        close(fd);
        subject_find(c, getpid(), &l);
        for (size_t i = 0; i < l.n; i++)
            n += !strcmp(l.generators[i].kind->name, "MT19937-64 genrand64_int64");
        CU_ASSERT_EQUAL(n, 1);
        CU_ASSERT_EQUAL(subject_has(&l, "MT19937-64 genrand64_int64", NULL)->address,
                        (uintptr_t)dlsym(library, "genrand64_int64"));
        generator_list_release(&l);
        munmap(more, 4096);
        dlclose(library);
    }
    generator_cache_free(c);
}

TEST_MAIN("generator_library", TEST(test_library__linked), TEST(test_library__dlopened), TEST(test_library__deleted),
          TEST(test_library__replaced), TEST(test_library__cached), TEST(test_library__mapped_twice))
