/* snapshot.h - the memory and registers of a stopped process as they are at one moment, and that process rebuilt from them, later,
 * as often as it is wanted.
 *
 * A snapshot is no process: nothing is executed in the original, nothing is made in its name, it only stands still while its
 * private pages are read. So there is one way for all: newborns before their first instruction, sandboxed processes, those whose
 * RLIMIT_NPROC is used up, those that are about to exit, those of a daemon that was attached to. A process is rebuilt from it in
 * a husk, an empty program of our own: same mappings at the same addresses, same contents, same thread pointer. It runs under a
 * gate: each of its system calls stops, and is answered or allowed by us; when we die it dies, and its calls fail.
 *
 * Knows no facts. Functions return 0 or a negative errno. Only x86-64 programs on x86-64: -ENOSYS else.
 */
#ifndef FORKAUDIT_SNAPSHOT_H
#define FORKAUDIT_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

/* ---- store.c: where the pages and mapped files of all snapshots are kept ---- */
struct snapshot_store;
/* limit: bytes of pages that it takes. The pages are in an unlinked memory file. */
int snapshot_store_new(uint64_t limit, struct snapshot_store **ret);
void snapshot_store_free(struct snapshot_store *s); /* NULL is allowed; after all its snapshots */
uint64_t snapshot_store_used(const struct snapshot_store *s);

/* ---- take.c ---- */
/* A byte of ours in its text (a breakpoint), and what was there before it. */
struct snapshot_patch {
    uint64_t address;
    uint8_t byte;
};
struct snapshot_map {
    uint64_t start, end, offset, dev, ino;
    char perms[5];
    int is_complete; /* 0: its contents could not be taken: whoever touches it in a rebuilt process faults */
};
struct snapshot;
/* Takes the process `pid`, whose thread `tid` is stopped under our ptrace(2) (any stop, also that of PTRACE_EVENT_EXIT and a newborn's
 * first). Other threads should stand still too. base: an earlier snapshot whose equal pages are shared, or NULL. patches: put
 * back in the snapshot. 0, or
 *   -EFBIG   its private memory is more than max_bytes: *ret_bytes, if not NULL, says how much
 *   -ENOSPC  the store is full
 *   -ESRCH   it is gone
 *   -ENOSYS  a 32-bit program, or another machine */
int snapshot_take(struct snapshot_store *store, int proc, pid_t pid, pid_t tid, const struct snapshot *base,
                  const struct snapshot_patch *patches, size_t n_patches, uint64_t max_bytes, struct snapshot **ret,
                  uint64_t *ret_bytes);
struct snapshot *snapshot_reference(struct snapshot *s);
void snapshot_release(struct snapshot *s);          /* NULL is allowed */
int64_t snapshot_held_ns(const struct snapshot *s); /* how long its process had to stand still for it */
uint64_t snapshot_bytes(const struct snapshot *s);  /* private memory, shared pages counted */
const struct snapshot_map *snapshot_maps(const struct snapshot *s, size_t *ret_n); /* ascending */
const struct user_regs_struct *snapshot_registers(const struct snapshot *s);
/* As the process would read it, mapped files included. How many bytes, short at the first that is not there. */
ssize_t snapshot_read(const struct snapshot *s, uint64_t address, void *buffer, size_t size);

/* ---- rebuild.c: the process of a snapshot, as a frozen master of which workers are made ---- */
struct rebuilt;
/* `why`, if not NULL, gets a sentence on failure. The master has no privileges, no descriptors, no other thread. It never runs. */
int rebuild(const struct snapshot *s, struct rebuilt **ret, char *why, size_t why_size);
void rebuilt_free(struct rebuilt *r); /* ends it; NULL is allowed */

/* ---- worker.c: a fork of the master, that does run; used once ---- */
struct worker {
    pid_t pid;
    const struct rebuilt *of;
    uint64_t room,
        room_size; /* memory of its own for stack, buffers and code: at one address in every worker of equal mappings */
    int is_stopped_at_call;
    int is_foreign_call, is_running; /* worker.c's own */
    int64_t looked_ms;               /* and when its memory was looked at last */
};
int worker_make(struct rebuilt *of, struct worker *ret);
void worker_end(struct worker *w); /* kills and reaps it */

enum worker_stop_kind {
    WORKER_CALL, /* about to make a system call: answer or allow it */
    WORKER_TRAP, /* ran an int3; pc is behind it */
    WORKER_SIGNAL, /* another signal of its own making: SIGSEGV (rdtsc too where that is switched off), SIGILL, SIGABRT ... */
    WORKER_DEAD,    /* status */
    WORKER_TIMEOUT, /* it runs on: to be ended */
    WORKER_TOO_BIG, /* it has filled more memory of its own than WORKER_MEMORY: to be ended */
};
#define WORKER_MEMORY ((uint64_t)1 << 30) /* bytes, beyond what the snapshot has */
struct worker_stop {
    enum worker_stop_kind kind;
    long nr; /* WORKER_CALL, of x86-64; -1: an i386 or x32 call */
    uint64_t args[6];
    uint64_t pc;
    int signal, code; /* WORKER_SIGNAL: and its si_code */
    uint64_t address; /* its si_addr */
    int status;
};
/* Lets it run to its next stop, at most timeout_ms. A WORKER_CALL that was neither answered nor allowed is refused with ENOSYS. */
int worker_run(struct worker *w, int timeout_ms, struct worker_stop *ret);
int worker_answer(struct worker *w,
                  int64_t result); /* the kernel does not see the call; result as the kernel gives it */
int worker_allow(struct worker *w);
int worker_registers(const struct worker *w, struct user_regs_struct *ret);
int worker_set_registers(struct worker *w, const struct user_regs_struct *registers);
int worker_read(const struct worker *w, uint64_t address, void *buffer, size_t size); /* all or -EFAULT */
int worker_write(struct worker *w, uint64_t address, const void *bytes,
                 size_t size); /* also where it may not write itself */
/* A system call in its name, whatever the gate says. Only at a stop that is no WORKER_CALL. */
int worker_inject(struct worker *w, long nr, const uint64_t args[6], int64_t *ret);
/* 1: it has written to a mapping that the original shares with others (there its changes were its own), 0: not, or a
 * negative errno: not known. */
int worker_has_written_shared(const struct worker *w);

#endif
