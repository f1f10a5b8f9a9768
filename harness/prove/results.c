/* results.c - rows of results, and the texts in them. */
#include "harness/prove/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct prove_result *results_add(struct prove_results *r, const char *kind, const char *outcome)
{
    struct prove_result *rows = reallocarray(r->rows, r->n + 1, sizeof *rows);

    if (!rows)
        return NULL;
    r->rows = rows;
    memset(&rows[r->n], 0, sizeof *rows);
    rows[r->n].kind = kind;
    rows[r->n].outcome = outcome;
    return &rows[r->n++];
}

void prove_results_release(struct prove_results *r)
{
    free(r->rows);
    memset(r, 0, sizeof *r);
}

void result_add(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;

    if (used && used + 3 < size) {
        strcpy(text + used, ", ");
        used += 2;
    }
    va_start(args, format);
    vsnprintf(text + used, size - used, format, args);
    va_end(args);
}

/* capabilities(7), in the order of linux/capability.h. */
static const char *const cap_names[] = {
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
};

void result_caps(char *text, size_t size, uint64_t caps)
{
    for (unsigned i = 0; i < 64; i++) {
        size_t used = strlen(text);

        if (!(caps >> i & 1))
            continue;
        if (i < sizeof cap_names / sizeof *cap_names)
            snprintf(text + used, size - used, "%scap_%s", used ? "," : "", cap_names[i]);
        else
            snprintf(text + used, size - used, "%scap_%u", used ? "," : "", i);
    }
}

void result_who(char *text, size_t size, const struct look_status *who)
{
    const uint32_t *u = who->uid, *g = who->gid;

    snprintf(text, size, "uid %u %u %u %u, gid %u %u %u %u, permitted %llx, effective %llx", u[0], u[1], u[2], u[3],
             g[0], g[1], g[2], g[3], (unsigned long long)who->cap_prm, (unsigned long long)who->cap_eff);
}
