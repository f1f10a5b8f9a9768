/* find.c - what a process has of generators: every mapped ELF file with code is looked through for known symbols. */
#include "harness/generator/internal.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OBJECTS_MAX 1024 /* files with code in one process */
#define DELETED     " (deleted)"

struct object {
    const struct file *file; /* NULL: could not be read */
    const char *path;        /* owned by the cache */
    const char *base;        /* its last part */
    uint64_t dev, ino;
};
struct search {
    struct generator_cache *cache;
    int proc;
    pid_t pid, tid;
    struct look_maps maps;
    struct object *objects;
    size_t n_objects;
    struct generator_list list;
};

static void note_unread(struct search *s, const char *path, const char *reason)
{
    if (!s->list.n_unread++)
        snprintf(s->list.unread, sizeof s->list.unread, "%s: %s", path, reason);
}

/* The kernel tells the path of a deleted file so. */
static const char *object_path(struct generator_cache *c, const char *path)
{
    size_t n = strlen(path), tail = strlen(DELETED);
    char *copy;
    const char *kept;

    if (n <= tail || strcmp(path + n - tail, DELETED))
        return cache_path(c, path);
    copy = strndup(path, n - tail);
    kept = copy ? cache_path(c, copy) : NULL;
    free(copy);
    return kept;
}

static int is_object(const struct search *s, const struct look_map *map)
{
    for (size_t i = s->n_objects; i > 0; i--)
        if (s->objects[i - 1].dev == map->dev && s->objects[i - 1].ino == map->ino)
            return 1;
    return 0;
}

static int open_object(struct search *s, const struct look_map *map, struct object *ret)
{
    const char *slash;
    int fd, error;

    ret->dev = map->dev;
    ret->ino = map->ino;
    ret->path = object_path(s->cache, map->path);
    if (!ret->path)
        return -ENOMEM;
    slash = strrchr(ret->path, '/');
    ret->base = slash ? slash + 1 : ret->path;
    fd = look_map_open(s->proc, s->pid, s->tid, map);
    if (fd < 0) {
        note_unread(s, ret->path, fd == -ESTALE ? "another file lies there now" : strerror(-fd));
        return 0;
    }
    error = cache_file(s->cache, fd, &ret->file);
    close(fd);
    if (error)
        return error;
    if (ret->file->error)
        note_unread(s, ret->path, ret->file->error);
    return 0;
}

static int add_objects(struct search *s)
{
    int error = look_maps(s->proc, s->pid, s->tid, &s->maps);

    if (error)
        return error;
    s->objects = calloc(OBJECTS_MAX, sizeof *s->objects);
    if (!s->objects)
        return -ENOMEM;
    for (size_t i = 0; !error && i < s->maps.n; i++) {
        const struct look_map *map = &s->maps.maps[i];

        if (map->perms[2] != 'x' || !map->ino || is_object(s, map))
            continue;
        if (s->n_objects == OBJECTS_MAX) {
            note_unread(s, map->path, "more than 1024 files have code in this process");
            break;
        }
        error = open_object(s, map, &s->objects[s->n_objects]);
        if (!error)
            s->n_objects++;
    }
    return error;
}

/* Where the process has a function of that file. */
static int function_address(const struct search *s, const struct object *o, uint64_t value, uint64_t *ret)
{
    uint64_t offset;

    if (file_offset(o->file, value, 1, &offset))
        return -ENOENT;
    for (size_t i = 0; i < s->maps.n; i++) {
        const struct look_map *m = &s->maps.maps[i];

        if (m->perms[2] == 'x' && m->dev == o->dev && m->ino == o->ino && offset >= m->offset &&
            offset - m->offset < m->end - m->start) {
            *ret = m->start + (offset - m->offset);
            return 0;
        }
    }
    return -ENOENT;
}

/* Data may lie in memory that the file does not fill: it is found by how far the file's text was moved. */
static int object_bias(const struct search *s, const struct object *o, uint64_t *ret)
{
    for (size_t i = 0; i < s->maps.n; i++) {
        const struct look_map *m = &s->maps.maps[i];

        if (m->perms[2] != 'x' || m->dev != o->dev || m->ino != o->ino)
            continue;
        for (size_t j = 0; j < o->file->n_loads; j++) {
            const struct file_load *l = &o->file->loads[j];

            if (l->is_executable && m->offset + 4096 > l->offset && m->offset < l->offset + l->file_size) {
                *ret = m->start - (l->address + (m->offset - l->offset));
                return 0;
            }
        }
    }
    return -ENOENT;
}

