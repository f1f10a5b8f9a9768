/* names.c - the symbols that are looked for: a small hash, for files have many. */
#include "harness/generator/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a */
static uint32_t hash_name(const char *name, size_t size)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    return hash;
}

static uint32_t *find_slot(const struct names *n, const char *name, size_t size)
{
    size_t i = hash_name(name, size) & (n->n_slots - 1);

    for (; n->slots[i]; i = (i + 1) & (n->n_slots - 1)) {
        const char *there = n->names[n->slots[i] - 1];

        if (!strncmp(there, name, size) && !there[size])
            break;
    }
    return &n->slots[i];
}

/* At most half of the slots are used. */
static int grow_slots(struct names *n)
{
    struct names bigger = *n;

    if (n->n_slots >= 2 * (n->n + 1))
        return 0;
    bigger.n_slots = n->n_slots ? 2 * n->n_slots : 1024;
    bigger.slots = calloc(bigger.n_slots, sizeof *bigger.slots);
    if (!bigger.slots)
        return -ENOMEM;
    for (size_t i = 0; i < n->n; i++)
        *find_slot(&bigger, n->names[i], strlen(n->names[i])) = (uint32_t)i + 1;
    free(n->slots);
    n->slots = bigger.slots;
    n->n_slots = bigger.n_slots;
    return 0;
}

int names_find(const struct names *n, const char *name, size_t size, uint32_t *ret)
{
    uint32_t slot = n->n_slots ? *find_slot(n, name, size) : 0;

    if (!slot)
        return -ENOENT;
    *ret = slot - 1;
    return 0;
}

int names_add(struct names *n, const char *name, uint32_t *ret, int *ret_is_new)
{
    char *copy;

    if (ret_is_new)
        *ret_is_new = 0;
    if (!names_find(n, name, strlen(name), ret))
        return 0;
    if (n->n == n->room) {
        size_t room = n->room ? 2 * n->room : 256;
        char **names = realloc(n->names, room * sizeof *names);

        if (!names)
            return -ENOMEM;
        n->names = names;
        n->room = room;
    }
    copy = strdup(name);
    if (!copy || grow_slots(n)) {
        free(copy);
        return -ENOMEM;
    }
    *find_slot(n, name, strlen(name)) = (uint32_t)n->n + 1;
    *ret = (uint32_t)n->n;
    n->names[n->n++] = copy;
    if (ret_is_new)
        *ret_is_new = 1;
    return 0;
}

void names_release(struct names *n)
{
    for (size_t i = 0; i < n->n; i++)
        free(n->names[i]);
    free(n->names);
    free(n->slots);
    *n = (struct names){ 0 };
}
