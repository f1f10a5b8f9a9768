/* test_markers.c - forkaudit.h: what a marker leaves in the program, what FORKAUDIT_SELF sees, where it compiles. */
#include "forkaudit.h"
#include "harness/testing.h"
#include "targets/tests/launch.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* One marker of each kind, for the notes of this very program. */
static void all_markers(const unsigned char *bytes, size_t size)
{
    FORKAUDIT_MOMENT("here");
    FORKAUDIT_SELF("here");
    FORKAUDIT_DRAW("generator", bytes, size);
    FORKAUDIT_GENERATOR("generator", all_markers, "bytes, size");
}

struct note {
    unsigned long address;
    char name[16], arguments[64];
};

/* Notes of the provider forkaudit in the ELF file `fd`; the number found, at most `max`. */
static size_t notes_read(int fd, struct note *ret, size_t max)
{
    Elf *elf = elf_version(EV_CURRENT) == EV_NONE ? NULL : elf_begin(fd, ELF_C_READ, NULL);
    Elf_Scn *section = NULL;
    size_t n = 0;

    while (elf && (section = elf_nextscn(elf, section))) {
        Elf_Data *data = elf_getdata(section, NULL);
        size_t at = 0, next, name, descriptor;
        GElf_Shdr header;
        GElf_Nhdr note;

        if (!gelf_getshdr(section, &header) || header.sh_type != SHT_NOTE || !data)
            continue;
        for (; n < max && (next = gelf_getnote(data, at, &note, &name, &descriptor)); at = next) {
            const char *d = (const char *)data->d_buf + descriptor, *provider = d + 24;

            if (strcmp((const char *)data->d_buf + name, "stapsdt") || strcmp(provider, "forkaudit"))
                continue;
            memcpy(&ret[n].address, d, sizeof ret[n].address);
            snprintf(ret[n].name, sizeof ret[n].name, "%s", provider + 10);
            snprintf(ret[n].arguments, sizeof ret[n].arguments, "%s", provider + 10 + strlen(provider + 10) + 1);
            n++;
        }
    }
    elf_end(elf);
    return n;
}

static const struct note *note_find(const struct note *notes, size_t n, const char *name)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (!strcmp(notes[i].name, name))
            return &notes[i];
    return NULL;
}

static void test_markers__notes_name_fixed_registers(void)
{
    static const char *const expected[][2] = { { "moment", "8@%rdi" },
                                               { "self", "8@%rdi 8@%rsi" },
                                               { "draw", "8@%rdi 8@%rsi 8@%rdx" },
                                               { "generator", "8@%rdi 8@%rsi 8@%rdx" } };
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    struct note notes[16];
    size_t n = notes_read(fd, notes, 16), i;

    close(fd);
#ifndef __x86_64__
    test_skip("the registers are those of x86-64");
    return;
#endif
    CU_ASSERT_EQUAL(n, 4);
    for (i = 0; i < 4; i++) {
        const struct note *note = note_find(notes, n, expected[i][0]);

        CU_ASSERT_PTR_NOT_NULL_FATAL(note);
        CU_ASSERT_STRING_EQUAL(note->arguments, expected[i][1]);
    }
}

static void test_markers__site_is_one_nop(void)
{
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    struct note notes[16];
    size_t n = notes_read(fd, notes, 16), i;
    unsigned char byte;

#ifndef __x86_64__
    test_skip("the instruction is that of x86-64");
    return;
#endif
    CU_ASSERT_TRUE(n > 0);
    /* The note holds an address; the segment that holds the address says where that is in the file. */
    for (i = 0; i < n; i++) {
        Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
        unsigned long offset = 0;
        size_t segments = 0, s;
        GElf_Phdr p;

        elf_getphdrnum(elf, &segments);
        for (s = 0; s < segments; s++)
            if (gelf_getphdr(elf, (int)s, &p) && p.p_type == PT_LOAD && notes[i].address - p.p_vaddr < p.p_filesz)
                offset = notes[i].address - p.p_vaddr + p.p_offset;
        elf_end(elf);
        CU_ASSERT_EQUAL(pread(fd, &byte, 1, (off_t)offset), 1);
        CU_ASSERT_EQUAL(byte, 0x90);
    }
    close(fd);
}

