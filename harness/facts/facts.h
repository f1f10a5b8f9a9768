/* facts.h - a recording: the one SQLite file that holds what the harness saw (model: facts.sql).
 *
 * The only code that writes rows. It has no opinion and reads no process. All functions return 0 or a negative
 * errno; a failed write of any kind makes the recording broken: that call and every later one returns the first
 * error again (-ENOSPC when the disk is full, -EIO else), nothing committed before is lost, and facts_error() says
 * what happened. Rows are safe from a SIGKILL of the writer after facts_commit(); nobody else reads them before
 * facts_close(), or before the writer is dead.
 *
 * Strings are borrowed for the length of the call. A NULL string is stored as NULL; the integer FACTS_NULL too.
 */
#ifndef FORKAUDIT_FACTS_H
#define FORKAUDIT_FACTS_H

#include <stddef.h>
#include <stdint.h>

struct facts;
struct sqlite3;

#define FACTS_NULL           INT64_MIN  /* an integer that was not seen */
#define FACTS_SCHEMA         3          /* PRAGMA user_version of the recordings that this code writes */
#define FACTS_APPLICATION_ID 0x464b4155 /* PRAGMA application_id: "FKAU" */

/* Text of facts.sql, embedded in the program. */
extern const char facts_sql[];

/* ---- life of a recording ---- */

/* Creates a new recording at `path`, mode 0600. An old recording there is replaced; any other existing file, a
 * symbolic link or a directory is refused with -EEXIST and nothing is touched. A directory that others may write
 * to and that is not sticky is refused with -EPERM, a recording that a process has open with -EBUSY. Begins as
 * incomplete. On success the caller owns *ret and ends it with facts_close(). On failure *ret is untouched and `why`,
 * if not NULL, holds a sentence for the user. */
int facts_create(const char *path, struct facts **ret, char *why, size_t why_size);

/* Opens an existing recording for reading only, and checks that it is one: application id, version, and that its
 * schema is exactly ours (no view, trigger, foreign table or changed definition gets past). Also repairs what a
 * killed writer left (its WAL file) where the file may be written, else reads around it.
 * Returns -ENOENT, -EACCES..., -EINVAL (not a recording), -EPROTO (made by a newer or an older version), -EBADMSG (damaged or
 * hostile), -EBUSY (still being written).
 * `why` as above. Extra safety: trusted_schema off, defensive mode, value size limit 16 MiB. */
int facts_open(const char *path, struct facts **ret, char *why, size_t why_size);

/* Writes what is pending, folds the WAL in so that one file is left, and closes. NULL is allowed. Gives back the first
 * error of this recording, if there was one; it is closed in any case. */
int facts_close(struct facts *f);

/* Makes all rows so far durable against the death of this process. Cheap: call it before every wait. */
int facts_commit(struct facts *f);

/* The connection, for checks and reports that read. Owned by `f`. */
struct sqlite3 *facts_db(struct facts *f);

/* The first error's text, or NULL. Owned by `f`. */
const char *facts_error(const struct facts *f);

/* The next number of the one counter that orders all rows. */
int64_t facts_next_seq(struct facts *f);

/* ---- rows: each struct mirrors its table; `id` columns are given back in *ret_id (may be NULL) ---- */

