/* elf.c - an ELF file of a target, read for what is looked for in it. By read(2), not through a mapping: the target
 * may cut its own files short (SIGBUS). */
#include "harness/generator/internal.h"

#include <errno.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_SIZE_MAX ((uint64_t)1 << 30)
#define NEEDED_MAX    65536 /* bytes of .dynamic that are looked at */

/* 1: an entry of the dynamic section names another file. */
static int needs_file(int fd, const GElf_Phdr *dynamic)
{
    Elf64_Dyn entries[64];
    uint64_t done = 0, size = dynamic->p_filesz < NEEDED_MAX ? dynamic->p_filesz : NEEDED_MAX;

    while (done + sizeof *entries <= size) {
        uint64_t left = size - done;
        ssize_t n =
            pread(fd, entries, left < sizeof entries ? left : sizeof entries, (off_t)(dynamic->p_offset + done));

        if (n < (ssize_t)sizeof *entries)
            return 1; /* not known: then names of files decide */
        for (size_t i = 0; i < (size_t)n / sizeof *entries; i++) {
            if (entries[i].d_tag == DT_NULL)
                return 0;
            if (entries[i].d_tag == DT_NEEDED)
                return 1;
        }
        done += (uint64_t)n - (uint64_t)n % sizeof *entries;
    }
    return 0;
}

static const char *read_segments(Elf *elf, int fd, struct file *f)
{
    size_t n;

    f->is_static = 1;
    if (elf_getphdrnum(elf, &n) || !n)
        return "its segments cannot be read";
    for (size_t i = 0; i < n; i++) {
        GElf_Phdr p;

        if (i > INT16_MAX || !gelf_getphdr(elf, (int)i, &p))
            return "its segments cannot be read";
        if (p.p_type == PT_INTERP || (p.p_type == PT_DYNAMIC && needs_file(fd, &p)))
            f->is_static = 0;
        if (p.p_type != PT_LOAD)
            continue;
        if (f->n_loads == FILE_LOADS)
            return "it has too many segments";
        f->loads[f->n_loads++] = (struct file_load){ .offset = p.p_offset,
                                                     .address = p.p_vaddr,
                                                     .file_size = p.p_filesz,
                                                     .is_executable = (p.p_flags & PF_X) != 0,
                                                     .is_writable = (p.p_flags & PF_W) != 0 };
    }
    return NULL;
}

static const char *read_elf(Elf *elf, int fd, uint64_t size, const struct names *names, struct file *f)
{
    GElf_Ehdr header;
    const char *error;

    if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
        return "it is no well-formed ELF file";
    if (gelf_getclass(elf) != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != EM_X86_64)
        return "it is for another machine than x86-64";
    error = read_segments(elf, fd, f);
    if (!error && !header.e_shoff)
        error = "it has no section headers, by which symbols are found";
    if (!error && (header.e_shoff > size || (uint64_t)header.e_shnum * sizeof(Elf64_Shdr) > size - header.e_shoff))
        error = "its section headers do not lie within the file";
    if (!error)
        error = symbols_read((struct Elf *)elf, size, names, &f->symbols, &f->n_symbols);
    if (!error)
        error = code_scan(fd, f->loads, f->n_loads, &f->code, &f->n_code);
    return error;
}

int file_read(int fd, uint64_t size, const struct names *names, struct file *ret)
{
    struct file f = { 0 };
    char magic[SELFMAG];
    Elf *elf;

    if (pread(fd, magic, sizeof magic, 0) != sizeof magic || memcmp(magic, ELFMAG, SELFMAG)) {
        *ret = f;
        return 0;
    }
    f.is_elf = 1;
    if (size > FILE_SIZE_MAX) {
        f.error = "it is larger than 1 GiB";
    } else if (elf_version(EV_CURRENT) == EV_NONE) {
        f.error = "libelf is too old";
    } else {
        elf = elf_begin(fd, ELF_C_READ, NULL);
        f.error = read_elf(elf, fd, size, names, &f);
        elf_end(elf);
    }
    *ret = f;
    return 0;
}

void file_release(struct file *f)
{
    free(f->symbols);
    free(f->code);
    *f = (struct file){ 0 };
}

const struct file_symbol *file_symbol(const struct file *f, uint32_t name, int is_function)
{
    size_t low = 0, high = f->n_symbols;

    /* They are in the order of names, an object before a function. */
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct file_symbol *s = &f->symbols[middle];

        if (s->name == name && s->is_function == is_function)
            return s;
        if (s->name < name || (s->name == name && s->is_function < is_function))
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

int file_offset(const struct file *f, uint64_t address, int is_executable, uint64_t *ret)
{
    for (size_t i = 0; i < f->n_loads; i++) {
        const struct file_load *l = &f->loads[i];

        if ((!is_executable || l->is_executable) && address >= l->address && address - l->address < l->file_size &&
            l->offset <= UINT64_MAX - (address - l->address)) {
            *ret = l->offset + (address - l->address);
            return 0;
        }
    }
    return -ENOENT;
}
