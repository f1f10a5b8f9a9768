/* after.c - what a process did after a moment, and how it ended. */
#include "harness/inject/internal.h"

#include <signal.h>
#include <sys/wait.h>

int status_is_crash(int64_t status)
{
    static const int faults[] = { SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS };

    if (status == FACTS_NULL || !WIFSIGNALED((int)status))
        return 0;
    for (size_t i = 0; i < COUNT(faults); i++)
        if (WTERMSIG((int)status) == faults[i])
            return 1;
    return 0;
}

void after_read(sqlite3 *db, int64_t process, int64_t seq, struct after *ret)
{
    static const char kin[] =
        "WITH RECURSIVE kin (id) AS (SELECT id FROM process WHERE parent = ?1 AND seq > ?2"
        " UNION SELECT p.id FROM process p JOIN kin ON p.parent = kin.id)"
        " SELECT count(*) FROM kin WHERE EXISTS (SELECT 1 FROM image i WHERE i.process = kin.id) OR"
        " EXISTS (SELECT 1 FROM look l WHERE l.process = kin.id AND l.moment = 'settled' AND l.waiting IS NOT NULL)";

    ret->execs = ASK_NUMBER(db, "SELECT count(*) FROM image WHERE process = ?1 AND seq > ?2", process, seq);
    ret->forks = ASK_NUMBER(db, "SELECT count(*) FROM process WHERE parent = ?1 AND seq > ?2", process, seq);
    ret->markers = ASK_NUMBER(db, "SELECT count(*) FROM marker WHERE process = ?1 AND seq > ?2", process, seq);
    ret->waits = ASK_NUMBER(db,
                            "SELECT count(*) FROM look WHERE process = ?1 AND seq > ?2 AND moment = 'settled'"
                            " AND waiting IS NOT NULL",
                            process, seq);
    ret->calls =
        ASK_NUMBER(db, "SELECT count(*) FROM call WHERE process = ?1 AND seq > ?2 AND injected = 0", process, seq);
    ret->kin = ASK_NUMBER(db, kin, process, seq);
    ret->status =
        ASK_NUMBER(db, "SELECT status FROM process WHERE id = ?1 AND ending IN ('exited', 'signalled')", process);
    ret->is_crashed = status_is_crash(ret->status);
}
