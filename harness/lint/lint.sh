#!/bin/sh
# lint.sh - what the compiler does not say: who includes whom, docs against tables, form.
#
# usage: lint.sh BUILD   (after a build there without a warning)
#
# Run from the top of the tree. One line a rule, the offences above it; the last line is "N passed, N failed, N skipped",
# and the exit status 1 when a rule is broken.
set -u
LC_ALL=C
export LC_ALL
build=$1
here=$(dirname "$0")
work=$build/lint
rm -rf "$work"
mkdir -p "$work"
passed=0 failed=0 skipped=0

# rule NAME FUNCTION: broken when the function prints anything.
rule() {
    if "$2" >"$work/said" 2>&1 && [ ! -s "$work/said" ]; then
        passed=$((passed + 1))
        echo "lint: $1: ok"
    else
        failed=$((failed + 1))
        sed 's/^/  /' "$work/said"
        echo "lint: $1: FAILED"
    fi
}
# rule_if TOOL NAME FUNCTION: skipped where the tool is missing.
rule_if() {
    if command -v "$1" >/dev/null; then
        rule "$2" "$3"
    else
        skipped=$((skipped + 1))
        echo "SKIP lint: $2: $1 is not installed"
    fi
}
# The files of the tree; $1 an extended regular expression on the path.
files() { find . \( -name .git -o -path "./${BUILD_NAME:-build}" \) -prune -o -type f -print | sed 's,^\./,,' | grep -E "$1" | sort; }
sources() { files '\.[ch]$'; }

include_table() {
    sources | xargs awk -v table="$here/includes.table" -f "$here/includes.awk"
}

headers_alone() {
    for header in $(files '\.h$'); do
        [ "$header" = harness/coverage.h ] || printf '#include "%s"\nextern int lint;\n' "$header" >"$work/alone.c"
        ${CC:-gcc} -std=gnu11 -D_GNU_SOURCE -DFORKAUDIT_VERSION='"0"' -Wall -Wextra -Werror -I. -Itargets/spc -Iharness/include \
            -fsyntax-only "$work/alone.c" || echo "$header does not compile alone"
    done
}

# Every check can be explained, under the name of its file, with all that a reader needs.
check_documented() {
    "$build/forkaudit" list >"$work/list" || echo "forkaudit list failed"
    for file in $(files '^checks/[a-z]+/[^/]*\.sql$' | grep -v '^checks/tests/'); do
        id=$(basename "$file" .sql)
        grep -qE "(^|[[:space:]])$id([[:space:]]|\$)" "$work/list" || echo "$file: not in 'forkaudit list'"
        "$build/forkaudit" explain "$id" >"$work/explained" || echo "$file: 'forkaudit explain $id' failed"
        [ "$(wc -w <"$work/explained")" -ge 40 ] || echo "$file: 'forkaudit explain $id' says next to nothing"
        grep -rqE "^ *\* *(Expect|Unknown): $id [1-9]" targets/fd targets/rng targets/id ||
            echo "$file: no target has a line 'Expect: $id N'"
    done
}

# mentioned FILE WORD: the manual has a line for it, in bold or as a tagged paragraph.
mentioned() { grep -qE "^\.(TP|BR?|IP|SS)? ?.*(\\\\fB|^\.[BI][RI]? |\")?$2(\\\\fR|\\\\fP|\"| |\$)" "$1"; }
manual=harness/cli/forkaudit.1
formats_documented() {
    # shellcheck disable=SC2013 # names hold no blank
    for format in $(sed -n 's/^ *{ "\([a-z0-9-]*\)", .*/\1/p' reports/formats.c); do
        mentioned "$manual" "$format" || echo "reports/formats.c: format $format has no line in $manual"
    done
}
verbs_documented() {
    verbs=$(cat harness/cli/*.c | sed -n 's/^ *{ "\([a-z]*\)", ".*", verb_.*/\1/p')
    [ -n "$verbs" ] || echo "harness/cli: no table of verbs found"
    for verb in $verbs; do
        mentioned "$manual" "$verb" || echo "harness/cli: verb $verb has no line in $manual"
    done
}

targets_expect() {
    for target in $(files '^targets/(fd|rng|id)/.*\.c$'); do
        awk '/\*\// { exit } /Expect: *(none|[a-z-]+ [0-9]+)/ { found = 1 } END { exit !found }' "$target" ||
            echo "$target: its head comment has no line 'Expect: CHECK N' or 'Expect: none'"
        [ -f "checks/$(basename "$target" .c).sql" ] && echo "$target bears the name of a check"
    done
    # shellcheck disable=SC2013
    for id in $(grep -rhoE 'Expect: *.*' targets/fd targets/rng targets/id | grep -oE '[a-z]+-[a-z-]+' | sort -u); do
        [ -n "$(files "^checks/(.*/)?$id\\.sql\$")" ] || echo "targets: Expect: names $id, which is no check"
    done
}

formatted() {
    for file in $(sources); do
        clang-format --dry-run -Werror "$file" 2>/dev/null || echo "$file: not in form; make format mends it"
    done
}

# The first line says what the file is for; none is too long to be read in one go.
heads_and_length() {
    for file in $(sources; files '\.(awk|sh|sql)$'); do
        head -n 2 "$file" | grep -qE "$(basename "$file")( -|:) " || echo "$file: its first line does not say what it is for"
        lines=$(wc -l <"$file")
        case $file in */tests/*) limit=600 ;; *) limit=400 ;; esac
        [ "$lines" -le $limit ] || echo "$file: $lines lines, the limit is $limit"
    done
}

shell() { { files '\.sh$'; echo .ci/run; } | xargs shellcheck; }

manuals() {
    for page in $(files '\.[1-8]$'); do
        groff -man -Tutf8 -ww -z "$page" || echo "$page: groff failed"
    done
}

# Nothing of one developer's machine, nothing unfinished. The words are written so that this file passes its own rule.
words() {
    files . | xargs grep -nIE '\b(TO[D]O|FIX[M]E|X[X]X)\b'
    files . | grep -v /tests/ | xargs grep -nIE '(/home|/Users|/root)/[A-Za-z]'
    true
}

top_level() {
    for entry in *; do
        case $entry in
        checks | harness | targets | reports | Makefile | README.md | LICENSE | "${BUILD_NAME:-build}") ;;
        *) echo "$entry does not belong at the top of the tree" ;;
        esac
    done
}

rule "include table" include_table
rule "headers alone" headers_alone
rule "checks documented and tried" check_documented
rule "formats documented" formats_documented
rule "verbs documented" verbs_documented
rule "targets say what they expect" targets_expect
rule_if clang-format "form of C files" formatted
rule "first lines and file length" heads_and_length
rule_if shellcheck "shell scripts" shell
rule_if groff "manual pages" manuals
rule "words" words
rule "top of the tree" top_level
passed=$((passed + 1)) # the build without a warning that came before
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
