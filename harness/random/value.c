/* value.c - how a function of a known shape was called, and what it gave (System V ABI, x86-64). All of it is the
 * program's word. */
#include "harness/random/watch.h"

#include <errno.h>
#include <string.h>

/* As trace_registers() gives them. */
enum { RAX = 0, RDX = 1, RCX = 2, RSI = 4, RDI = 5, RSP = 7, R8 = 8, R9 = 9 };

int value_read_call(pid_t tid, struct value_call *ret)
{
    static const int passed[6] = { RDI, RSI, RDX, RCX, R8, R9 };
    uint64_t registers[TRACE_REGISTERS], pc;
    int r = trace_registers(tid, registers, &pc);

    if (r)
        return r;
    for (int i = 0; i < 6; i++)
        ret->args[i] = registers[passed[i]];
    ret->sp = registers[RSP];
    return trace_read(tid, ret->sp, &ret->back, sizeof ret->back) == sizeof ret->back ? 0 : -EFAULT;
}

/* Numbers are passed as int or long: the upper half of an int's register says nothing. */
static int is_number(uint64_t passed, uint64_t number)
{
    return number > UINT32_MAX ? passed == number : (uint32_t)passed == (uint32_t)number;
}

int value_is_shape(const struct generator_shape *shape, const struct value_call *call)
{
    for (unsigned i = 0; i < shape->n && i < 6; i++)
        if (shape->arguments[i].kind == GENERATOR_NUMBER && !is_number(call->args[i], shape->arguments[i].number))
            return 0;
    return 1;
}

int value_context(const struct generator_shape *shape, const struct value_call *call, uint64_t *ret)
{
    for (unsigned i = 0; i < shape->n && i < 6; i++)
        if (shape->arguments[i].kind == GENERATOR_CONTEXT || shape->arguments[i].kind == GENERATOR_CONTEXT_AT ||
            shape->arguments[i].kind == GENERATOR_CONTEXT_IN) {
            *ret = call->args[i];
            return shape->arguments[i].kind == GENERATOR_CONTEXT ? 1 : 2;
        }
    return 0;
}

void value_expect(const struct generator_shape *shape, const struct value_call *call, uint64_t *ret_out,
                  uint64_t *ret_size)
{
    *ret_out = *ret_size = 0;
    for (unsigned i = 0; i < shape->n && i < 6; i++) {
        if (shape->arguments[i].kind == GENERATOR_OUT) {
            *ret_out = call->args[i];
            if (shape->arguments[i].number)
                *ret_size = shape->arguments[i].number;
        } else if (shape->arguments[i].kind == GENERATOR_BYTES) {
            /* A size that no memory has is an int that was not extended, or a refusal to come. */
            *ret_size = call->args[i] >> 47 ? (uint32_t)call->args[i] : call->args[i];
        }
    }
}

static int is_success(enum generator_result result, uint64_t rax, uint64_t size)
{
    switch (result) {
    case GENERATOR_ZERO:
        return (int32_t)rax == 0;
    case GENERATOR_ONE:
        return (int32_t)rax == 1;
    case GENERATOR_SIZE:
        return (uint32_t)rax == (uint32_t)size;
    case GENERATOR_POSITIVE:
        return (int32_t)rax > 0;
    default:
        return 1;
    }
}

/* A value in a register. */
static int take_register(pid_t tid, const struct generator_shape *shape, uint64_t rax, void *buffer, size_t room,
                         uint64_t *ret_drawn, size_t *ret_size)
{
    size_t size = shape->result == GENERATOR_U31 || shape->result == GENERATOR_U32 ? 4 : 8;
    int r = shape->result == GENERATOR_F64 ? trace_returned_double(tid, &rax) : 0;

    if (r)
        return r;
    *ret_drawn = size;
    *ret_size = size < room ? size : room;
    memcpy(buffer, &rax, *ret_size);
    return 0;
}

int value_take(pid_t tid, const struct generator_shape *shape, uint64_t out, uint64_t size, void *buffer, size_t room,
               uint64_t *ret_drawn, size_t *ret_size)
{
    uint64_t registers[TRACE_REGISTERS], pc;
    int r = trace_registers(tid, registers, &pc);

    *ret_drawn = *ret_size = 0;
    if (r)
        return r;
    if (shape->result < GENERATOR_VOID)
        return take_register(tid, shape, registers[RAX], buffer, room, ret_drawn, ret_size);
    if (!out || !size || !is_success(shape->result, registers[RAX], size))
        return 0;
    room = size < room ? size : room;
    if (trace_read(tid, out, buffer, room) != (ssize_t)room)
        return -EFAULT;
    *ret_drawn = size;
    *ret_size = room;
    return 0;
}
