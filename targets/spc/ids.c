/* ids.c - reads a thread's ids and groups, and names the two ways to change them. */
#include "internal.h"

#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* On machines with 16-bit ids in their first system calls, the later ones are meant. */
#ifndef SYS_setresuid32
#define SYS_setresuid32 SYS_setresuid
#define SYS_setresgid32 SYS_setresgid
#define SYS_setgroups32 SYS_setgroups
#endif

static int thread_set_uids(uid_t ruid, uid_t euid, uid_t suid)
{
    return (int)syscall(SYS_setresuid32, ruid, euid, suid);
}

static int thread_set_gids(gid_t rgid, gid_t egid, gid_t sgid)
{
    return (int)syscall(SYS_setresgid32, rgid, egid, sgid);
}

static int thread_set_groups(size_t n, const gid_t *groups)
{
    return (int)syscall(SYS_setgroups32, n, groups);
}

/* Linux keeps ids by thread; the C library's functions make every thread take them (nptl(7)). */
const struct spc_id_calls spc_id_calls_process = { setresuid, setresgid, setgroups };
const struct spc_id_calls spc_id_calls_thread = { thread_set_uids, thread_set_gids, thread_set_groups };

int spc_ids_read(struct spc_ids *ret_ids)
{
    struct spc_ids ids;

    if (getresuid(&ids.ruid, &ids.euid, &ids.suid) || getresgid(&ids.rgid, &ids.egid, &ids.sgid))
        return -1;
    *ret_ids = ids;
    return 0;
}

/* Shell sort: in place, without memory, and quick enough for the 65536 groups there can be. */
static void groups_sort(gid_t *groups, size_t n)
{
    size_t gap, i, j;

    for (gap = n / 2; gap > 0; gap /= 2)
        for (i = gap; i < n; i++) {
            gid_t moved = groups[i];

            for (j = i; j >= gap && groups[j - gap] > moved; j -= gap)
                groups[j] = groups[j - gap];
            groups[j] = moved;
        }
}

int spc_groups_are(const gid_t *groups, size_t n)
{
    int n_now = getgroups(0, NULL), result = -1;
    gid_t *memory;

    if (n_now < 0)
        return -1;
    if ((size_t)n_now != n || n == 0)
        return (size_t)n_now == n;
    /* mmap(2), because this runs between fork and exec. */
    memory = mmap(NULL, 2 * n * sizeof *memory, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return -1;
    if (getgroups((int)n, memory) == (int)n) {
        memcpy(memory + n, groups, n * sizeof *memory);
        groups_sort(memory, n);
        groups_sort(memory + n, n);
        result = memcmp(memory, memory + n, n * sizeof *memory) == 0;
    }
    munmap(memory, 2 * n * sizeof *memory);
    return result;
}

bool spc_setgroups_is_denied(void)
{
    char word[4] = "";
    int fd = open("/proc/self/setgroups", O_RDONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        return false;
    n = read(fd, word, sizeof word);
    close(fd);
    return n == (ssize_t)sizeof word && memcmp(word, "deny", sizeof word) == 0;
}
