#!/bin/sh
# run-suite.sh - run one CUnit suite for run-suites.sh: its lines to standard output, its counts to BUILD/check/NAME.count.
set -u
suite=$1
name=${suite##*/}
log=$FORKAUDIT_BUILD/check/$name.log
root_log=$FORKAUDIT_BUILD/check/$name.namespace.log

# run LOG COMMAND...: the status of a suite, which never takes longer than SUITE_TIMEOUT.
run() {
    run_log=$1
    shift
    timeout -k 10 "${SUITE_TIMEOUT:-600}" "$@" </dev/null >"$run_log" 2>&1
}
# count LOG N: one of the three numbers of a suite's last line; nothing when there is no such line.
count() { sed -n "\$s/^[a-z0-9_]*: \([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped\$/\\$2/p" "$1"; }

# shellcheck disable=SC2086 # a list of words, may be empty
run "$log" ${SUITE_WRAPPER:-} "$suite"
status=$?
passed=$(count "$log" 1) failed=$(count "$log" 2) skipped=$(count "$log" 3)
crashed=
if [ -z "$passed" ]; then
    crashed=1 passed=0 failed=1 skipped=0
    case $status in
    124 | 137) why="took longer than ${SUITE_TIMEOUT:-600} seconds" ;;
    *) why="ended with status $status before its last line" ;;
    esac
    tail -n 15 "$log" | sed 's/^/    /' >"$log.tail"
    echo "FAIL $name: $why; see $log" >>"$log"
elif [ "$failed" -eq 0 ] && [ "$status" -ne 0 ]; then
    failed=1
    echo "FAIL $name: every test passed, but it ended with status $status; see $log" >>"$log"
fi

# What was skipped for want of root has another chance in a user namespace; the second run counts for those tests only.
needs_root='^SKIP [^ :]*: .*root'
notes=
if [ -n "$SUITE_NAMESPACE" ] && grep -q "$needs_root" "$log"; then
    # shellcheck disable=SC2086 # both are lists of words
    run "$root_log" $SUITE_NAMESPACE "$(dirname "$0")/../setup/in-reach.sh" "$FORKAUDIT_BUILD" ${SUITE_WRAPPER:-} "$suite"
    ended=$(count "$root_log" 1)
    # shellcheck disable=SC2013 # names of tests hold no blank
    for test in $(sed -n "s/^SKIP \([^ :]*\): .*root.*/\1/p" "$log"); do
        said=$(sed -n "s/^\(FAIL\|SKIP\) $test: /\1 $test (in a user namespace): /p" "$root_log")
        case $said in
        SKIP*) ;;
        '')
            skipped=$((skipped - 1))
            if [ -n "$ended" ]; then
                passed=$((passed + 1))
            else
                failed=$((failed + 1))
                said="FAIL $test (in a user namespace): the suite did not come to its end; see $root_log"
            fi
            ;;
        *) skipped=$((skipped - 1)) failed=$((failed + 1)) ;;
        esac
        [ -z "$said" ] || notes="$notes$said
"
    done
    shown="/$needs_root/d;/^FAIL /p;/^SKIP /p"
else
    shown='/^FAIL /p;/^SKIP /p'
fi
echo "$passed passed, $failed failed, $skipped skipped" >"$FORKAUDIT_BUILD/check/$name.count"
# One write, so that suites that run side by side do not mix their lines.
lines=$(
    [ -z "$crashed" ] || cat "$log.tail"
    sed -n "$shown" "$log" | sed 's/^/  /'
    printf '%s' "$notes" | sed 's/^/  /'
    echo "$name: $passed passed, $failed failed, $skipped skipped"
)
printf '%s\n' "$lines"
