/* test_generator_damage.c - ELF files that a target has damaged: nothing is trusted, what cannot be read is said, the
 * rest is found. */
#include "harness/generator/internal.h"
#include "harness/generator/tests/subject.h"
#include "harness/testing.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A healthy file in memory, to be damaged. */
struct image {
    unsigned char *bytes;
    size_t size;
    Elf64_Ehdr *header;
    Elf64_Phdr *segments;
    Elf64_Shdr *sections;
};

static const char library[] = "unsigned long state = 7;\n"
                              "unsigned long other_function(void) { return state; }\n"
                              "unsigned long genrand64_int64(void) { return state = state * 3 + 1; }\n";

static int open_image(struct image *ret)
{
    const char *path = subject_build(NULL, "libhealthy.so", library, "-shared -fPIC");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    struct stat st;

    if (fd < 0)
        return -1;
    CU_ASSERT_EQUAL_FATAL(fstat(fd, &st), 0);
    ret->size = (size_t)st.st_size;
    ret->bytes = malloc(ret->size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ret->bytes);
    CU_ASSERT_EQUAL_FATAL(read(fd, ret->bytes, ret->size), (ssize_t)ret->size);
    close(fd);
    ret->header = (Elf64_Ehdr *)ret->bytes;
    ret->segments = (Elf64_Phdr *)(ret->bytes + ret->header->e_phoff);
    ret->sections = (Elf64_Shdr *)(ret->bytes + ret->header->e_shoff);
    return 0;
}

static Elf64_Shdr *section_of(const struct image *i, uint32_t type)
{
    for (unsigned n = 0; n < i->header->e_shnum; n++)
        if (i->sections[n].sh_type == type)
            return &i->sections[n];
    return NULL;
}