struct facts_audit {
    const char *tool, *mode;
    const void *command; /* NUL-ended arguments, one after the other */
    size_t command_size;
    const char *until, *poke;
    const char *host, *kernel, *machine;
    int64_t tracer_uid, no_new_privs, began;
    const char *id_maps;
    int64_t generators, reuse_pid;
};
struct facts_audit_end {
    int64_t ended, complete, target_status, poke_status;
    const char *why;
};
struct facts_process {
    int64_t seq, at, parent, pid, ns_pid, start_time;
    const char *born;
    int64_t clone_flags, parent_threads, image;
};
struct facts_process_end {
    int64_t seq, at, status;
    const char *ending;
};
struct facts_image {
    int64_t process, seq;
    const char *path;
    const void *args;
    size_t args_size;
    const char *build_id;
    int64_t dev, ino, mode, uid, gid, secure, markers;
};
struct facts_look {
    int64_t process, tid, seq, at;
    const char *moment;
    int64_t image, call, marker, threads, fd_table, map_table, limit_table, environ_table;
    const char *cwd, *root, *waiting;
};
struct facts_cred {
    int64_t look, tid;
    int64_t ruid, euid, suid, fsuid, rgid, egid, sgid, fsgid;
    const char *groups; /* "0 4 27" */
    int64_t cap_inh, cap_prm, cap_eff, cap_bnd, cap_amb, no_new_privs, seccomp, user_ns, securebits, dumpable;
};
struct facts_fd {
    int64_t fd, description, cloexec;
};
struct facts_description {
    const char *kind, *name;
    int64_t dev, ino, mode, owner_uid, owner_gid, flags;
    const char *access, *socket, *local_name;
    int64_t listening, first_look, from_starter;
};
struct facts_mapping {
    int64_t start, size;
    const char *perms;
    int64_t offset, dev, ino;
    const char *path;
};
struct facts_limit {
    const char *name;
    int64_t soft, hard;
};
struct facts_environ {
    const char *name, *value;
};
struct facts_call {
    int64_t process, tid, seq, at, image;
    const char *name, *abi;
    int64_t args[6];
    const char *detail;
    int64_t stack;    /* or FACTS_NULL */
    int64_t injected; /* 1: it is made to fail by us */
};
struct facts_frame {
    const char *object;
    int64_t offset;
    const char *symbol;
    int64_t symbol_offset;
    const char *source;
    int64_t line;
};
struct facts_proof {
    int64_t process, look, tid, seq, at;
    const char *kind, *wanted, *outcome, *call;
    int64_t error;
    const char *detail;
};
struct facts_site {
    const char *role, *name, *detail;
    int64_t stack, first_call, calls, threads;
};
struct facts_injection {
    int64_t site, error, every, hits;
    const char *outcome;
    int64_t status, kept_uid, kept_gid;
    const char *kept_groups;
    int64_t kept_caps, served;
    const char *evidence, *recording;
};
struct facts_marker {
    int64_t process, tid, seq, at;
    const char *kind, *name;
};
struct facts_witness {
    int64_t marker, ruid, euid, suid, rgid, egid, sgid;
    const char *groups;
};
struct facts_draw {
    int64_t process, tid, marker, seq;
    const char *generator;
    int64_t offset;
    const void *bytes;
    size_t size;
};

struct facts_generator {
    const char *name, *source, *symbol, *object;
    int64_t offset;
    const char *purpose, *guard, *state_of;
};
struct facts_generator_call {
    int64_t process, image, tid, seq, at;
    const char *kind, *generator, *symbol;
    int64_t context;
    const void *seed; /* NULL: none */
    size_t seed_size;
    const char *seed_is;
    int64_t is_added, stack;
};
struct facts_snapshot {
    int64_t process, tid, seq, at, image;
    const char *moment;
    int64_t threads, bytes, held;
};
struct facts_comparison {
    const char *kind;
    int64_t generator, process, other, snapshot, other_snapshot;
    const char *verdict, *reason;
    int64_t value_size, shift, other_shift, equal, partial, pid_repeats;
    const void *own, *other_values;
    size_t own_size, other_size;
};
struct facts_token {
    int64_t process, other, seq, other_seq;
    const void *bytes;
    size_t size;
};

int facts_add_audit(struct facts *f, const struct facts_audit *row);
/* Known only once the program has been launched. */
int facts_set_no_new_privs(struct facts *f, int64_t no_new_privs);
int facts_end_audit(struct facts *f, const struct facts_audit_end *row);
int facts_add_process(struct facts *f, const struct facts_process *row, int64_t *ret_id);
int facts_end_process(struct facts *f, int64_t process, const struct facts_process_end *row);
int facts_add_image(struct facts *f, const struct facts_image *row, int64_t *ret_id);
int facts_add_look(struct facts *f, const struct facts_look *row, int64_t *ret_id);
/* A look's row is written first, for its id; what it then saw is filled in here (same struct; process, tid, seq,
 * at and moment are left as they were). */
