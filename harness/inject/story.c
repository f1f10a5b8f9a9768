/* story.c - who each process of a recording was, and which look shows it at rest: questions asked of several places. */
#include "harness/inject/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STACK_FRAMES 32

static const char story_sql[] =
    /* The image was executed by some ancestor: as many forks lie between as there are steps up to it. */
    "CREATE TEMP TABLE role AS WITH RECURSIVE step (process, image, at, forks) AS ("
    "  SELECT process, image, process, 0 FROM ("
    "    SELECT process, image FROM main.look WHERE image IS NOT NULL UNION"
    "    SELECT process, image FROM main.call WHERE image IS NOT NULL UNION"
    "    SELECT process, id FROM main.image)"
    "  UNION SELECT s.process, s.image, p.parent, s.forks + 1 FROM step s JOIN main.image i ON i.id = s.image"
    "    JOIN main.process p ON p.id = s.at WHERE s.at <> i.process AND p.parent IS NOT NULL)"
    " SELECT s.process, s.image,"
    "  coalesce(replace(i.path, rtrim(i.path, replace(i.path, '/', '')), ''), '?') ||"
    "  replace(hex(zeroblob(s.forks)), '00', '>') AS role"
    "  FROM step s JOIN main.image i ON i.id = s.image WHERE s.at = i.process;"
    "CREATE INDEX temp.role_process ON role (process, image);";

int story_begin(sqlite3 *db)
{
    return sqlite3_exec(db, story_sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : -EBADMSG;
}

void story_end(sqlite3 *db)
{
    sqlite3_exec(db, "DROP TABLE IF EXISTS temp.role", NULL, NULL, NULL);
}

void story_role(sqlite3 *db, int64_t process, int64_t image, char *buffer, size_t size)
{
    sqlite3_stmt *statement = ASK(db, "SELECT role FROM temp.role WHERE process = ?1 AND image = ?2", process, image);

    snprintf(buffer, size, "?");
    if (statement && sqlite3_step(statement) == SQLITE_ROW)
        snprintf(buffer, size, "%s", ask_text(statement, 0));
    sqlite3_finalize(statement);
}

int64_t story_rest(sqlite3 *db, int64_t process, int64_t after)
{
    /* Of one that lived to the end: where it settled, was at a marker or had executed, for what it did when it was asked to end is
     * no rest (some take privilege back then, to remove their files). Of one that ended before: as it was last. */
    static const char sql[] =
        "SELECT l.id FROM main.look l JOIN main.process p ON p.id = l.process WHERE p.id = ?1 AND l.seq > ?2"
        " AND EXISTS (SELECT 1 FROM main.cred c WHERE c.look = l.id)"
        " ORDER BY coalesce(p.ending, 'ended-by-audit') = 'ended-by-audit' AND l.moment IN ('settled', 'marker', "
        "'exec') DESC,"
        " l.moment IN ('born', 'before-change'), l.moment = 'exit', l.seq DESC LIMIT 1";

    return ASK_NUMBER(db, sql, process, after);
}

enum observe_wish story_wish(sqlite3_stmt *row, int column)
{
    const int64_t args[3] = { ask_integer(row, column + 2), ask_integer(row, column + 3),
                              ask_integer(row, column + 4) };

    return observe_wish(ask_text(row, column), args, ask_text(row, column + 1));
}

int story_key(sqlite3 *db, int64_t stack, char *buffer, size_t size)
{
    sqlite3_stmt *statement = ASK(db, "SELECT object, offset FROM main.frame WHERE stack = ?1 ORDER BY depth", stack);
    struct facts_frame frames[STACK_FRAMES] = { 0 };
    char *objects[STACK_FRAMES] = { 0 };
    size_t n = 0;
    int r = 0;

    while (!r && statement && n < STACK_FRAMES && sqlite3_step(statement) == SQLITE_ROW) {
        if (sqlite3_column_type(statement, 0) != SQLITE_NULL && !(objects[n] = strdup(ask_text(statement, 0))))
            r = -ENOMEM;
        frames[n].object = objects[n];
        frames[n++].offset = ask_integer(statement, 1);
    }
    sqlite3_finalize(statement);
    if (!r)
        r = observe_site_key(frames, n, buffer, size);
    for (size_t i = 0; i < n; i++)
        free(objects[i]);
    return r == -EINVAL ? -ENOENT : r;
}
