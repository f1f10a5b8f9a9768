/* gate_time.c - what time it is in a worker: the real one, or in neutral runs a constant. */
#include "harness/draw/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

#define NS   ((int64_t)1000000000)
#define HOUR (3600 * NS)

/* 1: the real time, which the kernel may tell. */
static int is_real(struct gate_call *c)
{
    run_consulted(c->run, DRAW_CLOCK);
    return !c->run->mode->is_neutral;
}

enum gate_act gate_clock_gettime(struct gate_call *c)
{
    int64_t now;
    struct timespec t;

    if (is_real(c))
        return GATE_ALLOW;
    now = run_clock(c->run);
    switch (c->stop->args[0]) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
    case CLOCK_REALTIME_ALARM:
        break;
    default: /* since the start of the machine, or time of a processor */
        now = now % HOUR + HOUR;
    }
    t = (struct timespec){ now / NS, now % NS };
    return gate_give(c, c->stop->args[1], &t, sizeof t, 0);
}

enum gate_act gate_clock_getres(struct gate_call *c)
{
    const struct timespec one = { 0, 1 };

    return c->stop->args[1] ? gate_give(c, c->stop->args[1], &one, sizeof one, 0) : gate_answer(c, 0);
}

enum gate_act gate_gettimeofday(struct gate_call *c)
{
    const struct timezone zone = { 0, 0 };
    struct timeval t;
    int64_t now;

    if (is_real(c))
        return GATE_ALLOW;
    now = run_clock(c->run);
    t = (struct timeval){ now / NS, now % NS / 1000 };
    if (c->stop->args[1] && worker_write(c->run->w, c->stop->args[1], &zone, sizeof zone))
        return gate_answer(c, -EFAULT);
    return c->stop->args[0] ? gate_give(c, c->stop->args[0], &t, sizeof t, 0) : gate_answer(c, 0);
}

enum gate_act gate_time(struct gate_call *c)
{
    int64_t now;

    if (is_real(c))
        return GATE_ALLOW;
    now = run_clock(c->run) / NS;
    return c->stop->args[0] ? gate_give(c, c->stop->args[0], &now, sizeof now, now) : gate_answer(c, now);
}

enum gate_act gate_times(struct gate_call *c)
{
    struct tms t;
    int64_t ticks;

    if (is_real(c))
        return GATE_ALLOW;
    ticks = run_clock(c->run) % HOUR / (NS / 100);
    memset(&t, 0, sizeof t);
    t.tms_utime = ticks / 16;
    return c->stop->args[0] ? gate_give(c, c->stop->args[0], &t, sizeof t, ticks) : gate_answer(c, ticks);
}

enum gate_act gate_rusage(struct gate_call *c)
{
    struct rusage u;
    int64_t now;

    if (is_real(c))
        return GATE_ALLOW;
    now = run_clock(c->run) % NS;
    memset(&u, 0, sizeof u);
    u.ru_utime.tv_usec = now / 1000;
    return gate_give(c, c->stop->args[1], &u, sizeof u, 0);
}

enum gate_act gate_sysinfo(struct gate_call *c)
{
    struct sysinfo i;

    if (is_real(c))
        return GATE_ALLOW;
    memset(&i, 0, sizeof i);
    i.uptime = run_clock(c->run) % HOUR / NS;
    i.totalram = i.freeram = 1UL << 30;
    i.mem_unit = 1;
    return gate_give(c, c->stop->args[0], &i, sizeof i, 0);
}

/* Which processor runs it is no more known than the time. */
enum gate_act gate_getcpu(struct gate_call *c)
{
    const uint32_t none = 0;

    if (is_real(c))
        return GATE_ALLOW;
    if (c->stop->args[1] && worker_write(c->run->w, c->stop->args[1], &none, sizeof none))
        return gate_answer(c, -EFAULT);
    return c->stop->args[0] ? gate_give(c, c->stop->args[0], &none, sizeof none, 0) : gate_answer(c, 0);
}

/* It has slept. */
static enum gate_act slept(struct gate_call *c, uint64_t address)
{
    struct timespec t;

    if (worker_read(c->run->w, address, &t, sizeof t))
        return gate_answer(c, -EFAULT);
    if (t.tv_sec < 0 || t.tv_nsec < 0 || t.tv_nsec >= NS)
        return gate_answer(c, -EINVAL);
    if (t.tv_sec < 3600 && c->run->ticked < HOUR)
        c->run->ticked += t.tv_sec * NS + t.tv_nsec;
    return gate_answer(c, 0);
}

enum gate_act gate_sleep(struct gate_call *c)
{
    return slept(c, c->stop->args[0]);
}

enum gate_act gate_clock_sleep(struct gate_call *c)
{
    if (c->stop->args[1] & TIMER_ABSTIME)
        return gate_answer(c, 0);
    return slept(c, c->stop->args[2]);
}
