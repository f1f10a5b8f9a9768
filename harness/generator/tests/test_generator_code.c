/* test_generator_code.c - generators known by their constants: each is seen, and what only looks like one is not. */
#include "harness/generator/internal.h"
#include "harness/generator/tests/subject.h"
#include "harness/testing.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE 700000 /* more than one chunk of the scan */

struct piece {
    size_t at;
    uint64_t value;
    size_t width;
};

/* What the scan says of SIZE bytes with these pieces in them: the algorithms, each ended by ';', and where the first
 * is. */
static const char *scan(const struct piece *pieces, size_t n, uint64_t *ret_at)
{
    static char found[512];
    unsigned char *bytes = calloc(1, SIZE);
    int fd = memfd_create("scan", MFD_CLOEXEC);
    struct file_load load = { .offset = 64, .address = 0, .file_size = SIZE - 64, .is_executable = 1 };
    struct file_code *code = NULL;
    size_t n_code = 0;

    CU_ASSERT_FATAL(bytes && fd >= 0);
    for (size_t i = 0; i < n; i++)
        memcpy(bytes + pieces[i].at, &pieces[i].value, pieces[i].width);
    CU_ASSERT_EQUAL_FATAL(write(fd, bytes, SIZE), SIZE);
    CU_ASSERT_PTR_NULL_FATAL(code_scan(fd, &load, 1, &code, &n_code));
    found[0] = '\0';
    for (size_t i = 0; i < n_code; i++)
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s;", code[i].algorithm);
    if (ret_at)
        *ret_at = n_code ? code[0].offset : 0;
    free(code);
    free(bytes);
    close(fd);
    return found;
}

