/* modules.c - the executable mappings of a process as modules of libdwfl, their ELF files read without trust.
 *
 * Everything comes from local files. libelf reads them with read(2), not through a mapping: the target may truncate
 * its own libraries (SIGBUS). In a file that others than root and ourselves may write nothing is followed that is
 * compressed or names further files.
 */
#include "harness/stack/internal.h"

#include <dwarf.h>
#include <errno.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODULES_MAX 512
#define VDSO_MAX    65536

static const struct look_map *modules_map(const struct stack_reader *r, uint64_t start)
{
    for (size_t i = 0; i < r->maps.n; i++)
        if (r->maps.maps[i].start == start)
            return &r->maps.maps[i];
    return NULL;
}

static Elf *vdso_elf(struct stack_reader *r, const struct look_map *map)
{
    uint64_t size = map->end - map->start;

    if (r->vdso || size > VDSO_MAX)
        return NULL;
    r->vdso = malloc(size);
    if (!r->vdso || mapped_read(r, map->start, r->vdso, size) != (ssize_t)size)
        return NULL;
    return elf_memory(r->vdso, size);
}

static int is_ours(int fd)
{
    struct stat st;

    return !fstat(fd, &st) && (!st.st_uid || st.st_uid == geteuid()) && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* A few compressed bytes may stand for all our memory; an alternative debug file may be a FIFO. */
static int has_hostile_section(Elf *elf)
{
    Elf_Scn *section = NULL;
    size_t names;

    if (elf_getshdrstrndx(elf, &names))
        return 0; /* no section can be found by name then */
    while ((section = elf_nextscn(elf, section))) {
        GElf_Shdr header;
        const char *name;

        if (!gelf_getshdr(section, &header))
            return 1;
        name = elf_strptr(elf, names, header.sh_name);
        if (header.sh_flags & SHF_COMPRESSED)
            return 1;
        if (name &&
            (!strcmp(name, ".gnu_debugdata") || !strcmp(name, ".gnu_debugaltlink") || !strncmp(name, ".zdebug", 7)))
            return 1;
    }
    return 0;
}

/* Where the module's file is needed first. A name left behind without a file would be opened by libdwfl itself. */
static int modules_find_elf(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base, char **ret_name,
                            Elf **ret_elf)
{
    struct stack_reader *r = *userdata;
    const struct look_map *map = modules_map(r, base);
    Elf *elf;
    int fd;

    (void)module;
    errno = ENOENT;
    if (!map)
        return -1;
    if (!strcmp(map->path, "[vdso]")) {
        *ret_elf = vdso_elf(r, map);
        return -1;
    }
    fd = mapped_open(r, map);
    if (fd < 0)
        return -1;
    elf = elf_begin(fd, ELF_C_READ, NULL);
    if (!elf || elf_kind(elf) != ELF_K_ELF || (!is_ours(fd) && has_hostile_section(elf)))
        goto refuse;
    *ret_name = strdup(name);
    if (!*ret_name)
        goto refuse;
    *userdata = &r->marks[is_ours(fd) ? MODULES_OURS : MODULES_FOREIGN];
    *ret_elf = elf;
    return fd;
refuse:
    elf_end(elf);
    close(fd);
    errno = ENOEXEC;
    return -1;
}

/* By build id below debuginfo_path, nothing else: a debug link may name a FIFO, and no network is asked. */
static int modules_find_debuginfo(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
                                  const char *file, const char *link, GElf_Word crc, char **ret_name)
{
    return dwfl_build_id_find_debuginfo(module, userdata, name, base, file, link, crc, ret_name);
}

static char *modules_path = (char[]){ "/usr/lib/debug" };

const Dwfl_Callbacks modules_callbacks = {
    .find_elf = modules_find_elf,
    .find_debuginfo = modules_find_debuginfo,
    .debuginfo_path = &modules_path,
};

/* A skeleton unit has its substance in a file that it names. */
static enum modules_mark modules_look_through(Dwfl_Module *module)
{
    Dwarf_Die *unit = NULL;
    Dwarf_Addr bias;
    uint8_t type;

    while ((unit = dwfl_module_nextcu(module, unit, &bias)))
        if (dwarf_cu_info(unit->cu, NULL, &type, NULL, NULL, NULL, NULL, NULL) || type == DW_UT_skeleton)
            return MODULES_NAMES_FILES;
    return MODULES_HARMLESS;
}

int modules_has_lines(struct stack_reader *r, Dwfl_Module *module)
{
    void **userdata = NULL;

    dwfl_module_info(module, &userdata, NULL, NULL, NULL, NULL, NULL, NULL);
    if (!userdata)
        return 0;
    if (*userdata == &r->marks[MODULES_FOREIGN])
        *userdata = &r->marks[modules_look_through(module)];
    return *userdata == &r->marks[MODULES_OURS] || *userdata == &r->marks[MODULES_HARMLESS];
}

static int is_of(const struct look_map *a, const struct look_map *b)
{
    return a->dev == b->dev && a->ino == b->ino && !strcmp(a->path, b->path);
}

static int modules_add(struct stack_reader *r, const struct look_map *first, const struct look_map *last)
{
    void **userdata = NULL;
    Dwfl_Module *module = dwfl_report_module(r->dwfl, first->path, first->start, last->end);

    if (!module)
        return -ENOMEM;
    dwfl_module_info(module, &userdata, NULL, NULL, NULL, NULL, NULL, NULL);
    if (userdata && !*userdata)
        *userdata = r;
    return 0;
}

/* A module is all neighbouring mappings of one file, one of them executable. */
static int modules_add_all(struct stack_reader *r)
{
    struct look_map *maps = r->maps.maps;
    size_t n_modules = 0, end;
    int error = 0;

    for (size_t i = 0; !error && i < r->maps.n && n_modules < MODULES_MAX; i = end) {
        int is_code = maps[i].perms[2] == 'x', is_file = maps[i].path[0] == '/' && maps[i].ino;

        for (end = i + 1; is_file && end < r->maps.n && is_of(&maps[i], &maps[end]); end++)
            is_code |= maps[end].perms[2] == 'x';
        if (!is_code || (!is_file && strcmp(maps[i].path, "[vdso]")))
            continue;
        n_modules++;
        error = modules_add(r, &maps[i], &maps[end - 1]);
    }
    return error;
}

/* FNV-1a */
static uint64_t mix(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ p[i]) * 1099511628211u;
    return hash;
}

static uint64_t modules_fingerprint(const struct look_maps *maps)
{
    uint64_t hash = 14695981039346656037u;

    for (size_t i = 0; i < maps->n; i++) {
        const struct look_map *m = &maps->maps[i];
        uint64_t numbers[] = { m->start, m->end, m->dev, m->ino };

        if (m->perms[2] == 'x')
            hash = mix(mix(hash, numbers, sizeof numbers), m->path, strlen(m->path) + 1);
    }
    return hash;
}

int modules_report(struct stack_reader *r, pid_t tid)
{
    struct look_maps maps = { 0 };
    uint64_t fingerprint;
    int error = look_maps(r->proc, r->pid, tid, &maps);

    if (error)
        return error;
    fingerprint = modules_fingerprint(&maps);
    if (r->maps.n && fingerprint == r->fingerprint) {
        look_maps_release(&maps);
        return 0;
    }
    look_maps_release(&r->maps);
    r->maps = maps;
    r->fingerprint = fingerprint;
    /* What is reported again as it was keeps its tables. */
    dwfl_report_begin(r->dwfl);
    error = modules_add_all(r);
    if (dwfl_report_end(r->dwfl, NULL, NULL) && !error)
        error = -EIO;
    return error;
}
