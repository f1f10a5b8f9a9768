#!/bin/sh
# audit.sh - audit Debian's nginx, unmodified, while it serves requests and reloads; or make its privilege drop fail.
#
# usage: audit.sh BUILD [run|inject]
#
# The recording is BUILD/audit/nginx.fork, the report BUILD/audit/nginx.txt and on standard output; BUILD/audit/nginx.ids holds the
# results alone, to be compared with expected.ids, which was judged by hand. With inject they are nginx-inject.*, and
# expected-inject.ids. As root the workers run
# as www-data; as an ordinary user all of it happens in a user namespace with mapped ids, and where that cannot be made,
# nginx runs without privileges to drop. Exit status 0 when the audit was made and nginx served its requests, whatever was found.
set -eu
umask 022
here=$(dirname "$(realpath "$0")")
build=$(realpath "$1")
top=$build/audit
verb=${2:-run}
case $verb in
run) name=nginx ;;
inject) name=nginx-inject ;;
*) echo "audit.sh: run or inject, not '$verb'" >&2; exit 2 ;;
esac
folder=$top/$name

if [ "${3:-}" != --inside ]; then
    mkdir -p "$folder"
    "$here/prepare.sh" "$build" "$folder" find
    namespace=
    if [ "$(id -u)" = 0 ]; then
        :
    elif unshare --user --map-root-user --map-auto true 2>/dev/null; then
        namespace='unshare --user --map-root-user --map-auto'
    else
        echo "audit: not root, and no user namespace with mapped ids can be made: nginx has no privilege to drop" >&2
    fi
    # shellcheck disable=SC2086 # a list of words, may be empty
    exec $namespace "$here/../../../harness/setup/in-reach.sh" "$folder" "$0" "$build" "$verb" --inside
fi

# What other users own in a user namespace could not be removed from outside of it.
trap 'rm -rf "$folder/cache"' EXIT
program=$(cat "$folder/program")
case $program in
"$build"/*)
    library=$build/daemons/nginx/root
    if [ -e "$library/.libssl3" ]; then
        LD_LIBRARY_PATH=$library/usr/lib/$(gcc -print-multiarch):$library/lib/$(gcc -print-multiarch)
        export LD_LIBRARY_PATH
    fi
    ;;
esac

# Each trial has a view of its own of the folder, and a network of its own, so several run at once.
# Started with groups that a worker must not keep.
options=
starter=
[ "$verb" = run ] || starter='setpriv --groups 0,4'
[ "$(id -u)" = 0 ] || starter=
[ "$verb" = run ] || options="--calls set*id,setgroups,setsid --without rng-* --private $folder"
attempts=0
while :; do
    attempts=$((attempts + 1))
    "$here/prepare.sh" "$build" "$folder" write
    rm -f "$top/$name.fork" "$top/$name.txt" "$top/$name.ids"
    status=0
    set -f
    # shellcheck disable=SC2086 # a list of words, may be empty
    $starter "$build/forkaudit" "$verb" -r "$top/$name.fork" -o text -o text="$top/$name.txt" -o ids="$top/$name.ids" $options \
        --poke "'$here/poke.sh' '$folder'" --poke-timeout 120 \
        -- "$program" -p "$folder/" -c "$folder/nginx.conf" -e "$folder/error.log" </dev/null || status=$?
    set +f
    # Somebody else may take the port between its choice and nginx's bind(2).
    if [ "$attempts" -lt 5 ] && grep -q 'bind() to .* failed (98: ' "$folder/error.log" 2>/dev/null; then
        echo "audit: port $(cat "$folder/port") was taken by another program; once more" >&2
        continue
    fi
    break
done

case $status in
0 | 1 | 4) ;;
*)
    echo "audit: the audit of nginx was not made (forkaudit ended with status $status)" >&2
    [ ! -s "$folder/error.log" ] || tail -n 5 "$folder/error.log" >&2
    exit 1
    ;;
esac
echo
echo "audited:   $program ($("$program" -v 2>&1 | sed 's/.*: //'))"
echo "report:    ${top#"$PWD"/}/$name.txt"
echo "recording: ${top#"$PWD"/}/$name.fork"
# In the view of a trial, and of the clean run before it, the poke leaves its file where nobody else sees it.
[ "$verb" = run ] || ! grep -q '^complete$' "$top/$name.ids" || exit 0
if [ ! -e "$folder/poked" ]; then
    echo "audit: nginx did not serve the requests that were to be audited; see ${folder#"$PWD"/}/error.log" >&2
    exit 1
fi
