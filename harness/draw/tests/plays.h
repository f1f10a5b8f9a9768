/* plays.h - generators of every kind, good and bad, for the processes of a stage. */
#ifndef FORKAUDIT_DRAW_PLAYS_H
#define FORKAUDIT_DRAW_PLAYS_H

#include "harness/draw/tests/stage.h"

extern const struct play play_xorshift, play_xorshift_reseeded, play_rand, play_rand_seeded, play_rand_reseeded,
    play_rand_r, play_random_r, play_drand48, play_erand48, play_pidcheck, play_pidcheck_bytes, play_pidmix,
    play_gettime, play_timeofday, play_time, play_tsc, play_tscp, play_chip, play_getrandom, play_urandom,
    play_urandom_kept, play_wipe, play_shared, play_counted, play_lock, play_lock_reseeded, play_error, play_abort,
    play_exit, play_loop, play_calls, play_crash, play_forks, play_writes, play_kills, play_constant, play_counter,
    play_dice, play_buffered, play_openssl, play_atfork, play_no_context, play_bytes, play_waits, play_config,
    play_fallback, play_malloc, play_late, play_few, play_bound, play_bound_with_clock, play_needs, play_chip_careless,
    play_flag;
extern unsigned *plays_pointer, *plays_no_pointer; /* to a state of rand_r, to none */

int chip_is_there(void);

#endif
