/* net.c - /proc/PID/task/TID/net: the sockets of a task's network namespace, one table for each family. */
#include "harness/look/look.h"
#include "harness/look/read.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NET_MAX          ((size_t)256 << 20)
#define TCP_LISTEN_STATE 10       /* TCP_LISTEN of the kernel's tcp_states.h, printed in hexadecimal */
#define UNIX_ACCEPTS     0x10000u /* __SO_ACCEPTCON of the kernel's linux/net.h */

/* One file: how a line of it is read. */
struct family {
    const char *name;
    int (*parse)(const char *line, const struct family *family, struct look_socket *ret);
    unsigned ino_column;  /* columns count from 0 */
    unsigned name_column; /* of families whose name is just two numbers */
};

/* Moves to the start of column `n` (blank-separated). */
static int skip_columns(const char **p, unsigned n)
{
    look_take_blanks(p);
    for (; n; n--) {
        *p += strcspn(*p, " \t");
        look_take_blanks(p);
    }
    return **p ? 0 : -EBADMSG;
}

static int take_ino(const char *line, unsigned column, uint64_t *ret)
{
    if (skip_columns(&line, column) || look_take_unsigned(&line, 10, UINT64_MAX, ret))
        return -EBADMSG;
    return *line == '\0' || *line == ' ' ? 0 : -EBADMSG;
}

/* The kernel prints each 32-bit group of an address as a number of the host's byte order. */
static int take_address(const char **p, unsigned groups, void *ret)
{
    for (unsigned i = 0; i < groups; i++) {
        char hex[9] = "";
        const char *end = hex;
        uint64_t group;
        uint32_t word;

        strncpy(hex, *p, 8);
        if (look_take_unsigned(&end, 16, UINT32_MAX, &group) || end != hex + 8)
            return -EBADMSG;
        word = (uint32_t)group;
        memcpy((char *)ret + i * sizeof word, &word, sizeof word);
        *p += 8;
    }
    return look_take_char(p, ':');
}

static int parse_inet(const char *line, const struct family *family, struct look_socket *ret)
{
    int is_six = strchr(family->name, '6') != NULL;
    unsigned char address[16];
    char text[INET6_ADDRSTRLEN];
    const char *p = line, *state = line;
    uint64_t port, number;

    if (skip_columns(&p, 1) || take_address(&p, is_six ? 4 : 1, address) || look_take_unsigned(&p, 16, 65535, &port) ||
        skip_columns(&state, 3) || look_take_unsigned(&state, 16, UINT32_MAX, &number) ||
        take_ino(line, family->ino_column, &ret->ino))
        return -EBADMSG;
    ret->listening = strncmp(family->name, "tcp", 3) == 0 && number == TCP_LISTEN_STATE;
    inet_ntop(is_six ? AF_INET6 : AF_INET, address, text, sizeof text);
    snprintf(ret->local_name, sizeof ret->local_name, is_six ? "[%s]:%u" : "%s:%u", text, (unsigned)port);
    return 0;
}

static int parse_unix(const char *line, const struct family *family, struct look_socket *ret)
{
    const char *p = line;
    uint64_t flags;

    if (skip_columns(&p, 3) || look_take_unsigned(&p, 16, UINT32_MAX, &flags) || *p != ' ' ||
        take_ino(line, family->ino_column, &ret->ino) || skip_columns(&p, 2))
        return -EBADMSG;
    ret->listening = (flags & UNIX_ACCEPTS) != 0;
    /* Behind the inode there is one blank and then the path, which may itself begin with blanks. */
    p += strcspn(p, " ");
    snprintf(ret->local_name, sizeof ret->local_name, "%s", *p ? p + 1 : "");
    return 0;
}

/* netlink: protocol and port id; packet: protocol and interface. Shown as "PROTOCOL:NUMBER". */
static int parse_pair(const char *line, const struct family *family, struct look_socket *ret)
{
    const char *first = line;
    int one, two;

    if (skip_columns(&first, family->name_column) || take_ino(line, family->ino_column, &ret->ino))
        return -EBADMSG;
    one = (int)strcspn(first, " ");
    two = (int)strcspn(first + one + strspn(first + one, " "), " ");
    snprintf(ret->local_name, sizeof ret->local_name, "%.*s:%.*s", one > 32 ? 32 : one, first, two > 32 ? 32 : two,
             first + one + strspn(first + one, " "));
    return 0;
}

