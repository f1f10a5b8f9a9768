/* token.c - tokens of two processes: the same bytes written by both, not by an ancestor before the other was born, read by nobody,
 * and not in the memory that the later writer began with. */
#include "harness/random/token.h"

#include "harness/random/internal.h"

#include <stdlib.h>
#include <string.h>

#define TOKENS_MAX     100000 /* kept of one audit */
#define TOKENS_TOLD    256    /* rows of one audit */
#define TOKENS_BUCKETS 16384
#define SEARCH_MAX     (256u << 20) /* bytes of one mapping in which a token is looked for */

struct token {
    struct token *next;          /* same bucket */
    int64_t process, image, seq; /* of who wrote it first; process 0: nobody has */
    uint8_t is_read, is_told, size;
    unsigned char bytes[TOKEN_MAX];
};

struct tokens {
    struct token *buckets[TOKENS_BUCKETS];
    unsigned n, told;
    int has_gap;
};

struct tokens *tokens_new(void)
{
    return calloc(1, sizeof(struct tokens));
}

void tokens_free(struct tokens *t)
{
    struct token *next;

    for (size_t i = 0; t && i < TOKENS_BUCKETS; i++)
        for (struct token *token = t->buckets[i]; token; token = next) {
            next = token->next;
            free(token);
        }
    free(t);
}

static struct token *token_get(struct tokens *t, const unsigned char *bytes, size_t n)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    struct token **bucket, *token;

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ bytes[i]) * 1099511628211u;
    bucket = &t->buckets[hash % TOKENS_BUCKETS];
    for (token = *bucket; token; token = token->next)
        if (token->size == n && !memcmp(token->bytes, bytes, n))
            return token;
    token = t->n < TOKENS_MAX ? calloc(1, sizeof *token) : NULL;
    if (!token)
        return NULL;
    t->n++;
    token->size = (uint8_t)n;
    memcpy(token->bytes, bytes, n);
    token->next = *bucket;
    *bucket = token;
    return token;
}

static int is_in_map(const struct snapshot *snapshot, const struct snapshot_map *map, const struct token *token)
{
    static unsigned char piece[65536 + TOKEN_MAX];
    size_t kept = 0;
    ssize_t n;

    if (map->perms[0] != 'r' || map->end - map->start > SEARCH_MAX)
        return 0;
    for (uint64_t at = map->start; at < map->end; at += (uint64_t)n) {
        size_t size = map->end - at < 65536 ? (size_t)(map->end - at) : 65536;

        n = snapshot_read(snapshot, at, piece + kept, size);
        if (n <= 0)
            return 0;
        if (memmem(piece, kept + (size_t)n, token->bytes, token->size))
            return 1;
        kept = kept + (size_t)n < token->size ? kept + (size_t)n : (size_t)token->size - 1;
        memmove(piece, piece + (size_t)n, kept);
    }
    return 0;
}

/* Two numbers are written with something between them, and in memory they are no text at all: nothing can be found of them. */
static int is_from_before(const struct snapshot *born, const struct token *token)
{
    const struct snapshot_map *maps;
    size_t n;

    if (!born)
        return 0;
    maps = snapshot_maps(born, &n);
    for (size_t i = 0; i < n; i++)
        if (is_in_map(born, &maps[i], token))
            return 1;
    return 0;
}

/* What a process writes straight out of a mapped file is the file's; its variables are in such a mapping too, a private one. */
static int is_of_file(const struct observe *o, const struct subject *s, uint64_t address)
{
    struct look_maps maps = { 0 };
    int is_file = 0;

    if (look_maps(o->proc, s->pid, s->pid, &maps))
        return 0;
    for (size_t i = 0; i < maps.n; i++)
        if (address >= maps.maps[i].start && address < maps.maps[i].end)
            is_file = maps.maps[i].ino && !(maps.maps[i].perms[1] == 'w' && maps.maps[i].perms[3] == 'p');
    look_maps_release(&maps);
    return is_file;
}

struct writing {
    struct observe *o;
    struct subject *s;
    uint64_t address;
    int64_t seq;
    int error;
};

/* What an ancestor had written before the fork it may have handed on. */
static int is_handed_on(const struct token *token, const struct subject *s)
{
    const struct random_life *life = s->random ? s->random->life : NULL;

    for (life = life ? life->of : NULL; life; life = life->of)
        if (life->process == token->process)
            return token->seq < s->born_seq;
    return 0;
}

static void token_seen(struct writing *w, struct token *token)
{
    const struct random_life *life = w->s->random ? w->s->random->life : NULL;
    struct facts_token row = { w->s->id, token->process, w->seq, token->seq, token->bytes, token->size };
    struct tokens *tokens = w->o->random->tokens;

    if (token->is_read || token->is_told || token->process == w->s->id || token->image != w->s->image ||
        is_handed_on(token, w->s) || tokens->told == TOKENS_TOLD)
        return;
    token->is_told = 1;
    if ((life && is_from_before(life->born, token)) || is_of_file(w->o, w->s, w->address))
        return;
    tokens->told++;
    w->error = facts_add_token(w->o->f, &row);
}

static void token_write(void *context, const unsigned char *bytes, size_t n)
{
    struct writing *w = context;
    struct token *token = w->error ? NULL : token_get(w->o->random->tokens, bytes, n);

    if (!token)
        return;
    if (token->process) {
        token_seen(w, token);
        return;
    }
    token->process = w->s->id;
    token->image = w->s->image;
    token->seq = w->seq;
}

static int tokens_gap(struct observe *o)
{
    struct tokens *t = o->random->tokens;

    if (t->n < TOKENS_MAX || t->has_gap)
        return 0;
    t->has_gap = 1;
    return facts_add_gap(o->f, FACTS_NULL, FACTS_NULL, "token", 0,
                         "the program writes more random-looking bytes than are compared (%d tokens)", TOKENS_MAX);
}

int token_written(struct observe *o, struct subject *s, uint64_t address, const void *data, size_t size)
{
    struct writing w = { o, s, address, facts_next_seq(o->f), 0 };
    const struct token_sink sink = { token_write, &w };

    token_find(data, size, &sink);
    return w.error ? w.error : tokens_gap(o);
}

static void token_read(void *context, const unsigned char *bytes, size_t n)
{
    struct observe *o = context;
    struct token *token = token_get(o->random->tokens, bytes, n);

    if (token)
        token->is_read = 1;
}

int token_was_read(struct observe *o, const void *data, size_t size)
{
    const struct token_sink sink = { token_read, o };

    token_find(data, size, &sink);
    return tokens_gap(o);
}
