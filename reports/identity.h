/* identity.h - the life of one process as steps: who it was, each call that could change that, what a copy of it tried.
 *
 * The one place that works out what changed from one moment to the next; the text and the json report both read it.
 */
#ifndef FORKAUDIT_IDENTITY_H
#define FORKAUDIT_IDENTITY_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

/* The columns of table cred that are numbers. */
enum identity_column {
    IDENTITY_RUID,
    IDENTITY_EUID,
    IDENTITY_SUID,
    IDENTITY_FSUID,
    IDENTITY_RGID,
    IDENTITY_EGID,
    IDENTITY_SGID,
    IDENTITY_FSGID,
    IDENTITY_CAP_INH,
    IDENTITY_CAP_PRM,
    IDENTITY_CAP_EFF,
    IDENTITY_CAP_BND,
    IDENTITY_CAP_AMB,
    IDENTITY_NO_NEW_PRIVS,
    IDENTITY_SECCOMP,
    IDENTITY_SECUREBITS,
    IDENTITY_DUMPABLE,
    IDENTITY_USER_NS,
    N_IDENTITY_COLUMN,
};
extern const char *const identity_column[N_IDENTITY_COLUMN]; /* their names */

struct identity {
    int64_t values[N_IDENTITY_COLUMN]; /* FACTS_NULL: never seen; else as it was seen last */
    char *groups;                      /* bytes as recorded; NULL: never seen */
    size_t groups_size;
};

enum identity_kind {
    IDENTITY_SEEN, /* at a look */
    IDENTITY_CALL, /* a call that could change it came back, or did not */
    IDENTITY_COPY, /* a row of table proof */
};

/* Columns of identity_step.row. */
enum identity_row {
    IDENTITY_SEQ,
    IDENTITY_AT,
    IDENTITY_STEP, /* the moment of the look, 'call' for a call without one of its own, 'copy' */
    IDENTITY_TID,
    IDENTITY_IS_OTHER, /* 1: a thread beside the one that stopped */
    IDENTITY_LOOK,
    IDENTITY_PATH,   /* of the program */
    IDENTITY_MARKER, /* its name */
    IDENTITY_NAME,   /* of the call: this and the next seven */
    IDENTITY_DETAIL,
    IDENTITY_A0,
    IDENTITY_A1,
    IDENTITY_A2,
    IDENTITY_RESULT,
    IDENTITY_ERROR,
    IDENTITY_INJECTED,
    IDENTITY_PROOF, /* kind; wanted, outcome, call, error, detail follow */
    IDENTITY_WANTED,
    IDENTITY_OUTCOME,
    IDENTITY_TRIED,
    IDENTITY_TRIED_ERROR,
    IDENTITY_TRIED_DETAIL,
    IDENTITY_CRED_ID, /* NULL: the credential was not seen at this step */
};

struct identity_step {
    enum identity_kind kind;
    int has_state; /* 1: `now` was seen at this step */
    int is_first;  /* 1: nothing was known of this thread before, nor of its process */
    int is_new;    /* 1: the thread was not seen before; `before` is then what was seen last of another one */
    const struct identity *before, *now; /* equal where nothing is known to have changed; valid until the next step */
    sqlite3_stmt *row;
};

struct identity_thread;
struct identity_reader {
    sqlite3_stmt *rows;
    struct identity_thread *threads; /* of the process that is read */
    size_t n, room;
    struct identity before, nobody;
};

/* 0 or -errno; ended by identity_close(), which accepts the zeroed struct. */
int identity_open(sqlite3 *db, struct identity_reader *ret);
void identity_close(struct identity_reader *r);
/* The steps of another process (row id) come next. */
void identity_start(struct identity_reader *r, int64_t process);
/* 1 and *ret, 0 at the end, -errno. */
int identity_next(struct identity_reader *r, struct identity_step *ret);

/* 1: both are known and differ. */
int identity_differs(const struct identity *a, const struct identity *b, enum identity_column column);
int identity_groups_differ(const struct identity *a, const struct identity *b);
int identity_changed(const struct identity *a, const struct identity *b);

#endif
