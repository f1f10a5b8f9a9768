/* plays_judge.h - programs whose generators a test draws from: what each does after its fork is known. */
#ifndef FORKAUDIT_RANDOM_PLAYS_JUDGE_H
#define FORKAUDIT_RANDOM_PLAYS_JUDGE_H

#include <stdint.h>

/* A generator of its own, in a page that a fork wipes. */
#define PLAY_WIPED "play_wiped_next=u64()"
uint64_t play_wiped_next(void);

/* Plays it and does not return; exit status 2: there is no such play. */
__attribute__((noreturn)) void play_judge(const char *name);

#endif
