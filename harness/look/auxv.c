/* auxv.c - /proc/PID/task/TID/auxv: what the kernel told a new program (getauxval(3)). */
#include "harness/look/look.h"
#include "harness/look/read.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t word_at(const char *bytes, size_t index, int wide)
{
    uint64_t long_word;
    uint32_t word;

    if (wide) {
        memcpy(&long_word, bytes + index * sizeof long_word, sizeof long_word);
        return long_word;
    }
    memcpy(&word, bytes + index * sizeof word, sizeof word);
    return word;
}

static void keep_entry(struct look_auxv *auxv, uint64_t type, uint64_t value)
{
    switch (type) {
    case AT_ENTRY:
        auxv->entry = value;
        break;
    case AT_BASE:
        auxv->base = value;
        break;
    case AT_PHDR:
        auxv->phdr = value;
        break;
    case AT_SYSINFO_EHDR:
        auxv->vdso = value;
        break;
    case AT_SECURE:
        auxv->secure = value;
        auxv->has_secure = 1;
        break;
    }
}

int look_auxv(int proc, pid_t pid, pid_t tid, int wide, struct look_auxv *ret)
{
    struct look_auxv auxv = { .has_secure = 0 };
    struct look_text text;
    size_t pairs;
    int error = look_read(proc, pid, tid, "auxv", 64 << 10, NULL, &text);

    if (error)
        return error;
    pairs = text.size / (wide ? 16 : 8);
    error = -EBADMSG; /* until the pair that ends the vector has been seen */
    for (size_t i = 0; i < pairs && error; i++) {
        uint64_t type = word_at(text.bytes, 2 * i, wide);

        keep_entry(&auxv, type, word_at(text.bytes, 2 * i + 1, wide));
        if (type == AT_NULL)
            error = 0;
    }
    free(text.bytes);
    if (!error)
        *ret = auxv;
    return error;
}
