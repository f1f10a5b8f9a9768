/* instruction.c - instructions that read the time stamp counter or the processor's own generator: they stop a neutral
 * run, and are answered. */
#include "harness/draw/internal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#ifdef __x86_64__

#ifndef SI_KERNEL
#define SI_KERNEL 0x80
#endif
#define CARRY      1
#define ARITHMETIC 0x8d5 /* carry, parity, adjust, zero, sign, overflow */

/* General register `i` as instructions number them. */
static unsigned long long *register_of(struct user_regs_struct *r, unsigned i)
{
    unsigned long long *all[16] = { &r->rax, &r->rcx, &r->rdx, &r->rbx, &r->rsp, &r->rbp, &r->rsi, &r->rdi,
                                    &r->r8,  &r->r9,  &r->r10, &r->r11, &r->r12, &r->r13, &r->r14, &r->r15 };

    return all[i & 15];
}

/* rdtsc, rdtscp; they are refused with a general protection fault. */
static int tsc_answer(struct draw_run *run, struct user_regs_struct *r)
{
    uint8_t code[3];
    uint64_t tsc;

    if (worker_read(run->w, r->rip, code, 2) || code[0] != 0x0f)
        return 0;
    if (code[1] == 0x31) {
        r->rip += 2;
    } else {
        if (worker_read(run->w, r->rip, code, 3) || code[1] != 0x01 || code[2] != 0xf9)
            return 0;
        r->rip += 3;
        r->rcx = 0;
    }
    run_consulted(run, DRAW_TSC);
    tsc = run_tsc(run);
    r->rax = (uint32_t)tsc;
    r->rdx = tsc >> 32;
    return 1;
}

static int is_patched(const struct draw_run *run, uint64_t address)
{
    for (size_t i = 0; run->rdrand && i < run->rdrand->n; i++)
        if (run->rdrand->patches[i].address == address)
            return 1;
    return 0;
}

/* Its third byte, and what stands in front of it, are as they were. */
static int chip_answer(struct draw_run *run, struct user_regs_struct *r)
{
    uint8_t code[6] = { 0 };
    unsigned at = 0, rex = 0, is_short = 0;
    unsigned long long *to;
    uint64_t value;

    if (worker_read(run->w, r->rip, code, sizeof code) != 0 && worker_read(run->w, r->rip, code, 3) != 0)
        return 0;
    if (code[at] == 0x66)
        is_short = 1, at++;
    if ((code[at] & 0xf0) == 0x40)
        rex = code[at++];
    if (!is_patched(run, r->rip + at))
        return 0;
    run_consulted(run, DRAW_RDRAND);
    value = run_chip(run);
    to = register_of(r, (code[at + 2] & 7) | (rex & 1) << 3);
    *to = rex & 8 ? value : is_short ? (*to & ~0xffffULL) | (value & 0xffff) : (uint32_t)value;
    r->eflags = (r->eflags & ~(unsigned long long)ARITHMETIC) | CARRY;
    r->rip += at + 3;
    return 1;
}

int instruction_answer(struct draw_run *run, const struct worker_stop *stop)
{
    struct user_regs_struct r;
    int answered = 0, error;

    if (!run->mode->is_neutral)
        return 0;
    error = worker_registers(run->w, &r);
    if (error)
        return error;
    if (stop->signal == SIGSEGV && stop->code == SI_KERNEL)
        answered = tsc_answer(run, &r);
    if (stop->signal == SIGILL)
        answered = chip_answer(run, &r);
    if (answered)
        error = worker_set_registers(run->w, &r);
    return error ? error : answered;
}

#else

int instruction_answer(struct draw_run *run, const struct worker_stop *stop)
{
    (void)run, (void)stop;
    return 0;
}

#endif
