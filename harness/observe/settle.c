/* settle.c - when a process has settled: every thread of it blocks in a call that waits for somebody else.
 *
 * That is a fact read from /proc/PID/task/TID/syscall, not a time that has passed. A process is still at a sample when all its threads wait; it has
 * settled when it waits in the same calls, with the same stack, at two samples in a row; the whole tree when it does at
 * SETTLE_TREE of them. A daemon that a timer wakes now and then, and that goes back to the same call, counts as settled; a thread
 * that only sleeps must be found in the same sleep for longer.
 */
#include "harness/observe/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#define SETTLE_ONE  2
#define SETTLE_TREE 5
/* Samples of a process one of whose threads sleeps for a short time, again and again, in the same place (memcached(1)'s
 * maintenance thread): about two seconds, so that a pause in a start-up script is not taken for rest. */
#define SETTLE_SLEEPER  50
#define SAMPLE_FIRST_MS 3
#define SAMPLE_LAST_MS  40
/* A shorter sleep is a pause in the program's own work; a longer one is its way to wait (cron(8)). */
#define SLEEP_IS_WAITING_S 10

/* For the copies that are made when the time is over already. */
#define COPIES_LAST_MS 5000

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct {
    long nr;
    const char *name;
} waiting_calls[] = {
    { SYS_read, "read" },
    { SYS_readv, "readv" },
    { SYS_recvfrom, "recvfrom" },
    { SYS_recvmsg, "recvmsg" },
    { SYS_recvmmsg, "recvmmsg" },
    { SYS_accept, "accept" },
    { SYS_accept4, "accept4" },
#ifdef SYS_poll
    { SYS_poll, "poll" },
    { SYS_select, "select" },
    { SYS_epoll_wait, "epoll_wait" },
    { SYS_pause, "pause" },
#endif
    { SYS_ppoll, "ppoll" },
    { SYS_pselect6, "pselect6" },
    { SYS_epoll_pwait, "epoll_pwait" },
#ifdef SYS_epoll_pwait2
    { SYS_epoll_pwait2, "epoll_pwait2" },
#endif
    { SYS_futex, "futex" },
#ifdef SYS_futex_waitv
    { SYS_futex_waitv, "futex_waitv" },
#endif
    { SYS_rt_sigtimedwait, "sigtimedwait" },
    { SYS_rt_sigsuspend, "sigsuspend" },
    { SYS_wait4, "wait4" },
    { SYS_waitid, "waitid" },
    { SYS_msgrcv, "msgrcv" },
    { SYS_semop, "semop" },
    { SYS_semtimedop, "semtimedop" },
    { SYS_flock, "flock" },
    { SYS_fcntl, "fcntl" }, /* F_SETLKW: nothing else of it sleeps */
    { SYS_mq_timedreceive, "mq_timedreceive" },
    { SYS_io_getevents, "io_getevents" },
    { SYS_io_uring_enter, "io_uring_enter" },
    { SYS_restart_syscall, "restart_syscall" },
};

/* 1: it sleeps for a short time, 2: for a long one, 0: it does not sleep. */
static int sleep_kind(pid_t tid, const struct look_syscall *call)
{
    uint64_t address;
    struct timespec sleep;

    if (call->nr == SYS_nanosleep)
        address = call->args[0];
    else if (call->nr == SYS_clock_nanosleep)
        address = call->args[2];
    else
        return 0;
    if (call->nr == SYS_clock_nanosleep && call->args[1]) /* until a time of day: how long is not told */
        return 1;
    return trace_read(tid, address, &sleep, sizeof sleep) == sizeof sleep && sleep.tv_sec >= SLEEP_IS_WAITING_S ? 2 : 1;
}

/* The call's name when it waits for somebody else, or NULL. */
static const char *waiting_name(const struct subject *s, pid_t tid, const struct look_syscall *call, int *ret_sleeps)
{
    int sleep;

    if (call->running || call->nr < 0)
        return NULL;
    if (s->is_foreign_abi) /* the numbers are another table's: blocked in any call must do */
        return "a system call";
    for (size_t i = 0; i < COUNT(waiting_calls); i++)
        if (waiting_calls[i].nr == call->nr)
            return waiting_calls[i].name;
    sleep = sleep_kind(tid, call);
    *ret_sleeps |= sleep == 1;
    return sleep ? "nanosleep" : NULL;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * 0x100000001b3u;
}

/* What one sample of a process shows. */
struct sample {
    uint64_t fingerprint;
    const char *name; /* the first thread's call */
    int sleeps;       /* a thread only sleeps for a short time */
    pid_t tid;        /* the first thread that lives: a leader that has ended shows nothing any more */
};

/* The maker of a vfork child waits for it in a way that only SIGKILL ends (vfork(2)); /proc shows that as disk sleep. */
static int is_vfork(long nr)
{
#ifdef SYS_vfork
    if (nr == SYS_vfork)
        return 1;
#endif
    return nr == SYS_clone || nr == SYS_clone3;
}

