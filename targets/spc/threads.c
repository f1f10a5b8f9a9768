/* threads.c - do all threads of this process have the same privilege? Ids are kept by thread on Linux, and
 * capabilities are changed by thread; the calling one has been checked by itself. Not async-signal-safe: for a process
 * with threads, not for a child. */
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/single_threaded.h>

static const char *const fields[] = { "Uid:", "Gid:", "Groups:", "CapInh:", "CapPrm:", "CapEff:", "CapAmb:" };

static bool is_compared(const char *line)
{
    size_t i;

    for (i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (strncmp(line, fields[i], strlen(fields[i])) == 0)
            return true;
    return false;
}

/* The compared lines of a status file as one string; free it. A thread that has ended ("Z" or "X": a leader that has
 * called pthread_exit) cannot act any more and gives an empty string. NULL with errno. */
static char *status_read(const char *path)
{
    char *line = NULL, *text = NULL;
    size_t room = 0, size = 0;
    FILE *in = fopen(path, "re"), *out;
    bool has_ended = false;
    int saved;

    if (!in)
        return NULL;
    out = open_memstream(&text, &size);
    if (!out)
        goto done;
    while (getline(&line, &room, in) > 0) {
        if (strncmp(line, "State:\tZ", 8) == 0 || strncmp(line, "State:\tX", 8) == 0)
            has_ended = true;
        if (is_compared(line))
            fputs(line, out);
    }
    if (fclose(out)) {
        free(text);
        text = NULL;
    } else if (has_ended) {
        text[0] = '\0';
    }
done:
    saved = errno;
    free(line);
    fclose(in);
    errno = saved;
    return text;
}

static int thread_check(const char *name, const char *own)
{
    char path[sizeof "/proc/self/task//status" + NAME_MAX];
    char *text;
    bool is_same;

    snprintf(path, sizeof path, "/proc/self/task/%s/status", name);
    text = status_read(path);
    if (!text)
        return errno == ENOENT || errno == ESRCH ? 0 : -1; /* it has ended meanwhile */
    is_same = !text[0] || strcmp(text, own) == 0;
    free(text);
    if (!is_same)
        errno = EPERM;
    return is_same ? 0 : -1;
}

static int tasks_check(DIR *tasks, const char *own)
{
    struct dirent *entry;

    for (;;) {
        errno = 0;
        entry = readdir(tasks);
        if (!entry)
            return errno ? -1 : 0;
        if (entry->d_name[0] != '.' && thread_check(entry->d_name, own))
            return -1;
    }
}

int spc_threads_check(void)
{
    char *own;
    DIR *tasks;
    int result = -1, saved;

    if (__libc_single_threaded)
        return 0;
    own = status_read("/proc/thread-self/status");
    if (!own)
        return -1;
    tasks = opendir("/proc/self/task");
    if (tasks) {
        result = tasks_check(tasks, own);
        saved = errno;
        closedir(tasks);
        errno = saved;
    }
    saved = errno;
    free(own);
    errno = saved;
    return result;
}
