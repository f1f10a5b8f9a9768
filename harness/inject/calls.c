/* calls.c - which calls are made to fail, and with what: the errnos that the manual pages of section 2 give. */
#include "harness/inject/internal.h"

#include <errno.h>
#include <fnmatch.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* How a word of a list ends. */
#define LIST_END ","

/* A condition on the arguments under which an errno is possible. */
enum condition { ALWAYS, NONBLOCKING, UNSHARING };

static const struct call {
    const char *name, *detail; /* detail: the beginning of the row's, NULL: any */
    int is_broadcast;
    struct {
        int error;
        enum condition when;
    } errors[2];
} calls[] = {
    /* EAGAIN: no memory for a credential, or the user's processes reach RLIMIT_NPROC */
    { "setuid", NULL, 1, { { EAGAIN, ALWAYS }, { EPERM, ALWAYS } } },
    { "setreuid", NULL, 1, { { EAGAIN, ALWAYS }, { EPERM, ALWAYS } } },
    { "setresuid", NULL, 1, { { EAGAIN, ALWAYS }, { EPERM, ALWAYS } } },
    { "setgid", NULL, 1, { { EPERM, ALWAYS }, { 0, ALWAYS } } },
    { "setregid", NULL, 1, { { EPERM, ALWAYS }, { 0, ALWAYS } } },
    { "setresgid", NULL, 1, { { EPERM, ALWAYS }, { 0, ALWAYS } } },
    { "setgroups", NULL, 1, { { EPERM, ALWAYS }, { ENOMEM, ALWAYS } } },
    { "capset", NULL, 0, { { EPERM, ALWAYS }, { 0, ALWAYS } } },
    /* EINVAL: this kernel does not know the option, or the argument */
    { "prctl", "PR_SET_KEEPCAPS", 0, { { EPERM, ALWAYS }, { 0, ALWAYS } } },
    { "prctl", "PR_SET_SECUREBITS", 0, { { EPERM, ALWAYS }, { 0, ALWAYS } } },
    { "prctl", "PR_CAPBSET_DROP", 0, { { EPERM, ALWAYS }, { 0, ALWAYS } } },
    { "prctl", "PR_CAP_AMBIENT", 0, { { EPERM, ALWAYS }, { 0, ALWAYS } } },
    { "prctl", NULL, 0, { { EINVAL, ALWAYS }, { 0, ALWAYS } } },
    { "chroot", NULL, 0, { { EPERM, ALWAYS }, { 0, ALWAYS } } },
    { "setsid", NULL, 0, { { EPERM, ALWAYS }, { 0, ALWAYS } } },
    { "close_range", NULL, 0, { { ENOSYS, ALWAYS }, { EMFILE, UNSHARING } } },
    { "getrandom", NULL, 0, { { ENOSYS, ALWAYS }, { EAGAIN, NONBLOCKING } } },
    { "open", NULL, 0, { { EMFILE, ALWAYS }, { ENOENT, ALWAYS } } },
    { "fork", NULL, 0, { { EAGAIN, ALWAYS }, { 0, ALWAYS } } },
};

/* What people call them. */
static const struct {
    const char *word, *name;
} others[] = {
    { "initgroups", "setgroups" }, { "seteuid", "setresuid" }, { "setegid", "setresgid" },
    { "openat", "open" },          { "openat2", "open" },      { "vfork", "fork" },
    { "clone", "fork" },           { "clone3", "fork" },       { "getentropy", "getrandom" },
};

#define ERRNO_LAST 133 /* EHWPOISON */

int call_is_broadcast(const char *name)
{
    for (size_t i = 0; i < COUNT(calls); i++)
        if (!strcmp(calls[i].name, name))
            return calls[i].is_broadcast;
    return 0;
}

static int is_possible(enum condition when, int64_t a2)
{
    switch (when) {
    case NONBLOCKING:
        return a2 != FACTS_NULL && a2 & GRND_NONBLOCK;
    case UNSHARING:
        return a2 != FACTS_NULL && a2 & CLOSE_RANGE_UNSHARE;
    default:
        return 1;
    }
}

