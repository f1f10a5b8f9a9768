/* probe.c - markers in a program file: static probe points in the format of sys/sdt.h (systemtap's
 * "UserSpaceProbeImplementation"), provider "forkaudit". The file is the target's and hostile: libelf bounds what it maps,
 * and every string and number taken from it is bounded here.
 */
#include "harness/observe/internal.h"

#include <ctype.h>
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROBES_MAX   4096
#define NOTES_MAX    (4 << 20) /* bytes of one section: libelf reads it as a whole */
#define NOTE_STAPSDT 3

void probes_release(struct probes *p)
{
    if (p && !--p->references)
        free(p);
}

const struct probe *probes_find(const struct probes *p, uint64_t address)
{
    for (size_t i = 0; p && i < p->n; i++)
        if (p->probes[i].address == address)
            return &p->probes[i];
    return NULL;
}

/* One string of a note's descriptor; NULL when it is not ended inside. Moves *at behind it. */
static const char *note_string(const char *desc, size_t size, size_t *at)
{
    const char *start = desc + *at;
    size_t n = *at < size ? strnlen(start, size - *at) : 0;

    if (*at >= size || *at + n >= size)
        return NULL;
    *at += n + 1;
    return start;
}

static int is_kind(const char *name)
{
    return !strcmp(name, "moment") || !strcmp(name, "self") || !strcmp(name, "draw") || !strcmp(name, "generator");
}

/* Descriptor: address of the probe, of the base, of the semaphore (8 bytes each), provider, name, arguments. */
static int probes_add_note(struct probes **probes, const char *desc, size_t size, uint64_t move, uint64_t base)
{
    size_t at = 24;
    uint64_t words[3];
    const char *provider, *name, *args;
    struct probes *more;
    struct probe *p;

    if (size < at)
        return 0;
    memcpy(words, desc, sizeof words);
    provider = note_string(desc, size, &at);
    name = provider ? note_string(desc, size, &at) : NULL;
    args = name ? note_string(desc, size, &at) : NULL;
    if (!args || strcmp(provider, "forkaudit") || !is_kind(name))
        return 0;
    if (*probes && (*probes)->n == PROBES_MAX)
        return -E2BIG;
    more = realloc(*probes, sizeof *more + ((*probes ? (*probes)->n : 0) + 1) * sizeof *p);
    if (!more)
        return -ENOMEM;
    if (!*probes)
        more->references = 1, more->n = 0;
    *probes = more;
    p = &more->probes[more->n++];
    memset(p, 0, sizeof *p);
    /* The note holds link-time addresses; .stapsdt.base tells how far a prelinker moved them. */
    p->address = words[0] + (base ? base - words[1] : 0) + move;
    snprintf(p->kind, sizeof p->kind, "%s", name);
    snprintf(p->args, sizeof p->args, "%s", args);
    return 0;
}

static int probes_read_section(Elf_Data *data, uint64_t move, uint64_t base, struct probes **probes, char *build_id,
                               size_t build_id_size)
{
    size_t at = 0, next, name_at, desc_at;
    GElf_Nhdr note;
    int r = 0;

    while (!r && (next = gelf_getnote(data, at, &note, &name_at, &desc_at))) {
        const char *name = (const char *)data->d_buf + name_at, *desc = (const char *)data->d_buf + desc_at;

        if (note.n_namesz == 8 && !memcmp(name, "stapsdt", 8) && note.n_type == NOTE_STAPSDT)
            r = probes_add_note(probes, desc, note.n_descsz, move, base);
        if (note.n_namesz == 4 && !memcmp(name, "GNU", 4) && note.n_type == NT_GNU_BUILD_ID)
            for (size_t i = 0; i < note.n_descsz && 2 * i + 3 <= build_id_size; i++)
                sprintf(build_id + 2 * i, "%02x", (unsigned char)desc[i]);
        at = next;
    }
    return r;
}

static uint64_t elf_section_address(Elf *elf, size_t names, const char *wanted)
{
    Elf_Scn *section = NULL;

    while ((section = elf_nextscn(elf, section))) {
        GElf_Shdr header;
        const char *name;

        if (gelf_getshdr(section, &header) && (name = elf_strptr(elf, names, header.sh_name)) && !strcmp(name, wanted))
            return header.sh_addr;
    }
    return 0;
}

static int probes_read_elf(Elf *elf, uint64_t entry, struct probes **probes, char *build_id, size_t build_id_size,
                           int *ret_wide)
{
    Elf_Scn *section = NULL;
    GElf_Ehdr header;
    uint64_t base, move;
    size_t names;
    int r = 0;

    if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
        return -ENOEXEC;
    *ret_wide = header.e_ident[EI_CLASS] == ELFCLASS64;
    if (elf_getshdrstrndx(elf, &names)) /* stripped of all section headers: nothing to find */
        return 0;
    move = entry - header.e_entry;
    base = elf_section_address(elf, names, ".stapsdt.base");
    while (!r && (section = elf_nextscn(elf, section))) {
        GElf_Shdr s;
        Elf_Data *data;

        if (!gelf_getshdr(section, &s) || s.sh_type != SHT_NOTE)
            continue;
        if (s.sh_size > NOTES_MAX)
            return -EFBIG;
        if (!(data = elf_getdata(section, NULL)))
            continue;
        r = probes_read_section(data, move, base, probes, build_id, build_id_size);
    }
    return r;
}

