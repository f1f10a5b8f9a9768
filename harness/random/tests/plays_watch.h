/* plays_watch.h - programs that draw and seed, and that write down themselves what they got. */
#ifndef FORKAUDIT_RANDOM_PLAYS_WATCH_H
#define FORKAUDIT_RANDOM_PLAYS_WATCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What a play says of one value, in the file that it is given: its own word, against ours. */
struct play_word {
    pid_t pid;
    char generator[60];
    uint32_t size;
    uint64_t context;
    unsigned char bytes[64];
};

/* Functions of the test's own that are generators by option or marker. */
#define PLAY_OWN "play_own_next=u32()"
uint32_t play_own_next(void);

#define PLAY_NOT_HERE 77 /* exit status of a play for which something is missing */

/* Exit status of the play of that name, 99: there is none. path: where its words go. */
int play_watch(const char *name, const char *path);
/* plays_watch_hard.c: those of play_watch() that say nothing, but know what they must get. */
int play_watch_hard(const char *name);
/* Waits for one child: its exit status, 0 when all is well. */
int play_reap(pid_t pid);

#endif
