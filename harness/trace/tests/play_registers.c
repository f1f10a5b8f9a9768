/* play_registers.c - every register of the machine holds a known value while the program runs in a loop of its own. */
#include "harness/trace/tests/plays_hold.h"

#include <string.h>

#ifdef __x86_64__

#define GENERAL 15 /* all but rsp */

extern uint64_t registers_seen[GENERAL + 1];
extern uint8_t registers_vectors[16][32], registers_red_zone[128];
/* Fills the registers and the red zone, loops until *flag, and writes down what they hold then. */
void registers_loop(const long *flag, int has_avx);

uint64_t registers_seen[GENERAL + 1];
uint8_t registers_vectors[16][32], registers_red_zone[128];

#define GENERAL_REGISTERS "rax,rbx,rcx,rdx,rsi,rbp,r8,r9,r10,r11,r12,r13,r14,r15"
#define NUMBERS           "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15"

/* rdi is the address of the flag and stays it. A register's value is 0x0101010101010101 times its place in the list,
 * from 1; that of a vector register 0x1111... plus its number; a quadword of the red zone holds 0x7700 plus its place.
 * */
__asm__(".text\n"
        ".globl registers_loop\n"
        ".type registers_loop, @function\n"
        "registers_loop:\n"
        "    push %rbx\n    push %rbp\n    push %r12\n    push %r13\n    push %r14\n    push %r15\n    push %rsi\n"
        "    .irp i," NUMBERS "\n"
        "    movabs $0x1111111111111111 + \\i, %rax\n"
        "    movq %rax, %xmm\\i\n"
        "    movlhps %xmm\\i, %xmm\\i\n"
        "    .endr\n"
        "    test %esi, %esi\n"
        "    jz 1f\n"
        "    .irp i," NUMBERS "\n"
        "    vinsertf128 $1, %xmm\\i, %ymm\\i, %ymm\\i\n"
        "    .endr\n"
        "1:\n"
        "    .irp i," NUMBERS "\n"
        "    movq $0x7700 + \\i, -128 + 8 * \\i(%rsp)\n"
        "    .endr\n"
        "    .set place, 1\n"
        "    .irp r," GENERAL_REGISTERS "\n"
        "    movabs $0x0101010101010101 * place, %\\r\n"
        "    .set place, place + 1\n"
        "    .endr\n"
        "    std\n"
        "2:  cmpq $0, (%rdi)\n"
        "    je 2b\n"
        "    pushfq_place = registers_seen + 8 * 15\n"
        "    .set place, 0\n"
        "    .irp r," GENERAL_REGISTERS "\n"
        "    mov %\\r, registers_seen + 8 * place(%rip)\n"
        "    .set place, place + 1\n"
        "    .endr\n"
        "    mov %rdi, registers_seen + 8 * 14(%rip)\n"
        "    .irp i," NUMBERS "\n"
        "    mov -128 + 8 * \\i(%rsp), %rax\n"
        "    mov %rax, registers_red_zone + 8 * \\i(%rip)\n"
        "    .endr\n"
        "    pushfq\n"
        "    pop %rax\n"
        "    mov %rax, pushfq_place(%rip)\n"
        "    cld\n"
        "    .irp i," NUMBERS "\n"
        "    movups %xmm\\i, registers_vectors + 32 * \\i(%rip)\n"
        "    .endr\n"
        "    pop %rsi\n"
        "    test %esi, %esi\n"
        "    jz 3f\n"
        "    .irp i," NUMBERS "\n"
        "    vmovups %ymm\\i, registers_vectors + 32 * \\i(%rip)\n"
        "    .endr\n"
        "    vzeroupper\n"
        "3:  pop %r15\n    pop %r14\n    pop %r13\n    pop %r12\n    pop %rbp\n    pop %rbx\n"
        "    ret\n"
        ".size registers_loop, . - registers_loop\n"
        ".section .note.GNU-stack,\"\",@progbits\n"
        ".text\n");

#define DIRECTION_FLAG 0x400

static int registers_check(struct board *b, int has_avx)
{
    for (int i = 0; i < GENERAL - 1; i++)
        if (registers_seen[i] != 0x0101010101010101u * (i + 1))
            return board_complain(b, "register %d holds %#lx", i, (unsigned long)registers_seen[i]);
    if (registers_seen[14] != (uintptr_t)&b->values[0] || !(registers_seen[15] & DIRECTION_FLAG))
        return board_complain(b, "rdi or the flags have changed");
    for (int i = 0; i < 16; i++) {
        uint64_t want = 0x1111111111111111u + i, zone;

        memcpy(&zone, registers_red_zone + 8 * i, 8);
        if (zone != 0x7700u + i)
            return board_complain(b, "the red zone holds %#lx", (unsigned long)zone);
        for (int k = 0; k < (has_avx ? 4 : 2); k++)
            if (memcmp(&registers_vectors[i][8 * k], &want, 8))
                return board_complain(b, "vector register %d has changed", i);
    }
    return 0;
}

int play_registers(struct board *b, int in)
{
    int has_avx = !!__builtin_cpu_supports("avx");
    uint32_t control = 0, rounding;
    uint16_t x87 = 0x0e7f, x87_after = 0; /* rounds towards zero */

    (void)in;
    __asm__ volatile("stmxcsr %0" : "=m"(control));
    rounding = control | 0x6000;
    __asm__ volatile("ldmxcsr %0" : : "m"(rounding));
    __asm__ volatile("fldcw %0" : : "m"(x87));
    atomic_store(&b->ready, 1);
    registers_loop(&b->values[0], has_avx);
    __asm__ volatile("stmxcsr %0" : "=m"(control));
    __asm__ volatile("fnstcw %0" : "=m"(x87_after));
    atomic_store(&b->done, 1);
    if ((control & 0xffc0) != (rounding & 0xffc0) || (x87_after & 0xf3f) != (x87 & 0xf3f))
        return board_complain(b, "the control words have changed: %#x %#x", control, x87_after);
    return registers_check(b, has_avx);
}

#else

int play_registers(struct board *b, int in)
{
    (void)in;
    atomic_store(&b->ready, 1);
    board_wait_go(b);
    return 0;
}

#endif
