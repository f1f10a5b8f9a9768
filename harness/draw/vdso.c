/* vdso.c - functions that the kernel maps into every process to tell the time without a system call: made system calls
 * again, so that they pass the gate. What is read here is the process's own memory: hostile. */
#include "harness/draw/internal.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#define VDSO_SIZE    65536 /* at most */
#define VDSO_SYMBOLS 128

void patches_free(struct draw_patches *p)
{
    free(p->patches);
    memset(p, 0, sizeof *p);
}

int patches_add(struct draw_patches *p, uint64_t address, const void *bytes, size_t size)
{
    struct draw_patch *grown = realloc(p->patches, (p->n + 1) * sizeof *grown);

    if (!grown)
        return -ENOMEM;
    p->patches = grown;
    memset(&grown[p->n], 0, sizeof *grown);
    grown[p->n].address = address;
    grown[p->n].size = size < sizeof grown->bytes ? (unsigned)size : (unsigned)sizeof grown->bytes;
    memcpy(grown[p->n].bytes, bytes, grown[p->n].size);
    p->n++;
    return 0;
}

#ifdef __x86_64__

static const struct {
    const char *name;
    uint32_t nr;
} functions[] = {
    { "__vdso_clock_gettime", SYS_clock_gettime },
    { "__vdso_gettimeofday", SYS_gettimeofday },
    { "__vdso_time", SYS_time },
    { "__vdso_getcpu", SYS_getcpu },
    { "__vdso_getrandom", 318 /* SYS_getrandom */ },
};

/* A copy of the image, and where it is in the process. */
struct image {
    uint8_t bytes[VDSO_SIZE];
    size_t size;
    uint64_t base;
};

/* `n` bytes at this offset, or NULL. */
static const void *image_at(const struct image *v, uint64_t offset, uint64_t n)
{
    return offset <= v->size && n <= v->size - offset ? v->bytes + offset : NULL;
}

static uint64_t dynamic_value(const struct image *v, const Elf64_Phdr *dynamic, int64_t tag)
{
    for (uint64_t at = 0; at + sizeof(Elf64_Dyn) <= dynamic->p_filesz; at += sizeof(Elf64_Dyn)) {
        Elf64_Dyn d;
        const void *from = image_at(v, dynamic->p_offset + at, sizeof d);

        if (!from)
            break;
        memcpy(&d, from, sizeof d);
        if (d.d_tag == tag)
            return d.d_un.d_val;
        if (d.d_tag == DT_NULL)
            break;
    }
    return 0;
}

static int symbol_patch(const struct image *v, const Elf64_Sym *symbol, uint64_t names, uint64_t low,
                        struct draw_patches *ret)
{
    /* mov $nr, %eax; syscall; ret */
    uint8_t code[8] = { 0xb8, 0, 0, 0, 0, 0x0f, 0x05, 0xc3 };
    uint64_t offset = symbol->st_value - low;

    if (!symbol->st_shndx || !image_at(v, offset, sizeof code))
        return 0;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        size_t n = strlen(functions[i].name) + 1;
        const void *name = image_at(v, names + symbol->st_name, n);

        if (!name || memcmp(name, functions[i].name, n) != 0)
            continue;
        memcpy(code + 1, &functions[i].nr, 4);
        if (patches_add(ret, v->base + offset, code, sizeof code))
            return -ENOMEM;
        ret->patches[ret->n - 1].is_clock = functions[i].nr != 318;
        return 0;
    }
    return 0;
}

/* The image is one piece of memory: offsets in the file are those in memory. `low`: address that it was linked for. */
static int image_patches(const struct image *v, struct draw_patches *ret)
{
    const Elf64_Ehdr *head = image_at(v, 0, sizeof *head);
    Elf64_Phdr dynamic = { 0 };
    uint64_t low = 0, symbols, names;
    int r = 0;

    if (!head || memcmp(head->e_ident, ELFMAG, SELFMAG) || head->e_ident[EI_CLASS] != ELFCLASS64 ||
        head->e_phentsize != sizeof(Elf64_Phdr))
        return 0;
    for (unsigned i = 0; i < head->e_phnum && i < 16; i++) {
        const void *from = image_at(v, head->e_phoff + i * sizeof(Elf64_Phdr), sizeof(Elf64_Phdr));
        Elf64_Phdr p;

        if (!from)
            return 0;
        memcpy(&p, from, sizeof p);
        if (p.p_type == PT_LOAD && !p.p_offset)
            low = p.p_vaddr;
        if (p.p_type == PT_DYNAMIC)
            dynamic = p;
    }
    symbols = dynamic_value(v, &dynamic, DT_SYMTAB) - low;
    names = dynamic_value(v, &dynamic, DT_STRTAB) - low;
    /* Their number is told nowhere plainly: up to the names, which follow. */
    for (unsigned i = 1; !r && i < VDSO_SYMBOLS && symbols + (i + 1) * sizeof(Elf64_Sym) <= names; i++) {
        const void *from = image_at(v, symbols + i * sizeof(Elf64_Sym), sizeof(Elf64_Sym));
        Elf64_Sym symbol;

        if (!from)
            break;
        memcpy(&symbol, from, sizeof symbol);
        r = symbol_patch(v, &symbol, names, low, ret);
    }
    return r;
}

int vdso_patches(const struct snapshot *s, struct draw_patches *ret)
{
    size_t n;
    const struct snapshot_map *maps = snapshot_maps(s, &n);
    struct image *v = calloc(1, sizeof *v);
    int r = v ? 0 : -ENOMEM;

    for (size_t i = 0; !r && i < n; i++) {
        uint64_t size = maps[i].end - maps[i].start;
        ssize_t got;

        if (maps[i].ino || maps[i].perms[2] != 'x' || maps[i].perms[1] == 'w' || size > VDSO_SIZE)
            continue;
        got = snapshot_read(s, maps[i].start, v->bytes, size);
        v->size = got > 0 ? (size_t)got : 0;
        v->base = maps[i].start;
        r = image_patches(v, ret);
    }
    free(v);
    if (r)
        patches_free(ret);
    return r;
}

#else

int vdso_patches(const struct snapshot *s, struct draw_patches *ret)
{
    (void)s, (void)ret;
    return 0;
}

#endif
