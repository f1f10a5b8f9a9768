/* skeleton.c - draws, makes processes, and lets each write down what it drew: the main program of every file of this
 * folder.
 *
 * In all ways but the last the parent seeds, draws a little, makes a child, draws a little, makes a sibling and draws
 * on. Both draw as much as it does. What is drawn before a process is made stands in the parent's line too: a child
 * that gives it again repeats the parent as well.
 */
#include "targets/generators/skeleton.h"
#include "targets/generators/ways.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define FEW     3    /* values drawn between two processes */
#define MANY    16   /* values that each process draws at its end */
#define WHILE   64   /* the same where the parent draws while it makes processes */
#define LOG_MAX 8192 /* values of one thread */
#define THREADS 2

struct log {
    unsigned n;
    unsigned char values[LOG_MAX][VALUE_MAX];
};
static struct log parents, childs,
    threads[THREADS]; /* childs: also of a vfork child, that must not touch the parent's */
static const struct source *source;
static enum way way;
static int child_reseeds, parent_reseeds;
static const char *truth;
static char *again[7]; /* the command line of a child that is spawned */

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static sem_t drawn;
static atomic_int is_over;

void kernel_bytes(void *bytes, size_t size)
{
    if (getrandom(bytes, size, 0) != (ssize_t)size)
        _exit(3);
}

static void draw(struct log *log, unsigned n)
{
    for (; n && log->n < LOG_MAX; n--)
        if (source->draw(log->values[log->n]))
            return; /* what it did not give cannot repeat */
        else
            log->n++;
}

/* Appends "ROLE VALUE...", at once: several processes write to the file. */
static int write_down(const char *role, const struct log *log)
{
    static const char digits[] = "0123456789abcdef";
    static char line[16 + LOG_MAX * (2 * VALUE_MAX + 1) + 1];
    size_t n = strlen(role);
    int fd = open(truth, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644), ok;

    memcpy(line, role, n);
    for (unsigned i = 0; i < log->n; i++) {
        line[n++] = ' ';
        for (unsigned k = 0; k < source->size; k++) {
            line[n++] = digits[log->values[i][k] >> 4];
            line[n++] = digits[log->values[i][k] & 15];
        }
    }
    line[n++] = '\n';
    ok = fd >= 0 && write(fd, line, n) == (ssize_t)n;
    if (fd >= 0)
        close(fd);
    return ok ? 0 : -1;
}

/* The whole life of a child. */
static void run_child(const char *role)
{
    childs.n = 0;
    if (child_reseeds && source->reseed())
        _exit(2);
    draw(&childs, way == WAY_THREADS ? WHILE : MANY);
    _exit(write_down(role, &childs) ? 1 : 0);
}

/* A thread that draws until the others have seen enough: slowly, so that what it draws while a process is made is not
 * more than a child draws. */
static void *draw_on(void *log)
{
    const struct timespec pace = { .tv_nsec = 500000 };

    while (!atomic_load(&is_over) && ((struct log *)log)->n < LOG_MAX) {
        pthread_mutex_lock(&turn);
        draw(log, 1);
        pthread_mutex_unlock(&turn);
        sem_post(&drawn);
        nanosleep(&pace, NULL);
    }
    return NULL;
}

/* In between two processes: the parent draws, itself or by its threads. */
static void draw_between(unsigned n)
{
    if (way != WAY_THREADS)
        draw(&parents, n);
    else
        for (n *= 4; n; n--)
            sem_wait(&drawn);
}

/* No thread is within the generator while the process is made: what it locks is free in the child. */
static pid_t make(const char *role)
{
    pid_t pid;

    again[6] = NULL;
    again[5] = (char *)role;
    if (way == WAY_THREADS)
        pthread_mutex_lock(&turn);
    pid = way_make(way, run_child, role, again);
    if (parent_reseeds && source->reseed())
        _exit(2);
    if (way == WAY_THREADS)
        pthread_mutex_unlock(&turn);
    return pid;
}

