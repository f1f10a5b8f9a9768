/* own.h - generators that a program brings along, each a function that gives 64 bits: "u64()" to whoever looks for
 * them by name. */
#ifndef TARGETS_GENERATORS_OWN_H
#define TARGETS_GENERATORS_OWN_H

#include <stdint.h>

uint64_t own_xorshift(void);  /* in static memory */
uint64_t own_wipe(void);      /* in a page that the kernel wipes at a fork */
uint64_t own_pidcheck(void);  /* seeds anew when getpid() has changed */
uint64_t own_atfork(void);    /* a handler of pthread_atfork(3) seeds it anew */
uint64_t own_pidmix(void);    /* one state; the pid goes into the output */
uint64_t own_tsc(void);       /* one state; the time stamp counter goes into the output */
uint64_t own_clock(void);     /* one state; the time goes into the output */
uint64_t own_shared(void);    /* in memory that the processes share */
uint64_t own_getrandom(void); /* asks the kernel for each value */

#endif
