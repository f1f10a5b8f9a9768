/* scan.c - where the programs and libraries of a process ask the processor for entropy (RDRAND, RDSEED). */
#include "harness/draw/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SCAN_CHUNK  65536
#define SCAN_TAIL   16                   /* the chunks lie over each other by as much as is_site() looks at */
#define SCAN_BYTES  ((uint64_t)64 << 20) /* of one process; the generator's own file comes first */
#define SCAN_SITES  256                  /* in one process */
#define LOOK_BEHIND 8                    /* bytes behind RDRAND in which its carry flag is tested */
#define KNOWN_FILES 128
#define KNOWN_SITES 16

static const uint8_t illegal[2] = { 0x0f, 0x0b }; /* ud2 */

/* What was found in a mapping of a file, for the next process that has it. */
static struct known {
    uint64_t dev, ino, offset, size;
    unsigned n;
    uint32_t sites[KNOWN_SITES];
} known[KNOWN_FILES];
static unsigned n_known, next_known;

/* What stands behind it tests the carry flag: so it is an instruction, and no part of another or of data. */
static int tests_carry(const uint8_t *p)
{
    for (unsigned i = 0; i < LOOK_BEHIND; i++) {
        unsigned digit = (p[i + 1] >> 3) & 7;

        switch (p[i]) {
        case 0x72: /* jc, jnc, adc, sbb */
        case 0x73:
        case 0x11:
        case 0x13:
        case 0x19:
        case 0x1b:
            return 1;
        case 0x83: /* adc, sbb of a constant */
            if (digit == 2 || digit == 3)
                return 1;
            break;
        case 0x0f: /* setc, jc, cmovc, and their opposites */
            if ((p[i + 1] & 0xfe) == 0x92 || (p[i + 1] & 0xfe) == 0x82 || (p[i + 1] & 0xfe) == 0x42)
                return 1;
        }
    }
    return 0;
}

/* Or the register that it filled is stored at once, for who does not care whether it worked (libsodium). */
static int stores_register(const uint8_t *p, unsigned number)
{
    if ((p[0] & 0xf0) == 0x40)
        p++;
    return p[0] == 0x89 && ((p[1] >> 3) & 7) == number;
}

/* RDRAND is 0f c7 /6 of a register, RDSEED 0f c7 /7; with f3 in front the latter is RDPID. */
static int is_site(const uint8_t *p, const uint8_t *from)
{
    if (p[0] != 0x0f || p[1] != 0xc7 || p[2] < 0xf0)
        return 0;
    if (p[2] >= 0xf8 && ((p > from && p[-1] == 0xf3) || (p > from + 1 && (p[-1] & 0xf0) == 0x40 && p[-2] == 0xf3)))
        return 0;
    return tests_carry(p + 3) || stores_register(p + 3, p[2] & 7);
}

/* SCAN_TAIL bytes behind `n` may be looked at. */
static int scan_chunk(const uint8_t *buffer, size_t n, uint64_t address, struct draw_patches *ret)
{
    const uint8_t *p = buffer;
    int r = 0;

    while (!r && p < buffer + n && ret->n < SCAN_SITES) {
        p = memmem(p, (size_t)(buffer + n - p) + 1, "\x0f\xc7", 2);
        if (!p)
            break;
        if (is_site(p, buffer))
            r = patches_add(ret, address + (uint64_t)(p - buffer), illegal, sizeof illegal);
        p++;
    }
    return r;
}

static int scan_map(const struct snapshot *s, const struct snapshot_map *map, struct draw_patches *ret)
{
    uint8_t *buffer = calloc(1, SCAN_CHUNK + SCAN_TAIL);
    int r = buffer ? 0 : -ENOMEM;

    for (uint64_t at = map->start; !r && at < map->end; at += SCAN_CHUNK) {
        uint64_t left = map->end - at;
        ssize_t got = snapshot_read(s, at, buffer, left < SCAN_CHUNK + SCAN_TAIL ? left : SCAN_CHUNK + SCAN_TAIL);

        if (got <= 0)
            break;
        memset(buffer + got, 0, (size_t)(SCAN_CHUNK + SCAN_TAIL - got));
        r = scan_chunk(buffer, got < SCAN_CHUNK ? (size_t)got : SCAN_CHUNK, at, ret);
    }
    free(buffer);
    return r;
}

static struct known *known_find(const struct snapshot_map *map)
{
    for (unsigned i = 0; i < n_known; i++)
        if (known[i].dev == map->dev && known[i].ino == map->ino && known[i].offset == map->offset &&
            known[i].size == map->end - map->start)
            return &known[i];
    return NULL;
}

/* `from`: the first of ret that are of this mapping. */
static void known_add(const struct snapshot_map *map, const struct draw_patches *ret, size_t from)
{
    struct known *k = &known[next_known];

    if (ret->n - from > KNOWN_SITES || ret->n >= SCAN_SITES)
        return;
    *k = (struct known){ map->dev, map->ino, map->offset, map->end - map->start, (unsigned)(ret->n - from), { 0 } };
    for (unsigned i = 0; i < k->n; i++)
        k->sites[i] = (uint32_t)(ret->patches[from + i].address - map->start);
    next_known = (next_known + 1) % KNOWN_FILES;
    if (n_known < KNOWN_FILES)
        n_known++;
}

/* The file may be another by now, that has got the number of the first: its bytes are looked at again. */
static int known_use(const struct snapshot *s, const struct snapshot_map *map, const struct known *k,
                     struct draw_patches *ret)
{
    int r = 0;

    for (unsigned i = 0; !r && i < k->n; i++) {
        uint8_t bytes[SCAN_TAIL + 3] = { 0 };
        uint64_t at = map->start + k->sites[i];

        if (snapshot_read(s, at, bytes, sizeof bytes) > 2 && is_site(bytes, bytes))
            r = patches_add(ret, at, illegal, sizeof illegal);
    }
    return r;
}

static int is_code(const struct snapshot_map *map)
{
    return map->ino && map->perms[2] == 'x' && map->end - map->start <= UINT32_MAX;
}

int rdrand_patches(const struct snapshot *s, uint64_t address, struct draw_patches *ret)
{
    size_t n, own;
    const struct snapshot_map *maps = snapshot_maps(s, &n);
    uint64_t left = SCAN_BYTES;
    int r = 0;

    for (own = 0; own < n && !(address >= maps[own].start && address < maps[own].end); own++)
        ;
    /* Its own file first, then the others: what it calls is not known. */
    for (int others = 0; !r && others < 2; others++)
        for (size_t i = 0; !r && i < n; i++) {
            int is_own = own < n && maps[i].dev == maps[own].dev && maps[i].ino == maps[own].ino;
            const struct known *k = known_find(&maps[i]);
            size_t from = ret->n;

            if (!is_code(&maps[i]) || is_own == others)
                continue;
            if (k) {
                r = known_use(s, &maps[i], k, ret);
            } else if (maps[i].end - maps[i].start <= left) {
                left -= maps[i].end - maps[i].start;
                r = scan_map(s, &maps[i], ret);
                if (!r)
                    known_add(&maps[i], ret, from);
            }
        }
    if (r)
        patches_free(ret);
    return r;
}
