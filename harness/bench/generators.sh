#!/bin/sh
# generators.sh - what `forkaudit run --generators` costs: how long a process stands still for its snapshots, and how long the drawing
# and comparing takes, for one generator and pair of states.
#
# usage: generators.sh BUILD
#
# A process of 1, 10 and 100 MB, one with 1, 8 and 64 children, Debian's nginx (installed, or unpacked below BUILD) and, where it
# is installed, apache2 with the prefork MPM. What draw_audit prints of each stays in BUILD/bench/generators.
set -eu
LC_ALL=C
export LC_ALL
here=$(dirname "$(realpath "$0")")
build=$(realpath "$1")
top=$build/bench/generators
daemons=$here/../../targets/daemons
mkdir -p "$top"

# audited NAME POKE PROGRAM...: one line of the table.
audited() {
    name=$1
    shift
    if ! "$build/bench/draw_audit" "$top/$name.fork" "$@" </dev/null >"$top/$name.out" 2>"$top/$name.errors"; then
        echo "bench: $name gave no figures: $(tail -n 1 "$top/$name.errors")" >&2
        return 0
    fi
    awk -v name="$name" -f "$here/generators.awk" "$top/$name.out"
}

# poke URL: a shell command that asks for it a few times.
poke() {
    printf '%s' "i=0; while [ \$i -lt 8 ]; do curl -sS --noproxy '*' -o /dev/null '$1' || exit 1; i=\$((i + 1)); done"
}

nginx() {
    folder=$top/nginx
    mkdir -p "$folder"
    "$daemons/nginx/prepare.sh" "$build" "$folder" find
    "$daemons/nginx/prepare.sh" "$build" "$folder" write
    audited nginx "$(poke "http://127.0.0.1:$(cat "$folder/port")/index.html")" \
        "$(cat "$folder/program")" -p "$folder/" -c "$folder/nginx.conf" -e "$folder/error.log"
    rm -rf "$folder/cache"
}

apache_configuration() {
    cat <<C
ServerRoot /usr/lib/apache2
ServerName localhost
PidFile $folder/apache.pid
DefaultRuntimeDir $folder
Mutex default:$folder
Listen 127.0.0.1:$port
$([ "$(id -u)" != 0 ] || printf 'User www-data\nGroup www-data\n')
LoadModule mpm_prefork_module modules/mod_mpm_prefork.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule ssl_module modules/mod_ssl.so
StartServers 3
MinSpareServers 2
MaxSpareServers 4
MaxRequestWorkers 8
ErrorLog $folder/error.log
DocumentRoot $folder
<Directory $folder>
 Require all granted
</Directory>
C
}

apache() {
    folder=$top/apache2
    program=$(command -v apache2 || echo /usr/sbin/apache2)
    if [ ! -x "$program" ] || [ ! -e /usr/lib/apache2/modules/mod_mpm_prefork.so ]; then
        echo "bench: apache2 skipped: not installed" >&2
        return 0
    fi
    mkdir -p "$folder"
    port=$("$build/daemons/free_port")
    echo hello >"$folder/index.html"
    apache_configuration >"$folder/apache.conf"
    audited apache2 "$(poke "http://127.0.0.1:$port/index.html")" "$program" -f "$folder/apache.conf" -DFOREGROUND
}

awk -v head=1 -f "$here/generators.awk" </dev/null
for megabytes in 1 10 100; do
    audited "process_of_${megabytes}_MB" '' "$build/bench/draw_load" $megabytes 4
done
for children in 1 8 64; do
    audited "${children}_children" '' "$build/bench/draw_load" 10 $children
done
nginx
apache
echo 'held: median and longest for one snapshot; store: memory of all snapshots; a pair: drawing and comparing one generator in two states'
