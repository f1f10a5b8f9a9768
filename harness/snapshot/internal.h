/* internal.h - what the files of harness/snapshot share. */
#ifndef FORKAUDIT_SNAPSHOT_INTERNAL_H
#define FORKAUDIT_SNAPSHOT_INTERNAL_H

#include "harness/look/look.h"
#include "harness/snapshot/snapshot.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#define PAGE        ((uint64_t)4096)
#define USER_END    (((uint64_t)1 << 47) - PAGE) /* where the mappings of an ordinary program end */
#define N_FILES_MAX 512                          /* descriptors that a store holds */
#define XSTATE_MAX  16384                        /* bytes of floating point and vector registers */

/* ---- store.c ---- */
/* The pages that one snapshot added, one after the other in the memory file. Later snapshots may share them. */
struct extent {
    unsigned references;
    uint64_t offset, size; /* in the memory file */
    const uint8_t *mapped; /* of all of it, in our own memory; NULL: not yet */
    uint8_t *fresh;        /* owned: the pages, while they are not in the memory file yet; NULL: they are */
    size_t fresh_size;
};
/* A file that is mapped somewhere. */
struct stored_file {
    unsigned references; /* 0: may be dropped */
    uint64_t dev, ino;   /* as the mapping names it */
    int fd;
};
struct snapshot_store {
    int proc, pages, husk; /* /proc; the memory file; the program that is made into a rebuilt process, -1: not yet */
    uint64_t limit, used, end; /* bytes; end: of the memory file, it is never used twice */
    struct stored_file files[N_FILES_MAX];
    size_t n_files;
    uint8_t *buffer; /* CHUNK bytes, for reading */
};
#define CHUNK ((size_t)1 << 20)

/* most: bytes that it will get. */
struct extent *extent_new(struct snapshot_store *s, uint64_t most);                         /* NULL: no memory */
int extent_append(struct snapshot_store *s, struct extent *e, const void *pages, size_t n); /* n bytes */
int extent_settle(struct snapshot_store *s, struct extent *e); /* its pages into the memory file */
void extent_release(struct snapshot_store *s, struct extent *e);
const uint8_t *extent_view(struct snapshot_store *s, struct extent *e); /* NULL: it cannot be mapped */
/* The file behind a mapping, from those that are held, or opened and held. Its index, or a negative errno. */
int store_file(struct snapshot_store *s, int proc, pid_t pid, pid_t tid, const struct look_map *map);
void store_file_release(struct snapshot_store *s, int file);

/* ---- a snapshot ---- */
enum map_kind {
    OF_ANONYMOUS,
    OF_FILE,       /* of stored_file `file` */
    OF_SPECIAL,    /* the kernel's own, that it gives to every program: [vdso] and its data */
    OF_EVERYWHERE, /* [vsyscall]: is in every process, at the same address */
    OF_MISSING,    /* what was there is not known */
};
struct map {
    enum map_kind kind;
    int file; /* index in the store */
    int is_shared, is_stack, is_heap;
    int is_read;             /* all its pages are stored, also those that are not private */
    char special[24];        /* OF_SPECIAL: its name */
    uint64_t size_of_file;   /* OF_FILE: when it was taken */
    struct timespec changed; /* OF_FILE, private: when it was written to last */
};
struct run {
    uint64_t start, end;
    struct extent *extent; /* NULL: these pages could not be read */
    uint64_t offset;       /* in the extent */
};
struct snapshot {
    unsigned references;
    struct snapshot_store *store;
    struct user_regs_struct registers;
    uint8_t *xstate; /* owned; NULL: not known */
    size_t xstate_size;
    int64_t held_ns;
    uint64_t bytes;
    struct snapshot_map *maps; /* ascending, as `kinds` */
    struct map *kinds;
    size_t n_maps;
    struct run *runs; /* ascending, within a mapping each */
    size_t n_runs, room_runs;
    struct extent **extents; /* a reference to each */
    size_t n_extents, room_extents;
};

/* ---- maps.c: what kind each mapping is of; fills maps, kinds, n_maps ---- */
int snapshot_take_maps(struct snapshot *s, int proc, pid_t pid, pid_t tid);

/* ---- scan.c: which pages are private to a process ---- */
struct range {
    uint64_t start, end;
};
struct ranges {
    struct range *ranges; /* owned; ascending */
    size_t n, room;
};
int ranges_add(struct ranges *r, uint64_t start, uint64_t end); /* behind the last one */
/* Of start..end, at most `most` ranges (0: all). *ret_unknown is where it gave up: end of it when it did not. */
int scan_private(int pagemap, uint64_t start, uint64_t end, size_t most, struct ranges *ret, uint64_t *ret_unknown);
extern int scan_is_old; /* for tests: 1: as on a kernel before 6.7 */