static void test_markers__nothing_happens_without_an_auditor(void)
{
    static const unsigned char bytes[] = { 1, 2, 3 };
    int before = dup(STDIN_FILENO), after;

    close(before);
    errno = ENOTTY;
    all_markers(bytes, sizeof bytes);
    CU_ASSERT_EQUAL(errno, ENOTTY);
    after = dup(STDIN_FILENO);
    close(after);
    CU_ASSERT_EQUAL(after, before);
}

/* Where `fd` stands in self->fds, or -1. */
static int self_find(const struct forkaudit_self *self, int fd)
{
    int i;

    for (i = 0; i < self->n_fds; i++)
        if (self->fds[i] == fd)
            return i;
    return -1;
}

static void test_self__lists_descriptors_and_flags(void)
{
    struct forkaudit_self before, self;
    int kept = open("/dev/null", O_RDONLY), closed = open("/dev/null", O_RDONLY | O_CLOEXEC), at;

    CU_ASSERT_TRUE_FATAL(kept >= 0 && closed >= 0);
    close(kept);
    close(closed);
    forkaudit_self_fill(&before);
    CU_ASSERT_TRUE_FATAL(open("/dev/null", O_RDONLY) == kept && open("/dev/null", O_RDONLY | O_CLOEXEC) == closed);
    forkaudit_self_fill(&self);
    close(kept);
    close(closed);
    CU_ASSERT_EQUAL(self.version, 1);
    CU_ASSERT_EQUAL(self.error, 0);
    /* Both are new, and the directory that was read is not among them. */
    CU_ASSERT_EQUAL(self.n_fds, before.n_fds + 2);
    CU_ASSERT_EQUAL(self_find(&before, kept), -1);
    CU_ASSERT_TRUE_FATAL((at = self_find(&self, kept)) >= 0);
    CU_ASSERT_EQUAL(self.cloexec[at], 0);
    CU_ASSERT_TRUE_FATAL((at = self_find(&self, closed)) >= 0);
    CU_ASSERT_EQUAL(self.cloexec[at], 1);
}

static void test_self__ids_are_the_kernels(void)
{
    struct forkaudit_self self;
    uid_t uid[3];
    gid_t gid[3], groups[FORKAUDIT_GROUPS_MAX];
    int n = getgroups(FORKAUDIT_GROUPS_MAX, groups);

    forkaudit_self_fill(&self);
    CU_ASSERT_EQUAL_FATAL(getresuid(&uid[0], &uid[1], &uid[2]) | getresgid(&gid[0], &gid[1], &gid[2]), 0);
    CU_ASSERT_TRUE(self.ruid == uid[0] && self.euid == uid[1] && self.suid == uid[2]);
    CU_ASSERT_TRUE(self.rgid == gid[0] && self.egid == gid[1] && self.sgid == gid[2]);
    CU_ASSERT_EQUAL(self.n_groups, n);
    CU_ASSERT_TRUE(n < 0 || !memcmp(self.groups, groups, (size_t)n * sizeof groups[0]));
}

static void test_self__says_when_there_are_too_many(void)
{
    struct rlimit limit, wider;
    struct forkaudit_self self;
    int fd = 0, first = dup(STDIN_FILENO);

    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
    wider = limit;
    wider.rlim_cur = FORKAUDIT_FDS_MAX + 64 < limit.rlim_max ? FORKAUDIT_FDS_MAX + 64 : limit.rlim_max;
    if (first < 0 || wider.rlim_cur < FORKAUDIT_FDS_MAX + 32 || setrlimit(RLIMIT_NOFILE, &wider)) {
        test_skip("the limit of open files is too low");
        return;
    }
    while (fd >= 0 && fd < FORKAUDIT_FDS_MAX + 16)
        fd = dup(STDIN_FILENO);
    forkaudit_self_fill(&self);
    while (fd >= first)
        close(fd--);
    setrlimit(RLIMIT_NOFILE, &limit);
    CU_ASSERT_EQUAL(self.n_fds, FORKAUDIT_FDS_MAX);
    CU_ASSERT_EQUAL(self.error, E2BIG);
}