/* One thread of it. 1: it waits, or has ended; 0: not, or it cannot be seen. */
static int thread_is_still(struct observe *o, const struct subject *s, pid_t tid, struct sample *ret)
{
    struct look_syscall call = { 0 };
    const char *name = "a stop"; /* of job control: it waits for SIGCONT */
    struct look_stat stat;

    if (look_stat(o->proc, s->pid, tid, &stat))
        return 0;
    if (stat.state == 'Z' || stat.state == 'X')
        return 1;
    if (stat.state == 'S' && stat.is_worker) /* it waits for the threads that run the program */
        return 1;
    if (stat.state == 'S') {
        if (look_syscall(o->proc, s->pid, tid, &call) || !(name = waiting_name(s, tid, &call, &ret->sleeps)))
            return 0;
    } else if (stat.state == 'D') {
        if (look_syscall(o->proc, s->pid, tid, &call) || call.running || !is_vfork(call.nr))
            return 0;
        name = "vfork";
    } else if (stat.state != 'T' && !(stat.state == 't' && trace_is_stopped(o->t, tid))) {
        return 0; /* it runs, or is at a stop whose event has not come yet */
    }
    ret->fingerprint = mix(mix(mix(mix(ret->fingerprint, tid), call.nr), call.sp), stat.state);
    if (!ret->name) {
        ret->name = name;
        ret->tid = tid;
    }
    return 1;
}

/* 1: every thread waits, *ret is filled; 0: not, or it cannot be seen. */
static int subject_is_still(struct observe *o, const struct subject *s, struct sample *ret)
{
    struct look_tasks tasks = { 0 };
    int still = 1;

    *ret = (struct sample){ 0xcbf29ce484222325u, NULL, 0, s->pid };
    if (look_tasks(o->proc, s->pid, &tasks))
        return 0;
    for (size_t i = 0; still && i < tasks.n; i++)
        still = thread_is_still(o, s, tasks.tids[i], ret);
    look_tasks_release(&tasks);
    return still && ret->name;
}

static int settle_look(struct observe *o, struct subject *s, const struct sample *sample, int is_still)
{
    struct record_look look = { "settled",  RECORD_ALL & ~RECORD_ENVIRON,   FACTS_NULL,
                                FACTS_NULL, is_still ? sample->name : NULL, NULL };
    int64_t id;
    int r;

    s->is_fresh = 0;
    if (o->result->record_error)
        return 0;
    r = record_look(o, s, sample->tid, &look, &id);
    return r || !is_still ? r : copy_prove(o, s, sample->tid, id, NULL);
}

/* 1: settled now, 0: not, negative: the recording broke. */
static int settle_one(struct observe *o, struct subject *s)
{
    struct sample sample;
    int still = subject_is_still(o, s, &sample), settled, r = 0;

    if (!still || sample.fingerprint != s->stillness.fingerprint)
        s->stillness.samples = 0;
    s->stillness.fingerprint = sample.fingerprint;
    settled = still && ++s->stillness.samples >= (sample.sleeps ? SETTLE_SLEEPER : SETTLE_ONE);
    if (settled && s->is_fresh)
        r = settle_look(o, s, &sample, 1);
    return r ? r : settled;
}

int settle_is_over(struct observe *o)
{
    int64_t now = observe_now_ms(o);

    return (o->phase_deadline >= 0 && now >= o->phase_deadline) ||
           (o->options->time > 0 && o->phase < PHASE_ENDING && now >= o->options->time) || trace_is_asked(o->t);
}

int settle_sample(struct observe *o)
{
    int all = o->n_subjects > 0;

    int is_all_wanted = o->phase == PHASE_SETTLING || o->phase == PHASE_RESETTLING;

    for (struct subject *s = o->subjects; s; s = s->next) {
        int r = is_all_wanted || s->is_fresh ? settle_one(o, s) : 1;

        if (r < 0)
            return r;
        all &= r;
        if (settle_is_over(o)) {
            all = 0;
            break;
        }
    }
    o->still_samples = all ? o->still_samples + 1 : 0;
    if (o->sample_ms < SAMPLE_LAST_MS)
        o->sample_ms *= 2;
    return o->still_samples >= SETTLE_TREE;
}

int settle_is_wanted(const struct observe *o)
{
    if (o->phase == PHASE_SETTLING || o->phase == PHASE_RESETTLING)
        return 1;
    if (o->phase >= PHASE_ENDING)
        return 0;
    for (const struct subject *s = o->subjects; s; s = s->next)
        if (s->is_fresh)
            return 1;
    return 0;
}

int settle_look_all(struct observe *o)
{
    int r = 0;

    o->copies_until = observe_now_ms(o) + COPIES_LAST_MS;
    for (struct subject *s = o->subjects; !r && s; s = s->next) {
        struct sample sample;
        int still = subject_is_still(o, s, &sample);

        r = settle_look(o, s, &sample, still);
    }
    o->copies_until = 0;
    return r;
}

void settle_disturb(struct observe *o)
{
    o->still_samples = 0;
    o->sample_ms = SAMPLE_FIRST_MS;
}