static const struct family families[] = {
    { "tcp", parse_inet, 9, 0 },     { "tcp6", parse_inet, 9, 0 },   { "udp", parse_inet, 9, 0 },
    { "udp6", parse_inet, 9, 0 },    { "raw", parse_inet, 9, 0 },    { "raw6", parse_inet, 9, 0 },
    { "netlink", parse_pair, 9, 1 }, { "packet", parse_pair, 8, 3 }, { "unix", parse_unix, 6, 0 },
};
#define N_FAMILIES (sizeof families / sizeof *families)

/* Appends the sockets of one family. A line that cannot be read makes *ret_bad 1 and is left out: in "unix" it can be
 * the rest of a path with a newline in it, which the kernel prints as it is. */
static int read_family(int net, const struct family *family, struct look_sockets *list, size_t *room, int *ret_bad)
{
    struct look_text text;
    char *rest, *line;
    int error = look_read_lines_at(net, family->name, NET_MAX, &text);

    if (error)
        return error;
    rest = text.bytes;
    look_take_line(&rest); /* the heading */
    while (!error && (line = look_take_line(&rest))) {
        struct look_socket s = { .family = family->name };
        void *array = list->sockets;

        if (family->parse(line, family, &s)) {
            *ret_bad = 1;
            continue;
        }
        if (s.ino == 0) /* not yet accepted, or already closed: no descriptor leads to it */
            continue;
        error = look_grow(&array, list->n, room, sizeof s);
        list->sockets = array;
        if (!error)
            list->sockets[list->n++] = s;
    }
    free(text.bytes);
    return error;
}

static int compare_sockets(const void *a, const void *b)
{
    const struct look_socket *x = a, *y = b;

    return (x->ino > y->ino) - (x->ino < y->ino);
}

/* An inode has one row. The kernel may print a row twice while its table changes, which is harmless; but rows that
 * differ, one of them of a unix socket, mean that a path with a newline in it has forged one: neither is believed. */
static int remove_doubles(struct look_sockets *list)
{
    size_t kept = 0;
    int forged = 0;

    for (size_t i = 0, next; i < list->n; i = next) {
        const struct look_socket *first = &list->sockets[i];
        int is_forged = 0;

        for (next = i + 1; next < list->n && list->sockets[next].ino == first->ino; next++) {
            const struct look_socket *other = &list->sockets[next];
            int has_unix = strcmp(first->family, "unix") == 0 || strcmp(other->family, "unix") == 0;

            if (has_unix && (first->family != other->family || first->listening != other->listening ||
                             strcmp(first->local_name, other->local_name) != 0))
                is_forged = 1;
        }
        forged |= is_forged;
        if (!is_forged)
            list->sockets[kept++] = list->sockets[i];
    }
    list->n = kept;
    return forged;
}

int look_sockets(int proc, pid_t pid, pid_t tid, struct look_sockets *ret)
{
    struct look_sockets list = { 0 };
    size_t room = 0, present = 0;
    int bad = 0, error = 0;
    int net = look_open(proc, pid, tid, "net", O_RDONLY | O_DIRECTORY);

    if (net < 0)
        return net;
    for (size_t i = 0; i < N_FAMILIES; i++) {
        error = read_family(net, &families[i], &list, &room, &bad);
        if (error == -ENOMEM)
            goto out;
        present += error != -ENOENT;
        if (error && error != -ENOENT && !list.error)
            list.error = -error;
    }
    error = present ? 0 : -ENOENT; /* no family at all: the task ended meanwhile */
    if (error)
        goto out;
    if (list.n)
        qsort(list.sockets, list.n, sizeof *list.sockets, compare_sockets);
    if ((remove_doubles(&list) || bad) && !list.error)
        list.error = EBADMSG;
    *ret = list;
out:
    if (error)
        look_sockets_release(&list);
    close(net);
    return error;
}

void look_sockets_release(struct look_sockets *s)
{
    free(s->sockets);
    *s = (struct look_sockets){ 0 };
}

const struct look_socket *look_sockets_find(const struct look_sockets *s, uint64_t ino)
{
    struct look_socket key = { .ino = ino };

    return s->n ? bsearch(&key, s->sockets, s->n, sizeof key, compare_sockets) : NULL;
}