/* ---- pages.c: reads the pages into the store; fills runs, extents, bytes ---- */
struct page_source {
    int proc;
    pid_t pid, tid;
    const struct snapshot *base;
    const struct snapshot_patch *patches;
    size_t n_patches;
    uint64_t max_bytes;
};
int snapshot_take_pages(struct snapshot *s, const struct page_source *from, uint64_t *ret_bytes);
/* view.c: the index of the first run or mapping that ends behind `address`. */
size_t snapshot_find_run(const struct snapshot *s, uint64_t address);
size_t snapshot_find_map(const struct snapshot *s, uint64_t address);

/* ---- registers.c ---- */
int registers_take(struct snapshot *s, pid_t tid);
int registers_get(pid_t pid, struct user_regs_struct *ret);
int registers_set(pid_t pid, const struct user_regs_struct *registers);
uint64_t registers_pc(const struct user_regs_struct *registers);
/* As `from`, where it makes no system call, and in no segment but the usual. */
struct user_regs_struct registers_clean(const struct user_regs_struct *from);

/* ---- husk.c: a program of one page: an exit, in case that nobody traces it, and the code below ---- */
#define HUSK_BASE ((uint64_t)0x1f0000000000)
struct husk_code {
    uint64_t gadget; /* offsets in its page: a system call and a breakpoint */
    uint64_t loader; /* makes the calls from rbx to r12, up to the first that fails, then a breakpoint */
};
extern const struct husk_code husk_code;
int husk_open(struct snapshot_store *s); /* its descriptor, held by the store, or a negative errno */
#define SYSCALL_SIZE 2                   /* bytes of the instruction */

/* ---- task.c: a process of ours, stopped under our ptrace(2) ---- */
int task_wait(pid_t pid, int timeout_ms, int *ret_status); /* -ETIMEDOUT, -ESRCH */
void task_end(pid_t pid);
ssize_t task_read(pid_t pid, uint64_t address, void *buffer, size_t size); /* how many, short at the first not there */
int task_write(pid_t pid, uint64_t address, const void *bytes, size_t size);
/* Lets it run with these registers to its next breakpoint; its system calls pass. *ret_child: of a process that it
 * made, stopped at its beginning. */
int task_run_code(pid_t pid, const struct user_regs_struct *registers, struct user_regs_struct *ret, pid_t *ret_child);
int task_call(pid_t pid, uint64_t gadget, long nr, const uint64_t args[6], int64_t *ret);

/* ---- worker.c ---- */
extern uint64_t worker_memory; /* WORKER_MEMORY; less for tests */

/* ---- layout.c: where the room goes, and the code and tables around it ---- */
#define ROOM_SIZE    ((uint64_t)2 << 20)
#define ENTRIES_SIZE ((uint64_t)32 << 20)
#define DATA_SIZE    ((uint64_t)16 << 20)
#define SCRATCH_SIZE ((uint64_t)1 << 20)
#define LAYOUT_SIZE  ((uint64_t)64 << 20)
struct layout {
    uint64_t start, code; /* code: a page, that of the husk */
    uint64_t room;
    uint64_t table, data; /* ENTRIES_SIZE, DATA_SIZE: while it is built */
    uint64_t scratch;     /* for the [vdso], on its way */
    uint64_t end;
};
int layout_choose(const struct snapshot *s, const struct look_maps *husk, struct layout *ret);

/* ---- table.c: the system calls that make a husk the process of a snapshot ---- */
struct table_entry {
    uint64_t nr, args[6];
    uint64_t check; /* a TABLE_ of these, or what it must give */
};
#define TABLE_MUST 0
#define TABLE_MAY  1
struct table {
    struct table_entry *entries; /* owned */
    size_t n, room;
    uint8_t *data; /* owned: what arguments point to */
    size_t data_size, data_room;
    uint64_t data_at; /* its address in the husk */
    int error;        /* the first, of adding */
};
struct fds {
    int *fds; /* owned: what the husk inherits */
    size_t n;
};
int table_fds(const struct snapshot *s, struct fds *ret);
/* Descriptors have the numbers that they have here. */
int table_build(const struct snapshot *s, const struct look_maps *husk, const struct layout *l, struct table *ret,
                char *why, size_t why_size);
/* table_end.c: closes all, gives up every privilege, and leaves each later system call to us. */
void table_add_end(struct table *t, const struct fds *fds);
uint64_t table_add_data(struct table *t, const void *bytes, size_t size); /* its address in the husk */
void table_add(struct table *t, uint64_t check, long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
               uint64_t f);
void table_free(struct table *t);

/* ---- husk_child.c: what it does between vfork and exec ---- */
struct husk_child {
    int husk;
    pid_t parent;
    const struct fds *fds;
    volatile int error; /* of the step that failed */
};
void husk_child_run(struct husk_child *h) __attribute__((noreturn));

/* ---- rebuild.c ---- */
struct rebuilt {
    pid_t pid;
    struct snapshot *of; /* a reference */
    uint64_t room, gadget;
};

#endif
