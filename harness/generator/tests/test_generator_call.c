/* test_generator_call.c - each known generator is called as its shape says, and behaves as its shape says. */
#include "harness/generator/generator.h"
#include "harness/generator/tests/subject.h"
#include "harness/testing.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE    48 /* bytes asked for, of the 64 of a buffer */
#define CANARY  0xa5
#define SKIPPED 77

#define EXPECT(name, condition)                                                                                        \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, name, #condition);                                  \
            _exit(1);                                                                                                  \
        }                                                                                                              \
    } while (0)

struct answer {
    uint64_t value;
    double real;
    unsigned char out[64];
};
typedef uint64_t integer_call(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
typedef double real_call(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);

static void call(const struct generator_shape *shape, void *function, void *context, struct answer *ret)
{
    uint64_t a[6] = { 0 };

    memset(ret, 0, sizeof *ret);
    memset(ret->out, CANARY, sizeof ret->out);
    for (unsigned i = 0; i < shape->n; i++)
        a[i] = shape->arguments[i].kind == GENERATOR_NUMBER  ? shape->arguments[i].number
               : shape->arguments[i].kind == GENERATOR_BYTES ? SIZE
               : shape->arguments[i].kind == GENERATOR_OUT   ? (uint64_t)(uintptr_t)ret->out
                                                             : (uint64_t)(uintptr_t)context;
    if (shape->result == GENERATOR_F64)
        ret->real = ((real_call *)(uintptr_t)function)(a[0], a[1], a[2], a[3], a[4], a[5]);
    else
        ret->value = ((integer_call *)(uintptr_t)function)(a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Bytes that the shape says are written; 0: none. */
static unsigned written(const struct generator_shape *shape)
{
    for (unsigned i = 0; i < shape->n; i++)
        if (shape->arguments[i].kind == GENERATOR_OUT)
            return shape->arguments[i].number ? (unsigned)shape->arguments[i].number : SIZE;
    return 0;
}

static void check_result(const char *name, const struct generator_shape *shape, const struct answer *a)
{
    int32_t status = (int32_t)a->value;

    switch (shape->result) {
    case GENERATOR_U31:
        EXPECT(name, (uint32_t)a->value < (uint32_t)1 << 31);
        break;
    case GENERATOR_F64:
        EXPECT(name, a->real >= 0 && a->real < 1);
        break;
    case GENERATOR_ZERO:
        EXPECT(name, status == 0);
        break;
    case GENERATOR_ONE:
        EXPECT(name, status == 1);
        break;
    case GENERATOR_SIZE:
        EXPECT(name, status == SIZE);
        break;
    case GENERATOR_POSITIVE:
        EXPECT(name, status > 0);
        break;
    default:
        break;
    }
}

/* All that was asked for, and nothing behind it. */
static void check_out(const char *name, const struct generator_shape *shape, const struct answer *a)
{
    unsigned n = written(shape), untouched = 0;

    for (unsigned i = 0; i < n; i++)
        untouched += a->out[i] == CANARY;
    EXPECT(name, n < 8 || untouched < n / 2);
    EXPECT(name, n < 8 || a->out[n - 1] != CANARY || a->out[n - 2] != CANARY);
    for (unsigned i = n; i < sizeof a->out; i++)
        EXPECT(name, a->out[i] == CANARY);
}

static void check_kind(const struct generator_kind *kind, void *library, void *context)
{
    void *function = dlsym(library, kind->symbol);
    struct generator_shape shape;
    struct answer a[4];
    unsigned equal = 0;

    EXPECT(kind->name, function);
    EXPECT(kind->name, !generator_shape_parse(kind->shape, &shape, NULL, 0));
    for (size_t i = 0; i < 4; i++) {
        call(&shape, function, context, &a[i]);
        check_result(kind->name, &shape, &a[i]);
        check_out(kind->name, &shape, &a[i]);
        equal += i && a[i].value == a[i - 1].value && a[i].real == a[i - 1].real &&
                 !memcmp(a[i].out, a[i - 1].out, sizeof a[i].out);
    }
    EXPECT(kind->name, !equal);
}

/* All kinds of that family (or the one named) for which this library has the function. */
static void check_family(const char *family, const char *only, void *library, void *context)
{
    unsigned n = 0;

    for (const struct generator_family *const *f = generator_families; *f; f++)
        for (size_t i = 0; !strcmp((*f)->name, family) && i < (*f)->n_kinds; i++)
            if (!only || !strcmp((*f)->kinds[i].name, only)) {
                check_kind(&(*f)->kinds[i], library, context);
                n++;
            }
    EXPECT(family, n > 0);
}

static void *load(const char *name)
{
    void *library = dlopen(name, RTLD_NOW);

    if (!library)
        _exit(SKIPPED);
    return library;
}

static void *function(void *library, const char *name)
{
    void *f = dlsym(library, name);

    EXPECT(name, f);
    return f;
}

static void run_apart(void (*play)(void))
{
    int status = 0;
    pid_t pid;

    if (subject_is_under_valgrind()) {
        test_skip("the libraries do what valgrind complains of");
        return;
    }
    pid = fork();
    if (!pid) {
        play();
        _exit(0);
    }
    CU_ASSERT_FATAL(pid > 0 && waitpid(pid, &status, 0) == pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
        test_skip("the library is not installed");
    else
        CU_ASSERT_EQUAL(status, 0);
}

static void play_libc(void)
{
    void *libc = load("libc.so.6");
    static const char *const alone[] = { "libc rand", "libc random", "libc drand48", "libc lrand48", "libc mrand48" };
    unsigned short three[3] = { 1, 2, 3 };
    struct random_data data = { 0 };
    struct drand48_data data48;
    unsigned seed = 5;
    char room[128];

    for (size_t i = 0; i < sizeof alone / sizeof *alone; i++)
        check_family("libc", alone[i], libc, NULL);
    check_family("libc", "libc rand_r", libc, &seed);
    EXPECT("random_r", !initstate_r(5, room, sizeof room, &data));
    check_family("libc", "libc random_r", libc, &data);
    EXPECT("drand48_r", !srand48_r(5, &data48));
    check_family("libc", "libc drand48_r", libc, &data48);
    check_family("libc", "libc erand48", libc, three);
    check_family("libc", "libc nrand48", libc, three);
    check_family("libc", "libc jrand48", libc, three);
    if (dlsym(libc, "arc4random")) {
        check_family("libc", "libc arc4random", libc, NULL);
        check_family("libc", "libc arc4random_buf", libc, NULL);
    }
}

static void test_call__libc(void)
{
    run_apart(play_libc);
}

/* What everybody draws who never seeded, and what is drawn after a seed of another value. */
static void check_unseeded(const char *name, int is_seeded)
{
    for (const struct generator_family *const *f = generator_families; *f; f++)
        for (size_t i = 0; i < (*f)->n_kinds; i++) {
            const struct generator_kind *kind = &(*f)->kinds[i];
            unsigned char stream[16];
            struct generator_shape shape;

            if (strcmp(kind->name, name))
                continue;
            EXPECT(name, kind->n_unseeded == 4 && !generator_shape_parse(kind->shape, &shape, NULL, 0));
            for (unsigned at = 0; at < sizeof stream; at += generator_value_size(&shape)) {
                struct answer a;

                call(&shape, dlsym(RTLD_DEFAULT, kind->symbol), NULL, &a);
                memcpy(stream + at, shape.result == GENERATOR_F64 ? (void *)&a.real : (void *)&a.value,
                       generator_value_size(&shape));
            }
            EXPECT(name, !memcmp(stream, kind->unseeded, sizeof stream) == !is_seeded);
            return;
        }
    EXPECT(name, !"there is such a kind");
}

static const char *unseeded_name;

static void play_unseeded(void)
{
    check_unseeded(unseeded_name, 0);
    srand(2), srand48(2);
    check_unseeded(unseeded_name, 1);
}

static void test_call__unseeded(void)
{
    static const char *const names[] = { "libc rand", "libc random", "libc drand48", "libc lrand48", "libc mrand48" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        unseeded_name = names[i];
        run_apart(play_unseeded);
    }
}

static void play_openssl(void)
{
    check_family("openssl", NULL, load("libcrypto.so.3"), NULL);
}

static void test_call__openssl(void)
{
    run_apart(play_openssl);
}

static void play_gcrypt(void)
{
    void *library = load("libgcrypt.so.20");

    ((const char *(*)(const char *))function(library, "gcry_check_version"))(NULL);
    check_family("gcrypt", NULL, library, NULL);
}

static void test_call__gcrypt(void)
{
    run_apart(play_gcrypt);
}

static void play_gnutls(void)
{
    check_family("gnutls", NULL, load("libgnutls.so.30"), NULL);
}

static void test_call__gnutls(void)
{
    run_apart(play_gnutls);
}

static void play_nss(void)
{
    void *library = load("libnss3.so");
    void *(*slot)(void) = function(library, "PK11_GetInternalSlot");

    EXPECT("NSS", !((int (*)(const char *))function(library, "NSS_NoDB_Init"))(NULL));
    check_family("nss", NULL, library, slot());
}

static void test_call__nss(void)
{
    run_apart(play_nss);
}

static void play_sodium(void)
{
    void *library = load("libsodium.so.23");

    EXPECT("sodium", ((int (*)(void))function(library, "sodium_init"))() >= 0);
    check_family("sodium", NULL, library, NULL);
}

static void test_call__sodium(void)
{
    run_apart(play_sodium);
}

static void play_mbedtls(void)
{
    static uint64_t entropy[65536], ctr[512], hmac[512]; /* larger than any of these structs */
    void *library = load("libmbedcrypto.so.7"), *gather = function(library, "mbedtls_entropy_func");
    const void *(*digest)(int) = function(library, "mbedtls_md_info_from_type");

    ((void (*)(void *))function(library, "mbedtls_entropy_init"))(entropy);
    ((void (*)(void *))function(library, "mbedtls_ctr_drbg_init"))(ctr);
    ((void (*)(void *))function(library, "mbedtls_hmac_drbg_init"))(hmac);
    EXPECT("ctr", !((int (*)(void *, void *, void *, void *,
                             size_t))function(library, "mbedtls_ctr_drbg_seed"))(ctr, gather, entropy, NULL, 0));
    EXPECT("hmac", !((int (*)(void *, const void *, void *, void *, void *,
                              size_t))function(library, "mbedtls_hmac_drbg_seed"))(hmac, digest(6 /* SHA-256 */),
                                                                                   gather, entropy, NULL, 0));
    EXPECT("psa", !((int (*)(void))function(library, "psa_crypto_init"))());
    check_family("mbedtls", "mbedTLS ctr_drbg", library, ctr);
    check_family("mbedtls", "mbedTLS hmac_drbg", library, hmac);
    check_family("mbedtls", "mbedTLS psa_generate_random", library, NULL);
}

static void test_call__mbedtls(void)
{
    run_apart(play_mbedtls);
}

static void play_bsd(void)
{
    check_family("bsd", NULL, load("libbsd.so.0"), NULL);
}

static void test_call__bsd(void)
{
    run_apart(play_bsd);
}

static void play_uuid(void)
{
    check_family("uuid", NULL, load("libuuid.so.1"), NULL);
}

static void test_call__uuid(void)
{
    run_apart(play_uuid);
}

static void play_apr(void)
{
    void *library = load("libapr-1.so.0"), *pool = NULL, *generator;
    unsigned char seed[1024];

    EXPECT("apr", !((int (*)(void))function(library, "apr_initialize"))());
    EXPECT("apr", !((int (*)(void **, void *, void *, void *))function(library, "apr_pool_create_ex"))(&pool, NULL,
                                                                                                       NULL, NULL));
    generator = ((void *(*)(void *))function(library, "apr_random_standard_new"))(pool);
    for (unsigned i = 0; i < sizeof seed; i++)
        seed[i] = (unsigned char)(i * i);
    for (int i = 0; i < 10000 && ((int (*)(void *))function(library, "apr_random_secure_ready"))(generator); i++)
        ((void (*)(void *, const void *, size_t))function(library, "apr_random_add_entropy"))(generator, seed,
                                                                                              sizeof seed);
    check_family("apr", NULL, library, generator);
}

static void test_call__apr(void)
{
    run_apart(play_apr);
}

static void play_glib(void)
{
    void *library = load("libglib-2.0.so.0");
    void *(*new)(uint32_t) = function(library, "g_rand_new_with_seed");

    check_family("glib", NULL, library, new (5));
}

static void test_call__glib(void)
{
    run_apart(play_glib);
}

static void play_sqlite(void)
{
    check_family("sqlite", NULL, load("libsqlite3.so.0"), NULL);
}

static void test_call__sqlite(void)
{
    run_apart(play_sqlite);
}

TEST_MAIN("generator_call", TEST(test_call__libc), TEST(test_call__unseeded), TEST(test_call__openssl),
          TEST(test_call__gcrypt), TEST(test_call__gnutls), TEST(test_call__nss), TEST(test_call__sodium),
          TEST(test_call__mbedtls), TEST(test_call__bsd), TEST(test_call__uuid), TEST(test_call__apr),
          TEST(test_call__glib), TEST(test_call__sqlite))