int probes_read(int fd, uint64_t entry, struct probes **ret, char *ret_build_id, size_t build_id_size, int *ret_wide)
{
    struct probes *probes = NULL;
    Elf *elf;
    int r, wide = 1;

    if (elf_version(EV_CURRENT) == EV_NONE)
        return -ENOEXEC;
    elf = elf_begin(fd, ELF_C_READ, NULL);
    if (!elf)
        return -ENOEXEC;
    r = probes_read_elf(elf, entry, &probes, ret_build_id, build_id_size, &wide);
    elf_end(elf);
    if (r) {
        probes_release(probes);
        return r;
    }
    *ret = probes;
    *ret_wide = wide;
    return 0;
}

/* DWARF numbers of the x86-64 registers, as trace_registers() gives them, and the bytes of each named form. */
static const struct {
    const char *names[4]; /* 8, 4, 2, 1 bytes */
} registers[TRACE_REGISTERS] = {
    { { "rax", "eax", "ax", "al" } },      { { "rdx", "edx", "dx", "dl" } },      { { "rcx", "ecx", "cx", "cl" } },
    { { "rbx", "ebx", "bx", "bl" } },      { { "rsi", "esi", "si", "sil" } },     { { "rdi", "edi", "di", "dil" } },
    { { "rbp", "ebp", "bp", "bpl" } },     { { "rsp", "esp", "sp", "spl" } },     { { "r8", "r8d", "r8w", "r8b" } },
    { { "r9", "r9d", "r9w", "r9b" } },     { { "r10", "r10d", "r10w", "r10b" } }, { { "r11", "r11d", "r11w", "r11b" } },
    { { "r12", "r12d", "r12w", "r12b" } }, { { "r13", "r13d", "r13w", "r13b" } }, { { "r14", "r14d", "r14w", "r14b" } },
    { { "r15", "r15d", "r15w", "r15b" } },
};

/* Reads "%name" at *text; moves behind it. Number of the register or -EINVAL. */
static int register_parse(const char **text)
{
    char name[8];
    size_t n = 0;

    if (*(*text)++ != '%')
        return -EINVAL;
    while (n < sizeof name - 1 && isalnum((unsigned char)(*text)[n])) {
        name[n] = (*text)[n];
        n++;
    }
    name[n] = '\0';
    *text += n;
    for (int i = 0; i < TRACE_REGISTERS; i++)
        for (int width = 0; width < 4; width++)
            if (!strcmp(name, registers[i].names[width]))
                return i;
    return -EINVAL;
}

static uint64_t value_cut(uint64_t value, int size)
{
    int bytes = abs(size), shift = 64 - 8 * bytes;

    if (bytes >= 8 || bytes < 1)
        return value;
    return size < 0 ? (uint64_t)((int64_t)(value << shift) >> shift) : value << shift >> shift;
}

/* Operand forms of the GNU assembler: "$5", "%rdi", "-8(%rbp)", "(%rax)". */
static int operand_value(const char *text, int size, pid_t tid, const uint64_t values[], uint64_t *ret)
{
    char *end;
    long long offset;
    int number;

    if (*text == '$') {
        *ret = strtoll(text + 1, &end, 0);
        return end == text + 1 ? -EINVAL : 0;
    }
    if (*text == '%') {
        number = register_parse(&text);
        if (number < 0)
            return number;
        *ret = value_cut(values[number], size);
        return 0;
    }
    offset = strtoll(text, &end, 0);
    if (*end != '(')
        return -EINVAL;
    text = end + 1;
    number = register_parse(&text);
    if (number < 0 || *text != ')')
        return -EINVAL;
    *ret = 0;
    if (trace_read(tid, values[number] + offset, ret, abs(size)) != abs(size))
        return -EFAULT;
    *ret = value_cut(*ret, size);
    return 0;
}

int probe_argument(const struct probe *p, unsigned nth, pid_t tid, uint64_t *ret)
{
    uint64_t values[TRACE_REGISTERS], pc;
    const char *text = p->args;
    char operand[64], *end;
    long size;
    int r;

    while (nth--) {
        text = strchr(text, ' ');
        if (!text)
            return -EINVAL;
        text++;
    }
    size = strtol(text, &end, 10);
    if (*end != '@' || size < -8 || size > 8 || !size)
        return -EINVAL;
    snprintf(operand, sizeof operand, "%.*s", (int)strcspn(end + 1, " "), end + 1);
    r = trace_registers(tid, values, &pc);
    return r ? r : operand_value(operand, (int)size, tid, values, ret);
}
