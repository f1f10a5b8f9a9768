/* random.h - generators in the processes of an audit (--generators): found, watched by breakpoints, their states kept at the moments
 * that count, and drawn from in copies when the audited program has ended.
 *
 * The audit's loop (harness/observe) calls these at its events; each does nothing where generators are not asked for, and
 * returns 0 or the negative errno of a recording that broke. What could not be done becomes a gap of source 'generator'.
 */
#ifndef FORKAUDIT_RANDOM_H
#define FORKAUDIT_RANDOM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct observe;
struct subject;
struct trace_event;
struct trace_launch;

/* Before the launch. -EINVAL, with o->why filled: a generator of the user's own is not well formed. */
int random_begin(struct observe *o);
/* After it: what the launch must be told. `why` gets a sentence when it fails (--reuse-pid is not possible here). */
int random_prepare(struct observe *o, struct trace_launch *launch, char *why, size_t why_size);
/* The program has been forked. */
int random_launched(struct observe *o);
void random_free(struct observe *o);
/* A new program, at its TRACE_EVENT_EXEC, after its image row. */
int random_exec(struct observe *o, struct subject *s, const struct trace_event *e);
/* A newborn, at its TRACE_EVENT_BORN, after subject_inherit() and its look. */
int random_born(struct observe *o, struct subject *child, struct subject *parent, const struct trace_event *e);
/* Instead of random_exec() and random_born() when nothing can be recorded any more, and harmless after them: at a BORN, where `s` is the
 * newborn, and at an EXEC. Our breakpoints are still in the programs. */
void random_track(struct observe *o, struct subject *s, struct subject *parent, const struct trace_event *e);
/* A FORKAUDIT_GENERATOR marker was reached. */
int random_marker(struct observe *o, struct subject *s, pid_t tid, const char *name, uint64_t address,
                  const char *shape);
/* A breakpoint. 1: it was ours and the thread may go on, 0: not ours. Also when the recording is broken. */
int random_trap(struct observe *o, struct subject *s, const struct trace_event *e);
/* About to make execve or execveat. */
int random_before_exec(struct observe *o, struct subject *s, const struct trace_event *e);
/* About to make a call. 1: one that is stopped at for the sake of generators only (it reads or writes, or makes a process), 0: another. */
int random_call(struct observe *o, struct subject *s, const struct trace_event *e);
/* Its last thread is about to die. */
int random_exit(struct observe *o, struct subject *s, const struct trace_event *e);
/* All processes stand as the audit will judge them, and are about to be asked to end. */
int random_end(struct observe *o);
/* The subject is being removed: what must outlive it is kept, the rest freed. */
void random_forget(struct observe *o, struct subject *s);
/* No process is left: draws, compares, writes the rows. */
int random_judge(struct observe *o);

#endif
