/* code.c - generators that nobody can call, known by the constants that only their algorithm has.
 *
 * A constant alone proves nothing: hash functions share them. All constants of an algorithm must stand close together,
 * in code or constants, and nothing beside them that tells of another use. */
#include "harness/generator/internal.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCAN_MAX  ((uint64_t)512 << 20) /* bytes of a file that are scanned */
#define DATA_MAX  ((uint64_t)16 << 20)  /* of a segment without code: above it, it is a table of something else */
#define CHUNK     ((size_t)256 << 10)
#define CONSTANTS 5
#define NOWHERE   INT64_MIN

enum role {
    NEEDED,
    CONTRARY,  /* where it stands too, it is something else */
    NOT_BESIDE /* needed, but not right beside the other: two words of data are no code */
};
struct constant {
    uint64_t value;
    unsigned width; /* bytes, 4 or 8 */
    enum role role;
};
/* `within`: bytes that they lie apart at most; `contrary`: how near the contrary ones count. */
static const struct algorithm {
    const char *name;
    struct constant constants[CONSTANTS];
    unsigned n, within, contrary;
    /* Patterns of names of kinds: with one of these in its object it can be called. */
    const char *callable[8];
} algorithms[] = {
    { "MT19937",
      { { 0x6c078965, 4, NEEDED }, { 0x9908b0df, 4, NEEDED } },
      2,
      65536,
      0,
      { "Python *", "Ruby *", "PHP mt_rand" } },
    { "MT19937-64",
      { { 0x5851f42d4c957f2d, 8, NEEDED }, { 0xb5026f5aa96619e9, 8, NEEDED } },
      2,
      65536,
      0,
      { "* genrand64*" } },
    /* A finaliser of hashes, but for the step that makes a sequence of it. */
    { "splitmix64",
      { { 0x9e3779b97f4a7c15, 8, NEEDED }, { 0xbf58476d1ce4e5b9, 8, NEEDED }, { 0x94d049bb133111eb, 8, NEEDED } },
      3,
      192,
      0,
      { "PostgreSQL pg_prng*" } },
    /* PostgreSQL's pg_prng, where both stand side by side, has them as a first state. */
    { "PCG",
      { { 0x5851f42d4c957f2d, 8, NOT_BESIDE }, { 0x14057b7ef767814f, 8, NOT_BESIDE } },
      2,
      4096,
      0,
      { "PostgreSQL pg_prng*" } },
    { "PCG", { { 0x2360ed051fc65da4, 8, NEEDED }, { 0x4385df649fccf645, 8, NEEDED } }, 2, 4096, 0, { NULL } },
    /* The jump polynomials: the step itself has no constants. */
    { "xoshiro", { { 0x180ec6d33cfd0aba, 8, NEEDED }, { 0xd5a61266f0c9392c, 8, NEEDED } }, 2, 256, 0, { NULL } },
    { "xoshiro",
      { { 0xdf900294d8f554a5, 8, NEEDED }, { 0x170865df4b3201fb, 8, NEEDED } },
      2,
      256,
      0,
      { "PostgreSQL pg_prng*" } },
    { "xoshiro",
      { { 0xbeac0467eba5facb, 8, NEEDED }, { 0xd86b048b86aa9922, 8, NEEDED } },
      2,
      256,
      0,
      { "PostgreSQL pg_prng*" } },
    /* wyhash has both too, and a third near them. */
    { "wyrand",
      { { 0xa0761d6478bd642f, 8, NEEDED }, { 0xe7037ed1a0b428db, 8, NEEDED }, { 0x8ebc6af09c88c6e3, 8, CONTRARY } },
      3,
      48,
      512,
      { NULL } },
    { "LCG (drand48)", { { 0x00000005deece66d, 8, NEEDED } }, 1, 0, 0, { "libc *48", "musl *48", "Perl *" } },
    { "LCG (Numerical Recipes)", { { 1664525, 4, NEEDED }, { 1013904223, 4, NEEDED } }, 2, 48, 0, { NULL } },
    /* In Python it makes keys of hashes out of PYTHONHASHSEED. */
    { "LCG (MSVC rand)", { { 214013, 4, NEEDED }, { 2531011, 4, NEEDED } }, 2, 48, 0, { "Python *" } },
    { "LCG (ANSI C)", { { 1103515245, 4, NEEDED }, { 12345, 4, NEEDED } }, 2, 48, 0, { "libc rand*", "musl rand*" } },
    /* "expa nd 3": a cipher stands beside its authenticator, or its variant for short keys. */
    { "ChaCha20",
      { { 0x3320646e61707865, 8, NEEDED }, { 0x6b20657479622d32, 8, NEEDED }, { 0x3120646e61707865, 8, CONTRARY } },
      3,
      8,
      UINT32_MAX,
      { "*arc4random*", "OpenSSL *", "libgcrypt *", "GnuTLS *", "NSS *", "libsodium *", "SQLite *" } },
};
/* Files in which it is known not to be one that anybody could miss: their names, and why. */
static const struct {
    const char *algorithm, *object;
} exempt[] = {
    { "ChaCha20", "libfreebl*.so*" },            /* NSS's cipher */
    { "LCG (Numerical Recipes)", "libpam.so*" }, /* how long a refused login waits, seeded by the clock at each */
    { "MT19937", "_random.*.so" },               /* Python's own, where it is a file apart: "Python random" */
};
/* What tells of the cipher: "oly1305", "OLY1305". */
static const char *const cipher_words[] = { "oly1305", "OLY1305" };

