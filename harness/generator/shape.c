/* shape.c - how a generator is called, as text and parsed. */
#include "harness/generator/generator.h"
#include "harness/generator/internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const purposes[N_GENERATOR_PURPOSE] = {
    [GENERATOR_CRYPTOGRAPHIC] = "cryptographic",
    [GENERATOR_IDENTIFIER] = "identifier",
    [GENERATOR_ORDINARY] = "ordinary",
};

static const struct {
    const char *word;
    unsigned bits; /* of the value that is returned; 0: it is in the buffer */
} results[N_GENERATOR_RESULT] = {
    [GENERATOR_U31] = { "u31", 31 }, [GENERATOR_U32] = { "u32", 32 },  [GENERATOR_U64] = { "u64", 64 },
    [GENERATOR_F64] = { "f64", 53 }, [GENERATOR_VOID] = { "void", 0 }, [GENERATOR_ZERO] = { "zero", 0 },
    [GENERATOR_ONE] = { "one", 0 },  [GENERATOR_SIZE] = { "size", 0 }, [GENERATOR_POSITIVE] = { "positive", 0 },
};

const char *generator_purpose_name(enum generator_purpose purpose)
{
    return (unsigned)purpose < N_GENERATOR_PURPOSE ? purposes[purpose] : "unknown";
}

/* Where the parser is, and where its sentence goes. */
struct place {
    const char *text, *p;
    size_t before; /* characters before `text` in what the user wrote */
    char *why;
    size_t why_size;
};

static int refuse_at(const struct place *at, const char *p, const char *sentence)
{
    if (at->why_size)
        snprintf(at->why, at->why_size, "at character %zu: %s", at->before + (size_t)(p - at->text) + 1, sentence);
    return -EINVAL;
}

static int is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '$';
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes `word` if it stands there and ends there. */
static int take_word(struct place *at, const char *word)
{
    size_t n = strlen(word);

    if (strncmp(at->p, word, n) || is_name_character(at->p[n]))
        return 0;
    at->p += n;
    return 1;
}

static int digit_value(char c, unsigned base)
{
    int value = is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;

    return value < (int)base ? value : -1;
}

static int take_number(struct place *at, uint64_t *ret)
{
    const char *from = at->p;
    unsigned base = 10;
    uint64_t number = 0;
    int digit;

    if (at->p[0] == '0' && (at->p[1] == 'x' || at->p[1] == 'X')) {
        base = 16;
        at->p += 2;
    }
    if (digit_value(*at->p, base) < 0)
        return refuse_at(at, at->p, "expected a digit");
    for (; (digit = digit_value(*at->p, base)) >= 0; at->p++) {
        if (number > (UINT64_MAX - (unsigned)digit) / base)
            return refuse_at(at, from, "the number is larger than 64 bits");
        number = number * base + (unsigned)digit;
    }
    *ret = number;
    return 0;
}

static int take_name(struct place *at, struct generator_argument *a)
{
    const char *from = at->p;
    size_t n = 0;

    a->kind = GENERATOR_CONTEXT_AT;
    if (*at->p == '*') {
        a->kind = GENERATOR_CONTEXT_IN;
        from = ++at->p;
    }
    while (is_name_character(*at->p)) {
        if (n == sizeof a->name - 1)
            return refuse_at(at, from, "the name is longer than 63 characters");
        a->name[n++] = *at->p++;
    }
    return n ? 0 : refuse_at(at, at->p, "expected the name of an object");
}

static int take_out(struct place *at, struct generator_argument *a)
{
    const char *from = at->p;

    a->kind = GENERATOR_OUT;
    if (!is_digit(*at->p))
        return 0;
    if (take_number(at, &a->number))
        return -EINVAL;
    if (!a->number || a->number > 64)
        return refuse_at(at, from, "outN takes 1 to 64 bytes");
    return 0;
}

static int take_argument(struct place *at, struct generator_argument *a)
{
    *a = (struct generator_argument){ .kind = GENERATOR_NUMBER };
    if (is_digit(*at->p))
        return take_number(at, &a->number);
    if (take_word(at, "size")) {
        a->kind = GENERATOR_BYTES;
        return 0;
    }
    if (!strncmp(at->p, "context:", 8)) {
        at->p += 8;
        return take_name(at, a);
    }
    if (take_word(at, "context")) {
        a->kind = GENERATOR_CONTEXT;
        return 0;
    }
    if (!strncmp(at->p, "out", 3)) {
        at->p += 3;
        return take_out(at, a);
    }
    return refuse_at(at, at->p,
                     "expected an argument: out, outN, size, context, context:NAME, context:*NAME or a number");
}