static void test_self__says_when_proc_cannot_be_read(void)
{
    struct forkaudit_self self;
    struct rlimit limit, none;

    /* No descriptor may be opened: then neither may /proc/self/fd. */
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 0;
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &none), 0);
    forkaudit_self_fill(&self);
    setrlimit(RLIMIT_NOFILE, &limit);
    CU_ASSERT_EQUAL(self.error, EMFILE);
    CU_ASSERT_EQUAL(self.n_fds, 0);
    CU_ASSERT_EQUAL(self.version, 1);
}

static void test_self__layout_is_fixed(void)
{
    CU_ASSERT_EQUAL(sizeof(struct forkaudit_self), 10 * 4 + 4 * FORKAUDIT_GROUPS_MAX + 5 * FORKAUDIT_FDS_MAX);
}

/* Compiles a small program that uses every marker; skipped where there is no such compiler. */
static void compiles(char *compiler, char *standard, char *option)
{
    static const char text[] = "#include <forkaudit.h>\n"
                               "static void draw(void *bytes, unsigned long size) { (void)bytes; (void)size; }\n"
                               "int main(int argc, char **argv)\n"
                               "{\n"
                               "    const unsigned char bytes[4] = { 1, 2, 3, (unsigned char)argc };\n"
                               "    FORKAUDIT_MOMENT(\"m\");\n"
                               "    FORKAUDIT_SELF(argv[0]);\n"
                               "    FORKAUDIT_DRAW(\"d\", bytes, sizeof bytes);\n"
                               "    FORKAUDIT_GENERATOR(\"g\", draw, \"s\");\n"
                               "    return 0;\n"
                               "}\n";
    char source[4200], said[4200],
        *arguments[] = { compiler,     standard,  option,    "-Iharness/include", "-Wall", "-Wextra",
                         "-Wpedantic", "-Werror", "-Wundef", "-fsyntax-only",     source,  NULL };
    struct launch l = { .arguments = arguments, .output = "/dev/null", .errors = said, .seconds = 60 };
    FILE *file;

    if (access(compiler, X_OK)) {
        test_skip("there is no such compiler");
        return;
    }
    snprintf(source, sizeof source, "%s/markers.%s", test_directory(), strstr(standard, "++") ? "cc" : "c");
    snprintf(said, sizeof said, "%s/said", test_directory());
    file = fopen(source, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_TRUE_FATAL(fputs(text, file) >= 0 && !fclose(file));
    launch_all(&l, 1, 1);
    CU_ASSERT_TRUE(!l.error && WIFEXITED(l.status) && WEXITSTATUS(l.status) == 0);
}

static void test_header__plain_c11(void)
{
    compiles("/usr/bin/gcc", "-std=c11", "-O0");
}

static void test_header__gnu_c(void)
{
    compiles("/usr/bin/gcc", "-std=gnu17", "-O2");
}

static void test_header__other_probes_use_semaphores(void)
{
    compiles("/usr/bin/gcc", "-std=gnu11", "-D_SDT_HAS_SEMAPHORES");
}

static void test_header__disabled(void)
{
    compiles("/usr/bin/gcc", "-std=c11", "-DFORKAUDIT_DISABLE");
}

static void test_header__cplusplus(void)
{
    compiles("/usr/bin/g++", "-std=c++20", "-O2");
}

static void test_header__clang(void)
{
    compiles("/usr/bin/clang", "-std=c11", "-O2");
}

TEST_MAIN("test_markers", TEST(test_markers__notes_name_fixed_registers), TEST(test_markers__site_is_one_nop),
          TEST(test_markers__nothing_happens_without_an_auditor), TEST(test_self__lists_descriptors_and_flags),
          TEST(test_self__ids_are_the_kernels), TEST(test_self__says_when_there_are_too_many),
          TEST(test_self__says_when_proc_cannot_be_read), TEST(test_self__layout_is_fixed),
          TEST(test_header__plain_c11), TEST(test_header__gnu_c), TEST(test_header__other_probes_use_semaphores),
          TEST(test_header__disabled), TEST(test_header__cplusplus), TEST(test_header__clang))
