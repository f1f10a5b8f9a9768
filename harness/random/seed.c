/* seed.c - what a generator was seeded with, and where that comes from: the time, a pid, a constant.
 *
 * A word is said only where chance would hardly ever have it: the share of all 32-bit numbers that are taken for a
 * time or for a pid is a few in a million. Microseconds alone look like any other number below a million, and get
 * no word.
 */
#include "harness/random/watch.h"

#include <errno.h>
#include <string.h>

#define SECOND      ((int64_t)1000000000)
#define SECONDS_OFF 2       /* of a time in seconds from ours */
#define MS_BEFORE   2000    /* of one in milliseconds */
#define US_BEFORE   2000    /* of the lower half of one in microseconds */
#define AFTER_NS    1000000 /* a clock that is ahead of ours */
/* A part of the time in microseconds is that small once in some thousand times. */
#define CONSTANT_MAX 256
#define TEXT_BEFORE  24 /* bytes before a return address in which the number would be loaded */
#define PIDS         3

static uint64_t number_of(const struct seed *seed)
{
    uint64_t number = 0;

    memcpy(&number, seed->bytes, seed->size < sizeof number ? seed->size : sizeof number);
    return number;
}

/* 1: `number` is one of those that end at the time `now`, in units of `unit` ns, cut to its size. */
static int is_clock(uint64_t number, size_t size, int64_t now, int64_t unit, int64_t before_ns)
{
    uint64_t first = (uint64_t)((now - before_ns) / unit), last = (uint64_t)((now + AFTER_NS) / unit);

    if (size < sizeof number)
        return (uint32_t)((uint32_t)number - (uint32_t)first) <= last - first;
    return number - first <= last - first;
}

static int is_seconds(uint64_t number, size_t size, int64_t now)
{
    uint64_t first = (uint64_t)(now / SECOND - SECONDS_OFF);

    if (size < sizeof number)
        return (uint32_t)((uint32_t)number - (uint32_t)first) <= 2 * SECONDS_OFF;
    return number - first <= 2 * SECONDS_OFF;
}

static int is_time(uint64_t number, size_t size, int64_t now)
{
    if (is_seconds(number, size, now) || is_clock(number, size, now, SECOND / 1000, MS_BEFORE * SECOND / 1000))
        return 1;
    if (size < sizeof number)
        return is_clock(number, size, now, 1000, US_BEFORE * 1000);
    return is_clock(number, size, now, 1000, SECONDS_OFF * SECOND) ||
           is_clock(number, size, now, 1, SECONDS_OFF * SECOND);
}

/* Seconds and a part of them, read at once and mixed. */
static int is_time_mixed(uint32_t number, int64_t now)
{
    for (int64_t at = now / 1000 - US_BEFORE; at <= now / 1000; at++) {
        uint32_t seconds = (uint32_t)(at / 1000000), us = (uint32_t)(at % 1000000);

        if (number == (seconds ^ us))
            return 1;
    }
    return 0;
}

static int is_mixed_with(uint32_t number, uint32_t pid, int64_t now)
{
    uint32_t seconds = (uint32_t)(now / SECOND) - SECONDS_OFF;

    for (int i = 0; i <= 2 * SECONDS_OFF; i++, seconds++)
        if (number == (seconds ^ pid) || number == seconds + pid || number == seconds * pid ||
            number == (seconds ^ pid << 16) || number == seconds + (pid << 16))
            return 1;
    /* nginx: pid, seconds and milliseconds. */
    for (int64_t at = now / 1000000 - MS_BEFORE; at <= now / 1000000; at++)
        if (number == (pid << 16 ^ (uint32_t)(at / 1000) ^ (uint32_t)(at % 1000)))
            return 1;
    /* redis: seconds, pid and microseconds. */
    return is_time_mixed(number ^ pid, now);
}