/* Reads the first `size` bytes of the image as a file. 1: the generator was found in it. */
static int read_image(const struct image *i, size_t size, const char **ret_error)
{
    struct names names = { 0 };
    struct file f = { 0 };
    uint32_t name;
    int fd = memfd_create("image", MFD_CLOEXEC), is_found;

    CU_ASSERT_FATAL(fd >= 0 && write(fd, i->bytes, size) == (ssize_t)size);
    CU_ASSERT_EQUAL_FATAL(names_add(&names, "genrand64_int64", &name, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(file_read(fd, size, &names, &f), 0);
    is_found = file_symbol(&f, name, 1) != NULL;
    if (ret_error)
        *ret_error = f.error;
    CU_ASSERT(f.n_loads <= FILE_LOADS);
    file_release(&f);
    names_release(&names);
    close(fd);
    return is_found;
}

static void test_damage__none(void)
{
    struct image i;
    const char *error;

    if (open_image(&i))
        return;
    CU_ASSERT_EQUAL(read_image(&i, i.size, &error), 1);
    CU_ASSERT_PTR_NULL(error);
    free(i.bytes);
}

/* The field becomes `value`: what is said then. */
#define DAMAGED(field, value, sentence)                                                                                \
    do {                                                                                                               \
        struct image copy;                                                                                             \
        const char *error = NULL;                                                                                      \
                                                                                                                       \
        if (open_image(&copy))                                                                                         \
            return;                                                                                                    \
        i = &copy;                                                                                                     \
        field = value;                                                                                                 \
        CU_ASSERT_EQUAL(read_image(&copy, copy.size, &error), 0);                                                      \
        CU_ASSERT_STRING_EQUAL(error ? error : "no error", sentence);                                                  \
        free(copy.bytes);                                                                                              \
    } while (0)

#define TABLE_LIES  "its symbol table does not lie within the file, or is too large"
#define NAMES_LOST  "the names of its symbols cannot be read"
#define NO_SEGMENTS "its segments cannot be read"

static void test_damage__fields(void)
{
    struct image *i;

    DAMAGED(section_of(i, SHT_DYNSYM)->sh_size, UINT64_MAX, TABLE_LIES);
    DAMAGED(section_of(i, SHT_SYMTAB)->sh_size, (uint64_t)1 << 40, TABLE_LIES);
    DAMAGED(section_of(i, SHT_SYMTAB)->sh_offset, UINT64_MAX - 100, TABLE_LIES);
    DAMAGED(section_of(i, SHT_SYMTAB)->sh_flags, SHF_COMPRESSED, TABLE_LIES);
    DAMAGED(section_of(i, SHT_DYNSYM)->sh_link, 0xffffffff, NAMES_LOST);
    DAMAGED(section_of(i, SHT_DYNSYM)->sh_link, 0, NAMES_LOST);
    DAMAGED(section_of(i, SHT_DYNSYM)->sh_link, 1, NAMES_LOST);
    DAMAGED(i->sections[section_of(i, SHT_DYNSYM)->sh_link].sh_size, UINT64_MAX, NAMES_LOST);
    DAMAGED(i->header->e_machine, EM_AARCH64, "it is for another machine than x86-64");
    DAMAGED(i->header->e_ident[EI_DATA], ELFDATA2MSB, "it is for another machine than x86-64");
    DAMAGED(i->header->e_phoff, UINT64_MAX - 8, NO_SEGMENTS);
    DAMAGED(i->header->e_phnum, 0, NO_SEGMENTS);
    DAMAGED(i->header->e_shoff, UINT64_MAX - 100, "its section headers do not lie within the file");
    DAMAGED(i->header->e_shnum, 0xfeff, "its section headers do not lie within the file");
    DAMAGED(i->header->e_shoff, 0, "it has no section headers, by which symbols are found");
}

/* Where its code cannot be searched through, its symbols are known all the same. */
static void test_damage__segments(void)
{
    static const struct {
        uint64_t offset, size;
        const char *sentence;
    } cases[] = {
        { 0, (uint64_t)1 << 40, "its segments are too large" },
        { (uint64_t)1 << 40, 4096, "its segments do not lie within the file" },
        { 4096, 1 << 20, "its segments do not lie within the file" },
    };

    for (size_t c = 0; c < N_OF(cases); c++) {
        struct image i;
        const char *error = NULL;

        if (open_image(&i))
            return;
        for (unsigned n = 0; n < i.header->e_phnum; n++)
            if (i.segments[n].p_type == PT_LOAD && i.segments[n].p_flags & PF_X) {
                i.segments[n].p_offset = cases[c].offset;
                i.segments[n].p_filesz = cases[c].size;
            }
        CU_ASSERT_EQUAL(read_image(&i, i.size, &error), 1);
        CU_ASSERT_STRING_EQUAL(error ? error : "no error", cases[c].sentence);
        free(i.bytes);
    }
}

/* Names that lie outside of their table, or do not end in it, are no names; the others are found. */
static void test_damage__names(void)
{
    struct image i;
    Elf64_Shdr *table, *strings;
    Elf64_Sym *symbols;
    unsigned found = 0;

    if (open_image(&i))
        return;
    section_of(&i, SHT_SYMTAB)->sh_type = SHT_NULL;
    table = section_of(&i, SHT_DYNSYM);
    strings = &i.sections[table->sh_link];
    symbols = (Elf64_Sym *)(i.bytes + table->sh_offset);
    for (unsigned n = 1; n < table->sh_size / sizeof *symbols; n++) {
        const char *name = (const char *)i.bytes + strings->sh_offset + symbols[n].st_name;

        if (!strcmp(name, "genrand64_int64"))
            found = n;
        else
            symbols[n].st_name = n % 2 ? UINT32_MAX : (uint32_t)strings->sh_size;
    }
    CU_ASSERT_FATAL(found > 0);
    CU_ASSERT_EQUAL(read_image(&i, i.size, NULL), 1);
    strings->sh_size = symbols[found].st_name + 15; /* its last name has no end now */
    CU_ASSERT_EQUAL(read_image(&i, i.size, NULL), 0);
    strings->sh_size++;
    CU_ASSERT_EQUAL(read_image(&i, i.size, NULL), 1);
    symbols[found].st_name = UINT32_MAX;
    CU_ASSERT_EQUAL(read_image(&i, i.size, NULL), 0);
    free(i.bytes);
}

/* Symbols that are no functions of the file. */
static void test_damage__symbols(void)
{
    static const struct {
        unsigned char info;
        uint16_t section;
        uint64_t value;
    } cases[] = {
        { ELF64_ST_INFO(STB_GLOBAL, STT_GNU_IFUNC), 1, 4096 },
        { ELF64_ST_INFO(STB_GLOBAL, STT_TLS), 1, 4096 },
        { ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT), 1, 4096 },
        { ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), SHN_UNDEF, 4096 },
        { ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), SHN_ABS, 4096 },
        { ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), 1, 0 },
    };

    for (size_t c = 0; c < N_OF(cases); c++) {
        static const uint32_t types[] = { SHT_DYNSYM, SHT_SYMTAB };
        struct image i;

        if (open_image(&i))
            return;
        for (size_t t = 0; t < N_OF(types); t++) {
            Elf64_Shdr *table = section_of(&i, types[t]);
            Elf64_Sym *symbols = (Elf64_Sym *)(i.bytes + table->sh_offset);

            for (unsigned n = 1; n < table->sh_size / sizeof *symbols; n++) {
                symbols[n].st_info = cases[c].info;
                symbols[n].st_shndx = cases[c].section;
                symbols[n].st_value = cases[c].value;
            }
        }
        CU_ASSERT_EQUAL(read_image(&i, i.size, NULL), 0);
        free(i.bytes);
    }
}

