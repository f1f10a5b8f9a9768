/* draw_audit.c - audits a program with its generators, and says what that cost.
 *
 * usage: draw_audit RECORDING POKE PROGRAM [ARGUMENT]...     POKE: a shell command, or '' for none
 *
 * Lines "WORD NUMBER...": held (bytes of a snapshot, ns that the process stood still for it); store (bytes of memory
 * that held all snapshots); children; compared (how many pairs of states); judged (ns of drawing and comparing them);
 * kind (its word, the verdict, and how many); gap (its text).
 */
#include "harness/facts/facts.h"
#include "harness/observe/observe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct bench {
    int64_t drawing; /* when that began, 0: not yet */
    int64_t store;
};

static int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * (int64_t)1000000000 + t.tv_nsec;
}

/* Pages of our memory files: nothing else here has any. */
static int64_t store_bytes(void)
{
    DIR *d = opendir("/proc/self/fd");
    struct dirent *entry;
    int64_t bytes = 0;

    while (d && (entry = readdir(d))) {
        char name[512];
        ssize_t n = readlinkat(dirfd(d), entry->d_name, name, sizeof name);
        struct stat s;

        if (n > 7 && !strncmp(name, "/memfd:", 7) && !fstatat(dirfd(d), entry->d_name, &s, 0))
            bytes += (int64_t)s.st_blocks * 512;
    }
    if (d)
        closedir(d);
    return bytes;
}

static void bench_news(void *context, enum observe_news news, unsigned processes)
{
    struct bench *b = context;

    (void)processes;
    if (news != OBSERVE_NEWS_DRAWING || b->drawing)
        return;
    b->store = store_bytes();
    b->drawing = now();
}

/* A line for each row: the word, and its columns. */
static void rows(struct facts *f, const char *word, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(facts_db(f), sql, -1, &statement, NULL))
        return;
    while (sqlite3_step(statement) == SQLITE_ROW) {
        printf("%s", word);
        for (int i = 0; i < sqlite3_column_count(statement); i++)
            printf(" %s", (const char *)sqlite3_column_text(statement, i));
        printf("\n");
    }
    sqlite3_finalize(statement);
}

int main(int argc, char **argv)
{
    struct bench bench = { 0 };
    struct observe_options options = { .settle_timeout = 60000,
                                       .poke_timeout = 120000,
                                       .end_timeout = 20000,
                                       .no_copies = 1,
                                       .generators = 1,
                                       .generator_memory = (uint64_t)1 << 30,
                                       .tool = "bench",
                                       .news = bench_news,
                                       .context = &bench };
    struct observe_result result;
    struct facts *f = NULL;
    char why[512] = "";
    int64_t ended;
    int r;

    if (argc < 4) {
        fprintf(stderr, "usage: draw_audit RECORDING POKE PROGRAM [ARGUMENT]...\n");
        return 2;
    }
    options.launch.path = argv[3];
    options.launch.argv = argv + 3;
    options.launch.envp = environ;
    options.launch.terminal = -1;
    options.until = argv[2][0] ? OBSERVE_UNTIL_POKE : OBSERVE_UNTIL_EXIT;
    options.poke = argv[2][0] ? argv[2] : NULL;
    r = facts_create(argv[1], &f, why, sizeof why);
    if (!r)
        r = observe_run(f, &options, &result);
    ended = now();
    if (r) {
        fprintf(stderr, "draw_audit: %s %s\n", strerror(-r), why);
        facts_close(f);
        return 1;
    }
    facts_commit(f);
    rows(f, "held", "SELECT bytes, held FROM snapshot");
    rows(f, "children", "SELECT count(*) FROM snapshot WHERE moment = 'born'");
    rows(f, "compared", "SELECT count(*) FROM comparison");
    rows(f, "kind", "SELECT kind, verdict, count(*) FROM comparison GROUP BY 1, 2");
    rows(f, "gap", "SELECT detail FROM gap WHERE source = 'generator'");
    printf("store %" PRId64 "\njudged %" PRId64 "\n", bench.store, bench.drawing ? ended - bench.drawing : 0);
    return facts_close(f) ? 1 : 0;
}
