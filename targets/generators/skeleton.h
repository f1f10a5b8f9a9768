/* skeleton.h - what every program of this folder shares: it draws, makes processes in a given way, and lets each
 * write down what it drew. A library's own file is only its table of sources.
 *
 * usage: PROGRAM SOURCE HOW RESEED TRUTH
 *   HOW     fork _Fork clone vfork posix_spawn threads newpid pidreuse (ways.h)
 *   RESEED  none child parent both: who reseeds right after the process was made, before it draws
 *   TRUTH   a file to which each process appends one line "ROLE VALUE..." (hexadecimal) when it has drawn
 *
 * The programs know nothing of an auditor and have no markers: they stand for programs that nobody instrumented.
 */
#ifndef TARGETS_GENERATORS_SKELETON_H
#define TARGETS_GENERATORS_SKELETON_H

#include <stddef.h>

#define VALUE_MAX 16 /* bytes */

/* One generator of a library. The functions return 0, or -1 when the library refused. */
struct source {
    const char *name;
    unsigned size;            /* bytes of one value: 8, or 16 */
    int (*begin)(void);       /* seeds it; NULL: nothing to do */
    int (*draw)(void *value); /* one value; may be called from two threads, one at a time */
    int (*reseed)(void);      /* from the kernel; NULL: the library has no way to do it */
};
/* Of the one library that is linked to the skeleton; the last has no name. */
extern const struct source sources[];

/* Bytes from the kernel; ends the program when there are none. */
void kernel_bytes(void *bytes, size_t size);

#endif
