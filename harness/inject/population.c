/* population.c - ids, groups and capabilities that some processes have together, and what one has more than another. */
#include "harness/inject/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int has(const struct numbers *of, int64_t value)
{
    for (size_t i = 0; i < of->n; i++)
        if (of->values[i] == value)
            return 1;
    return 0;
}

static int put(struct numbers *to, int64_t value)
{
    int64_t *more;
    size_t at = to->n;

    if (value == FACTS_NULL || has(to, value))
        return 0;
    more = reallocarray(to->values, to->n + 1, sizeof *more);
    if (!more)
        return -ENOMEM;
    to->values = more;
    for (; at > 0 && more[at - 1] > value; at--)
        more[at] = more[at - 1];
    more[at] = value;
    to->n++;
    return 0;
}

static int put_groups(struct population *p, const char *text)
{
    char *end;
    int r = 0;

    for (long long group = strtoll(text, &end, 10); !r && end != text; group = strtoll(text, &end, 10)) {
        r = put(&p->groups, group);
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
        for (int i = 0; !r && i < 8; i++)
            r = put(i < 4 ? &p->uids : &p->gids, ask_integer(row, i));
        if (!r)
            r = put(&p->euids, ask_integer(row, 1));
        if (!r)
            r = put(&p->egids, ask_integer(row, 5));
        if (!r)
            r = put_groups(p, ask_text(row, 8));
        p->caps |= (uint64_t)sqlite3_column_int64(row, 9) | (uint64_t)sqlite3_column_int64(row, 10);
        p->n++;
    }
    sqlite3_finalize(row);
    return r;
}

/* The first of `of` that the clean ones have not, and that was there before the failure. */
static int64_t first_kept(const struct numbers *of, const struct numbers *clean, const struct numbers *before)
{
    for (size_t i = 0; i < of->n; i++)
        if (!has(clean, of->values[i]) && has(before, of->values[i]))
            return of->values[i];
    return FACTS_NULL;
}

/* Likewise an id, which is kept too when it ought to be saved only. */
static int64_t id_kept(const struct numbers of[2], const struct numbers clean[2], const struct numbers before[2])
{
    int64_t any = first_kept(&of[0], &clean[0], &before[0]), effective = first_kept(&of[1], &clean[1], &before[1]);

    return any == FACTS_NULL || (effective != FACTS_NULL && effective < any) ? effective : any;
}

static char *kept_groups(const struct population *of, const struct population *clean, const struct population *before)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    if (!stream)
        return NULL;
    for (size_t i = 0; i < of->groups.n; i++)
        if (!has(&clean->groups, of->groups.values[i]) && has(&before->groups, of->groups.values[i]))
            fprintf(stream, "%s%lld", ftell(stream) ? " " : "", (long long)of->groups.values[i]);
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
    if (has(&clean->euids, 0)) {
        *ret = kept;
        return 0;
    }
    kept.uid =
        id_kept((const struct numbers[]){ of->uids, of->euids }, (const struct numbers[]){ clean->uids, clean->euids },
                (const struct numbers[]){ before->uids, before->euids });
    kept.gid =
        id_kept((const struct numbers[]){ of->gids, of->egids }, (const struct numbers[]){ clean->gids, clean->egids },
                (const struct numbers[]){ before->gids, before->egids });
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
    free(p->uids.values);
    free(p->gids.values);
    free(p->groups.values);
    free(p->euids.values);
    free(p->egids.values);
    *p = (struct population){ 0 };
}
