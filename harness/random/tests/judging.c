/* judging.c - an audit with generators of a play, and what its comparisons say. */
#include "harness/random/tests/judging.h"
#include "harness/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

void judging_begin(struct audit *a, char *self, const char *const own[])
{
    static char *argv[] = { NULL, "--play", NULL, NULL };

    argv[0] = self;
    argv[2] = self + strlen(self) + 1;
    audit_init(a, argv);
    a->options.generators = 1;
    a->options.own_generators = own;
    a->options.generator_children = 16;
    a->options.generator_memory = (uint64_t)1 << 30;
}

char *judging_self(const char *play)
{
    static char self[4096 + 64];
    ssize_t n = readlink("/proc/self/exe", self, 4096);

    CU_ASSERT_TRUE_FATAL(n > 0 && n < 4096);
    self[n] = '\0';
    snprintf(self + n + 1, 63, "%s", play);
    return self;
}

int judging_is_possible(void)
{
    const char *preload = getenv("LD_PRELOAD");
    struct utsname host;

    if (preload && strstr(preload, "vgpreload")) {
        test_skip("under valgrind the program itself would be valgrind");
        return 0;
    }
    if (!uname(&host) && !strcmp(host.machine, "x86_64"))
        return 1;
    test_skip("generators are drawn from on x86-64 only");
    return 0;
}

void judging_finish(struct audit *a)
{
    audit_run(a);
    CU_ASSERT_EQUAL(a->r, 0);
    CU_ASSERT_EQUAL(a->result.complete, 1);
    CU_ASSERT_EQUAL(audit_ask(a, "SELECT status FROM process WHERE parent IS NULL"), 0);
}

void judging_run(struct audit *a, const char *play)
{
    judging_begin(a, judging_self(play), NULL);
    judging_finish(a);
}

int64_t judging_count(const struct audit *a, const char *kind, const char *verdict, const char *generator)
{
    char sql[512];

    snprintf(
        sql, sizeof sql,
        "SELECT count(*) FROM comparison c JOIN generator g ON g.id = c.generator WHERE c.kind = '%s' AND c.verdict "
        "LIKE '%s' AND coalesce(g.state_of, g.name) = '%s'",
        kind, verdict, generator);
    return audit_ask(a, sql);
}

int64_t judging_count_all(const struct audit *a, const char *kind, const char *generator)
{
    return judging_count(a, kind, "%", generator);
}

int64_t judging_gaps(const struct audit *a, const char *like)
{
    char sql[512];

    snprintf(sql, sizeof sql, "SELECT count(*) FROM gap WHERE source = 'generator' AND detail LIKE '%%%s%%'", like);
    return audit_ask(a, sql);
}
