/* symbols.c - the symbol tables of an ELF file, .dynsym and .symtab: which of the names looked for are there, and
 * where.
 *
 * Every number in them is hostile. A name may stand there several times: versions, local functions. The surest one
 * counts. A function that is chosen at run time (STT_GNU_IFUNC) is none of them: its symbol is that of the chooser. */
#include "harness/generator/internal.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_MAX    ((uint64_t)128 << 20)
#define SECTIONS_MAX 65536
#define NAME_LOOKED  (NAME_MAX_LENGTH + 64) /* bytes of a name that are looked at: it may have a version behind it */

enum {
    RANK_NOT_DEFAULT = 1, /* rand@GLIBC_2.2, for programs that were linked long ago */
    RANK_LOCAL,
    RANK_GLOBAL, /* of .symtab */
    RANK_DYNAMIC
};

/* One table, and what it was found to be. */
struct table {
    Elf *elf;
    uint64_t file_size;
    size_t section; /* 0: there is none */
    GElf_Shdr header;
    Elf_Data *symbols, *strings, *versions;
};

static int is_readable(const GElf_Shdr *header, uint64_t file_size)
{
    return header->sh_size <= TABLE_MAX && header->sh_offset <= file_size &&
           header->sh_size <= file_size - header->sh_offset && !(header->sh_flags & SHF_COMPRESSED);
}

static Elf_Data *read_section(const struct table *t, size_t index, uint32_t type)
{
    Elf_Scn *section = elf_getscn(t->elf, index);
    GElf_Shdr header;

    if (!section || !gelf_getshdr(section, &header) || header.sh_type != type || !is_readable(&header, t->file_size))
        return NULL;
    return elf_getdata(section, NULL);
}

static size_t find_section(Elf *elf, uint32_t type, size_t link, GElf_Shdr *ret)
{
    Elf_Scn *section = NULL;

    for (size_t i = 0; i < SECTIONS_MAX && (section = elf_nextscn(elf, section)); i++)
        if (gelf_getshdr(section, ret) && ret->sh_type == type && (!link || ret->sh_link == link))
            return elf_ndxscn(section);
    return 0;
}

static const char *open_table(struct table *t, uint32_t type)
{
    GElf_Shdr header;
    size_t versions;

    t->section = find_section(t->elf, type, 0, &t->header);
    if (!t->section)
        return NULL;
    if (!is_readable(&t->header, t->file_size))
        return "its symbol table does not lie within the file, or is too large";
    t->symbols = read_section(t, t->section, type);
    if (!t->symbols)
        return "its symbol table cannot be read";
    t->strings = read_section(t, t->header.sh_link, SHT_STRTAB);
    if (!t->strings || !t->strings->d_buf)
        return "the names of its symbols cannot be read";
    versions = find_section(t->elf, SHT_GNU_versym, t->section, &header);
    if (versions)
        t->versions = read_section(t, versions, SHT_GNU_versym);
    return NULL;
}

/* The symbol's name, and its length without a version behind it. */
static const char *symbol_name(const struct table *t, const GElf_Sym *symbol, size_t *ret_length, int *ret_is_old)
{
    const char *name = (const char *)t->strings->d_buf + symbol->st_name, *at;
    size_t room, length;

    if (symbol->st_name >= t->strings->d_size)
        return NULL;
    room = t->strings->d_size - symbol->st_name;
    length = strnlen(name, room < NAME_LOOKED ? room : NAME_LOOKED);
    if (length == room || length == NAME_LOOKED)
        return NULL; /* does not end in the table, or is none of ours */
    at = memchr(name, '@', length);
    *ret_is_old = at && at[1] != '@';
    *ret_length = at ? (size_t)(at - name) : length;
    return name;
}

static int symbol_rank(const struct table *t, size_t index, const GElf_Sym *symbol, int is_old)
{
    GElf_Versym version;

    if (t->versions && index <= INT32_MAX && gelf_getversym(t->versions, (int)index, &version) && (version & 0x8000))
        is_old = 1;
    if (is_old)
        return RANK_NOT_DEFAULT;
    if (GELF_ST_BIND(symbol->st_info) == STB_LOCAL)
        return RANK_LOCAL;
    return t->header.sh_type == SHT_DYNSYM ? RANK_DYNAMIC : RANK_GLOBAL;
}

/* 1: kept in *ret. */
static int take_symbol(const struct table *t, const struct names *names, size_t index, struct file_symbol *ret)
{
    GElf_Sym symbol;
    size_t length;
    const char *name;
    int is_old;

    if (!gelf_getsym(t->symbols, (int)index, &symbol) || symbol.st_shndx == SHN_UNDEF || symbol.st_shndx == SHN_ABS ||
        symbol.st_shndx == SHN_COMMON || !symbol.st_value)
        return 0;
    switch (GELF_ST_TYPE(symbol.st_info)) {
    case STT_FUNC:
    case STT_NOTYPE: /* hand-written code */
        ret->is_function = 1;
        break;
    case STT_OBJECT:
        ret->is_function = 0;
        break;
    default:
        return 0;
    }
    name = symbol_name(t, &symbol, &length, &is_old);
    if (!name || names_find(names, name, length, &ret->name))
        return 0;
    ret->value = symbol.st_value;
    ret->rank = symbol_rank(t, index, &symbol, is_old);
    ret->is_global = GELF_ST_BIND(symbol.st_info) != STB_LOCAL;
    return 1;
}

static int is_better(const struct file_symbol *a, const struct file_symbol *b)
{
    return a->rank != b->rank ? a->rank > b->rank : a->value < b->value;
}

static void keep_best(struct file_symbol *best, const struct file_symbol *s)
{
    struct file_symbol *there = &best[2 * s->name + (s->is_function ? 1 : 0)];

    if (!there->rank || is_better(s, there))
        *there = *s;
}

static void read_table(const struct table *t, const struct names *names, struct file_symbol *best)
{
    size_t n = t->symbols->d_size / sizeof(Elf64_Sym);

    for (size_t i = 1; i < n; i++) {
        struct file_symbol s;

        if (take_symbol(t, names, i, &s))
            keep_best(best, &s);
    }
}

/* `best` without its holes. */
static size_t close_ranks(struct file_symbol *best, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (best[i].rank)
            best[kept++] = best[i];
    return kept;
}

const char *symbols_read(struct Elf *elf, uint64_t file_size, const struct names *names, struct file_symbol **ret,
                         size_t *ret_n)
{
    static const uint32_t types[] = { SHT_DYNSYM, SHT_SYMTAB };
    struct file_symbol *best = calloc(names->n ? 2 * names->n : 1, sizeof *best), *less;
    const char *error = best ? NULL : "no memory is left";
    size_t n;

    for (size_t i = 0; !error && i < N_OF(types); i++) {
        struct table t = { .elf = elf, .file_size = file_size };

        error = open_table(&t, types[i]);
        if (!error && t.section)
            read_table(&t, names, best);
    }
    if (error) {
        free(best);
        return error;
    }
    n = close_ranks(best, 2 * names->n);
    less = realloc(best, (n ? n : 1) * sizeof *best);
    *ret = less ? less : best;
    *ret_n = n;
    return NULL;
}
