#!/bin/sh
# php.sh - names a php for the command line: the installed one, or one that is unpacked below BUILD.
#
# usage: php.sh BUILD
#
# Installed, the package would bring a timer and a cron job.
set -eu
if command -v php; then
    exit 0
fi
here=$(dirname "$(realpath "$0")")
folder=$(realpath "$1")/generators/php
package=$(apt-cache depends php-cli 2>/dev/null | sed -n 's/^ *Depends: \(php[0-9.]*-cli\)$/\1/p' | head -n 1)
"$here/../daemons/unpack.sh" "$folder" "${package:-php8.2-cli}" >&2
cd "$folder/root"
echo "$PWD"/usr/bin/php[0-9]*