struct seen {
    int64_t last[CONSTANTS];  /* where each was seen last; NOWHERE */
    int64_t candidate, found; /* the first place; NOWHERE */
};
struct scan {
    struct seen seen[N_OF(algorithms)];
    uint8_t first[8192]; /* a bit for each pair of bytes that a constant begins with */
    int is_cipher;
};

static void set_first(struct scan *s, unsigned pair)
{
    s->first[pair >> 3] |= (uint8_t)(1u << (pair & 7));
}

static void begin_scan(struct scan *s)
{
    *s = (struct scan){ .is_cipher = 0 };
    for (size_t a = 0; a < N_OF(algorithms); a++) {
        s->seen[a].candidate = s->seen[a].found = NOWHERE;
        for (size_t c = 0; c < CONSTANTS; c++)
            s->seen[a].last[c] = NOWHERE;
        for (unsigned c = 0; c < algorithms[a].n; c++)
            set_first(s, (unsigned)(algorithms[a].constants[c].value & 0xffff));
    }
    for (size_t i = 0; i < N_OF(cipher_words); i++)
        set_first(s, (unsigned)cipher_words[i][0] | (unsigned)cipher_words[i][1] << 8);
}

static int is_near(int64_t a, int64_t b, unsigned distance)
{
    return a != NOWHERE && b != NOWHERE && (distance == UINT32_MAX || llabs(a - b) <= (int64_t)distance);
}

/* Does what is known of constant c say that the algorithm is at `at`? */
static int speaks_for(const struct algorithm *a, const struct seen *s, unsigned c, int64_t at)
{
    if (a->constants[c].role == CONTRARY)
        return !is_near(s->last[c], at, a->contrary);
    if (a->constants[c].role == NOT_BESIDE && s->last[c] != at && is_near(s->last[c], at, a->constants[c].width))
        return 0;
    return is_near(s->last[c], at, a->within);
}

/* All of its constants together, the last of them at `at`. */
static int is_together(const struct algorithm *a, const struct seen *s, int64_t at)
{
    for (unsigned c = 0; c < a->n; c++)
        if (!speaks_for(a, s, c, at))
            return 0;
    return 1;
}

static void note_constant(const struct algorithm *a, struct seen *s, unsigned c, int64_t at)
{
    s->last[c] = at;
    if (s->candidate != NOWHERE && !is_near(s->candidate, at, a->contrary) && s->found == NOWHERE)
        s->found = s->candidate; /* nothing contrary came */
    if (a->constants[c].role == CONTRARY) {
        if (is_near(s->candidate, at, a->contrary))
            s->candidate = NOWHERE;
    } else if (s->candidate == NOWHERE && s->found == NOWHERE && is_together(a, s, at)) {
        s->candidate = at;
    }
}

