/* stub.c - code of ours in a worker: calls a function again and again, stores what it gives, and ends in an int3.
 *
 * One run costs few stops so. The code is bytes here, never run here: no compiler flag reaches it.
 */
#include "harness/draw/internal.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define ROOM_PAGE 4096

#ifdef __x86_64__

/* rbx: the block; numbers are offsets in it. It stays in place over the calls, as the ABI has it. */
__asm__(".pushsection .rodata\n"
        "draw_stub_begin:\n"
        "  cld\n"
        "1: movq 64(%rbx), %rax\n"
        "  cmpq 56(%rbx), %rax\n" /* done, count */
        "  jae 9f\n"
        "  movq 8(%rbx), %rdi\n"
        "  movq 16(%rbx), %rsi\n"
        "  movq 24(%rbx), %rdx\n"
        "  movq 32(%rbx), %rcx\n"
        "  movq 40(%rbx), %r8\n"
        "  movq 48(%rbx), %r9\n"
        "  xorl %eax, %eax\n"
        "  call *(%rbx)\n"
        "  movq %rax, 72(%rbx)\n"
        "  movl 108(%rbx), %ecx\n" /* check */
        "  testl %ecx, %ecx\n"
        "  jz 3f\n"
        "  cmpl $1, %ecx\n"
        "  jne 2f\n"
        "  cmpl 112(%rbx), %eax\n"
        "  jne 9f\n"
        "  jmp 3f\n"
        "2: testl %eax, %eax\n"
        "  jle 9f\n"
        "3: movl 104(%rbx), %ecx\n" /* store */
        "  movq 80(%rbx), %rdx\n"
        "  cmpl $1, %ecx\n"
        "  jb 6f\n"
        "  je 4f\n"
        "  cmpl $2, %ecx\n"
        "  je 5f\n"
        "  movsd %xmm0, (%rdx)\n"
        "  jmp 6f\n"
        "4: movl %eax, (%rdx)\n"
        "  jmp 6f\n"
        "5: movq %rax, (%rdx)\n"
        "6: movq 88(%rbx), %rcx\n"
        "  addq %rcx, 80(%rbx)\n"
        "  movq 96(%rbx), %rdx\n"
        "  addq %rcx, (%rdx)\n"
        "  incq 64(%rbx)\n"
        "  jmp 1b\n"
        "9: int3\n"
        "draw_stub_end:\n"
        ".popsection\n");
extern const uint8_t draw_stub_begin[], draw_stub_end[];

_Static_assert(offsetof(struct stub_block, args) == 8 && offsetof(struct stub_block, count) == 56 &&
                   offsetof(struct stub_block, done) == 64 && offsetof(struct stub_block, result) == 72 &&
                   offsetof(struct stub_block, to) == 80 && offsetof(struct stub_block, to_step) == 88 &&
                   offsetof(struct stub_block, slot) == 96 && offsetof(struct stub_block, store) == 104 &&
                   offsetof(struct stub_block, check) == 108 && offsetof(struct stub_block, expect) == 112,
               "the code above counts on it");

int stub_layout(const struct worker *w, struct stub_room *ret)
{
    size_t code_size = (size_t)(draw_stub_end - draw_stub_begin);

    if (w->room_size < 3 * ROOM_PAGE + STUB_VALUES + STUB_SCRATCH + STUB_STACK)
        return -ENOSPC;
    ret->code = w->room;
    ret->end = w->room + code_size;
    ret->block = w->room + ROOM_PAGE;
    ret->values = ret->block + ROOM_PAGE;
    ret->scratch = ret->values + STUB_VALUES;
    /* Below its end: functions with a variable number of arguments look for more of them than there are. */
    ret->stack = (w->room + w->room_size - ROOM_PAGE) & ~(uint64_t)63;
    return 0;
}

int stub_install(struct worker *w, const struct stub_room *room)
{
    return worker_write(w, room->code, draw_stub_begin, (size_t)(draw_stub_end - draw_stub_begin));
}

int stub_start(struct worker *w, const struct stub_room *room, const struct stub_block *block, uint64_t stack)
{
    struct user_regs_struct r;
    int error = worker_write(w, room->block, block, sizeof *block);

    if (!error)
        error = worker_registers(w, &r);
    if (error)
        return error;
    r.rip = room->code;
    r.rbx = room->block;
    r.rbp = 0;
    r.rsp = (stack ? stack - 256 : room->stack) & ~(uint64_t)63; /* 256: more than the red zone */
    r.eflags = 0x202;
    r.orig_rax = ~0ULL; /* in no system call that could be restarted */
    return worker_set_registers(w, &r);
}

#else

int stub_layout(const struct worker *w, struct stub_room *ret)
{
    (void)w, (void)ret;
    return -ENOSYS;
}

int stub_install(struct worker *w, const struct stub_room *room)
{
    (void)w, (void)room;
    return -ENOSYS;
}

int stub_start(struct worker *w, const struct stub_room *room, const struct stub_block *block, uint64_t stack)
{
    (void)w, (void)room, (void)block, (void)stack;
    return -ENOSYS;
}

#endif

static void stub_arguments(const struct generator *g, const struct stub_room *room, uint64_t context,
                           struct stub_block *b)
{
    for (unsigned i = 0; i < g->shape.n && i < 6; i++) {
        const struct generator_argument *a = &g->shape.arguments[i];

        switch (a->kind) {
        case GENERATOR_OUT:
            b->args[i] = room->values;
            b->slot = room->block + offsetof(struct stub_block, args) + i * sizeof b->args[0];
            break;
        case GENERATOR_BYTES:
            b->args[i] = b->to_step;
            break;
        case GENERATOR_NUMBER:
            b->args[i] = a->number;
            break;
        default:
            b->args[i] = context;
        }
    }
}

void stub_for(const struct generator *g, const struct stub_room *room, uint64_t context, unsigned n,
              struct stub_block *ret)
{
    static const uint32_t store[N_GENERATOR_RESULT] = {
        [GENERATOR_U31] = STUB_32,
        [GENERATOR_U32] = STUB_32,
        [GENERATOR_U64] = STUB_64,
        [GENERATOR_F64] = STUB_DOUBLE,
    };
    static const uint32_t check[N_GENERATOR_RESULT] = {
        [GENERATOR_ZERO] = STUB_EXPECT,
        [GENERATOR_ONE] = STUB_EXPECT,
        [GENERATOR_SIZE] = STUB_EXPECT,
        [GENERATOR_POSITIVE] = STUB_POSITIVE,
    };
    struct stub_block b = { .function = g->address, .count = n };

    b.to = room->values;
    b.to_step = generator_value_size(&g->shape);
    b.slot = room->block + offsetof(struct stub_block, unused) + 4; /* a place that nobody reads */
    b.store = store[g->shape.result];
    b.check = check[g->shape.result];
    b.expect = g->shape.result == GENERATOR_ONE ? 1 : g->shape.result == GENERATOR_SIZE ? (int32_t)b.to_step : 0;
    stub_arguments(g, room, context, &b);
    *ret = b;
}
