/* data.c - the calls by which a program reads and writes: what went through them, as far as tokens are looked for in it. */
#include "harness/random/internal.h"
#include "harness/random/token.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define DATA_MAX     4096 /* bytes looked at of one call */
#define DATA_VECTORS 8    /* and pieces */
#define READS        4096 /* threads whose last read is remembered */

enum data_form { DATA_BUFFER, DATA_VECTOR, DATA_MESSAGE };

static const struct data_kind {
    const char *name;
    int is_read;
    enum data_form form;
} kinds[] = {
    { "read", 1, DATA_BUFFER },     { "pread64", 1, DATA_BUFFER },  { "recv", 1, DATA_BUFFER },
    { "recvfrom", 1, DATA_BUFFER }, { "readv", 1, DATA_VECTOR },    { "recvmsg", 1, DATA_MESSAGE },
    { "write", 0, DATA_BUFFER },    { "pwrite64", 0, DATA_BUFFER }, { "send", 0, DATA_BUFFER },
    { "sendto", 0, DATA_BUFFER },   { "writev", 0, DATA_VECTOR },   { "sendmsg", 0, DATA_MESSAGE },
};

static const struct data_kind *data_kind_of(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(kinds[i].name, name))
            return &kinds[i];
    return NULL;
}

/* The pieces of a call, of 64-bit programs. How many. */
static unsigned data_pieces(const struct data_kind *kind, pid_t tid, const struct trace_call *call,
                            struct iovec *pieces)
{
    struct msghdr message;
    uint64_t at = call->args[1], n = call->args[2];

    if (kind->form == DATA_BUFFER) {
        pieces[0].iov_base = (void *)(uintptr_t)at;
        pieces[0].iov_len = n;
        return 1;
    }
    if (kind->form == DATA_MESSAGE) {
        if (trace_read(tid, at, &message, sizeof message) != sizeof message)
            return 0;
        at = (uint64_t)(uintptr_t)message.msg_iov;
        n = message.msg_iovlen;
    }
    if (n > DATA_VECTORS)
        n = DATA_VECTORS;
    if (trace_read(tid, at, pieces, n * sizeof *pieces) != (ssize_t)(n * sizeof *pieces))
        return 0;
    return (unsigned)n;
}

static int data_look(struct observe *o, struct subject *s, pid_t tid, const struct data_kind *kind,
                     const struct trace_call *call)
{
    unsigned char bytes[DATA_MAX];
    struct iovec pieces[DATA_VECTORS];
    unsigned n = data_pieces(kind, tid, call, pieces);
    uint64_t left = sizeof bytes;
    int r = 0;

    for (unsigned i = 0; !r && i < n && left; i++) {
        uint64_t address = (uint64_t)(uintptr_t)pieces[i].iov_base;
        size_t size = pieces[i].iov_len < left ? pieces[i].iov_len : (size_t)left;
        ssize_t got = trace_read(tid, address, bytes, size);

        if (got <= 0)
            break;
        left -= (uint64_t)got;
        r = kind->is_read ? token_was_read(o, bytes, (size_t)got) : token_written(o, s, address, bytes, (size_t)got);
    }
    return r;
}

/* What a call has read is looked for when the same thread reads or writes next, and not at its return: a thread that waits in a read is
 * not to be kept from anything by us. By then the program may have used the buffer for something else: a token that is lost so. */
struct data_read {
    pid_t tid; /* 0: none */
    const struct data_kind *kind;
    uint64_t args[3];
};
struct data_reads {
    struct data_read by_tid[READS];
};

struct data_reads *data_reads_new(void)
{
    return calloc(1, sizeof(struct data_reads));
}

static int data_look_back(struct observe *o, struct subject *s, pid_t tid)
{
    struct data_read *read = &o->random->reads->by_tid[(unsigned)tid % READS];
    struct trace_call call = { .args = { read->args[0], read->args[1], read->args[2] } };

    if (read->tid != tid)
        return 0;
    read->tid = 0;
    return data_look(o, s, tid, read->kind, &call);
}

int data_call(struct observe *o, struct subject *s, const struct trace_event *e)
{
    const struct data_kind *kind = data_kind_of(e->call.name);
    int r;

    if (!kind)
        return 0;
    if (!o->random || strcmp(e->call.abi, "x86_64") != 0)
        return 1;
    r = data_look_back(o, s, e->tid);
    if (!r && kind->is_read)
        o->random->reads->by_tid[(unsigned)e->tid % READS] =
            (struct data_read){ e->tid, kind, { e->call.args[0], e->call.args[1], e->call.args[2] } };
    else if (!r)
        r = data_look(o, s, e->tid, kind, &e->call);
    return r ? r : 1;
}