static int run_parent(void)
{
    pthread_t ids[THREADS];
    pid_t child, sibling;
    int bad = 0;

    if (source->begin && source->begin())
        return 2;
    draw(&parents, FEW);
    if (way == WAY_THREADS && sem_init(&drawn, 0, 0) == 0)
        for (int i = 0; i < THREADS; i++)
            if (pthread_create(&ids[i], NULL, draw_on, &threads[i]))
                return 1;
    draw_between(FEW);
    child = make("child");
    draw_between(FEW);
    sibling = make("sibling");
    draw_between(way == WAY_THREADS ? WHILE : MANY);
    atomic_store(&is_over, 1);
    for (int i = 0; way == WAY_THREADS && i < THREADS; i++)
        bad |= pthread_join(ids[i], NULL) || write_down("parent", &threads[i]);
    bad |= write_down("parent", &parents);
    bad |= child < 0 || way_wait(child) || sibling < 0 || way_wait(sibling);
    return bad ? 1 : 0;
}

/* The first process of a pid namespace, whose children are each the first of one too. */
static void run_first(const char *unused)
{
    (void)unused;
    _exit(run_parent());
}

/* Between the two that have one pid: never draws. Waits until the pid is free, and gives it to its child. */
static void run_between(pid_t pid, int is_free)
{
    char byte;
    pid_t heir;

    if (read(is_free, &byte, 1) != 1)
        _exit(1);
    heir = way_make_with_pid(pid);
    if (heir == 0)
        run_child("child");
    _exit(heir < 0 || way_wait(heir) ? 1 : 0);
}

/* The grandparent: draws, makes the one in between, draws on, dies. */
static void run_grandparent(int is_free)
{
    pid_t pid = getpid(), between;

    if (source->begin && source->begin())
        _exit(2);
    draw(&parents, FEW);
    between = fork();
    if (between == 0)
        run_between(pid, is_free);
    draw(&parents, MANY);
    _exit(between < 0 || write_down("parent", &parents) ? 1 : 0);
}

/* A pid that comes again: reaps the grandparent, says so, and reaps the one in between, whose parent it has become. */
static int run_reuse(void)
{
    int is_free[2], bad;
    char byte = 0;
    pid_t pid;

    if (prctl(PR_SET_CHILD_SUBREAPER, 1) || pipe(is_free))
        return 1;
    pid = fork();
    if (pid == 0)
        run_grandparent(is_free[0]);
    bad = pid < 0 || way_wait(pid) || write(is_free[1], &byte, 1) != 1;
    return bad || way_wait(-1) ? 1 : 0;
}

/* Fills in `source`, `way` and who reseeds. 0, or 64. */
static int read_arguments(int argc, char **argv)
{
    const char *reseed = argc > 3 ? argv[3] : "";
    int found = argc > 4 ? way_find(argv[2]) : -1;

    for (source = sources; argc > 1 && source->name && strcmp(source->name, argv[1]);)
        source++;
    child_reseeds = !strcmp(reseed, "child") || !strcmp(reseed, "both");
    parent_reseeds = !strcmp(reseed, "parent") || !strcmp(reseed, "both");
    if (found < 0 || !source->name || (!child_reseeds && !parent_reseeds && strcmp(reseed, "none")) ||
        ((child_reseeds || parent_reseeds) && !source->reseed)) {
        fprintf(stderr, "usage: %s SOURCE HOW RESEED TRUTH\n", argv[0]);
        return 64;
    }
    way = (enum way)found;
    truth = argv[4];
    for (int i = 0; i < 5; i++)
        again[i] = argv[i];
    return 0;
}

int main(int argc, char **argv)
{
    int status = read_arguments(argc, argv);

    if (status)
        return status;
    if (argc > 5) { /* spawned */
        if (source->begin && source->begin())
            return 2;
        run_child(argv[5]);
    }
    if (way == WAY_NEWPID) {
        pid_t first = way_make(way, run_first, "parent", NULL);

        return first < 0 || way_wait(first);
    }
    return way == WAY_PIDREUSE ? run_reuse() : run_parent();
}
