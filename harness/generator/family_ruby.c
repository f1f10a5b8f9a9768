/* family_ruby.c - Ruby: expressions are evaluated in the interpreter, on the stack of the thread, for it looks where
 * its own is. Kernel.rand is seeded again after a fork, objects of Random go on alike.
 *
 * No symbol is called when Ruby draws: that they are used cannot be seen. */
#include "harness/generator/families.h"

#include <errno.h>
#include <stdio.h>

enum { VM, IS_RUBY_THREAD, EVAL, LENGTH, BYTES_OF };

/* The expression gives a string; an empty one: there is no such thing. */
static int draw_expression(struct generator_caller *c, const uint64_t *a, const char *expression, unsigned n,
                           uint64_t *ret)
{
    uint64_t vm = 0, is_thread, text, value, failed, length, bytes;
    int error = c->read(c, a[VM], &vm, sizeof vm);

    if (!error && !vm)
        return -ENOTSUP;
    if (!error)
        error = c->call(c, a[IS_RUBY_THREAD], (const uint64_t[6]){ 0 }, 1, &is_thread);
    if (error)
        return error;
    if (!(uint32_t)is_thread)
        return -ENOTSUP;
    error = script_text(c, expression, &text);
    if (!error)
        error = c->call(c, a[EVAL], (const uint64_t[6]){ text, script_word(c) }, 1, &value);
    if (!error)
        error = script_word_read(c, &failed);
    if (error)
        return error;
    if ((uint32_t)failed)
        return -EIO;
    error = c->call(c, a[LENGTH], (const uint64_t[6]){ value }, 1, &length);
    if (!error)
        error = c->write(c, script_word(c), &value, sizeof value);
    if (!error)
        error = c->call(c, a[BYTES_OF], (const uint64_t[6]){ script_word(c) }, 1, &bytes);
    return error ? error : script_words(c, bytes, length >> 1 /* a small integer, tagged */, n, ret);
}

static int draw_kernel(struct generator_caller *c, const uint64_t *addresses, unsigned n, uint64_t *ret)
{
    char text[64];

    snprintf(text, sizeof text, "::Random.bytes(4 * %u)", n);
    return draw_expression(c, addresses, text, n, ret);
}

/* In turn, so that one that is shared shows among others that are not. */
static int draw_instances(struct generator_caller *c, const uint64_t *addresses, unsigned n, uint64_t *ret)
{
    char text[256];

    snprintf(text, sizeof text,
             "->(l, n) { l.empty? ? '' : ::Array.new(n) { |i| l[i %% l.size].bytes(4) }.join }"
             ".call(::ObjectSpace.each_object(::Random).first(%u), %u)",
             n, n);
    return draw_expression(c, addresses, text, n, ret);
}

#define RUBY_SYMBOLS                                                                                                   \
    {                                                                                                                  \
        [VM] = "ruby_current_vm_ptr", [IS_RUBY_THREAD] = "ruby_native_thread_p", [EVAL] = "rb_eval_string_protect",    \
        [LENGTH] = "rb_str_length", [BYTES_OF] = "rb_string_value_ptr"                                                 \
    }
static const struct generator_script kernel_script = { RUBY_SYMBOLS, draw_kernel };
static const struct generator_script instances_script = { RUBY_SYMBOLS, draw_instances };

static const struct generator_kind kinds[] = {
    { .name = "Ruby rand",
      .symbol = "rb_genrand_real",
      .shape = "u32()",
      .purpose = GENERATOR_ORDINARY,
      .guard = "pthread_atfork",
      .script = &kernel_script,
      .ended_by = "ruby_sig_finalize" },
    { .name = "Ruby Random instance",
      .symbol = "rb_genrand_real",
      .shape = "u32()",
      .purpose = GENERATOR_ORDINARY,
      .script = &instances_script,
      .ended_by = "ruby_sig_finalize" },
};
const struct generator_family family_ruby = { "ruby", kinds, FAMILY_N(kinds), 0, 0, 0 };