size_t call_errors(const char *name, const char *detail, int64_t a2, int ret[], size_t max)
{
    size_t n = 0;

    for (size_t i = 0; i < COUNT(calls); i++) {
        const struct call *c = &calls[i];

        if (strcmp(c->name, name) || (c->detail && strncmp(c->detail, detail, strlen(c->detail))))
            continue;
        for (size_t k = 0; k < COUNT(c->errors) && n < max; k++)
            if (c->errors[k].error && is_possible(c->errors[k].when, a2))
                ret[n++] = c->errors[k].error;
        break;
    }
    return n;
}

/* ---- lists ---- */

/* The next word of a list, without its end; 0: there is none. */
static int word_next(const char **list, char *word, size_t size)
{
    const char *at = *list + strspn(*list, LIST_END);
    size_t n = strcspn(at, LIST_END);

    snprintf(word, size, "%.*s", (int)(n < size ? n : size - 1), at);
    *list = at + n;
    return n > 0;
}

/* 1: the word means this call. */
static int word_means(const char *word, const char *name)
{
    if (!fnmatch(word, name, 0))
        return 1;
    for (size_t i = 0; i < COUNT(others); i++)
        if (!strcmp(others[i].name, name) && !strcmp(others[i].word, word))
            return 1;
    return 0;
}

static int word_is_call(const char *word)
{
    for (size_t i = 0; i < COUNT(calls); i++)
        if (word_means(word, calls[i].name))
            return 1;
    return 0;
}

int call_is_chosen(const char *list, const char *name)
{
    char word[64];

    if (!list)
        return 1;
    while (word_next(&list, word, sizeof word))
        if (word_means(word, name))
            return 1;
    return 0;
}

/* 0: there is no such name. */
static int error_parse(const char *word)
{
    for (int i = 1; i <= ERRNO_LAST; i++) {
        const char *name = strerrorname_np(i);

        if (name && !strcmp(name, word))
            return i;
    }
    return !strcmp(word, "EWOULDBLOCK") ? EWOULDBLOCK : 0;
}

const char *error_name(int error)
{
    static char number[24];
    const char *name = strerrorname_np(error);

    snprintf(number, sizeof number, "errno %d", error);
    return name ? name : number;
}

size_t errors_parse(const char *list, int ret[], size_t max)
{
    char word[64];
    size_t n = 0;

    while (n < max && word_next(&list, word, sizeof word)) {
        int error = error_parse(word), is_new = error > 0;

        for (size_t i = 0; i < n; i++)
            is_new &= ret[i] != error;
        if (is_new)
            ret[n++] = error;
    }
    return n;
}

/* ---- words that are not known ---- */

static const char *const *known_calls(void)
{
    static const char *names[COUNT(calls) + COUNT(others) + 1];
    size_t n = 0;

    for (size_t i = 0; i < COUNT(calls); i++)
        if (!n || strcmp(names[n - 1], calls[i].name))
            names[n++] = calls[i].name;
    for (size_t i = 0; i < COUNT(others); i++)
        names[n++] = others[i].word;
    names[n] = NULL;
    return names;
}

static const char *const *known_errors(void)
{
    static const char *names[ERRNO_LAST + 1];
    size_t n = 0;

    for (int i = 1; i <= ERRNO_LAST; i++)
        if (strerrorname_np(i))
            names[n++] = strerrorname_np(i);
    names[n] = NULL;
    return names;
}

/* 0, or -EINVAL with the first word that is not known; an empty list is one too. */
static int list_check(const char *list, int is_known(const char *), const char **ret_word)
{
    const char *at = list;
    char word[64];

    while (word_next(&at, word, sizeof word)) {
        *ret_word = at;
        while (*ret_word > list && (*ret_word)[-1] != ',')
            --*ret_word;
        /* A word that was cut is not known either. */
        if ((size_t)(at - *ret_word) != strlen(word) || !is_known(word))
            return -EINVAL;
    }
    if (list[strspn(list, LIST_END)])
        return 0;
    *ret_word = list;
    return -EINVAL;
}

int inject_check_words(const struct inject_options *options, const char **ret_word, const char *const **ret_known)
{
    if (options->calls && list_check(options->calls, word_is_call, ret_word)) {
        *ret_known = known_calls();
        return -EINVAL;
    }
    if (options->errors && list_check(options->errors, error_parse, ret_word)) {
        *ret_known = known_errors();
        return -EINVAL;
    }
    return 0;
}