int facts_complete_look(struct facts *f, int64_t look, const struct facts_look *row);
int facts_add_cred(struct facts *f, const struct facts_cred *row);
/* What a disposable copy said of securebits and dumpable (FACTS_NULL: leave) fills in the credential of that look and
 * thread. A look without such a row is left as it is. */
int facts_set_cred_asked(struct facts *f, int64_t look, int64_t tid, int64_t securebits, int64_t dumpable);
int facts_add_proof(struct facts *f, const struct facts_proof *row, int64_t *ret_id);
int facts_add_site(struct facts *f, const struct facts_site *row, int64_t *ret_id);
int facts_add_injection(struct facts *f, const struct facts_injection *row, int64_t *ret_id);
int facts_add_description(struct facts *f, const struct facts_description *row, int64_t *ret_id);
/* What a socket turned out to be: family ("tcp"...) and local address (NULL: not known), and whether it listens. */
int facts_set_socket(struct facts *f, int64_t description, const char *family, const char *local_name,
                     int64_t listening);
int facts_add_signal(struct facts *f, int64_t look, uint64_t ignored, uint64_t blocked, uint64_t caught);
int facts_add_terminal(struct facts *f, int64_t look, int64_t session, int64_t process_group, int64_t tty);
int facts_add_call(struct facts *f, const struct facts_call *row, int64_t *ret_id);
/* The call returned `result` (>= 0, or FACTS_NULL) with `error` (errno or 0). `detail`, when not NULL, replaces. */
int facts_end_call(struct facts *f, int64_t call, int64_t result, int64_t error, const char *detail);
int facts_add_marker(struct facts *f, const struct facts_marker *row, int64_t *ret_id);
int facts_add_witness(struct facts *f, const struct facts_witness *row);
int facts_add_witness_fd(struct facts *f, int64_t marker, int64_t fd, int64_t cloexec);
int facts_add_draw(struct facts *f, const struct facts_draw *row);
/* Stored once: the id of an equal row (name, source, object, offset) is given back. */
int facts_add_generator(struct facts *f, const struct facts_generator *row, int64_t *ret_id);
int facts_add_generator_present(struct facts *f, int64_t process, int64_t image,
                                int64_t generator); /* once is enough */
int facts_add_generator_call(struct facts *f, const struct facts_generator_call *row, int64_t *ret_id);
int facts_add_snapshot(struct facts *f, const struct facts_snapshot *row, int64_t *ret_id);
int facts_add_comparison(struct facts *f, const struct facts_comparison *row, int64_t *ret_id);
int facts_add_token(struct facts *f, const struct facts_token *row);
int facts_add_account(struct facts *f, int64_t uid, const char *name, int64_t gid, const char *groups);
/* `process` and `look` may be FACTS_NULL, `error` 0 for none. `detail` is a printf format; cut at 1 KiB. */
int facts_add_gap(struct facts *f, int64_t process, int64_t look, const char *source, int error, const char *detail,
                  ...) __attribute__((format(printf, 6, 7)));

/* Tables that are stored once: the rows are compared (hash, then row by row) with those stored before, and the id
 * of an equal table is given back. Rows must come in a stable order (descriptors ascending). n may be 0. */
int facts_add_fd_table(struct facts *f, const struct facts_fd *rows, size_t n, int64_t *ret_id);
int facts_add_map_table(struct facts *f, const struct facts_mapping *rows, size_t n, int64_t *ret_id);
int facts_add_limit_table(struct facts *f, const struct facts_limit *rows, size_t n, int64_t *ret_id);
int facts_add_environ_table(struct facts *f, const struct facts_environ *rows, size_t n, int64_t *ret_id);
/* Frames from the innermost on. */
int facts_add_stack(struct facts *f, const struct facts_frame *rows, size_t n, int64_t *ret_id);

#endif
