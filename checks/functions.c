/* functions.c - SQL functions over lists of numbers and the kernel's names: list_minus, list_and, cap_names, ... */
#include "checks/engine.h"

#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* linux/capability.h, in order; a newer kernel's are shown by number. */
static const char *const capabilities[] = { "cap_chown",
                                            "cap_dac_override",
                                            "cap_dac_read_search",
                                            "cap_fowner",
                                            "cap_fsetid",
                                            "cap_kill",
                                            "cap_setgid",
                                            "cap_setuid",
                                            "cap_setpcap",
                                            "cap_linux_immutable",
                                            "cap_net_bind_service",
                                            "cap_net_broadcast",
                                            "cap_net_admin",
                                            "cap_net_raw",
                                            "cap_ipc_lock",
                                            "cap_ipc_owner",
                                            "cap_sys_module",
                                            "cap_sys_rawio",
                                            "cap_sys_chroot",
                                            "cap_sys_ptrace",
                                            "cap_sys_pacct",
                                            "cap_sys_admin",
                                            "cap_sys_boot",
                                            "cap_sys_nice",
                                            "cap_sys_resource",
                                            "cap_sys_time",
                                            "cap_sys_tty_config",
                                            "cap_mknod",
                                            "cap_lease",
                                            "cap_audit_write",
                                            "cap_audit_control",
                                            "cap_setfcap",
                                            "cap_mac_override",
                                            "cap_mac_admin",
                                            "cap_syslog",
                                            "cap_wake_alarm",
                                            "cap_block_suspend",
                                            "cap_audit_read",
                                            "cap_perfmon",
                                            "cap_bpf",
                                            "cap_checkpoint_restore" };
#define N_CAPABILITIES (sizeof capabilities / sizeof *capabilities)

/* Appends the name of bit `bit`. */
static void capability_name(unsigned bit, char *name, size_t size)
{
    if (bit < N_CAPABILITIES)
        snprintf(name, size, "%s", capabilities[bit]);
    else
        snprintf(name, size, "cap_%u", bit);
}

static void signal_name(unsigned bit, char *name, size_t size)
{
    const char *known = sigabbrev_np((int)bit + 1);

    if (known)
        snprintf(name, size, "SIG%s", known);
    else
        snprintf(name, size, "signal %u", bit + 1);
}

/* cap_names(mask), signal_names(mask): comma-separated; '' for 0. The namer is the user data. */
static void fn_mask_names(sqlite3_context *c, int n, sqlite3_value **v)
{
    void (*const *namer)(unsigned, char *, size_t) = sqlite3_user_data(c);
    char text[64 * 40] = "", name[40];
    uint64_t mask;

    (void)n;
    if (sqlite3_value_type(v[0]) == SQLITE_NULL)
        return;
    mask = (uint64_t)sqlite3_value_int64(v[0]);
    for (unsigned bit = 0; bit < 64; bit++) {
        if (!(mask >> bit & 1))
            continue;
        (*namer)(bit, name, sizeof name);
        if (*text)
            strcat(text, ",");
        strcat(text, name);
    }
    sqlite3_result_text(c, text, -1, SQLITE_TRANSIENT);
}

/* errno_name(1): 'EPERM'. */
static void fn_errno_name(sqlite3_context *c, int n, sqlite3_value **v)
{
    const char *name;

    (void)n;
    if (sqlite3_value_type(v[0]) == SQLITE_NULL)
        return;
    name = strerrorname_np(sqlite3_value_int(v[0]));
    if (name)
        sqlite3_result_text(c, name, -1, SQLITE_STATIC);
    else
        sqlite3_result_text(c, "unknown error", -1, SQLITE_STATIC);
}

