#!/bin/sh
# in-reach.sh - run a command with a directory in the reach of every user.
#
# usage: in-reach.sh DIRECTORY COMMAND [ARGUMENT...]
#
# A worker that has dropped root cannot walk into a checkout below /root or below a home of mode 0700. When some part of
# DIRECTORY's path is closed to others, the command runs in a private mount namespace in which an empty file system covers
# that part, and the working tree appears in it under its old name. Nothing outside of that namespace changes. Needs to be
# root, or root in a user namespace; where that fails the command runs as it is, and a line says so.
set -eu

say() { echo "in-reach: $*" >&2; }

# The first part of path $1 that others may not search; empty: none.
first_closed() {
    rest=${1#/}
    walked=
    while [ -n "$rest" ]; do
        part=${rest%%/*}
        walked=$walked/$part
        case $rest in */*) rest=${rest#*/} ;; *) rest= ;; esac
        case $(stat -L -c %A "$walked") in
        *[xt]) ;;
        *) echo "$walked"; return ;;
        esac
    done
}

# In the private mount namespace: cover $1 and show the entries of directory $2 in it.
uncover() {
    cover=$1 tree=$2
    exec 8<"$tree"
    mount -t tmpfs -o mode=0755,size=4m forkaudit "$cover"
    mkdir -p "$tree"
    for entry in /proc/self/fd/8/* /proc/self/fd/8/.[!.]*; do
        [ -e "$entry" ] || continue
        name=${entry##*/}
        if [ -d "$entry" ]; then mkdir "$tree/$name"; else : >"$tree/$name"; fi
        mount --no-canonicalize --rbind "$entry" "$tree/$name"
    done
    exec 8<&-
}

if [ "$1" = --uncover ]; then
    cover=$2 tree=$3
    shift 3
    umask 022
    uncover "$cover" "$tree"
    cd "$tree"
    exec "$@"
fi

directory=$(realpath "$1")
shift
tree=$(pwd -P)
closed=$(first_closed "$directory")
if [ -z "$closed" ]; then
    exec "$@"
fi
case $directory/ in
"$closed/"*) ;;
*) say "cannot happen: $closed is not part of $directory"; exit 99 ;;
esac
case $tree/ in
"$closed/"*) ;; # the usual case: a directory above the tree, or the tree itself, is closed
*) say "$closed is closed to other users: programs that drop root cannot reach $directory"; exec "$@" ;;
esac
if ! unshare --mount true 2>/dev/null; then
    say "$closed is closed to other users, and no mount namespace may be made: programs that drop root cannot reach $directory"
    exec "$@"
fi
exec unshare --mount --propagation private "$(realpath "$0")" --uncover "$closed" "$tree" "$@"
