/* internal.h - what the files of harness/generator share. */
#ifndef FORKAUDIT_GENERATOR_INTERNAL_H
#define FORKAUDIT_GENERATOR_INTERNAL_H

#include "harness/generator/generator.h"

#define N_OF(array) (sizeof(array) / sizeof *(array))

/* ---- shape.c ---- */
/* before: characters of what the user wrote that come before `text`: for the position in `why`. */
int shape_parse_at(const char *text, size_t before, struct generator_shape *ret, char *why, size_t why_size);
/* The argument that is a context, of any sort; -1: none. */
int shape_context(const struct generator_shape *shape);

/* ---- names.c: the symbols that are looked for in every file, numbered from 0 ---- */
#define NAME_MAX_LENGTH 255
struct names {
    char **names; /* owned */
    size_t n, room;
    uint32_t *slots; /* number + 1, by hash; 0: free */
    size_t n_slots;  /* a power of two */
};
/* *ret_is_new, if not NULL: it was not there. */
int names_add(struct names *n, const char *name, uint32_t *ret, int *ret_is_new);
/* -ENOENT. `name` has `size` bytes and no NUL. */
int names_find(const struct names *n, const char *name, size_t size, uint32_t *ret);
void names_release(struct names *n);

/* ---- elf.c: what is kept of a file ---- */
#define FILE_LOADS 64
struct file_load {
    uint64_t offset, address, file_size;
    int is_executable, is_writable;
};
struct file_symbol {
    uint32_t name; /* of struct names */
    int is_function, is_global;
    int rank;       /* the higher, the surer that this one is meant */
    uint64_t value; /* address in the file */
};
struct file_code {
    const char *algorithm; /* static */
    uint64_t offset;
};
struct file {
    const char *error; /* why it could not be read; NULL: it could. Static */
    int is_elf;        /* 0: some other file, nothing to read in it */
    int is_static;     /* a program that needs no other file */
    struct file_load loads[FILE_LOADS];
    size_t n_loads;
    struct file_symbol *symbols; /* owned; at most a function and an object of each name */
    size_t n_symbols;
    struct file_code *code; /* owned */
    size_t n_code;
};
/* fd: a regular file, of which nothing may be trusted: not that it stays as long as it is. -ENOMEM; else 0, and
 * `error` says what is wrong with it. */
int file_read(int fd, uint64_t size, const struct names *names, struct file *ret);
void file_release(struct file *f);
const struct file_symbol *file_symbol(const struct file *f, uint32_t name, int is_function);
/* Where in the file the address lies, if its text (is_executable) or anything does. */
int file_offset(const struct file *f, uint64_t address, int is_executable, uint64_t *ret);

/* ---- symbols.c: the symbol tables ---- */
struct Elf;
/* Static sentence, or NULL: fine. *ret is owned by the caller. */
const char *symbols_read(struct Elf *elf, uint64_t file_size, const struct names *names, struct file_symbol **ret,
                         size_t *ret_n);

/* ---- code.c: generators by the constants of their algorithms ---- */
/* Reads the segments of code and of constants. Static sentence, or NULL: fine. */
const char *code_scan(int fd, const struct file_load *loads, size_t n_loads, struct file_code **ret, size_t *ret_n);
/* 1: `kind`, found in the same object, is a way to call this algorithm. */
int code_is_called_by(const char *algorithm, const struct generator_kind *kind);
/* 1: in a file of that name it is known to be something else. */
int code_is_exempt(const char *algorithm, const char *base);

/* ---- cache.c ---- */
/* A kind or a seeder, with what was worked out of it once. */
struct known {
    const struct generator_kind *kind; /* or: */
    const struct generator_seeder *seeder;
    const struct generator_family *family; /* NULL: a user's own, a marker */
    struct generator_shape shape;
    uint32_t symbol, mark, context, ended_by; /* names; UINT32_MAX: none */
    uint32_t script[GENERATOR_SCRIPT_FUNCTIONS];
};
struct generator_cache {
    struct names names;
    struct known *known; /* owned */
    size_t n_known;
    struct generator_kind **kinds; /* users' own and markers'; owned with their strings */
    size_t n_kinds;
    void *files, *paths; /* tsearch(3) */
    size_t n_files, n_paths;
    uint64_t n_read; /* files that were read: for tests */
};
/* The file, read or known from before. */
int cache_file(struct generator_cache *c, int fd, const struct file **ret);
/* The same bytes, owned by the cache. NULL: no memory, or too many. */
const char *cache_path(struct generator_cache *c, const char *path);
/* Makes room: no struct file of before may be used after it. */
void cache_trim(struct generator_cache *c);

#endif
