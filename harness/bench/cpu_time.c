/* cpu_time.c - prints the processor time, in nanoseconds, that a process and all that descend from it have used.
 *
 * usage: cpu_time PID. Reads /proc/PID/task/TID/schedstat of every thread. Processes that ended before are not in the sum.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long long thread_time(const char *pid, const char *tid)
{
    char path[128];
    unsigned long long ns = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%.20s/task/%.20s/schedstat", pid, tid);
    file = fopen(path, "re");
    if (!file)
        return 0; /* it ended just now */
    if (fscanf(file, "%llu", &ns) != 1)
        ns = 0;
    fclose(file);
    return ns;
}

/* The threads of a process, and with them their children. */
static unsigned long long process_time(const char *pid)
{
    char path[128], child[32];
    unsigned long long sum = 0;
    struct dirent *entry;
    DIR *tasks;

    snprintf(path, sizeof path, "/proc/%.20s/task", pid);
    tasks = opendir(path);
    while (tasks && (entry = readdir(tasks))) {
        FILE *file;

        if (entry->d_name[0] == '.')
            continue;
        sum += thread_time(pid, entry->d_name);
        snprintf(path, sizeof path, "/proc/%.20s/task/%.20s/children", pid, entry->d_name);
        file = fopen(path, "re");
        while (file && fscanf(file, "%31s", child) == 1)
            sum += process_time(child);
        if (file)
            fclose(file);
    }
    if (tasks)
        closedir(tasks);
    return sum;
}

int main(int argc, char **argv)
{
    unsigned long long ns = argc == 2 && strspn(argv[1], "0123456789") == strlen(argv[1]) ? process_time(argv[1]) : 0;

    if (!ns) {
        fprintf(stderr, "cpu_time: usage: cpu_time PID, of a process that lives, under a kernel with schedstat\n");
        return 1;
    }
    printf("%llu\n", ns);
    return 0;
}