static int is_context(enum generator_argument_kind kind)
{
    return kind == GENERATOR_CONTEXT || kind == GENERATOR_CONTEXT_AT || kind == GENERATOR_CONTEXT_IN;
}

/* -1: none. */
static int find_argument(const struct generator_shape *shape, enum generator_argument_kind kind)
{
    for (unsigned i = 0; i < shape->n; i++)
        if (shape->arguments[i].kind == kind || (is_context(kind) && is_context(shape->arguments[i].kind)))
            return (int)i;
    return -1;
}

int shape_context(const struct generator_shape *shape)
{
    return find_argument(shape, GENERATOR_CONTEXT);
}

static int take_arguments(struct place *at, struct generator_shape *shape)
{
    if (*at->p == ')')
        return 0;
    for (;;) {
        const char *from = at->p;
        struct generator_argument a;

        if (shape->n == N_OF(shape->arguments))
            return refuse_at(at, from, "there may be 6 arguments, this is one more");
        if (take_argument(at, &a))
            return -EINVAL;
        if (a.kind != GENERATOR_NUMBER && find_argument(shape, a.kind) >= 0)
            return refuse_at(at, from,
                             a.kind == GENERATOR_OUT     ? "a second buffer: there may be one"
                             : a.kind == GENERATOR_BYTES ? "a second size: there may be one"
                                                         : "a second context: there may be one");
        shape->arguments[shape->n++] = a;
        if (*at->p == ')')
            return 0;
        if (*at->p != ',')
            return refuse_at(at, at->p, "expected ',' or ')'");
        at->p++;
    }
}

/* What belongs together. */
static int check_whole(const struct place *at, const struct generator_shape *shape)
{
    int out = find_argument(shape, GENERATOR_OUT), size = find_argument(shape, GENERATOR_BYTES);

    if (results[shape->result].bits && (out >= 0 || size >= 0))
        return refuse_at(at, at->text, "the value is returned: a buffer or size does not belong here");
    if (results[shape->result].bits)
        return 0;
    if (out < 0)
        return refuse_at(at, at->text, "the value is not returned: expected an argument out or outN");
    if (!shape->arguments[out].number && size < 0)
        return refuse_at(at, at->text, "`out` needs an argument `size`, or is outN");
    if (shape->arguments[out].number && size >= 0)
        return refuse_at(at, at->text, "outN says how many bytes: an argument `size` does not belong here");
    if (shape->result == GENERATOR_SIZE && size < 0)
        return refuse_at(at, at->text, "the result `size` needs an argument `size`");
    return 0;
}

int shape_parse_at(const char *text, size_t before, struct generator_shape *ret, char *why, size_t why_size)
{
    struct place at = { text, text, before, why, why_size };
    struct generator_shape shape = { .result = N_GENERATOR_RESULT };

    for (unsigned i = 0; i < N_GENERATOR_RESULT && shape.result == N_GENERATOR_RESULT; i++)
        if (take_word(&at, results[i].word))
            shape.result = (enum generator_result)i;
    if (shape.result == N_GENERATOR_RESULT)
        return refuse_at(&at, at.p, "expected a result: u31, u32, u64, f64, void, zero, one, size or positive");
    if (*at.p != '(')
        return refuse_at(&at, at.p, "expected '('");
    at.p++;
    if (take_arguments(&at, &shape))
        return -EINVAL;
    at.p++; /* the ')' */
    if (*at.p)
        return refuse_at(&at, at.p, "nothing may follow the ')'");
    if (check_whole(&at, &shape))
        return -EINVAL;
    *ret = shape;
    return 0;
}

int generator_shape_parse(const char *text, struct generator_shape *ret, char *why, size_t why_size)
{
    return shape_parse_at(text, 0, ret, why, why_size);
}

unsigned generator_value_bits(const struct generator_shape *shape)
{
    int out = find_argument(shape, GENERATOR_OUT);

    if (results[shape->result].bits)
        return results[shape->result].bits;
    return out >= 0 && shape->arguments[out].number ? 8 * (unsigned)shape->arguments[out].number : 64;
}

unsigned generator_value_size(const struct generator_shape *shape)
{
    unsigned bits = generator_value_bits(shape);

    if (bits == 53)
        return 8;
    return (bits + 7) / 8;
}
