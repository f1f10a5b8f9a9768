/* generator.h - random number generators that programs and libraries are known to contain: how each is found and called.
 *
 * One family per file (family_*.c), one word in the table of families.c. Knows no facts and no processes but through
 * harness/look. Every byte of the ELF files that are read is hostile. Functions return 0 or a negative errno.
 */
#ifndef FORKAUDIT_GENERATOR_H
#define FORKAUDIT_GENERATOR_H

#include "harness/look/look.h"

enum generator_purpose {
    GENERATOR_CRYPTOGRAPHIC, /* keys, nonces, session ids */
    GENERATOR_IDENTIFIER,    /* UUIDs: must not repeat */
    GENERATOR_ORDINARY,      /* simulation, jitter, load balancing */
    N_GENERATOR_PURPOSE
};
const char *generator_purpose_name(enum generator_purpose purpose); /* "cryptographic" ... */

/* ---- shape.c: how a generator is called: RESULT(ARGUMENT,...) ----
 * RESULT:   u31 u32 u64  the return value has so many random bits;  f64  a double in [0,1)
 *           void         nothing is returned;  zero one size positive  success is 0, 1, the size asked for, or > 0;
 *                        anything else is a refusal
 * ARGUMENT: out          buffer for `size` bytes;  outN  buffer for N bytes, one value (N at most 64)
 *           size         how many bytes
 *           context      a pointer that only calls of the program itself tell;
 *           context:NAME the address of this object of the same file;  context:*NAME the pointer that is stored there
 *           N            a number, decimal or 0x...
 * Examples: "u31()" rand, "one(out,size)" RAND_bytes, "zero(2,out,size)" gnutls_rnd, "u31(context)" rand_r. */
enum generator_result {
    GENERATOR_U31,
    GENERATOR_U32,
    GENERATOR_U64,
    GENERATOR_F64,
    GENERATOR_VOID,
    GENERATOR_ZERO,
    GENERATOR_ONE,
    GENERATOR_SIZE,
    GENERATOR_POSITIVE,
    N_GENERATOR_RESULT
};
enum generator_argument_kind {
    GENERATOR_OUT,
    GENERATOR_BYTES, /* size */
    GENERATOR_CONTEXT,
    GENERATOR_CONTEXT_AT,
    GENERATOR_CONTEXT_IN,
    GENERATOR_NUMBER
};
struct generator_argument {
    enum generator_argument_kind kind;
    uint64_t number; /* OUT: bytes, 0: as many as `size` says; NUMBER */
    char name[64];   /* CONTEXT_AT, CONTEXT_IN */
};
struct generator_shape {
    enum generator_result result;
    struct generator_argument arguments[6];
    unsigned n;
};
/* -EINVAL: `why` gets a sentence that names the place. */
int generator_shape_parse(const char *text, struct generator_shape *ret, char *why, size_t why_size);
/* Bytes of one value as it is compared: 4 (u31, u32), 8, or N of outN. */
unsigned generator_value_size(const struct generator_shape *shape);
/* Bits of one value that are random: 31, 32, 53, 64, 8 * N. */
unsigned generator_value_bits(const struct generator_shape *shape);

/* ---- families ---- */

/* For interpreters: values are made by several calls. What it may use is given by who draws. */
struct generator_caller {
    void *context;
    /* A C call; own_stack: on the stack of the thread that was copied, for interpreters that look where theirs is. */
    int (*call)(struct generator_caller *c, uint64_t function, const uint64_t args[6], int own_stack, uint64_t *ret);
    int (*read)(struct generator_caller *c, uint64_t address, void *buffer, size_t size);
    int (*write)(struct generator_caller *c, uint64_t address, const void *bytes, size_t size);
    uint64_t scratch; /* 64 KiB that may be written */
};
#define GENERATOR_SCRIPT_FUNCTIONS 8
struct generator_script {
    /* Symbols that it needs, of any object of the process; NULL-ended. Functions and data alike. */
    const char *symbols[GENERATOR_SCRIPT_FUNCTIONS];
    /* Makes n values of generator_value_size() bytes. addresses: of `symbols`. 0, -ENOTSUP (this process has no such thing:
     * an interpreter that never began), or what the caller's functions returned. */
    int (*draw)(struct generator_caller *c, const uint64_t *addresses, unsigned n, uint64_t *ret);
};

