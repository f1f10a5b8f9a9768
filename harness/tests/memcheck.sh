#!/bin/sh
# memcheck.sh - run suites under valgrind: no error, no lost memory, no descriptor left open.
#
# usage: memcheck.sh BUILD SUITE...
#
# Every process of a suite is watched until it executes another program; then the program itself is (memcheck-program.sh). Logs
# are in BUILD/memcheck/. The last line is "N passed, N failed, N skipped".
set -u
here=$(dirname "$(realpath "$0")")
build=$(realpath "$1") || exit 99
shift
rm -rf "$build/memcheck"
mkdir -p "$build/memcheck"
chmod 0777 "$build/memcheck"
(export SUITE_WRAPPER="$here/memcheck-one.sh"; exec "$here/run-suites.sh" "$build" "$@") >"$build/memcheck/suites"
sed '$d' "$build/memcheck/suites"
"$here/memcheck-program.sh" "$build" >"$build/memcheck/program.txt"
cat "$build/memcheck/program.txt"
{ tail -n 1 "$build/memcheck/suites"; sed -n '$s/^program: //p' "$build/memcheck/program.txt"; } | awk -F '[ ,]+' '
    { passed += $1; failed += $3; skipped += $5; lines++ }
    END {
        if (lines != 2) { print "memcheck: a part did not come to its end"; failed++ }
        printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
        exit failed > 0
    }'