/* A number of 4 or 8 bytes. */
static const char *number_recognise(uint64_t number, size_t size, const struct seed_seen *seen)
{
    const pid_t pids[PIDS] = { seen->pid, seen->tid, seen->ppid };

    for (int i = 0; i < PIDS; i++)
        if (pids[i] > 1 && number == (uint64_t)pids[i])
            return "pid";
    if (is_time(number, size, seen->now))
        return "time";
    if (number < CONSTANT_MAX)
        return "constant";
    if (number > UINT32_MAX) {
        /* Two halves side by side. */
        for (int i = 0; i < PIDS; i++)
            if (pids[i] > 1 && ((is_seconds((uint32_t)number, 4, seen->now) && number >> 32 == (uint64_t)pids[i]) ||
                                (is_seconds(number >> 32, 4, seen->now) && (uint32_t)number == (uint32_t)pids[i])))
                return "time and pid";
        return NULL;
    }
    for (int i = 0; i < PIDS; i++)
        if (pids[i] > 1 && is_mixed_with((uint32_t)number, (uint32_t)pids[i], seen->now))
            return "time and pid";
    return is_time_mixed((uint32_t)number, seen->now) ? "time" : NULL;
}

/* struct timeval or timespec. */
static int is_time_struct(const struct seed *seed, const struct seed_seen *seen)
{
    uint64_t words[2];

    if (seed->size != sizeof words)
        return 0;
    memcpy(words, seed->bytes, sizeof words);
    return is_seconds(words[0], sizeof *words, seen->now) && words[1] < (uint64_t)SECOND;
}

static int is_one_byte(const struct seed *seed)
{
    for (size_t i = 1; i < seed->size; i++)
        if (seed->bytes[i] != seed->bytes[0])
            return 0;
    return 1;
}

const char *seed_recognise(const struct seed *seed, const struct seed_seen *seen)
{
    const char *word = NULL;

    if (seed->size < 4)
        return NULL;
    if (seed->size == 4 || seed->size == 8)
        word = number_recognise(number_of(seed), seed->size, seen);
    else if (is_time_struct(seed, seen))
        word = "time";
    if (!word && (seed->is_text || (!seed->is_number && is_one_byte(seed))))
        word = "constant";
    return word;
}

/* The number is loaded by the instructions before the call: `mov $number,%edi`. */
static int is_in_code(pid_t tid, uint64_t back, uint64_t number)
{
    uint8_t text[TEXT_BEFORE];
    size_t size = number > UINT32_MAX ? 8 : 4;

    if (number < CONSTANT_MAX || trace_read(tid, back - sizeof text, text, sizeof text) != sizeof text)
        return 0;
    for (size_t i = 0; i + size <= sizeof text; i++)
        if (!memcmp(text + i, &number, size))
            return 1;
    return 0;
}

static int seed_read_buffer(const struct random_watch *w, pid_t tid, const struct generator_seeder *seeder,
                            const struct value_call *call, struct seed *ret)
{
    uint64_t address = call->args[seeder->buffer], size = SEED_MAX;

    if (seeder->size >= 0)
        size = (uint32_t)call->args[seeder->size];
    else if (seeder->size < -1)
        size = (uint64_t)-seeder->size;
    if (size > SEED_MAX)
        size = SEED_MAX;
    if (!address || !size) /* RAND_seed(NULL, 0) */
        return 0;
    if (trace_read(tid, address, ret->bytes, size) != (ssize_t)size)
        return -EFAULT;
    ret->size = size;
    ret->is_text = watch_is_constant(w, address);
    return 0;
}

int seed_read(const struct random_watch *w, pid_t tid, const struct generator_seeder *seeder,
              const struct value_call *call, struct seed *ret)
{
    uint64_t number;

    memset(ret, 0, sizeof *ret);
    if (seeder->value < 0 || seeder->value >= 6)
        return seeder->buffer < 0 || seeder->buffer >= 6 || seeder->size >= 6
                   ? 0
                   : seed_read_buffer(w, tid, seeder, call, ret);
    number = call->args[seeder->value];
    if (seeder->bits < 64)
        number &= ((uint64_t)1 << seeder->bits) - 1;
    ret->is_number = 1;
    ret->size = (size_t)seeder->bits / 8;
    memcpy(ret->bytes, &number, ret->size);
    ret->is_text = is_in_code(tid, call->back, number);
    return 0;
}
