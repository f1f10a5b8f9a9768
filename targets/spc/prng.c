/* prng.c - the registry of generators that spc_fork() reseeds in parent and child. */
#include "internal.h"

#include <errno.h>
#include <string.h>

struct entry {
    spc_prng_reseed reseed;
    void *context;
};

/* Guarded by the lock, which fork handlers hold across a fork: a child's copy is never half changed. */
static struct entry entries[SPC_PRNG_MAX];
static size_t n_entries;

static size_t entry_find(spc_prng_reseed reseed, const void *context)
{
    size_t i;

    for (i = 0; i < n_entries; i++)
        if (entries[i].reseed == reseed && entries[i].context == context)
            break;
    return i;
}

int spc_prng_register(spc_prng_reseed reseed, void *context)
{
    int error = 0;

    if (!reseed) {
        errno = EINVAL;
        return -1;
    }
    if (spc_lock_take())
        return -1;
    if (entry_find(reseed, context) < n_entries)
        error = EEXIST;
    else if (n_entries == SPC_PRNG_MAX)
        error = ENOSPC;
    else
        entries[n_entries++] = (struct entry){ reseed, context };
    spc_lock_give();
    if (error)
        errno = error;
    return error ? -1 : 0;
}

int spc_prng_unregister(spc_prng_reseed reseed, void *context)
{
    size_t i;
    bool found;

    if (spc_lock_take())
        return -1;
    i = entry_find(reseed, context);
    found = i < n_entries;
    if (found) {
        n_entries--;
        memmove(&entries[i], &entries[i + 1], (n_entries - i) * sizeof entries[0]);
    }
    spc_lock_give();
    if (!found)
        errno = ENOENT;
    return found ? 0 : -1;
}

static int entry_reseed(const struct entry *entry)
{
    unsigned char seed[SPC_PRNG_SEED_SIZE];
    int error = 0;

    errno = 0;
    if (spc_entropy(seed, sizeof seed) || entry->reseed(entry->context, seed, sizeof seed))
        error = errno ? errno : EIO;
    explicit_bzero(seed, sizeof seed);
    return error;
}

/* The lock is held during the calls: after spc_prng_unregister() has returned, none is running. */
int spc_prng_reseed_all(void)
{
    int first_error = 0;
    size_t i;

    spc_rand_forget();
    if (spc_lock_take())
        return -1;
    /* One that fails must not keep the others from being reseeded. */
    for (i = 0; i < n_entries; i++) {
        int error = entry_reseed(&entries[i]);

        if (error && !first_error)
            first_error = error;
    }
    spc_lock_give();
    if (first_error)
        errno = first_error;
    return first_error ? -1 : 0;
}
