/* population.c - ids, groups and capabilities that some processes have together, and what one has more than another. */
#include "harness/inject/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int has(const int64_t *values, size_t n, int64_t value)
{
    for (size_t i = 0; i < n; i++)
        if (values[i] == value)
            return 1;
    return 0;
}

static int put(int64_t **values, size_t *n, int64_t value)
{
    int64_t *more;
    size_t at = *n;

    if (value == FACTS_NULL || has(*values, *n, value))
        return 0;
    more = reallocarray(*values, *n + 1, sizeof *more);
    if (!more)
        return -ENOMEM;
    *values = more;
    for (; at > 0 && more[at - 1] > value; at--)
        more[at] = more[at - 1];
    more[at] = value;
    ++*n;
    return 0;
}

static int put_groups(struct population *p, const char *text)
{
    char *end;
    int r = 0;

    for (long long group = strtoll(text, &end, 10); !r && end != text; group = strtoll(text, &end, 10)) {
        r = put(&p->groups, &p->n_groups, group);
        text = end;
    }
    return r;
}

int population_add(struct population *p, sqlite3 *db, int64_t look)
{
    static const char sql[] = "SELECT ruid, euid, suid, fsuid, rgid, egid, sgid, fsgid, groups, cap_prm, cap_eff"
                              " FROM main.cred WHERE look = ?1";
    sqlite3_stmt *row = ASK(db, sql, look);
    int r = row ? 0 : -EIO;

    while (!r && sqlite3_step(row) == SQLITE_ROW) {
        for (int i = 0; !r && i < 4; i++)
            r = put(&p->uids, &p->n_uids, ask_integer(row, i));
        for (int i = 4; !r && i < 8; i++)
            r = put(&p->gids, &p->n_gids, ask_integer(row, i));
        if (!r)
            r = put_groups(p, ask_text(row, 8));
        p->caps |= (uint64_t)sqlite3_column_int64(row, 9) | (uint64_t)sqlite3_column_int64(row, 10);
        p->n++;
    }
    sqlite3_finalize(row);
    return r;
}

/* The first of `of` that the clean ones have not, and that was there before the failure. */
static int64_t first_kept(const int64_t *of, size_t n_of, const int64_t *clean, size_t n_clean, const int64_t *before,
                          size_t n_before)
{
    for (size_t i = 0; i < n_of; i++)
        if (!has(clean, n_clean, of[i]) && has(before, n_before, of[i]))
            return of[i];
    return FACTS_NULL;
}

static char *kept_groups(const struct population *of, const struct population *clean, const struct population *before)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    if (!stream)
        return NULL;
    for (size_t i = 0; i < of->n_groups; i++)
        if (!has(clean->groups, clean->n_groups, of->groups[i]) && has(before->groups, before->n_groups, of->groups[i]))
            fprintf(stream, "%s%lld", ftell(stream) ? " " : "", (long long)of->groups[i]);
    if (!fclose(stream))
        return text;
    free(text);
    return NULL;
}

int population_kept(const struct population *of, const struct population *clean, const struct population *before,
                    struct kept *ret)
{
    struct kept kept = { FACTS_NULL, FACTS_NULL, NULL, of->caps & ~clean->caps & before->caps };

    /* Who is root at rest when nothing fails has no use for another id or group: it was root that failed to come back. */
    if (has(clean->uids, clean->n_uids, 0)) {
        *ret = kept;
        return 0;
    }
    kept.uid = first_kept(of->uids, of->n_uids, clean->uids, clean->n_uids, before->uids, before->n_uids);
    kept.gid = first_kept(of->gids, of->n_gids, clean->gids, clean->n_gids, before->gids, before->n_gids);
    kept.groups = kept_groups(of, clean, before);
    if (!kept.groups)
        return -ENOMEM;
    if (!kept.groups[0]) {
        free(kept.groups);
        kept.groups = NULL;
    }
    *ret = kept;
    return 0;
}

void population_release(struct population *p)
{
    free(p->uids);
    free(p->gids);
    free(p->groups);
    *p = (struct population){ 0 };
}