static void look_at(struct scan *s, const unsigned char *p, int64_t at)
{
    uint64_t eight;
    uint32_t four;

    memcpy(&eight, p, sizeof eight);
    memcpy(&four, p, sizeof four);
    for (size_t a = 0; a < N_OF(algorithms); a++)
        for (unsigned c = 0; c < algorithms[a].n; c++) {
            const struct constant *k = &algorithms[a].constants[c];

            if (k->width == 4 ? k->value == four : k->value == eight)
                note_constant(&algorithms[a], &s->seen[a], c, at);
        }
    for (size_t i = 0; i < N_OF(cipher_words); i++)
        s->is_cipher |= !memcmp(p, cipher_words[i], 7);
}

/* `size` bytes that lie at `at` in the file, and 7 more. */
static void scan_bytes(struct scan *s, const unsigned char *bytes, size_t size, int64_t at)
{
    for (size_t i = 0; i < size; i++) {
        unsigned pair = (unsigned)bytes[i] | (unsigned)bytes[i + 1] << 8;

        if (s->first[pair >> 3] & 1u << (pair & 7))
            look_at(s, bytes + i, at + (int64_t)i);
    }
}

static const char *scan_segment(struct scan *s, int fd, const struct file_load *load, unsigned char *buffer)
{
    uint64_t done = 0;

    while (done < load->file_size) {
        uint64_t left = load->file_size - done;
        size_t want = left < CHUNK ? (size_t)left : CHUNK;
        ssize_t n = pread(fd, buffer, want + 7, (off_t)(load->offset + done));

        if (n <= 0)
            return n < 0 ? "its segments cannot be read" : "its segments do not lie within the file";
        memset(buffer + n, 0xff, CHUNK + 8 - (size_t)n); /* no constant ends so */
        if ((size_t)n > want)
            n = (ssize_t)want;
        scan_bytes(s, buffer, (size_t)n, (int64_t)(load->offset + done));
        done += (uint64_t)n;
    }
    return NULL;
}

static int is_new(const struct file_code *code, size_t n, const char *algorithm)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(code[i].algorithm, algorithm))
            return 0;
    return 1;
}

static const char *end_scan(const struct scan *s, struct file_code **ret, size_t *ret_n)
{
    struct file_code *code = calloc(N_OF(algorithms), sizeof *code);
    size_t n = 0;

    if (!code)
        return "no memory is left";
    for (size_t a = 0; a < N_OF(algorithms); a++) {
        const struct seen *seen = &s->seen[a];
        int64_t at = seen->found != NOWHERE ? seen->found : seen->candidate;

        if (at == NOWHERE || !is_new(code, n, algorithms[a].name) ||
            (s->is_cipher && !strcmp(algorithms[a].name, "ChaCha20")))
            continue;
        code[n++] = (struct file_code){ algorithms[a].name, (uint64_t)at };
    }
    *ret = code;
    *ret_n = n;
    return NULL;
}

const char *code_scan(int fd, const struct file_load *loads, size_t n_loads, struct file_code **ret, size_t *ret_n)
{
    struct scan *s = malloc(sizeof *s);
    unsigned char *buffer = malloc(CHUNK + 8);
    const char *error = s && buffer ? NULL : "no memory is left";
    uint64_t size = 0;

    if (!error)
        begin_scan(s);
    for (size_t i = 0; !error && i < n_loads; i++) {
        if (!loads[i].is_executable && (loads[i].is_writable || loads[i].file_size > DATA_MAX))
            continue;
        if (loads[i].offset > INT64_MAX / 2 || loads[i].file_size > SCAN_MAX - size)
            error = "its segments are too large";
        else
            error = scan_segment(s, fd, &loads[i], buffer);
        size += loads[i].file_size;
    }
    if (!error)
        error = end_scan(s, ret, ret_n);
    free(buffer);
    free(s);
    return error;
}

int code_is_called_by(const char *algorithm, const struct generator_kind *kind)
{
    for (size_t a = 0; a < N_OF(algorithms); a++)
        for (size_t i = 0; i < N_OF(algorithms[a].callable) && algorithms[a].callable[i]; i++)
            if (!strcmp(algorithms[a].name, algorithm) && !fnmatch(algorithms[a].callable[i], kind->name, 0))
                return 1;
    return 0;
}

int code_is_exempt(const char *algorithm, const char *base)
{
    for (size_t i = 0; i < N_OF(exempt); i++)
        if (!strcmp(exempt[i].algorithm, algorithm) && !fnmatch(exempt[i].object, base, 0))
            return 1;
    return 0;
}