struct generator_kind {
    const char *name;   /* "libc rand", "OpenSSL RAND_bytes" */
    const char *symbol; /* of a function; of a script: one that tells that it is there */
    const char *object; /* fnmatch(3) pattern for the file's name: "libcrypto.so*"; NULL: any file */
    const char *shape;  /* of a script: only its result counts */
    enum generator_purpose purpose;
    const char
        *guard; /* what parts it after a fork, where that is known: "pthread_atfork" "pid" "wipe" "kernel"; NULL */
    const char *state_of; /* another name for the state of that one ("libc rand" for random); NULL: it has its own */
    /* Its first bytes when nobody ever seeded it, as the values lie in the stream: one of 8 bytes takes two. */
    uint32_t unseeded[4];
    unsigned n_unseeded;
    const struct generator_script *script; /* NULL: called as its shape says */
    const char *source;                    /* NULL: known; "option" (--generator), "marker" */
    /* A function that takes it apart when the program ends, before the process does (Py_FinalizeEx): its last state is
     * the one at the call of that, what is there later gives no values. NULL: none. */
    const char *ended_by;
};
/* A function that seeds one: its call is recorded with what it was given. */
struct generator_seeder {
    const char *symbol, *object; /* as above */
    const char *generator;       /* name of what it seeds */
    int value;                   /* argument that is the seed, from 0; -1: none, see `buffer` */
    int bits;                    /* of that argument: 16, 32, 64 */
    int buffer, size; /* arguments: where the seed is, and how many bytes (negative: -N is N bytes); -1: none */
    int is_added;     /* 1: mixed into the state (RAND_add), 0: it replaces it */
};
struct generator_family {
    const char *name; /* "libc" */
    const struct generator_kind *kinds;
    size_t n_kinds;
    const struct generator_seeder *seeders;
    size_t n_seeders;
    /* A symbol that tells that a program linked statically has it, where its functions' names are those of others too;
     * NULL: they are its own. In a program that is not static the files' names tell. */
    const char *mark;
};
extern const struct generator_family *const generator_families[]; /* NULL-ended */

/* ---- find.c: what a process has of them ---- */
#define GENERATOR_MAX 256 /* found in one process */
/* Several may have one address (the levels of gnutls_rnd): calls are told apart by the numbers in their shapes. */
struct generator {
    const struct generator_kind *kind; /* of a user's own and of a marker: owned by the cache */
    struct generator_shape shape;
    uint64_t address;   /* of the function */
    uint64_t offset;    /* the same in its file's ELF image */
    const char *object; /* path of the file as the process sees it; owned by the cache */
    uint64_t
        context; /* value for `context` arguments, when has_context; of context:*NAME: where the pointer is stored */
    int has_context, needs_context;
    uint64_t symbols[GENERATOR_SCRIPT_FUNCTIONS]; /* script: all found */
    uint64_t ended_by;                            /* address of that function; 0: none */
};
struct generator_seeding {
    const struct generator_seeder *seeder;
    uint64_t address;
};
/* Code that nobody can call, known by constants that only this algorithm has. */
struct generator_code {
    const char
        *algorithm; /* "MT19937" "MT19937-64" "splitmix64" "PCG" "xoshiro" "wyrand" "ChaCha20" "LCG (drand48)" ... */
    const char *object; /* owned by the cache */
    uint64_t offset;    /* in the file */
};
struct generator_list {
    struct generator *generators; /* owned, as are the other two */
    size_t n;
    struct generator_seeding *seedings;
    size_t n_seedings;
    struct generator_code *code; /* in objects that have no callable generator of that algorithm */
    size_t n_code;
    size_t n_unread;  /* objects whose file could not be read */
    char unread[256]; /* the first of them, with the reason */
};
struct generator_cache; /* symbols of files, by device, inode, size and times */
int generator_cache_new(struct generator_cache **ret);
void generator_cache_free(struct generator_cache *c);
/* --generator 'SYMBOL=SHAPE': looked for in every file. -EINVAL with `why`. */
int generator_add_own(struct generator_cache *c, const char *text, char *why, size_t why_size);
/* A FORKAUDIT_GENERATOR marker: a function at that address in this one program. *ret is filled but for object and offset. */
int generator_from_marker(struct generator_cache *c, const char *name, uint64_t address, const char *shape,
                          struct generator *ret, char *why, size_t why_size);
/* Fills in object, offset and what context:NAME says, of one whose address is known (a marker's). -ENOENT: in no
 * mapped file. */
int generator_place(struct generator_cache *c, int proc, pid_t pid, pid_t tid, struct generator *g);
/* Looks through every mapped ELF file of the process. */
int generator_find(struct generator_cache *c, int proc, pid_t pid, pid_t tid, struct generator_list *ret);
void generator_list_release(struct generator_list *l);

#endif
