/* rand.c - spc_rand(): ChaCha20 with fast key erasure, in memory that the kernel wipes in every forked child.
 *
 * Everything that must not be shared by two processes (the key, the lock, the word that says "seeded") lives on one
 * page with MADV_WIPEONFORK. In a child, however it was made, the page is zero: unlocked and not seeded. No pid is
 * compared: pids return. Where the kernel refuses the page, every draw comes straight from getrandom(2) and there is
 * no state.
 */
#include "internal.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define KEY_SIZE     32
#define CHUNK        65536         /* bytes from one key */
#define RESEED_AFTER (1024 * 1024) /* bytes from one seed */

struct wiped {
    pthread_mutex_t lock; /* all zero is PTHREAD_MUTEX_INITIALIZER */
    atomic_ulong seeded;  /* 0: no key; else a number that changes with each seed */
    unsigned char key[KEY_SIZE];
    size_t drawn;
};

/* Each is made whole, then published by one store; whoever comes second releases his. So nothing here can be found
 * half made, whichever thread forked. */
static _Atomic(struct wiped *) page;
static _Atomic(EVP_CIPHER_CTX *) cipher;
static atomic_bool has_no_page;
static atomic_ulong n_seeds;

static struct wiped *page_get(void)
{
    struct wiped *expected = NULL, *mine = atomic_load(&page);
    size_t size = (size_t)sysconf(_SC_PAGESIZE);

    if (mine || atomic_load(&has_no_page))
        return mine;
    mine = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mine == MAP_FAILED)
        return NULL;
    if (madvise(mine, size, MADV_WIPEONFORK)) {
        munmap(mine, size);
        atomic_store(&has_no_page, true);
        return NULL;
    }
    (void)madvise(mine, size, MADV_DONTDUMP);
    if (atomic_compare_exchange_strong(&page, &expected, mine))
        return mine;
    munmap(mine, size);
    return expected;
}

static const unsigned char zeros[KEY_SIZE];

/* With a first key set, a later one is set without allocation and without a lock of the cryptographic library. */
static EVP_CIPHER_CTX *cipher_get(void)
{
    EVP_CIPHER_CTX *expected = NULL, *mine = atomic_load(&cipher);

    if (mine)
        return mine;
    mine = EVP_CIPHER_CTX_new();
    if (!mine)
        return NULL;
    if (EVP_EncryptInit_ex(mine, EVP_chacha20(), NULL, zeros, zeros) != 1) {
        EVP_CIPHER_CTX_free(mine);
        return NULL;
    }
    if (atomic_compare_exchange_strong(&cipher, &expected, mine))
        return mine;
    EVP_CIPHER_CTX_free(mine);
    return expected;
}

/* Adds key stream to `buffer`, which holds zeros. */
static bool stream_take(EVP_CIPHER_CTX *context, unsigned char *buffer, size_t size)
{
    int n;

    return EVP_EncryptUpdate(context, buffer, &n, buffer, (int)size) == 1 && n == (int)size;
}

/* One chunk: the first bytes of the stream become the next key, so that no earlier output can be computed from what is
 * in memory afterwards; the context gets a key of zeros, because it is not on the wiped page. */
static bool chunk_take(struct wiped *state, EVP_CIPHER_CTX *context, unsigned char *buffer, size_t size)
{
    unsigned char next[KEY_SIZE] = { 0 };
    bool is_good;

    memset(buffer, 0, size);
    is_good = EVP_EncryptInit_ex(context, NULL, NULL, state->key, zeros) == 1 &&
              stream_take(context, next, sizeof next) && stream_take(context, buffer, size);
    memcpy(state->key, next, sizeof next);
    explicit_bzero(next, sizeof next);
    is_good = EVP_EncryptInit_ex(context, NULL, NULL, zeros, zeros) == 1 && is_good;
    state->drawn += size;
    return is_good;
}

static int seed_ensure(struct wiped *state)
{
    if (atomic_load(&state->seeded) != 0 && state->drawn < RESEED_AFTER)
        return 0;
    if (spc_entropy(state->key, sizeof state->key))
        return -1;
    state->drawn = 0;
    atomic_store(&state->seeded, atomic_fetch_add(&n_seeds, 1) + 1);
    return 0;
}

/* The seed's number is compared after the work: a signal handler that forked in the middle returns, in the child, into
 * this function with the parent's bytes at hand, and they must not be given out twice. */
static int chunk_draw(struct wiped *state, EVP_CIPHER_CTX *context, unsigned char *buffer, size_t size)
{
    unsigned long before;
    bool is_good;

    do {
        if (seed_ensure(state))
            return -1;
        before = atomic_load(&state->seeded);
        is_good = chunk_take(state, context, buffer, size);
    } while (atomic_load(&state->seeded) != before || before == 0);
    if (!is_good) {
        atomic_store(&state->seeded, 0);
        errno = EIO;
        return -1;
    }
    return 0;
}

static int state_draw(struct wiped *state, EVP_CIPHER_CTX *context, unsigned char *buffer, size_t size)
{
    int result = 0, saved;

    pthread_mutex_lock(&state->lock);
    while (size > 0 && result == 0) {
        size_t n = size < CHUNK ? size : CHUNK;

        result = chunk_draw(state, context, buffer, n);
        buffer += n;
        size -= n;
    }
    saved = errno;
    pthread_mutex_unlock(&state->lock);
    errno = saved;
    return result;
}

int spc_rand(void *buffer, size_t size)
{
    struct wiped *state = page_get();
    EVP_CIPHER_CTX *context;

    if (!state)
        return spc_entropy(buffer, size);
    context = cipher_get();
    if (!context) {
        errno = ENOTSUP; /* the cryptographic library has no ChaCha20, or no memory */
        return -1;
    }
    return state_draw(state, context, buffer, size);
}

void spc_rand_prepare(void)
{
    if (page_get())
        (void)cipher_get();
}

void spc_rand_forget(void)
{
    struct wiped *state = atomic_load(&page);

    if (state)
        atomic_store(&state->seeded, 0);
}
