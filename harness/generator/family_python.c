/* family_python.c - Python: expressions are evaluated in the interpreter. The module's functions are seeded again by
 * os.fork(); objects of random.Random, and numpy's functions, go on alike.
 *
 * No symbol is called when Python draws: that they are used cannot be seen. Objects of _random.Random itself are in no
 * list. */
#include "harness/generator/families.h"

#include <errno.h>
#include <stdio.h>

enum { IS_INITIALIZED, ENSURE, NEW_DICT, RUN, BYTES_SIZE, BYTES_OF };

#define EVAL_INPUT 258 /* Py_eval_input */

/* The expression gives bytes; none: Python has not loaded such a thing. The thread keeps the interpreter's lock: it is
 * a copy. */
static int draw_expression(struct generator_caller *c, const uint64_t *a, const char *expression, unsigned n,
                           int are_words, uint64_t *ret)
{
    uint64_t is_initialized, ignored, names, text, object, size, bytes;
    int error = c->call(c, a[IS_INITIALIZED], (const uint64_t[6]){ 0 }, 0, &is_initialized);

    if (error)
        return error;
    if (!(uint32_t)is_initialized)
        return -ENOTSUP;
    error = c->call(c, a[ENSURE], (const uint64_t[6]){ 0 }, 0, &ignored);
    if (!error)
        error = c->call(c, a[NEW_DICT], (const uint64_t[6]){ 0 }, 0, &names);
    if (!error)
        error = script_text(c, expression, &text);
    if (!error)
        error = c->call(c, a[RUN], (const uint64_t[6]){ text, EVAL_INPUT, names, names, 0 }, 0, &object);
    if (error)
        return error;
    if (!object)
        return -EIO;
    error = c->call(c, a[BYTES_SIZE], (const uint64_t[6]){ object }, 0, &size);
    if (!error)
        error = c->call(c, a[BYTES_OF], (const uint64_t[6]){ object }, 0, &bytes);
    if (error)
        return error;
    return are_words ? script_words(c, bytes, size, n, ret) : script_values(c, bytes, size, n, ret);
}

static int draw_module(struct generator_caller *c, const uint64_t *addresses, unsigned n, uint64_t *ret)
{
    char text[512];

    snprintf(text, sizeof text,
             "(lambda m: b''.join([m.getrandbits(32).to_bytes(4, 'little') for _ in range(%u)]) if m else b'')"
             "(__import__('sys').modules.get('random'))",
             n);
    return draw_expression(c, addresses, text, n, 1, ret);
}

/* In turn, so that one that is shared shows among others that are not. By type(), for isinstance() may run the
 * program's code. */
static int draw_instances(struct generator_caller *c, const uint64_t *addresses, unsigned n, uint64_t *ret)
{
    char text[1024];

    snprintf(text, sizeof text,
             "(lambda m, n: (lambda l: b''.join([m.Random.getrandbits(l[i %% len(l)], 32).to_bytes(4, 'little')"
             " for i in range(n)]) if l else b'')"
             "([o for o in __import__('gc').get_objects() if issubclass(type(o), m.Random)"
             " and not issubclass(type(o), m.SystemRandom) and o is not m._inst][:n]) if m else b'')"
             "(__import__('sys').modules.get('random'), %u)",
             n);
    return draw_expression(c, addresses, text, n, 1, ret);
}

static int draw_numpy(struct generator_caller *c, const uint64_t *addresses, unsigned n, uint64_t *ret)
{
    char text[256];

    snprintf(text, sizeof text,
             "(lambda m: m.bytes(8 * %u) if m else b'')(__import__('sys').modules.get('numpy.random'))", n);
    return draw_expression(c, addresses, text, n, 0, ret);
}

#define PYTHON_SYMBOLS                                                                                                 \
    {                                                                                                                  \
        [IS_INITIALIZED] = "Py_IsInitialized", [ENSURE] = "PyGILState_Ensure", [NEW_DICT] = "PyDict_New",              \
        [RUN] = "PyRun_StringFlags", [BYTES_SIZE] = "PyBytes_Size", [BYTES_OF] = "PyBytes_AsString"                    \
    }
static const struct generator_script module_script = { PYTHON_SYMBOLS, draw_module };
static const struct generator_script instances_script = { PYTHON_SYMBOLS, draw_instances };
static const struct generator_script numpy_script = { PYTHON_SYMBOLS, draw_numpy };

/* PyOS_AfterFork is there in every Python and called by none. */
static const struct generator_kind kinds[] = {
    { .name = "Python random",
      .symbol = "PyOS_AfterFork",
      .shape = "u32()",
      .purpose = GENERATOR_ORDINARY,
      .guard = "pthread_atfork",
      .script = &module_script,
      .ended_by = "Py_FinalizeEx" },
    { .name = "Python Random instance",
      .symbol = "PyOS_AfterFork",
      .shape = "u32()",
      .purpose = GENERATOR_ORDINARY,
      .script = &instances_script,
      .ended_by = "Py_FinalizeEx" },
    { .name = "Python numpy.random",
      .symbol = "PyInit_mtrand",
      .object = "mtrand.*.so",
      .shape = "u64()",
      .purpose = GENERATOR_ORDINARY,
      .script = &numpy_script,
      .ended_by = "Py_FinalizeEx" },
};
const struct generator_family family_python = { "python", kinds, FAMILY_N(kinds), 0, 0, 0 };
