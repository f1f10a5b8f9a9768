/* script.c - what the scripts of interpreters share: text handed in, values taken out. */
#include "harness/generator/families.h"

#include <errno.h>
#include <string.h>

#define TEXT_AT  64 /* in the scratch; the word is before it */
#define TEXT_MAX 4096

int script_text(struct generator_caller *c, const char *text, uint64_t *ret)
{
    size_t size = strlen(text) + 1;

    if (size > TEXT_MAX)
        return -EINVAL;
    *ret = c->scratch + TEXT_AT;
    return c->write(c, *ret, text, size);
}

uint64_t script_word(const struct generator_caller *c)
{
    return c->scratch;
}

int script_word_read(struct generator_caller *c, uint64_t *ret)
{
    return c->read(c, c->scratch, ret, sizeof *ret);
}

int script_words(struct generator_caller *c, uint64_t address, uint64_t size, unsigned n, uint64_t *ret)
{
    const uint32_t *words = (const uint32_t *)ret;
    int error;

    if (!size)
        return -ENOTSUP;
    if (!address || size != 4 * (uint64_t)n)
        return -EIO;
    error = c->read(c, address, ret, size);
    /* Each to its own place, from the last one on. */
    for (unsigned i = n; !error && i-- > 0;) {
        uint32_t word;

        memcpy(&word, words + i, sizeof word);
        ret[i] = word;
    }
    return error;
}

int script_values(struct generator_caller *c, uint64_t address, uint64_t size, unsigned n, uint64_t *ret)
{
    if (!size)
        return -ENOTSUP;
    if (!address || size != 8 * (uint64_t)n)
        return -EIO;
    return c->read(c, address, ret, size);
}
