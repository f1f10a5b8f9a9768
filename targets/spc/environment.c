/* environment.c - spc_sanitize_environment(): a small, safe environment in place of an inherited one. */
#include "internal.h"

#include <ctype.h>
#include <errno.h>
#include <paths.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "NAME=value" strings, ended by NULL. */
static void list_free(char **list)
{
    size_t i;

    for (i = 0; list && list[i]; i++)
        free(list[i]);
    free(list);
}

static bool has_name(const char *entry, const char *name)
{
    size_t n = strlen(name);

    return n > 0 && strncmp(entry, name, n) == 0 && entry[n] == '=';
}

static bool is_asked_for(const char *entry, const char *const *preserve)
{
    for (; preserve && *preserve; preserve++)
        if (has_name(entry, *preserve))
            return true;
    return false;
}

/* Kept without being asked for, these must not lead to a file of somebody else's choice: a locale or terminal with a
 * slash in it is loaded from there, a time zone that is an absolute path or climbs is read. A percent sign may end up
 * in a format. */
static bool is_harmless(const char *entry, const char *value)
{
    const char *at;

    for (at = value; *at; at++)
        if (!isprint((unsigned char)*at) || *at == '%')
            return false;
    if (has_name(entry, "TZ"))
        return value[0] != '/' && value[0] != ':' && !strstr(value, "..");
    return !strchr(value, '/');
}

static bool is_usual(const char *entry)
{
    return has_name(entry, "TZ") || has_name(entry, "TERM") || has_name(entry, "LANG") || strncmp(entry, "LC_", 3) == 0;
}

static bool is_kept(const char *entry, const char *const *preserve)
{
    const char *equals = strchr(entry, '=');

    if (!equals || equals == entry || has_name(entry, "PATH") || has_name(entry, "IFS"))
        return false;
    return is_asked_for(entry, preserve) || (is_usual(entry) && is_harmless(entry, equals + 1));
}

static char **list_create(const char *const *preserve)
{
    size_t n = 0, kept = 0, i;
    char **list;

    while (environ && environ[n])
        n++;
    list = calloc(n + 1, sizeof *list);
    if (!list)
        return NULL;
    for (i = 0; i < n; i++) {
        if (!is_kept(environ[i], preserve))
            continue;
        list[kept] = strdup(environ[i]);
        if (!list[kept++]) {
            list_free(list);
            return NULL;
        }
    }
    return list;
}

/* A name that stands there twice keeps its first value, the one that getenv(3) gave. */
static int entry_set(char *entry)
{
    char *equals = strchr(entry, '=');
    int result;

    *equals = '\0';
    result = setenv(entry, equals + 1, 0);
    *equals = '=';
    return result;
}

int spc_sanitize_environment(const char *const *preserve)
{
    char **list = list_create(preserve);
    int result;
    size_t i;

    if (!list) {
        int saved = errno;

        (void)clearenv(); /* a failure leaves too little, never too much */
        errno = saved;
        return -1;
    }
    result = clearenv() || setenv("PATH", _PATH_STDPATH, 1) || setenv("IFS", " \t\n", 1) ? -1 : 0;
    for (i = 0; list[i] && !result; i++)
        result = entry_set(list[i]);
    list_free(list);
    return result;
}