static int data_address(const struct search *s, const struct object *o, uint32_t name, uint64_t *ret)
{
    const struct file_symbol *symbol = name == UINT32_MAX ? NULL : file_symbol(o->file, name, 0);
    uint64_t bias;

    if (!symbol || object_bias(s, o, &bias))
        return -ENOENT;
    for (size_t i = 0; i < s->maps.n; i++) {
        const struct look_map *m = &s->maps.maps[i];

        if (m->perms[0] == 'r' && bias + symbol->value >= m->start && bias + symbol->value < m->end) {
            *ret = bias + symbol->value;
            return 0;
        }
    }
    return -ENOENT;
}

/* Does the file of this object have what is named so: by its own name, or as a part of a static program? */
static const struct file_symbol *find_known(const struct object *o, const struct known *k, const char *pattern)
{
    const struct file_symbol *symbol = file_symbol(o->file, k->symbol, 1);

    if (!symbol || !pattern || !fnmatch(pattern, o->base, FNM_EXTMATCH))
        return symbol;
    if (!o->file->is_static || !symbol->is_global)
        return NULL;
    if (k->mark != UINT32_MAX && !file_symbol(o->file, k->mark, 1))
        return NULL;
    return symbol;
}

/* The address of another symbol that it needs: in this object, else in the first that has it. */
static int other_address(const struct search *s, const struct object *o, uint32_t name, uint64_t *ret)
{
    for (size_t i = 0; i <= s->n_objects; i++) {
        const struct object *in = i ? &s->objects[i - 1] : o;
        const struct file_symbol *symbol = in->file ? file_symbol(in->file, name, 1) : NULL;

        if (!in->file)
            continue;
        if ((symbol && !function_address(s, in, symbol->value, ret)) || !data_address(s, in, name, ret))
            return 0;
    }
    return -ENOENT;
}

static int is_listed(const struct generator_list *l, const struct generator *g)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->generators[i].address == g->address && !g->kind->script && !l->generators[i].kind->script &&
            !strcmp(l->generators[i].kind->shape, g->kind->shape))
            return 1;
    return 0;
}

static int list_generator(struct search *s, const struct generator *g)
{
    struct generator_list *l = &s->list;

    if (is_listed(l, g))
        return 0;
    if (l->n == GENERATOR_MAX) {
        note_unread(s, g->object, "more than 256 generators are in this process");
        return 0;
    }
    if (!l->generators)
        l->generators = calloc(GENERATOR_MAX, sizeof *l->generators);
    if (!l->generators)
        return -ENOMEM;
    l->generators[l->n++] = *g;
    return 0;
}

static int list_seeding(struct search *s, const char *path, const struct generator_seeding *g)
{
    struct generator_list *l = &s->list;

    for (size_t i = 0; i < l->n_seedings; i++)
        if (l->seedings[i].address == g->address)
            return 0;
    if (l->n_seedings == GENERATOR_MAX) {
        note_unread(s, path, "more than 256 seeding functions are in this process");
        return 0;
    }
    if (!l->seedings)
        l->seedings = calloc(GENERATOR_MAX, sizeof *l->seedings);
    if (!l->seedings)
        return -ENOMEM;
    l->seedings[l->n_seedings++] = *g;
    return 0;
}

static int find_kind(struct search *s, const struct object *o, const struct known *k)
{
    const struct file_symbol *symbol = find_known(o, k, k->kind->object);
    struct generator g = { .kind = k->kind, .shape = k->shape, .object = o->path };

    if (!symbol || function_address(s, o, symbol->value, &g.address))
        return 0;
    g.offset = symbol->value;
    for (size_t i = 0; k->kind->script && i < GENERATOR_SCRIPT_FUNCTIONS && k->script[i] != UINT32_MAX; i++)
        if (other_address(s, o, k->script[i], &g.symbols[i]))
            return 0;
    if (k->ended_by != UINT32_MAX && other_address(s, o, k->ended_by, &g.ended_by))
        g.ended_by = 0;
    g.needs_context = !k->kind->script && shape_context(&k->shape) >= 0;
    g.has_context = g.needs_context && !data_address(s, o, k->context, &g.context);
    return list_generator(s, &g);
}