/* args_text(blob): arguments that are each ended by a NUL byte, with blanks between them. */
static void fn_args_text(sqlite3_context *c, int n, sqlite3_value **v)
{
    const char *bytes = sqlite3_value_blob(v[0]);
    int size = sqlite3_value_bytes(v[0]);
    char *text;

    (void)n;
    if (!bytes || sqlite3_value_type(v[0]) == SQLITE_NULL)
        return;
    while (size && !bytes[size - 1])
        size--;
    text = sqlite3_malloc(size + 1);
    if (!text) {
        sqlite3_result_error_nomem(c);
        return;
    }
    for (int i = 0; i < size; i++)
        text[i] = bytes[i] ? bytes[i] : ' ';
    sqlite3_result_text(c, text, size, sqlite3_free);
}

struct numbers {
    int64_t *list;
    size_t n;
};

static int compare_numbers(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* The numbers of a text, ascending, each once; words that are no numbers are left out. 0 or -ENOMEM. */
static int numbers_parse(const char *text, struct numbers *ret)
{
    size_t room = text ? strlen(text) / 2 + 1 : 1, n = 0, kept = 0;
    int64_t *list = malloc(room * sizeof *list);

    if (!list)
        return -ENOMEM;
    while (text && *text) {
        char *end;
        long long value = strtoll(text, &end, 10);
        size_t word = strcspn(text, " ,");

        if (word && end == text + word && n < room)
            list[n++] = value;
        text += word;
        text += strspn(text, " ,");
    }
    qsort(list, n, sizeof *list, compare_numbers);
    for (size_t i = 0; i < n; i++)
        if (!i || list[i] != list[i - 1])
            list[kept++] = list[i];
    *ret = (struct numbers){ list, kept };
    return 0;
}

static int numbers_have(const struct numbers *s, int64_t value)
{
    return s->n && bsearch(&value, s->list, s->n, sizeof *s->list, compare_numbers) != NULL;
}

/* list_minus(a, b) and list_and(a, b): user data points at 0 or 1, whether a number of `a` must be in `b`. */
static void fn_list(sqlite3_context *c, int n, sqlite3_value **v)
{
    const int *wanted = sqlite3_user_data(c);
    struct numbers a = { 0 }, b = { 0 };
    sqlite3_str *text;

    (void)n;
    if (sqlite3_value_type(v[0]) == SQLITE_NULL || sqlite3_value_type(v[1]) == SQLITE_NULL)
        return;
    if (numbers_parse((const char *)sqlite3_value_text(v[0]), &a) ||
        numbers_parse((const char *)sqlite3_value_text(v[1]), &b)) {
        sqlite3_result_error_nomem(c);
        goto out;
    }
    text = sqlite3_str_new(sqlite3_context_db_handle(c));
    for (size_t i = 0; i < a.n; i++)
        if (numbers_have(&b, a.list[i]) == *wanted)
            sqlite3_str_appendf(text, "%s%lld", sqlite3_str_length(text) ? " " : "", (long long)a.list[i]);
    if (sqlite3_str_errcode(text))
        sqlite3_result_error_code(c, sqlite3_str_errcode(text));
    else
        sqlite3_result_text(c, sqlite3_str_length(text) ? sqlite3_str_value(text) : "", -1, SQLITE_TRANSIENT);
    sqlite3_free(sqlite3_str_finish(text));
out:
    free(a.list);
    free(b.list);
}

int functions_register(struct sqlite3 *db)
{
    static void (*cap_namer)(unsigned, char *, size_t) = capability_name;
    static void (*signal_namer)(unsigned, char *, size_t) = signal_name;
    static int in = 1, out = 0;
    const struct {
        const char *name;
        int arguments;
        void (*call)(sqlite3_context *, int, sqlite3_value **);
        void *data;
    } list[] = { { "cap_names", 1, fn_mask_names, &cap_namer },
                 { "signal_names", 1, fn_mask_names, &signal_namer },
                 { "errno_name", 1, fn_errno_name, NULL },
                 { "args_text", 1, fn_args_text, NULL },
                 { "list_minus", 2, fn_list, &out },
                 { "list_and", 2, fn_list, &in } };
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;

    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (sqlite3_create_function_v2(db, list[i].name, list[i].arguments, flags, list[i].data, list[i].call, NULL,
                                       NULL, NULL))
            return -ENOMEM;
    return 0;
}
