#!/bin/sh
# memcheck-one.sh - one suite under valgrind, for memcheck.sh: says what the suite says, with valgrind's complaints as failures.
#
# usage: memcheck-one.sh SUITE [TEST]   (FORKAUDIT_BUILD is set)
#
# Fair scheduling: else one thread that never blocks can starve the others for minutes.
# What counts is said in memcheck-complaints.sh. An assertion that fails here is not a failure but
# a skip: valgrind holds descriptors of its own and makes system calls of its own, which tests of exactly that must notice.
# `make check` is where assertions count.
set -u
name=${1##*/}
logs=$FORKAUDIT_BUILD/memcheck/$name.$(id -u)
mkdir -p "$logs"
# Programs that have dropped root write their logs here too.
chmod 0777 "$logs"

valgrind --fair-sched=yes --suppressions="$(dirname "$0")/valgrind.supp" --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite --track-fds=yes \
    --log-file="$logs/%p" "$@" >"$logs/output" 2>"$logs/errors" &
suite=$!
wait $suite
status=$?

"$(dirname "$0")/memcheck-complaints.sh" $suite "$logs"/[0-9]* >"$logs/complaints"

awk -v name="$name" -v status=$status -v logs="$logs" '
    FILENAME ~ /complaints$/ { complaint[++n] = $0; next }
    /^FAIL / {
        split($2, part, ":")
        if (!(part[1] in differs)) {
            differs[part[1]] = 1
            skipped++
            print "SKIP " part[1] ": its assertions do not hold under valgrind; memory and descriptors were judged"
        }
        next
    }
    /^[a-z0-9_]+: [0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { passed += $2; skipped += $6; ended = 1; next }
    { print }
    END {
        for (i = 1; i <= n; i++)
            print "FAIL " name "__valgrind: " complaint[i]
        if (!ended) {
            print "FAIL " name "__valgrind: the suite did not come to its end (status " status "); see " logs
            n++
        }
        if (!n)
            passed++
        printf "%s: %d passed, %d failed, %d skipped\n", name, passed, n, skipped
        exit n > 0
    }
' "$logs/complaints" "$logs/output"
