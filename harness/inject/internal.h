/* internal.h - what the files of harness/inject share. */
#ifndef FORKAUDIT_INJECT_INTERNAL_H
#define FORKAUDIT_INJECT_INTERNAL_H

#include "harness/inject/inject.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdint.h>
#include <sys/types.h>

#define INJECT_ERRORS_MAX   64 /* of one --errno list */
#define INJECT_EVIDENCE_MAX 1024

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- calls.c: which calls, and how they fail ---- */
/* 1: libc makes this call in every thread of a process, and expects the same result in each. */
int call_is_broadcast(const char *name);
/* The errnos that the manual pages give for the call; how many. `detail` and `a2` as in the row of the call. */
size_t call_errors(const char *name, const char *detail, int64_t a2, int ret[], size_t max);
/* 1: `list` (NULL: everything) names the call, also by a pattern or another function's name. */
int call_is_chosen(const char *list, const char *name);
/* The errnos of a list whose words are known; how many. */
size_t errors_parse(const char *list, int ret[], size_t max);
/* "EPERM"; "errno 200" for one without a name, in a static buffer. */
const char *error_name(int error);

/* ---- ask.c: queries ---- */
/* Prepares `sql` and binds `n` integers. NULL: a broken query or no memory. */
sqlite3_stmt *ask(sqlite3 *db, const char *sql, size_t n, const int64_t *values);
#define ASK(db, sql, ...)                                                                                              \
    ask(db, sql, sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t), (const int64_t[]){ __VA_ARGS__ })
/* First column of the first row, FACTS_NULL when it is NULL or there is no row. */
int64_t ask_number(sqlite3 *db, const char *sql, size_t n, const int64_t *values);
#define ASK_NUMBER(db, sql, ...)                                                                                       \
    ask_number(db, sql, sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t), (const int64_t[]){ __VA_ARGS__ })
/* A column's text, "" for NULL; valid until the next step. */
const char *ask_text(sqlite3_stmt *statement, int column);
int64_t ask_integer(sqlite3_stmt *statement, int column); /* FACTS_NULL for NULL */

/* ---- story.c: who the processes of a recording were. Between begin and end there is a temporary table role (process, image, role) ---- */
int story_begin(sqlite3 *db);
void story_end(sqlite3 *db);
/* Role of a process while it ran that image; `buffer` gets "?" where it is not known. */
void story_role(sqlite3 *db, int64_t process, int64_t image, char *buffer, size_t size);
/* The look after that seq that shows a process as it works; FACTS_NULL: none. */
int64_t story_rest(sqlite3 *db, int64_t process, int64_t after);
/* What tells the place of a call in every run, from the rows of its stack. 0, or -ENOENT: there is none. */
int story_key(sqlite3 *db, int64_t stack, char *buffer, size_t size);

/* Of a row with the columns name, detail, a0, a1, a2 from `column` on. */
enum observe_wish story_wish(sqlite3_stmt *row, int column);

/* ---- sites.c ---- */
/* Writes the rows `site` of the clean run in `f`. */
int sites_write(struct facts *f);

/* ---- plan.c ---- */
struct inject_trial {
    int64_t site;
    char *role, *name, *key, *detail; /* owned */
    int64_t a0;                       /* of its first call */
    enum observe_wish wish;           /* likewise */
    int is_threaded;
    int error;
};

/* ---- population.c: ids, groups and capabilities that some processes have together ---- */
struct numbers {
    int64_t *values; /* ascending, owned */
    size_t n;
};
struct population {
    struct numbers uids, gids, groups; /* uids, gids: any of the four */
    struct numbers euids, egids;       /* the effective ones, by which files are opened */
    uint64_t caps;
    size_t n; /* credentials that were added */
};
/* Adds every credential of the look. 0 or -ENOMEM. */
int population_add(struct population *p, sqlite3 *db, int64_t look);
void population_release(struct population *p);
/* What `of` has and `clean` has not, of what there was `before` the failure: the smallest such uid and gid (FACTS_NULL: none), the
 * groups as text (owned; NULL: none), the capabilities. An id that is effective now and only saved in the clean run counts too. */
struct kept {
    int64_t uid, gid;
    char *groups;
    uint64_t caps;
};
int population_kept(const struct population *of, const struct population *clean, const struct population *before,
                    struct kept *ret);

/* ---- after.c: what a process did after a moment ---- */
struct after {
    int64_t execs, forks, markers, waits; /* waits: settled looks in which it waited for somebody */
    int64_t calls;                        /* of interest, but for those that were made to fail */
    int64_t kin;                          /* processes below it, born since, that executed or waited */
    int64_t status;                       /* wait status; FACTS_NULL: it lived to the end of the audit */
    int is_crashed;                       /* ended by a signal that means a fault */
};
void after_read(sqlite3 *db, int64_t process, int64_t seq, struct after *ret);
int status_is_crash(int64_t status);

