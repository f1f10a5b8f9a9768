/* repeat.h - which of many random streams have bytes in common. Knows no SQL. */
#ifndef FORKAUDIT_REPEAT_H
#define FORKAUDIT_REPEAT_H

#include <stddef.h>
#include <stdint.h>

#define REPEAT_OTHERS  8         /* of one stream that are named: the first ones */
#define REPEAT_WINDOWS (4 << 20) /* of all streams together; bounds memory to about 180 MiB */

/* 1: as many bytes as these, equal in two streams, can only come of equal states: six at least, and five of eight, are
 * neither 00 nor ff, and four differ. Small numbers in wide fields are not so: their zeros are equal in any streams. */
int repeat_looks_random(const unsigned char *bytes, size_t n);

struct repeat_stream {
    int64_t id;
    const unsigned char *bytes;
    size_t size;
};
struct repeat_pair {
    int64_t id, other; /* other: earlier in the list */
};
/* Who may end the search: nonzero when `steps` more are too many. */
struct repeat_budget {
    int (*spend)(void *context, uint64_t steps);
    void *context;
};
/* Every stream that has eight bytes in a row in common with an earlier one, with up to REPEAT_OTHERS of those, in the
 * order of the list. is_narrow: only bytes that look random count. Where all have more than REPEAT_WINDOWS bytes
 * together, an equal part of each is looked at, from its beginning. *ret is owned by the caller (free). 0, -ENOMEM,
 * -EINTR (the budget). */
int repeat_find(const struct repeat_stream *streams, size_t n, int is_narrow, const struct repeat_budget *budget,
                struct repeat_pair **ret, size_t *ret_n);

#endif
