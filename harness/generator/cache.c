/* cache.c - what is looked for, and what is known of files already. */
#include "harness/generator/internal.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILES_MAX 4096
#define PATHS_MAX 65536
#define KINDS_MAX 1024 /* users' own and markers' */

struct cached {
    uint64_t dev, ino, size;
    struct timespec mtime, ctime;
    struct file file;
};

static int compare_times(const struct timespec *a, const struct timespec *b)
{
    if (a->tv_sec != b->tv_sec)
        return a->tv_sec < b->tv_sec ? -1 : 1;
    return a->tv_nsec < b->tv_nsec ? -1 : a->tv_nsec > b->tv_nsec;
}

static int compare_files(const void *left, const void *right)
{
    const struct cached *a = left, *b = right;

    if (a->dev != b->dev)
        return a->dev < b->dev ? -1 : 1;
    if (a->ino != b->ino)
        return a->ino < b->ino ? -1 : 1;
    if (a->size != b->size)
        return a->size < b->size ? -1 : 1;
    return compare_times(&a->mtime, &b->mtime) ? compare_times(&a->mtime, &b->mtime)
                                               : compare_times(&a->ctime, &b->ctime);
}

static int compare_paths(const void *left, const void *right)
{
    return strcmp(left, right);
}

static void free_cached(void *p)
{
    struct cached *file = p;

    file_release(&file->file);
    free(file);
}

static void forget_files(struct generator_cache *c)
{
    tdestroy(c->files, free_cached);
    c->files = NULL;
    c->n_files = 0;
}

void cache_trim(struct generator_cache *c)
{
    if (c->n_files >= FILES_MAX)
        forget_files(c);
}

int cache_file(struct generator_cache *c, int fd, const struct file **ret)
{
    struct stat st;
    struct cached *file, **there;
    int error;

    if (fstat(fd, &st))
        return -errno;
    file = calloc(1, sizeof *file);
    if (!file)
        return -ENOMEM;
    file->dev = st.st_dev;
    file->ino = st.st_ino;
    file->size = (uint64_t)st.st_size;
    file->mtime = st.st_mtim;
    file->ctime = st.st_ctim;
    there = tsearch(file, &c->files, compare_files);
    if (!there) {
        free(file);
        return -ENOMEM;
    }
    if (*there != file) {
        free(file);
        *ret = &(*there)->file;
        return 0;
    }
    c->n_files++;
    c->n_read++;
    error = file_read(fd, file->size, &c->names, &file->file);
    if (!error)
        *ret = &file->file;
    return error;
}

const char *cache_path(struct generator_cache *c, const char *path)
{
    char **there = tfind(path, &c->paths, compare_paths), *copy;

    if (there)
        return *there;
    copy = c->n_paths < PATHS_MAX ? strdup(path) : NULL;
    if (!copy)
        return NULL;
    if (!tsearch(copy, &c->paths, compare_paths)) {
        free(copy);
        return NULL;
    }
    c->n_paths++;
    return copy;
}

static int add_name(struct generator_cache *c, const char *name, uint32_t *ret)
{
    int is_new, error;

    *ret = UINT32_MAX;
    if (!name || !*name)
        return 0;
    error = names_add(&c->names, name, ret, &is_new);
    if (!error && is_new)
        forget_files(c); /* they were not searched for it */
    return error;
}

static int add_known(struct generator_cache *c, const struct known *what)
{
    const struct generator_kind *kind = what->kind;
    struct known k = *what, *all;
    int error, context = kind ? shape_context(&k.shape) : -1;

    error = add_name(c, kind ? kind->symbol : k.seeder->symbol, &k.symbol);
    if (!error)
        error = add_name(c, k.family ? k.family->mark : NULL, &k.mark);
    if (!error)
        error = add_name(c, context >= 0 ? k.shape.arguments[context].name : NULL, &k.context);
    if (!error)
        error = add_name(c, kind ? kind->ended_by : NULL, &k.ended_by);
    for (size_t i = 0; !error && i < GENERATOR_SCRIPT_FUNCTIONS; i++)
        error = add_name(c, kind && kind->script ? kind->script->symbols[i] : NULL, &k.script[i]);
    if (error)
        return error;
    all = realloc(c->known, (c->n_known + 1) * sizeof *all);
    if (!all)
        return -ENOMEM;
    c->known = all;
    c->known[c->n_known++] = k;
    return 0;
}

