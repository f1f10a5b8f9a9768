#!/bin/sh
# check.sh - holds the verdicts of forkaudit on generators against what parents and children really drew.
#
# usage: check.sh [--bare] BUILD [WORD...]     only the cases of whose line each WORD is a word
#
# Every case of cases.table is one run of a program of this folder under `forkaudit run --generators`. The program's
# processes write down what they draw; the recording says what forkaudit made of it; `judge` compares the two. Prints
# the table, and as its last line "N right, N undecided, N wrong"; exit status 1 when one is wrong. Environment: JOBS
# runs at a time (default 2). --bare runs the programs without forkaudit and prints how many values are equal: child
# and parent, sibling and parent, sibling and child.
set -u
umask 022
LC_ALL=C
export LC_ALL
here=$(dirname "$(realpath "$0")")

# The command line of a program, on one line: a built one, or a script with its interpreter.
command_of() {
    case $1 in
    *.pl) echo "perl $here/$1" ;;
    *.py) echo "/usr/bin/python3 $here/$1" ;;
    *.rb) echo "ruby $here/$1" ;;
    *.php) echo "$PHP $here/$1" ;;
    *) echo "$build/generators/$(echo "$1" | tr : -)" ;;
    esac
}

# One case, in a process of its own: NUMBER PROGRAM SOURCE GENERATOR EXPECT HOW RESEED [OPTION].
one() {
    number=$1 program=$2 source=$3 generator=$4 expect=$5 how=$6 reseed=$7 option=${8:-}
    file=$work/$number
    [ -z "$option" ] || option="--generator $option"
    status=0
    if [ -n "$bare" ]; then
        # shellcheck disable=SC2046 # words
        timeout 60 $(command_of "$program") "$source" "$how" "$reseed" "$file.truth" 2>"$file.err" || status=$?
    else
        # shellcheck disable=SC2046,SC2086 # words
        timeout 120 "$build/forkaudit" run --generators $option -q -r "$file.fork" -o ids="$file.ids" -- \
            $(command_of "$program") "$source" "$how" "$reseed" "$file.truth" >"$file.out" 2>"$file.err" || status=$?
    fi
    if [ ! -s "$file.truth" ]; then
        said="-	-	WRONG: no truth, status $status: $(head -n 1 "$file.err")"
    elif [ -n "$bare" ]; then
        said="$("$build/generators/judge" "$file.truth")		ran"
    else
        said=$("$build/generators/judge" "$file.truth" "$file.fork" "$generator" "$how" "$reseed" "$expect" 2>&1) ||
            said="-	-	WRONG: $said; status $status: $(head -n 1 "$file.err")"
    fi
    printf '%s\t%s\t%s\t%s\t%s\n' "$program" "$source" "$how" "$reseed" "$said" >"$file.row"
    case $said in *WRONG*) ;; *) rm -f "$file.fork" "$file.ids" "$file.truth" ;; esac
}

# Every case as a line for one().
cases() {
    awk -v root="$(id -u)" '
        function add(how, reseeds,    word, n, i) {
            n = $4 ~ /once/ ? 1 : split(reseeds, word, " ")
            word[1] = "none"
            for (i = 1; i <= n; i++)
                printf "%04d %s %s %s %s %s %s %s\n", ++number, $1, $2, $3, $4, how, word[i], $6
        }
        /^#/ || NF < 5 { next }
        { add("fork", $5 == "some" ? "none child" : "none child parent both") }
        $5 == "fork" { next }
        { add("clone", "none child") }
        $5 == "some" { next }
        { add("_Fork", "none child"); add("threads", "none child"); add("posix_spawn", "none") }
        $5 == "all" { add("vfork", "none") }
        root == 0 { add("newpid", "none"); add("pidreuse", "none") }
    ' "$here/cases.table"
}

if [ "${1:-}" = --one ]; then
    # shellcheck disable=SC2086 # the words of one line
    one $2
    exit
fi
bare=
[ "${1:-}" != --bare ] || { bare=1; shift; }
build=$(realpath "$1") || exit 99
shift
work=$build/generators/check
rm -rf "$work"
mkdir -p "$work"
# shellcheck disable=SC3045 # dash and bash know it
ulimit -c 0 # some libraries abort in a child
PHP=$("$here/php.sh" "$build") || exit 99
export PHP build work bare

cases >"$work/cases"
for word in "$@"; do
    grep -Fw -e "$word" "$work/cases" >"$work/fewer"
    mv "$work/fewer" "$work/cases"
done
xargs -d '\n' -n 1 -P "${JOBS:-2}" "$here/check.sh" --one <"$work/cases"
[ "$(id -u)" = 0 ] || echo "check.sh: not root: nothing is tried in pid namespaces, nor with pids that come again"
cat "$work"/*.row | awk -F '\t' '
    { printf "%-20s %-25s %-11s %-6s  %-26s %-36s %s\n", $1, $2, $3, $4, $5, $6, $7 }
    $7 ~ /WRONG/ { wrong++; next }
    $7 ~ /undecided/ { undecided++; next }
    $7 == "ran" { ran++; next }
    { right++ }
    END {
        if (ran) {
            printf "%d ran, %d wrong\n", ran, wrong
            exit wrong > 0
        }
        printf "%d right, %d undecided, %d wrong\n", right, undecided, wrong; exit wrong > 0 || !right }
'
