/* reuse.h - gives the pids of dead processes to later ones (--reuse-pid): the attack on generators that know a fork by a changed pid.
 *
 * The program runs in a pid namespace of its own (pid_namespaces(7)), below a first process of ours that takes in orphans and sets
 * the namespace's last pid (proc_sys_kernel(5), ns_last_pid) while a process of the program is stopped at its fork. Nobody
 * else forks there, so the child gets that pid unless it is still in use.
 */
#ifndef FORKAUDIT_RANDOM_REUSE_H
#define FORKAUDIT_RANDOM_REUSE_H

#include <stddef.h>

struct observe;
struct subject;
struct trace_event;
struct reuse;

/* Before the launch: whoever is forked after it, until reuse_launched(), is in the namespace. -EPERM and others with a sentence. */
int reuse_begin(struct reuse **ret, char *why, size_t why_size);
int reuse_launched(struct reuse *r);
void reuse_free(struct reuse *r); /* NULL is allowed; after the last process: its namespace ends */
/* At a CALL event. 1: a call that makes a process or thread (a pid has been chosen, if there was one), 0: another, or the negative
 * errno of a recording that broke. */
int reuse_call(struct observe *o, struct subject *s, const struct trace_event *e);
/* A process of the program is gone. */
void reuse_ended(struct observe *o, const struct subject *s);

#endif
