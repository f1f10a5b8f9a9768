/* plays.c - known chains of calls, each with a SIGSTOP at its end. */
#include "harness/stack/tests/plays.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Not inlined, not the last thing that its caller does: each leaves a frame. */
#define FRAME __attribute__((noinline, noclone))

static volatile int depth;

FRAME static void chain_inner(void)
{
    depth++;
    syscall(SYS_tgkill, getpid(), gettid(), SIGSTOP);
    depth--;
}

FRAME static void chain_middle(void)
{
    depth++;
    chain_inner();
    depth--;
}

FRAME static void chain_outer(void)
{
    depth++;
    chain_middle();
    depth--;
}

static int play_chain(void)
{
    chain_outer();
    return depth;
}

static void *thread_chain(void *unused)
{
    chain_outer();
    return unused;
}

static int play_thread(void)
{
    pthread_t thread;

    return pthread_create(&thread, NULL, thread_chain, NULL) || pthread_join(thread, NULL);
}

static int compare(const void *a, const void *b)
{
    chain_inner();
    return *(const char *)a - *(const char *)b;
}

/* First stop: this program. Second: called from a library that has been mapped since. */
static int play_dlopen(void)
{
    void (*sort)(void *, size_t, size_t, int (*)(const void *, const void *));
    char bytes[2] = { 2, 1 };
    void *library;

    chain_inner();
    library = dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_NOW);
    if (!library)
        return 1;
    *(void **)&sort = dlsym(library, "qsort");
    sort(bytes, 2, 1, compare);
    return bytes[0] == 1 ? 0 : 2;
}

#ifdef __x86_64__
/* push %rbp; mov %rsp,%rbp; call *%rdi; pop %rbp; ret */
static const unsigned char trampoline[] = { 0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3 };

static int play_through(int fd)
{
    void *code =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
    void (*call)(void (*)(void));

    if (code == MAP_FAILED)
        return 1;
    memcpy(code, trampoline, sizeof trampoline);
    *(void **)&call = code;
    call(chain_outer);
    return depth;
}

/* Code that is in no file. */
static int play_anonymous(void)
{
    return play_through(-1);
}

/* Code in a mapping of a device. */
static int play_device(void)
{
    return play_through(open("/dev/zero", O_RDONLY | O_CLOEXEC));
}
#endif

int play(const char *name)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } plays[] = {
        { "chain", play_chain },         { "thread", play_thread }, { "dlopen", play_dlopen },
#ifdef __x86_64__
        { "anonymous", play_anonymous }, { "device", play_device },
#endif
    };

    for (size_t i = 0; i < sizeof plays / sizeof *plays; i++)
        if (!strcmp(plays[i].name, name))
            return plays[i].run();
    return 99;
}