static int add_family(struct generator_cache *c, const struct generator_family *family)
{
    int error = 0;

    for (size_t i = 0; !error && i < family->n_kinds; i++) {
        struct known k = { .kind = &family->kinds[i], .family = family };

        error = generator_shape_parse(k.kind->shape, &k.shape, NULL, 0);
        if (!error)
            error = add_known(c, &k);
    }
    for (size_t i = 0; !error && i < family->n_seeders; i++)
        error = add_known(c, &(struct known){ .seeder = &family->seeders[i], .family = family });
    return error;
}

int generator_cache_new(struct generator_cache **ret)
{
    struct generator_cache *c = calloc(1, sizeof *c);
    int error = c ? 0 : -ENOMEM;

    for (size_t i = 0; !error && generator_families[i]; i++)
        error = add_family(c, generator_families[i]);
    if (error)
        generator_cache_free(c);
    else
        *ret = c;
    return error;
}

static void free_kind(struct generator_kind *kind)
{
    if (!kind)
        return;
    free((char *)kind->name);
    free((char *)kind->symbol);
    free((char *)kind->shape);
    free(kind);
}

void generator_cache_free(struct generator_cache *c)
{
    if (!c)
        return;
    forget_files(c);
    tdestroy(c->paths, free);
    names_release(&c->names);
    free(c->known);
    for (size_t i = 0; i < c->n_kinds; i++)
        free_kind(c->kinds[i]);
    free(c->kinds);
    free(c);
}

/* Owned by the cache; the same as an earlier one where there is one. symbol: NULL for a marker's. */
static int make_kind(struct generator_cache *c, const char *name, const char *symbol, const char *shape,
                     const struct generator_kind **ret, int *ret_is_new)
{
    struct generator_kind *kind, **all;

    for (size_t i = 0; i < c->n_kinds; i++)
        if (!strcmp(c->kinds[i]->name, name) && !strcmp(c->kinds[i]->shape, shape) && !c->kinds[i]->symbol == !symbol) {
            *ret = c->kinds[i];
            *ret_is_new = 0;
            return 0;
        }
    if (c->n_kinds == KINDS_MAX)
        return -ENOSPC;
    all = realloc(c->kinds, (c->n_kinds + 1) * sizeof *all);
    if (!all)
        return -ENOMEM;
    c->kinds = all;
    kind = calloc(1, sizeof *kind);
    if (!kind)
        return -ENOMEM;
    kind->name = strdup(name);
    kind->symbol = symbol ? strdup(symbol) : NULL;
    kind->shape = strdup(shape);
    kind->purpose = GENERATOR_ORDINARY;
    kind->source = symbol ? "option" : "marker";
    if (!kind->name || (symbol && !kind->symbol) || !kind->shape) {
        free_kind(kind);
        return -ENOMEM;
    }
    c->kinds[c->n_kinds++] = kind;
    *ret = kind;
    *ret_is_new = 1;
    return 0;
}

int generator_add_own(struct generator_cache *c, const char *text, char *why, size_t why_size)
{
    const char *equals = strchr(text, '=');
    size_t length = equals ? (size_t)(equals - text) : 0;
    char symbol[NAME_MAX_LENGTH + 1];
    struct known k = { .kind = NULL };
    int error, is_new;

    if (!length || length > NAME_MAX_LENGTH) {
        snprintf(why, why_size,
                 !equals   ? "expected SYMBOL=SHAPE, as in 'my_random=u32()': there is no '='"
                 : !length ? "at character 1: expected the symbol of a function before the '='"
                           : "at character 1: the symbol is longer than 255 characters");
        return -EINVAL;
    }
    error = shape_parse_at(equals + 1, length + 1, &k.shape, why, why_size);
    if (error)
        return error;
    memcpy(symbol, text, length);
    symbol[length] = '\0';
    error = make_kind(c, symbol, symbol, equals + 1, &k.kind, &is_new);
    if (error == -ENOSPC)
        snprintf(why, why_size, "there are more than %d generators of one's own", KINDS_MAX);
    return error || !is_new ? error : add_known(c, &k);
}

int generator_from_marker(struct generator_cache *c, const char *name, uint64_t address, const char *shape,
                          struct generator *ret, char *why, size_t why_size)
{
    struct generator g = { .address = address };
    uint32_t ignored;
    int error, is_new, context;

    error = generator_shape_parse(shape, &g.shape, why, why_size);
    if (error)
        return error;
    error = make_kind(c, name, NULL, shape, &g.kind, &is_new);
    if (error == -ENOSPC)
        snprintf(why, why_size, "there are more than %d different markers of generators", KINDS_MAX);
    context = shape_context(&g.shape);
    g.needs_context = context >= 0;
    if (!error && context >= 0)
        error = add_name(c, g.shape.arguments[context].name, &ignored);
    if (!error)
        *ret = g;
    return error;
}