static int find_seeder(struct search *s, const struct object *o, const struct known *k)
{
    const struct file_symbol *symbol = find_known(o, k, k->seeder->object);
    struct generator_seeding g = { .seeder = k->seeder };

    if (!symbol || function_address(s, o, symbol->value, &g.address))
        return 0;
    return list_seeding(s, o->path, &g);
}

static int is_callable(const struct search *s, const struct object *o, const char *algorithm)
{
    for (size_t i = 0; i < s->list.n; i++)
        if (s->list.generators[i].object == o->path && code_is_called_by(algorithm, s->list.generators[i].kind))
            return 1;
    return 0;
}

static int find_code(struct search *s, const struct object *o)
{
    struct generator_list *l = &s->list;

    for (size_t i = 0; i < o->file->n_code; i++) {
        const struct file_code *code = &o->file->code[i];
        struct generator_code *all;

        if (code_is_exempt(code->algorithm, o->base) || is_callable(s, o, code->algorithm))
            continue;
        all = realloc(l->code, (l->n_code + 1) * sizeof *all);
        if (!all)
            return -ENOMEM;
        l->code = all;
        l->code[l->n_code++] = (struct generator_code){ code->algorithm, o->path, code->offset };
    }
    return 0;
}

static int look_through(struct search *s)
{
    int error = 0;

    for (size_t i = 0; !error && i < s->n_objects; i++) {
        const struct object *o = &s->objects[i];

        if (!o->file || !o->file->is_elf)
            continue; /* what was found before an error is there */
        for (size_t j = 0; !error && j < s->cache->n_known; j++) {
            const struct known *k = &s->cache->known[j];

            error = k->kind ? find_kind(s, o, k) : find_seeder(s, o, k);
        }
        if (!error)
            error = find_code(s, o);
    }
    return error;
}

static int begin_search(struct search *s, struct generator_cache *c, int proc, pid_t pid, pid_t tid)
{
    *s = (struct search){ .cache = c, .proc = proc, .pid = pid, .tid = tid };
    cache_trim(c);
    return add_objects(s);
}

static void end_search(struct search *s)
{
    look_maps_release(&s->maps);
    free(s->objects);
    generator_list_release(&s->list);
}

int generator_find(struct generator_cache *c, int proc, pid_t pid, pid_t tid, struct generator_list *ret)
{
    struct search s;
    int error = begin_search(&s, c, proc, pid, tid);

    if (!error)
        error = look_through(&s);
    if (!error) {
        *ret = s.list;
        s.list = (struct generator_list){ 0 };
    }
    end_search(&s);
    return error;
}

/* The address in the file of what lies there in the process. */
static int place_in(const struct search *s, const struct object *o, struct generator *g)
{
    uint64_t bias, there;

    if (!o->file || object_bias(s, o, &bias) || function_address(s, o, g->address - bias, &there) ||
        there != g->address)
        return -ENOENT;
    g->object = o->path;
    g->offset = g->address - bias;
    return 0;
}

int generator_place(struct generator_cache *c, int proc, pid_t pid, pid_t tid, struct generator *g)
{
    struct search s;
    int error = begin_search(&s, c, proc, pid, tid), context = shape_context(&g->shape);

    for (size_t i = 0; !error && i < s.n_objects; i++) {
        const char *name = context >= 0 ? g->shape.arguments[context].name : "";
        uint32_t number;

        if (place_in(&s, &s.objects[i], g))
            continue;
        if (!names_find(&c->names, name, strlen(name), &number) &&
            !data_address(&s, &s.objects[i], number, &g->context))
            g->has_context = 1;
        goto out;
    }
    if (!error)
        error = -ENOENT;
out:
    end_search(&s);
    return error;
}

void generator_list_release(struct generator_list *l)
{
    free(l->generators);
    free(l->seedings);
    free(l->code);
    *l = (struct generator_list){ 0 };
}
