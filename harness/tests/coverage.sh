#!/bin/sh
# coverage.sh - run the suites of a build with --coverage and say how many lines they ran.
#
# usage: coverage.sh BUILD SUITE...   (suites of BUILD/coverage-build)
#
# Counted are the lines of harness/, checks/, reports/ and targets/spc/, without tests and benchmarks. HTML goes to
# BUILD/coverage/. The last line is the sum of the suites; exit status 1 when one failed or the figure is below MINIMUM (85).
set -u
LC_ALL=C
export LC_ALL
here=$(dirname "$0")
build=$1
shift
instrumented=$build/coverage-build
html=$build/coverage
# lcov 1.16 warns of its own Perl; what it says counts only when it fails.
lcov() { command lcov --quiet --rc lcov_branch_coverage=0 "$@" 2>"$build/lcov.log" || { cat "$build/lcov.log" >&2; return 1; }; }

find "$instrumented" -name '*.gcda' -delete
# A program that has dropped root writes its counters too.
find "$instrumented/obj" -type d -exec chmod 0777 {} +
SUITE_UMASK=000 "$here/run-suites.sh" "$instrumented" "$@" >"$build/coverage.log" 2>&1
status=$?
sum=$(tail -n 1 "$build/coverage.log")
sed '$d' "$build/coverage.log"

rm -rf "$html"
mkdir -p "$html"
if ! lcov --capture --directory "$instrumented/obj" --base-directory "$PWD" --no-external --output-file "$html/all.info" ||
    ! lcov --extract "$html/all.info" "$PWD/harness/*" "$PWD/checks/*" "$PWD/reports/*" "$PWD/targets/spc/*" \
        --output-file "$html/own.info" ||
    ! lcov --remove "$html/own.info" '*/tests/*' '*/harness/testing.c' '*/harness/coverage.h' '*/harness/bench/*' \
        --output-file "$html/lines.info" ||
    ! genhtml --quiet --prefix "$PWD" --title forkaudit --output-directory "$html" "$html/lines.info" >/dev/null; then
    echo "coverage: lcov failed" >&2
    exit 1
fi
awk -F: -v minimum="${MINIMUM:-85}" -v top="$PWD/" '
    $1 == "SF" { file = substr($0, 4); sub("^" top, "", file); part = file; sub("/[^/]*$", "", part) }
    $1 == "LF" { of[part] += $2; all_of += $2 }
    $1 == "LH" { hit[part] += $2; all_hit += $2 }
    END {
        for (part in of)
            printf "coverage: %-18s %5.1f %% (%d of %d lines)\n", part, 100 * hit[part] / of[part], hit[part], of[part] | "sort"
        close("sort")
        if (!all_of) { print "coverage: nothing was counted"; exit 1 }
        printf "coverage: %.1f %% of %d lines, at least %d %% are demanded\n", 100 * all_hit / all_of, all_of, minimum
        exit 100 * all_hit < minimum * all_of
    }' "$html/lines.info" || status=1
echo "coverage: $html/index.html"
echo "$sum"
exit $status