/* Every byte of the headers and tables, and every length. */
static void test_damage__everywhere(void)
{
    static const unsigned char values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
    struct image i;
    Elf64_Shdr *table;
    size_t n = 0;

    if (open_image(&i))
        return;
    table = section_of(&i, SHT_DYNSYM);
    for (size_t at = 0; at < i.size; at++) {
        unsigned char kept = i.bytes[at];

        if (at >= 64 + 13 * sizeof(Elf64_Phdr) && (at < table->sh_offset || at >= table->sh_offset + table->sh_size) &&
            at < i.header->e_shoff)
            continue;
        for (size_t v = 0; v < sizeof values; v++) {
            /* The position of the tables is itself among what is damaged: look it up first. */
            i.bytes[at] = values[v];
            n += (size_t)read_image(&i, i.size, NULL);
            i.bytes[at] = kept;
        }
    }
    CU_ASSERT(n > 0);
    for (size_t size = 0; size < i.size; size += size < 1024 ? 1 : 61)
        n += (size_t)read_image(&i, size, NULL);
    free(i.bytes);
}

/* Mapped as code by a process: said, with the file's name, or passed over where it is no ELF file. */
static void check_mapped(const struct image *i, size_t size, const char *name, const char *sentence)
{
    char path[1024], want[1280];
    struct generator_cache *c = NULL;
    struct generator_list l;
    const char *base;
    void *map;
    int fd;

    snprintf(path, sizeof path, "%s/%s", test_directory(), name);
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    CU_ASSERT_FATAL(fd >= 0 && write(fd, i->bytes, size) == (ssize_t)size);
    map = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    close(fd);
    if (map == MAP_FAILED) {
        test_skip("no file below build/ may be mapped as code");
        return;
    }
    CU_ASSERT_EQUAL_FATAL(generator_cache_new(&c), 0);
    subject_find(c, getpid(), &l);
    CU_ASSERT_EQUAL(l.n_unread, sentence ? 1 : 0);
    base = strrchr(l.unread, '/');
    snprintf(want, sizeof want, "/%s: %s", name, sentence ? sentence : "");
    if (sentence && (!base || strcmp(base, want)))
        fprintf(stderr, "%s\n", l.unread);
    CU_ASSERT(!sentence || (base && !strcmp(base, want)) || strlen(l.unread) == sizeof l.unread - 1);
    CU_ASSERT_PTR_NULL(subject_has(&l, "MT19937-64 genrand64_int64", NULL));
    CU_ASSERT_PTR_NOT_NULL(subject_has(&l, "libc rand", NULL)); /* the others are found all the same */
    generator_list_release(&l);
    munmap(map, 4096);
    generator_cache_free(c);
}

