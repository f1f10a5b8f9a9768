/* watch_audit.c - one audit of a play with --generators, and its words against the recording. */
#include "harness/random/tests/watch_audit.h"
#include "harness/random/tests/plays_watch.h"
#include "harness/testing.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char words_path[4200];

void watch_setup(struct audit *a, const char *name)
{
    static char self[4096];
    static char *argv[5];

    memset(self, 0, sizeof self);
    CU_ASSERT_TRUE_FATAL(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    snprintf(words_path, sizeof words_path, "%s/words", test_directory());
    argv[0] = self;
    argv[1] = "--play";
    argv[2] = (char *)name;
    argv[3] = words_path;
    argv[4] = NULL;
    audit_init(a, argv);
    a->options.generators = 1;
    a->options.generator_memory = 1; /* nothing is drawn from copies */
}

int watch_play(struct audit *a, const char *name)
{
    watch_setup(a, name);
    audit_run(a);
    CU_ASSERT_EQUAL(a->r, 0);
    CU_ASSERT_EQUAL(a->result.complete, 1);
    if (a->result.target_status == PLAY_NOT_HERE << 8) {
        test_skip("a library that the program needs is not here");
        audit_release(a);
        return 0;
    }
    if (a->result.target_status)
        printf("    wait status of %s: %#x\n", name, (unsigned)a->result.target_status);
    CU_ASSERT_EQUAL(a->result.target_status, 0);
    CU_ASSERT_EQUAL(audit_ask(a, "select generators from audit"), 1);
    return 1;
}

int watch_words_wrong(const struct audit *a, unsigned *ret_n)
{
    FILE *file = fopen(words_path, "re");
    struct play_word word;
    int wrong = 0;
    unsigned n = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while (fread(&word, sizeof word, 1, file) == 1) {
        sqlite3_stmt *select = NULL;
        int found;

        n++;
        CU_ASSERT_EQUAL_FATAL(
            sqlite3_prepare_v2(facts_db(a->f),
                               "select d.id from draw d join process p on p.id = d.process where d.marker is null and "
                               "p.pid = ?1 and d.generator = ?2 and d.bytes = ?3",
                               -1, &select, NULL),
            SQLITE_OK);
        sqlite3_bind_int64(select, 1, word.pid);
        sqlite3_bind_text(select, 2, word.generator, -1, SQLITE_STATIC);
        sqlite3_bind_blob(select, 3, word.bytes, (int)word.size, SQLITE_STATIC);
        found = sqlite3_step(select) == SQLITE_ROW;
        if (!found)
            printf("    not seen: %s of %d\n", word.generator, (int)word.pid);
        wrong += !found;
        sqlite3_finalize(select);
    }
    fclose(file);
    *ret_n = n;
    return n ? wrong : -1;
}

const char *watch_words(void)
{
    return words_path;
}
