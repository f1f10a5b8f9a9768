/* subid.c - the subordinate ids of a user: one line of /etc/subuid or /etc/subgid is OWNER:FIRST:COUNT. */
#include "harness/cli/subid.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int parse_id(const char *text, unsigned *ret)
{
    unsigned long long value;
    char *end;

    if (*text < '0' || *text > '9')
        return 0;
    errno = 0;
    value = strtoull(text, &end, 10);
    if (errno || *end || value >= UINT_MAX)
        return 0;
    *ret = (unsigned)value;
    return 1;
}

/* 1: the line "OWNER:FIRST:COUNT" is of this user, and its ids may be mapped above 0. */
static int parse_range(char *line, const char *name, uid_t uid, unsigned own, struct subid_range *ret)
{
    struct subid_range range;
    unsigned number;
    char *first, *count;

    line[strcspn(line, "\n")] = '\0';
    first = strchr(line, ':');
    count = first ? strchr(first + 1, ':') : NULL;
    if (!count)
        return 0;
    *first++ = *count++ = '\0';
    if (!(name && !strcmp(line, name)) && !(parse_id(line, &number) && number == uid))
        return 0;
    if (!parse_id(first, &range.first) || !parse_id(count, &range.count) || !range.count)
        return 0;
    if (range.count > UINT_MAX - range.first || (own >= range.first && own - range.first < range.count))
        return 0;
    *ret = range;
    return 1;
}

int subid_find(const char *path, const char *name, uid_t uid, unsigned own, struct subid_range *ret)
{
    struct subid_range range, best = { 0, 0 };
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;

    if (!file)
        return -errno;
    while (getline(&line, &size, file) >= 0)
        if (parse_range(line, name, uid, own, &range) && range.count > best.count)
            best = range;
    free(line);
    fclose(file);
    if (!best.count)
        return -ENODATA;
    *ret = best;
    return 0;
}
