/* overlap.h - common runs of two random streams. Knows no SQL. */
#ifndef FORKAUDIT_OVERLAP_H
#define FORKAUDIT_OVERLAP_H

#include <stddef.h>

#define OVERLAP_MIN 8           /* bytes: 64 bits do not agree by chance */
#define OVERLAP_MAX (256 << 10) /* bytes of a stream that are compared; bounds memory to about 20 MiB */

struct overlap {
    size_t length; /* of the longest run, 0: none of OVERLAP_MIN bytes */
    size_t at_a, at_b;
};
/* The longest run of bytes that is in both, at any offsets; of several the first in one of them. Time is linear in
 * na + nb (times at most 256), whatever the bytes are. What lies beyond OVERLAP_MAX is not compared. 0 or -ENOMEM. */
int overlap_find(const unsigned char *a, size_t na, const unsigned char *b, size_t nb, struct overlap *ret);
/* Length of the common prefix. */
size_t overlap_prefix(const unsigned char *a, size_t na, const unsigned char *b, size_t nb);

#endif
