/* stack.h - who called: the frames of a stopped thread, from outside, by the unwind tables of its ELF files (libdwfl).
 *
 * Nothing runs in the target. What is read there is hostile: frames are bounded, names are as the files have them.
 */
#ifndef FORKAUDIT_STACK_H
#define FORKAUDIT_STACK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define STACK_MAX 32

struct stack_frame {
    uint64_t pc;     /* of the frame; for all but the innermost one less than the return address */
    char *object;    /* path of the mapped file, NULL: none */
    uint64_t offset; /* of pc in the ELF image of that file (address minus load bias) */
    char *symbol;    /* function, NULL: not known */
    uint64_t symbol_offset;
    char *source; /* file of the source, NULL: no debug data */
    int line;     /* 0: not known */
};
struct stack {
    size_t n; /* at least 1 on success: the innermost frame needs only the program counter */
    struct stack_frame frames[STACK_MAX];
};

/* What is worth keeping between reads of one process image: symbol tables, unwind tables. */
struct stack_reader;

/* `pid` is a tracee of the calling thread. NULL: no memory. The caller ends it with stack_reader_free() at the next
 * exec or the end of the process; a forked child needs its own. */
struct stack_reader *stack_reader_new(pid_t pid);
void stack_reader_free(struct stack_reader *r);
/* `tid` (a thread of that process) is stopped. 0 with *ret filled (the caller releases it), or a negative errno:
 * nothing can be said, not even the innermost frame. Unwinding that stops half way is no error: the frames so far
 * are given. with_source: look for source lines too (slow the first time). */
int stack_read(struct stack_reader *r, pid_t tid, int with_source, struct stack *ret);
void stack_release(struct stack *s); /* accepts the zeroed struct */

#endif
