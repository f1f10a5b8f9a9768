#!/bin/sh
# memcheck-program.sh - the program itself under valgrind, for memcheck.sh: the verbs on real targets and on bad input.
#
# usage: memcheck-program.sh BUILD
#
# Suites that run the program see it from outside; here it is watched from within. Ended by a line as a suite's.
set -u
here=$(dirname "$(realpath "$0")")
build=$(realpath "$1") || exit 99
work=$build/memcheck/program
passed=0 failed=0
mkdir -p "$work"
cd "$work" || exit 99

# try NAME STATUS ARGUMENT...: the program must end with one of the statuses (a pattern) and without a complaint.
try() {
    name=$1 wanted=$2
    shift 2
    valgrind --suppressions="$here/valgrind.supp" --leak-check=full --show-leak-kinds=definite \
        --errors-for-leak-kinds=definite --track-fds=yes --log-file="$work/$name.%p" "$build/forkaudit" "$@" \
        </dev/null >"$work/$name.out" 2>"$work/$name.err" &
    own=$!
    wait $own
    status=$?
    complaints=$("$here/memcheck-complaints.sh" $own "$work/$name".[0-9]*)
    # shellcheck disable=SC2254 # a pattern
    case $status in
    $wanted) ;;
    *) complaints="$complaints
ended with status $status, not $wanted: $(tail -n 1 "$work/$name.err")" ;;
    esac
    if [ -z "$complaints" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$complaints" | sed "/^\$/d; s/^/FAIL program__$name: /"
    fi
}

for target in fd_pipe_kept_exec fd_listener_exec clean_worker id_saved_kept id_threads_differ rng_not_reseeded clean_spc_fork; do
    [ -x "$build/targets/$target" ] || continue
    try "run_$target" '[014]' run -r "$target.fork" -o text=text -o json=json -o ids=ids -- "$build/targets/$target"
    try "report_$target" '[014]' report -v -o text -o json="$target.json" "$target.fork"
done
try until_settled '[014]' run -q -r settled.fork --until-settled -- sleep 1000
try poke '[014]' run -q -r poke.fork --poke true -- sleep 1000
try poke_fails 4 run -q -r poke.fork --poke false -- sleep 1000
try no_program 3 run -q -r none.fork -- "$work/does-not-exist"
try check '[01]' check fd_pipe_kept_exec.fork
try list 0 list
try explain 0 explain fd-across-exec
try doctor '[0134]' doctor
try fake_root '[0234]' run -q --fake-root -r fake.fork -- true
try help 0 --help
try no_verb 2 explode
head -c 5000 fd_pipe_kept_exec.fork >cut.fork
try truncated '[34]' report cut.fork
echo "not a recording" >text.fork
try no_recording 3 report text.fork
echo "program: $passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
