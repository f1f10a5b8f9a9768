/* look.h - the only readers of /proc: one parser per kernel file, below a root they are given.
 *
 * Every reader takes an open directory descriptor of a proc file system (or of a folder of saved files, in tests) and
 * a task as "PID/task/TID" is addressed: `pid` (thread group) and `tid`. Reading through task/TID keeps working after
 * the leader has died. Readers have no opinion, keep silent, follow nothing that a target could have planted, and treat
 * every byte as hostile: bounded, no assumption of format beyond proc(5). They return 0 or a negative errno: -ENOENT or
 * -ESRCH when the task is gone, -EACCES when it may not be read, -EBADMSG when a file does not look as proc(5) says,
 * -EFBIG when it is longer than any kernel makes it. Outputs are untouched on failure. Structs that own memory are
 * ended by their _release, which accepts a zeroed struct.
 */
#ifndef FORKAUDIT_LOOK_H
#define FORKAUDIT_LOOK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- status.c: /proc/PID/task/TID/status ---- */
struct look_status {
    pid_t tgid, ns_pid; /* ns_pid: last number of NSpid */
    char state;         /* 'R', 'S', 'T', 't', 'Z' ... */
    unsigned threads;
    uint32_t uid[4], gid[4]; /* real, effective, saved, fs */
    uint32_t *groups;        /* ascending; owned */
    size_t n_groups;
    uint64_t cap_inh, cap_prm, cap_eff, cap_bnd, cap_amb;
    uint64_t sig_blocked, sig_ignored, sig_caught, sig_pending, sig_shared_pending;
    int no_new_privs, seccomp, seccomp_filters; /* -1: the kernel does not tell */
    uint64_t voluntary_switches, involuntary_switches;
};
int look_status(int proc, pid_t pid, pid_t tid, struct look_status *ret);
void look_status_release(struct look_status *s);

/* ---- stat.c: /proc/PID/task/TID/stat, cut at the last ')' ---- */
struct look_stat {
    char comm[64];
    char state;
    pid_t ppid, process_group, session;
    int tty;
    int is_worker; /* 1: a thread that the kernel added to the process, for io_uring(7): it runs no code of the program */
    uint64_t start_time; /* clock ticks since boot */
};
int look_stat(int proc, pid_t pid, pid_t tid, struct look_stat *ret);

/* ---- fd.c: /proc/PID/task/TID/fd and fdinfo ---- */
struct look_fd {
    int fd;
    int error;  /* errno when this descriptor could not be read; the fields below are then unset */
    char *name; /* readlink; owned by the list; any byte but NUL; NULL: longer than the kernel tells */
    uint64_t dev, ino;
    uint32_t mode, owner_uid, owner_gid; /* of the object: fstat through the link */
    uint32_t flags;                      /* open(2) flags from fdinfo, O_CLOEXEC taken out */
    int cloexec;
    uint64_t position;
    int mount_id;
};
struct look_fds {
    struct look_fd *fds; /* ascending by number */
    size_t n;
};
int look_fds(int proc, pid_t pid, pid_t tid, struct look_fds *ret);
void look_fds_release(struct look_fds *l);
/* What kind of object the descriptor names, as description.kind in harness/facts/facts.sql spells it. Static string,
 * except for an anonymous inode of unknown name: then a copy in `buffer`. */
const char *look_fd_kind(const struct look_fd *fd, char *buffer, size_t size);

/* ---- net.c: /proc/PID/task/TID/net/{tcp,tcp6,udp,udp6,unix,...} of that task's network namespace ---- */
struct look_socket {
    uint64_t ino;
    const char *family;   /* "tcp" "tcp6" "udp" "udp6" "unix" "netlink" "raw" "raw6" "packet"; static */
    int listening;        /* tcp LISTEN, unix __SO_ACCEPTCON; 0 else */
    char local_name[128]; /* "127.0.0.1:80", "[::1]:80", unix: path or @name, not escaped; may be cut */
};
struct look_sockets {
    struct look_socket *sockets; /* ascending by ino */
    size_t n;
    int error; /* first errno of a family that could not be read (ENOENT of a family the kernel lacks is none), else 0;
                * EBADMSG: a line could not be read, or a unix socket's path with a newline in it forged one */
};
int look_sockets(int proc, pid_t pid, pid_t tid, struct look_sockets *ret);
void look_sockets_release(struct look_sockets *s);
const struct look_socket *look_sockets_find(const struct look_sockets *s, uint64_t ino);

