/* test_witness.c - the harness against witnesses that share no code with it: strace for calls and forks, lsof for descriptors. */
#include "harness/cli/tests/program.h"
#include "harness/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct program p;

/* Forks, execs, changes ids, fails at some: shell and coreutils only. */
#define SCRIPT                                                                                                         \
    "'(/bin/true); for i in 1 2 3; do (/usr/sbin/chroot --userspec=33:33 --groups= / /bin/true); done; ls / | wc -l "  \
    ">/dev/null; nice true'"

static void test_strace__same_calls_and_processes(void)
{
    static const char *const calls[] = { "setuid", "setgid", "setgroups", "execve", "chroot" };
    char sql[128], command[256];

    if (geteuid()) {
        test_skip("needs root to change ids");
        return;
    }
    CU_ASSERT_EQUAL(program_run(&p,
                                "\"$F\" run -q --without 'rng-*' -o ids=/dev/null -r \"$D/a.fork\" -- sh -c " SCRIPT),
                    0);
    CU_ASSERT_EQUAL(program_run(&p, "strace -f -qq -o \"$D/trace\" sh -c " SCRIPT), 0);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        /* strace sees the launcher's execve too, and splits a call in two lines where processes mix. */
        snprintf(command, sizeof command, "grep -cE '^[0-9]+ +%s\\(' \"$D/trace\"", calls[i]);
        program_run(&p, command);
        snprintf(sql, sizeof sql, "select count(*) + %d from call where name = '%s'", !strcmp(calls[i], "execve"),
                 calls[i]);
        CU_ASSERT(atol(p.text) > 0);
        CU_ASSERT_EQUAL(program_ask("a.fork", sql), atol(p.text));
    }
    program_run(&p, "cut -d ' ' -f 1 \"$D/trace\" | sort -u | wc -l");
    CU_ASSERT_EQUAL(program_ask("a.fork", "select count(*) from process where end_seq is not null"), atol(p.text));
}

static void test_lsof__same_descriptors(void)
{
    long recorded, seen;

    CU_ASSERT_EQUAL(program_run(&p, "exec 3<&- 4<&-; \"$F\" run -q --without 'rng-*' -o ids=/dev/null -r \"$D/a.fork\" "
                                    "--poke 'lsof -w -n -P -a -p $FORKAUDIT_PID -d 0-999 -F f > \"$D/lsof\"' -- "
                                    "sh -c 'exec 5</dev/null 6</etc/passwd 7<>/dev/zero 8>\"$D/x\"; sleep 1000'"),
                    0);
    program_run(&p, "grep -c ^f \"$D/lsof\"");
    seen = atol(p.text);
    CU_ASSERT(seen >= 7);
    recorded = program_ask("a.fork",
                           "select count(*) from fd where fd_table = (select fd_table from look where process = 1 and "
                           "moment = 'settled' order by seq limit 1)");
    CU_ASSERT_EQUAL(recorded, seen);
}

TEST_MAIN("test_witness", TEST(test_strace__same_calls_and_processes), TEST(test_lsof__same_descriptors))