static void test_damage__mapped(void)
{
    struct image i;

    if (open_image(&i))
        return;
    check_mapped(&i, 5000, "cut.so", "its section headers do not lie within the file");
    section_of(&i, SHT_DYNSYM)->sh_size = UINT64_MAX;
    check_mapped(&i, i.size, "lies.so", TABLE_LIES);
    i.bytes[1] = 'X';
    check_mapped(&i, i.size, "text.txt", NULL);
    free(i.bytes);
}

/* Cut short between two looks, as its pages still are in memory. */
static void test_damage__cut_later(void)
{
    struct generator_cache *c = NULL;
    struct generator_list l;
    struct image i;
    char path[1024];
    void *map;
    int fd;

    if (open_image(&i))
        return;
    snprintf(path, sizeof path, "%s/later.so", test_directory());
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    CU_ASSERT_FATAL(fd >= 0 && write(fd, i.bytes, i.size) == (ssize_t)i.size);
    map = mmap(NULL, i.size, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED) {
        test_skip("no file below build/ may be mapped as code");
        goto out;
    }
    CU_ASSERT_EQUAL_FATAL(generator_cache_new(&c), 0);
    subject_find(c, getpid(), &l);
    CU_ASSERT_PTR_NOT_NULL(subject_has(&l, "MT19937-64 genrand64_int64", "/later.so"));
    generator_list_release(&l);
    CU_ASSERT_EQUAL(ftruncate(fd, 100), 0);
    subject_find(c, getpid(), &l);
    CU_ASSERT_EQUAL(l.n_unread, 1);
    CU_ASSERT_PTR_NULL(subject_has(&l, "MT19937-64 genrand64_int64", NULL));
    generator_list_release(&l);
    generator_cache_free(c);
    munmap(map, i.size);
out:
    close(fd);
    free(i.bytes);
}

/* A file of a gigabyte that is nearly all hole: refused, not read. */
static void test_damage__large(void)
{
    struct names names = { 0 };
    struct file f;
    struct image i;
    int fd = memfd_create("large", MFD_CLOEXEC);

    if (open_image(&i))
        return;
    CU_ASSERT_FATAL(fd >= 0 && write(fd, i.bytes, i.size) == (ssize_t)i.size);
    CU_ASSERT_EQUAL(ftruncate(fd, ((off_t)1 << 30) + 1), 0);
    CU_ASSERT_EQUAL(file_read(fd, ((uint64_t)1 << 30) + 1, &names, &f), 0);
    CU_ASSERT_STRING_EQUAL(f.error, "it is larger than 1 GiB");
    file_release(&f);
    section_of(&i, SHT_SYMTAB)->sh_size = (uint64_t)1 << 29; /* within the file, all zeros */
    CU_ASSERT_EQUAL(pwrite(fd, i.bytes, i.size, 0), (ssize_t)i.size);
    CU_ASSERT_EQUAL(ftruncate(fd, (off_t)1 << 30), 0);
    CU_ASSERT_EQUAL(file_read(fd, (uint64_t)1 << 30, &names, &f), 0);
    CU_ASSERT_STRING_EQUAL(f.error, TABLE_LIES);
    file_release(&f);
    close(fd);
    free(i.bytes);
}

TEST_MAIN("generator_damage", TEST(test_damage__none), TEST(test_damage__fields), TEST(test_damage__segments),
          TEST(test_damage__names), TEST(test_damage__symbols), TEST(test_damage__everywhere),
          TEST(test_damage__mapped), TEST(test_damage__cut_later), TEST(test_damage__large))
