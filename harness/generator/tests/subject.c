/* subject.c - see subject.h. */
#include "harness/generator/tests/subject.h"
#include "harness/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

const char subject_source[] =
    "#define _GNU_SOURCE\n"
    "#include <stdlib.h>\n"
    "#include <unistd.h>\n"
    "unsigned long own_state = 1;\n"
    "unsigned long *own_pointer = &own_state;\n"
    "__attribute__((noinline)) unsigned long own_next(unsigned long *s)\n"
    "{ *s ^= *s << 13; *s ^= *s >> 7; *s ^= *s << 17; return *s; }\n"
    "static __attribute__((noinline)) unsigned hidden_next(void)\n"
    "{ return (unsigned)own_next(&own_state); }\n"
    "int main(void)\n"
    "{\n"
    "    srand(1), srandom(1), srand48(1);\n"
    "    if (rand() + random() + lrand48() + drand48() + hidden_next() + own_next(own_pointer)\n"
    "        != 0.5)\n"
    "        if (write(1, \"r\", 1) == 1)\n"
    "            for (;;)\n"
    "                pause();\n"
    "    return 1;\n"
    "}\n";

int subject_tool(const char *format, ...)
{
    char command[4096];
    va_list list;
    int n;

    va_start(list, format);
    n = vsnprintf(command, sizeof command, format, list);
    va_end(list);
    if (n > 0 && (size_t)n < sizeof command && !system(command))
        return 0;
    test_skip("a program for the test could not be made: its compiler or tool is missing");
    return -1;
}

const char *subject_build(const char *compiler, const char *name, const char *source, const char *flags)
{
    static char path[1024];
    char code[1100];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", test_directory(), name);
    snprintf(code, sizeof code, "%s.c", path);
    f = fopen(code, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT(fputs(source, f) >= 0 && !fclose(f));
    return subject_tool("%s -O1 -w -o '%s' '%s' %s >'%s.log' 2>&1", compiler ? compiler : "cc", path, code, flags, path)
               ? NULL
               : path;
}

__attribute__((noreturn)) static void run_program(const char *path, int output)
{
    char *const argv[] = { (char *)path, NULL }, *const envp[] = { NULL };

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(output, STDOUT_FILENO);
    execve(path, argv, envp);
    _exit(127);
}

pid_t subject_start(const char *path)
{
    int ends[2];
    char byte;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC))
        return -1;
    pid = fork();
    if (!pid)
        run_program(path, ends[1]);
    close(ends[1]);
    if (pid > 0 && read(ends[0], &byte, 1) != 1) {
        subject_end(pid);
        pid = -1;
    }
    close(ends[0]);
    return pid;
}

void subject_end(pid_t pid)
{
    if (pid <= 0)
        return;
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

static int proc = -1;

__attribute__((destructor)) static void close_proc(void)
{
    if (proc >= 0)
        close(proc);
}

int subject_proc(void)
{
    if (proc < 0)
        proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return proc;
}

struct generator_cache *subject_cache(void)
{
    struct generator_cache *c = NULL;

    CU_ASSERT_EQUAL_FATAL(generator_cache_new(&c), 0);
    return c;
}

void subject_add_own(struct generator_cache *c, const char *text)
{
    char why[256] = "";

    CU_ASSERT_EQUAL_FATAL(generator_add_own(c, text, why, sizeof why), 0);
}

void subject_find(struct generator_cache *c, pid_t pid, struct generator_list *ret)
{
    int error = generator_find(c, subject_proc(), pid, pid, ret);

    if (error)
        fprintf(stderr, "generator_find: %s\n", strerror(-error));
    CU_ASSERT_EQUAL_FATAL(error, 0);
}

const struct generator *subject_has(const struct generator_list *l, const char *name, const char *object)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct generator *g = &l->generators[i];
        size_t n = object ? strlen(object) : 0, length = strlen(g->object);

        if (!strcmp(g->kind->name, name) && n <= length && !strncmp(g->object + length - n, object ? object : "", n))
            return g;
    }
    return NULL;
}

const struct generator_seeding *subject_has_seeder(const struct generator_list *l, const char *symbol)
{
    for (size_t i = 0; i < l->n_seedings; i++)
        if (!strcmp(l->seedings[i].seeder->symbol, symbol))
            return &l->seedings[i];
    return NULL;
}

int subject_is_under_valgrind(void)
{
    const char *preload = getenv("LD_PRELOAD");

    return preload && strstr(preload, "vgpreload");
}
