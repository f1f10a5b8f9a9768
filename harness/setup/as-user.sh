#!/bin/sh
# as-user.sh - run a command as an ordinary user who owns a copy of this tree; needs root. For .ci/run.
#
# usage: as-user.sh COPY COMMAND [ARGUMENT...]
#
# COPY is made anew: the tree without its build. The user is nobody, without groups, and has subordinate ids (subuid(5)) in a
# private mount namespace; the machine's own files of that name stay as they are.
set -eu
copy=$1
shift
user=nobody
uid=$(id -u $user) gid=$(id -g $user)

if [ "$copy" = --inside ]; then
    copy=$1
    shift
    for file in subuid subgid; do
        echo "$user:1000000:65536" >"$copy.$file"
        [ -e /etc/$file ] || { echo "as-user: /etc/$file is missing (package passwd): no user namespace" >&2; continue; }
        mount --bind "$copy.$file" /etc/$file
    done
    cd "$copy"
    exec setpriv --reuid "$uid" --regid "$gid" --clear-groups --inh-caps=-all env HOME="$copy" USER=$user LOGNAME=$user "$@"
fi

rm -rf "$copy"
mkdir -p "$copy"
copy=$(realpath "$copy")
tar -cf - --exclude=./build --exclude=./.git . | tar -xf - -C "$copy"
chown -R "$uid:$gid" "$copy"
# The copy itself is closed to others, as a home is.
chmod 0700 "$copy"
exec unshare --mount --propagation private "$(realpath "$0")" --inside "$copy" "$@"
