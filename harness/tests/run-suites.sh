#!/bin/sh
# run-suites.sh - run CUnit suites, a few at a time, and sum up what they say.
#
# usage: run-suites.sh BUILD SUITE...
#
# Environment: JOBS suites at a time (default 2), SUITE_TIMEOUT seconds for one suite (default 600), SUITE_WRAPPER a command
# that goes in front of each suite (valgrind), SUITE_UMASK (default 022). Logs go to BUILD/check/. A test that is skipped
# because it needs root is run again in a user namespace where that can be made. A suite that crashes, hangs or does not say
# its last line counts as one failed test. The last line is "N passed, N failed, N skipped"; exit status 1 when one failed.
set -u
umask 022
LC_ALL=C
export LC_ALL
# A suite starts as from a fresh shell: nothing of make's environment, no descriptor of whoever called.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKE_TERMOUT MAKE_TERMERR
exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-

here=$(dirname "$(realpath "$0")")
build=$(realpath "$1") || exit 99
shift
[ $# -gt 0 ] || { echo "run-suites: no suite was built" >&2; exit 99; }
FORKAUDIT_BUILD=$build
export FORKAUDIT_BUILD
mkdir -p "$build/check" "$build/tmp"
rm -f "$build/check/"*
# Programs that drop root are run from here, whatever umask the tree was made under.
find "$build" -maxdepth 2 -user "$(id -u)" ! -perm -055 -type d -exec chmod go+rx {} + 2>/dev/null

SUITE_NAMESPACE=
reach=
if [ "$(id -u)" = 0 ]; then
    reach="$here/../setup/in-reach.sh $build"
elif unshare --user --map-root-user --map-auto true 2>/dev/null; then
    SUITE_NAMESPACE="unshare --user --map-root-user --map-auto"
else
    echo "run-suites: not root, and no user namespace with mapped ids can be made (uidmap, subuid(5)): what needs root is skipped"
fi
export SUITE_NAMESPACE
umask "${SUITE_UMASK:-022}"
# shellcheck disable=SC2086 # a list of words, may be empty
printf '%s\0' "$@" | $reach xargs -0 -n 1 -P "${JOBS:-2}" "$here/run-suite.sh"

awk -F '[ ,]+' '
    { passed += $1; failed += $3; skipped += $5 }
    END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit failed > 0 }
' "$build/check/"*.count