static void test_code__each(void)
{
    static const struct {
        const char *algorithm;
        struct piece pieces[3];
        size_t n;
    } cases[] = {
        { "MT19937;", { { 1000, 0x6c078965, 4 }, { 50000, 0x9908b0df, 4 } }, 2 },
        { "MT19937-64;", { { 999, 0xb5026f5aa96619e9, 8 }, { 1500, 0x5851f42d4c957f2d, 8 } }, 2 },
        { "splitmix64;",
          { { 100, 0x9e3779b97f4a7c15, 8 }, { 130, 0xbf58476d1ce4e5b9, 8 }, { 150, 0x94d049bb133111eb, 8 } },
          3 },
        { "PCG;", { { 64, 0x5851f42d4c957f2d, 8 }, { 73, 0x14057b7ef767814f, 8 } }, 2 },
        { "PCG;", { { 64, 0x2360ed051fc65da4, 8 }, { 80, 0x4385df649fccf645, 8 } }, 2 },
        { "xoshiro;", { { 64, 0x180ec6d33cfd0aba, 8 }, { 72, 0xd5a61266f0c9392c, 8 } }, 2 },
        { "xoshiro;", { { 64, 0xdf900294d8f554a5, 8 }, { 72, 0x170865df4b3201fb, 8 } }, 2 },
        { "wyrand;", { { 640, 0xa0761d6478bd642f, 8 }, { 660, 0xe7037ed1a0b428db, 8 } }, 2 },
        { "LCG (drand48);", { { 699000, 0x5deece66d, 8 } }, 1 },
        { "LCG (Numerical Recipes);", { { 640, 1664525, 4 }, { 646, 1013904223, 4 } }, 2 },
        { "LCG (MSVC rand);", { { 640, 214013, 4 }, { 646, 2531011, 4 } }, 2 },
        { "LCG (ANSI C);", { { 640, 1103515245, 4 }, { 646, 12345, 4 } }, 2 },
        { "ChaCha20;", { { 640, 0x3320646e61707865, 8 }, { 648, 0x6b20657479622d32, 8 } }, 2 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CU_ASSERT_STRING_EQUAL(scan(cases[i].pieces, cases[i].n, NULL), cases[i].algorithm);
    CU_ASSERT_STRING_EQUAL(scan(NULL, 0, NULL), "");
}

/* One constant, constants far apart, or beside what tells of another use. */
static void test_code__not_enough(void)
{
    static const struct {
        struct piece pieces[3];
        size_t n;
    } cases[] = {
        { { { 1000, 0x6c078965, 4 } }, 1 },
        { { { 1000, 0x9908b0df, 4 } }, 1 },
        { { { 1000, 0x6c078965, 4 }, { 200000, 0x9908b0df, 4 } }, 2 },
        { { { 1000, 0x5851f42d4c957f2d, 8 } }, 1 }, /* musl's rand, and many hashes */
        { { { 1000, 0x5851f42d4c957f2d, 8 }, { 1008, 0x14057b7ef767814f, 8 } },
          2 }, /* a first state, as it is stored */
        { { { 1000, 0x9e3779b97f4a7c15, 8 } }, 1 },
        { { { 1000, 0xbf58476d1ce4e5b9, 8 }, { 1016, 0x94d049bb133111eb, 8 } }, 2 }, /* a hash */
        { { { 640, 0xa0761d6478bd642f, 8 }, { 660, 0xe7037ed1a0b428db, 8 }, { 700, 0x8ebc6af09c88c6e3, 8 } }, 3 },
        { { { 640, 0x8ebc6af09c88c6e3, 8 }, { 660, 0xe7037ed1a0b428db, 8 }, { 700, 0xa0761d6478bd642f, 8 } }, 3 },
        { { { 640, 1664525, 4 }, { 2000, 1013904223, 4 } }, 2 },
        { { { 640, 1103515245, 4 } }, 1 },
        { { { 640, 0x3320646e61707865, 8 } }, 1 },
        /* A cipher: "expand 16-byte k" too, or "Poly1305". */
        { { { 640, 0x3320646e61707865, 8 }, { 648, 0x6b20657479622d32, 8 }, { 90000, 0x3120646e61707865, 8 } }, 3 },
        { { { 640, 0x3320646e61707865, 8 }, { 648, 0x6b20657479622d32, 8 }, { 90000, 0x35303331796c6f50, 8 } }, 3 },
        { { { 30, 0x5deece66d, 8 } }, 1 },         /* before the segment */
        { { { SIZE - 7, 0x5deece66d, 7 } }, 1 },   /* cut by its end: a byte short */
        { { { 1000, 0xff000005deece66d, 8 } }, 1 } /* a part of something else */
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CU_ASSERT_STRING_EQUAL(scan(cases[i].pieces, cases[i].n, NULL), "");
}

static void test_code__where(void)
{
    /* Over the edge of a chunk, of which the second begins at 64 + 256 KiB; and its last bytes. */
    for (size_t at = 64 + (256 << 10) - 9; at < 64 + (256 << 10) + 2; at++) {
        struct piece piece = { at, 0x5deece66d, 8 };
        uint64_t where;

        CU_ASSERT_STRING_EQUAL(scan(&piece, 1, &where), "LCG (drand48);");
        CU_ASSERT_EQUAL(where, at);
    }
    CU_ASSERT_STRING_EQUAL(scan(&(struct piece){ SIZE - 8, 0x5deece66d, 8 }, 1, NULL), "LCG (drand48);");
}

static void test_code__hostile_segments(void)
{
    struct file_load loads[] = {
        { .offset = 0, .file_size = UINT64_MAX, .is_executable = 1 },
        { .offset = UINT64_MAX, .file_size = 1, .is_executable = 1 },
        { .offset = (uint64_t)1 << 62, .file_size = 4096, .is_executable = 1 },
        { .offset = 4096, .file_size = 1 << 20, .is_executable = 1 },
    };
    int fd = memfd_create("scan", MFD_CLOEXEC);
    struct file_code *code = NULL;
    size_t n = 0;

    CU_ASSERT_FATAL(fd >= 0 && !ftruncate(fd, 8192));
    for (size_t i = 0; i < N_OF(loads); i++) {
        CU_ASSERT_PTR_NOT_NULL(code_scan(fd, &loads[i], 1, &code, &n));
        CU_ASSERT_PTR_NULL(code);
    }
    loads[0].is_executable = 0, loads[0].is_writable = 1; /* not looked into */
    CU_ASSERT_PTR_NULL(code_scan(fd, loads, 1, &code, &n));
    CU_ASSERT_EQUAL(n, 0);
    free(code);
    close(fd);
}

/* A Mersenne Twister as compilers make it, in a library that does not tell its symbols. */
static const char twister[] =
    "static unsigned state[624]; static unsigned at = 625;\n"
    "unsigned long visible(void)\n"
    "{\n"
    "    unsigned y;\n"
    "    if (at > 624)\n"
    "        for (state[0] = 5489, at = 1; at < 624; at++)\n"
    "            state[at] = 1812433253u * (state[at - 1] ^ state[at - 1] >> 30) + at;\n"
    "    if (at == 624) {\n"
    "        for (at = 0; at < 624; at++) {\n"
    "            y = (state[at] & 0x80000000u) | (state[(at + 1) % 624] & 0x7fffffffu);\n"
    "            state[at] = state[(at + 397) % 624] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);\n"
    "        }\n"
    "        at = 0;\n"
    "    }\n"
    "    y = state[at++]; y ^= y >> 11; y ^= y << 7 & 0x9d2c5680u; y ^= y << 15 & 0xefc60000u;\n"
    "    return y ^ y >> 18;\n"
    "}\n"
    "unsigned long genrand64_int64(void)\n"
    "{ static unsigned long s[312]; s[0] = 6364136223846793005ul * (s[1] ^ s[2] >> 62); \n"
    "  return s[0] ^ (s[3] & 1 ? 0xB5026F5AA96619E9ul : 0); }\n";

static void test_code__compiled(void)
{
    static const char *const flags[] = { "-shared -fPIC -s", "-shared -fPIC -s -O0", "-shared -fPIC -s -O3",
                                         "-shared -fPIC -s -Os" };

    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        const char *path = subject_build(NULL, "libtwister.so", twister, flags[i]);
        struct generator_cache *c = NULL;
        struct generator_list l;
        void *library = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
        size_t n = 0;

        if (!library)
            return;
        CU_ASSERT_EQUAL_FATAL(generator_cache_new(&c), 0);
        subject_find(c, getpid(), &l);
        for (size_t j = 0; j < l.n_code; j++)
            if (strstr(l.code[j].object, "/libtwister.so")) {
                n++;
                CU_ASSERT_STRING_EQUAL(l.code[j].algorithm, "MT19937");
            }
        /* The 64-bit one can be called: it is no code that nobody can call. */
        CU_ASSERT_EQUAL(n, 1);
        CU_ASSERT_PTR_NOT_NULL(subject_has(&l, "MT19937-64 genrand64_int64", "/libtwister.so"));
        generator_list_release(&l);
        generator_cache_free(c);
        dlclose(library);
    }
}

/* Programs that have none, and libraries whose constants mean something else. */
static void test_code__none_there(void)
{
    static const char *const files[] = { "/bin/true",
                                         "/bin/ls",
                                         "/bin/sh",
                                         "/usr/sbin/nginx",
                                         "/usr/sbin/sshd",
                                         "/usr/sbin/vsftpd",
                                         "/usr/lib/x86_64-linux-gnu/libcrypto.so.3",
                                         "/usr/lib/x86_64-linux-gnu/libssl.so.3",
                                         "/usr/lib/x86_64-linux-gnu/libgcrypt.so.20",
                                         "/usr/lib/x86_64-linux-gnu/libgnutls.so.30",
                                         "/usr/lib/x86_64-linux-gnu/libz.so.1" };
    struct names names = { 0 };
    unsigned n = 0;
    uint32_t ignored;

    CU_ASSERT_EQUAL_FATAL(names_add(&names, "main", &ignored, NULL), 0);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        int fd = open(files[i], O_RDONLY | O_CLOEXEC);
        struct file f = { 0 };
        struct stat st;

        if (fd < 0)
            continue;
        n++;
        CU_ASSERT_EQUAL_FATAL(fstat(fd, &st), 0);
        CU_ASSERT_EQUAL_FATAL(file_read(fd, (uint64_t)st.st_size, &names, &f), 0);
        CU_ASSERT_PTR_NULL(f.error);
        for (size_t j = 0; j < f.n_code; j++)
            fprintf(stderr, "%s: %s\n", files[i], f.code[j].algorithm);
        CU_ASSERT_EQUAL(f.n_code, 0);
        file_release(&f);
        close(fd);
    }
    names_release(&names);
    if (!n)
        test_skip("none of the programs is here");
}

static void test_code__exempt(void)
{
    CU_ASSERT(code_is_exempt("ChaCha20", "libfreebl3.so"));
    CU_ASSERT(code_is_exempt("LCG (Numerical Recipes)", "libpam.so.0.85.1"));
    CU_ASSERT(!code_is_exempt("MT19937", "libpam.so.0.85.1"));
    CU_ASSERT(!code_is_exempt("ChaCha20", "nginx"));
}

TEST_MAIN("generator_code", TEST(test_code__each), TEST(test_code__not_enough), TEST(test_code__where),
          TEST(test_code__hostile_segments), TEST(test_code__compiled), TEST(test_code__none_there),
          TEST(test_code__exempt))