/* ---- hit.c: the process that met the first failure of a trial ---- */
/* Calls of that process from that one on, which succeeded: with the same arguments, and to any other of the kernel's sources of random
 * bytes where it asked for them. beside: before it or after it, in the same program, to another source of random bytes than this. */
struct tries {
    int64_t same, other, beside;
};
void tries_read(sqlite3 *db, int64_t call, struct tries *ret);
struct hit {
    int64_t hits, call, seq, process, image, pid;
    char role[256], text[256];
    struct tries tries;
    struct after after;
};
/* `db` has a story. 0, or -EIO. */
int hit_read(sqlite3 *db, struct hit *ret);
/* "setgid(33)" from a row of call whose name, detail, a0, a1, a2 are the columns from `column` on. */
void call_text(sqlite3_stmt *row, int column, char *buffer, size_t size);

/* ---- kept.c ---- */
/* What the process of the hit, and those that it made since, have at rest beyond the same in the clean run. */
int kept_read(sqlite3 *db, const struct hit *hit, sqlite3 *clean, const struct inject_trial *trial, struct kept *ret);

/* ---- outcome.c: what a trial's recording says ---- */
struct trial_report {    /* from the trial's process to ours */
    int r, record_error; /* of observe_run(), of the recording */
    enum trace_stage stage;
    int too_many;
    char why[256]; /* of r */
};
struct clean { /* the clean run, to compare with; its recording has a story */
    sqlite3 *db;
    int64_t is_settled, poke_status, has_poke_timeout, duration_ms, processes;
};
struct trial_end { /* how a trial ended, beside what its process did */
    int is_over, is_busy, is_poke_late, too_many, is_first_crashed;
    int has_retried;
    int64_t served; /* 1, 0, FACTS_NULL */
    int64_t first_status;
};
struct outcome {
    const char *name; /* of the table injection */
    int64_t status, served, hits;
    struct kept kept;
    char evidence[INJECT_EVIDENCE_MAX];
};
void clean_read(sqlite3 *db, struct clean *ret);
/* `db` has a story. 0, or a negative errno: it could not be judged. */
int outcome_read(sqlite3 *db, const struct clean *clean, const struct inject_trial *trial,
                 const struct trial_report *report, struct outcome *ret);
void outcome_release(struct outcome *o);

/* ---- evidence.c ---- */
void evidence_write(sqlite3 *db, const struct hit *hit, const struct inject_trial *trial, const struct trial_end *end,
                    struct outcome *o);

/* ---- apart.c: namespaces and copy-on-write views ---- */
int apart_is_wanted(const struct inject_options *options);
unsigned apart_jobs(const struct inject_options *options);
/* Moves the calling process into a network, IPC and mount namespace of its own, loopback up, with a view of its own of each private
 * directory (absolute paths), built in `scratch`, which stays in sight. 0 or a negative errno with `why`. */
int apart_enter(const char *const *directories, const char *scratch, char *why, size_t size);
/* Into namespaces that apart_leave() can come back to. */
int apart_begin(char *why, size_t size);
struct apart {
    int network, ipc, mounts, root, cwd; /* descriptors */
};
/* As apart_enter(), in a way that apart_leave() undoes. */
int apart_visit(const char *const *directories, const char *scratch, struct apart *ret, char *why, size_t size);
int apart_leave(struct apart *a);

/* ---- scratch.c: a private directory that is removed again ---- */
/* The path, owned by the caller, or NULL with errno. */
char *scratch_make(void);
void scratch_remove(char *path);

/* ---- run.c ---- */
int64_t clock_now_ms(void);

/* ---- trial.c: one trial's process ---- */
struct limits {
    int64_t time_ms;
    unsigned processes;
};
struct trial_run {
    const struct inject_trial *trial;
    unsigned number; /* from 1 */
    pid_t pid;       /* 0: none */
    int pipe;
    int64_t deadline_ms;
    char *recording; /* path, owned */
    char *scratch;   /* directory, owned */
};
/* Forks it. The child runs the program with the calls of that site failing, and never returns. `directory` is private, `mask` the
 * signal mask for the child. 0 or a negative errno. */
int trial_start(struct trial_run *run, const struct inject_options *options, const struct limits *limits,
                const char *directory, const sigset_t *mask);
/* Its process has ended with that wait status: its row, from its recording; with a gap when it failed. 0 or a negative errno: the
 * main recording broke. */
int trial_record(struct facts *f, const struct clean *clean, const struct inject_options *options,
                 struct trial_run *run, int status);
/* Removes its recording. */
void trial_discard(const struct trial_run *run);
void trial_release(struct trial_run *run);

#endif
