/* image.c - a successful exec: which program it is now, and whether it carries markers. */
#include "harness/observe/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BREAKPOINT 0xcc /* int3 */
#define NOP        0x90

/* Puts a breakpoint on every marker's no-op. One that is not where its note says is a gap. */
static int image_arm(struct observe *o, struct subject *s, pid_t tid)
{
    for (size_t i = 0; s->probes && i < s->probes->n; i++) {
        uint64_t address = s->probes->probes[i].address;
        uint8_t old = 0;
        int r = trace_read(tid, address, &old, 1) == 1 ? 0 : -EFAULT;

        if (!r)
            r = old == NOP ? trace_write_byte(tid, address, BREAKPOINT, NULL) : -EILSEQ;
        if (r && (r = record_gap(o, s, FACTS_NULL, "marker", -r, "a marker of the program could not be armed")))
            return r;
    }
    return 0;
}

static void image_stat(int fd, struct facts_image *row)
{
    struct stat st;

    if (fd < 0 || fstat(fd, &st))
        return;
    row->dev = st.st_dev;
    row->ino = st.st_ino;
    row->mode = st.st_mode;
    row->uid = st.st_uid;
    row->gid = st.st_gid;
}

struct image_texts {
    char path[PATH_MAX], build_id[256];
    struct look_block args;
};

/* Reads the program file: build id and markers. `wide` is set when it could be read. */
static int image_read_file(struct observe *o, struct subject *s, pid_t tid, int fd, struct image_texts *texts,
                           int *ret_wide)
{
    struct look_auxv auxv = { 0 };
    struct probes *probes = NULL;
    int r, wide = 1;

    if (fd < 0)
        return record_gap(o, s, FACTS_NULL, "image", errno, "the program file could not be opened");
    r = look_auxv(o->proc, s->pid, tid, 1, &auxv);
    if (r)
        return record_gap(o, s, FACTS_NULL, "image", -r, "the auxiliary vector could not be read");
    r = probes_read(fd, auxv.entry, &probes, texts->build_id, sizeof texts->build_id, &wide);
    if (r)
        return record_gap(o, s, FACTS_NULL, "image", -r, "the program file could not be read as ELF");
    s->probes = probes;
    *ret_wide = wide;
    return 0;
}

/* A set-uid or set-gid program that did not get its privilege (execve(2): no_new_privs, a tracer without CAP_SYS_PTRACE) is
 * not what runs without the audit. */
static int image_robbed(struct observe *o, struct subject *s, pid_t tid, const struct facts_image *row)
{
    struct look_status status = { 0 };
    int gains;

    if (row->mode == FACTS_NULL || row->secure != 0 || look_status(o->proc, s->pid, tid, &status))
        return 0;
    gains = (row->mode & S_ISUID && row->uid != status.uid[0]) ||
            (row->mode & S_ISGID && row->mode & S_IXGRP && row->gid != status.gid[0]);
    look_status_release(&status);
    if (!gains)
        return 0;
    return record_gap(
        o, s, FACTS_NULL, "cred", 0,
        "a set-uid or set-gid program did not gain its privilege under this audit: run forkaudit as root");
}

int image_record(struct observe *o, struct subject *s, pid_t tid)
{
    struct image_texts texts = { "", "", { 0 } };
    struct facts_image row = {
        .process = s->id,
        .seq = facts_next_seq(o->f),
        .dev = FACTS_NULL,
        .ino = FACTS_NULL,
        .mode = FACTS_NULL,
        .uid = FACTS_NULL,
        .gid = FACTS_NULL,
        .secure = FACTS_NULL,
        .markers = FACTS_NULL,
    };
    char link[64];
    struct look_auxv auxv;
    int fd, r, wide = 1;

    snprintf(link, sizeof link, "%d/task/%d/exe", (int)s->pid, (int)tid);
    fd = openat(o->proc, link, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    probes_release(s->probes);
    s->probes = NULL;
    r = image_read_file(o, s, tid, fd, &texts, &wide);
    if (r)
        goto out;
    s->is_foreign_abi = !wide;
    if (look_link(o->proc, s->pid, tid, "exe", texts.path, sizeof texts.path) >= 0)
        row.path = texts.path;
    if (!look_cmdline(o->proc, s->pid, tid, OBSERVE_ARGS_MAX, &texts.args)) {
        row.args = texts.args.bytes;
        row.args_size = texts.args.size;
    }
    if (!look_auxv(o->proc, s->pid, tid, wide, &auxv) && auxv.has_secure)
        row.secure = auxv.secure != 0;
    image_stat(fd, &row);
    row.build_id = texts.build_id[0] ? texts.build_id : NULL;
    row.markers = s->probes ? (int64_t)s->probes->n : 0;
    r = facts_add_image(o->f, &row, &s->image);
    if (!r)
        r = image_robbed(o, s, tid, &row);
    if (!r)
        r = image_arm(o, s, tid);
    free(s->path);
    s->path = row.path ? strdup(row.path) : NULL;
out:
    look_block_release(&texts.args);
    if (fd >= 0)
        close(fd);
    return r;
}