/* ---- maps.c: /proc/PID/task/TID/maps ---- */
struct look_map {
    uint64_t start, end, offset, dev, ino;
    char perms[5];
    char *path; /* owned by the list; "" for none */
};
struct look_maps {
    struct look_map *maps;
    size_t n;
};
int look_maps(int proc, pid_t pid, pid_t tid, struct look_maps *ret);
void look_maps_release(struct look_maps *m);
/* map_file.c: the very file behind a mapping, read-only and close-on-exec: with privilege also one that is deleted,
 * a memfd, or in another mount namespace; otherwise by its path below the task's root, where that leads to the
 * mapped file. A descriptor, or a negative errno: -EACCES (also for what is no regular file: that is never opened),
 * -ESTALE when another file lies there. */
int look_map_open(int proc, pid_t pid, pid_t tid, const struct look_map *map);

/* ---- limits.c: /proc/PID/task/TID/limits; -1 is unlimited ---- */
struct look_limit {
    char name[32]; /* "Max open files" */
    int64_t soft, hard;
};
struct look_limits {
    struct look_limit limits[32];
    size_t n;
};
int look_limits(int proc, pid_t pid, pid_t tid, struct look_limits *ret);

/* ---- environ.c and cmdline: blocks of NUL-ended strings; cut at `max` bytes, always ended by a NUL ---- */
struct look_block {
    char *bytes; /* owned */
    size_t size;
    int cut; /* 1: there was more */
};
int look_environ(int proc, pid_t pid, pid_t tid, size_t max, struct look_block *ret);
int look_cmdline(int proc, pid_t pid, pid_t tid, size_t max, struct look_block *ret);
void look_block_release(struct look_block *b);

/* ---- auxv.c: /proc/PID/task/TID/auxv ---- */
struct look_auxv {
    uint64_t entry, base, phdr, secure; /* AT_ENTRY, AT_BASE, AT_PHDR, AT_SECURE; 0 when absent */
    uint64_t vdso;                      /* AT_SYSINFO_EHDR; 0 when absent */
    int has_secure;
};
/* `wide`: 1 for a 64-bit program, 0 for a 32-bit one. */
int look_auxv(int proc, pid_t pid, pid_t tid, int wide, struct look_auxv *ret);

/* ---- link.c: readlink of "exe", "cwd", "root" (-ENAMETOOLONG: longer than `size`, or than the kernel tells), and the
 * inode of a namespace: "user" or "ns/user" and its kin ---- */
int look_link(int proc, pid_t pid, pid_t tid, const char *name, char *buffer, size_t size);
int look_namespace(int proc, pid_t pid, pid_t tid, const char *name, uint64_t *ret_ino);

/* ---- id_map.c: /proc/PID/task/TID/uid_map and gid_map (user_namespaces(7)). `outside` is an id of the reader's own user
 * namespace, which must be one around the task's; a reader in the same one is told its parent's ids. ---- */
#define LOOK_ID_RANGES 340        /* the most that any kernel takes */
#define LOOK_ID_NONE   UINT32_MAX /* no id: the reader has none for it */
struct look_id_range {
    uint32_t inside, outside, length; /* outside: LOOK_ID_NONE, or the first id */
};
struct look_id_map {
    struct look_id_range ranges[LOOK_ID_RANGES]; /* neither side overlaps */
    size_t n;                                    /* 0: nothing has been written there yet */
};
/* `kind`: "uid" or "gid". */
int look_id_map(int proc, pid_t pid, pid_t tid, const char *kind, struct look_id_map *ret);
/* Pure. 0, or -ENOENT: that id has no counterpart. */
int look_id_map_inside(const struct look_id_map *map, uint32_t outside, uint32_t *ret);
int look_id_map_outside(const struct look_id_map *map, uint32_t inside, uint32_t *ret);

/* ---- dumpable.c: PR_GET_DUMPABLE of another process, from who owns its files below `proc`. *ret is 1: it is dumpable, 0:
 * it is not (0 or 2 of prctl(2)), -1: not known. That is so for a task with the ids of root, or of the root of a user namespace
 * of its own, that is dumpable or not: it looks the same; and for one whose user namespaces cannot be told. ---- */
int look_dumpable(int proc, pid_t pid, pid_t tid, int *ret);

/* ---- syscall.c: /proc/PID/task/TID/syscall ---- */
struct look_syscall {
    int running; /* 1: the task is running or runnable, nothing else is set */
    long nr;     /* -1: blocked, but not in a system call */
    uint64_t args[6], sp, pc;
};
int look_syscall(int proc, pid_t pid, pid_t tid, struct look_syscall *ret);

/* ---- tasks.c: the thread ids in /proc/PID/task, ascending ---- */
struct look_tasks {
    pid_t *tids; /* owned */
    size_t n;
};
int look_tasks(int proc, pid_t pid, struct look_tasks *ret);
void look_tasks_release(struct look_tasks *t);

#endif
