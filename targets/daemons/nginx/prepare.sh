#!/bin/sh
# prepare.sh - a private folder in which Debian's nginx can run: its configuration, its pages, and which program to start.
#
# usage: prepare.sh BUILD FOLDER find     FOLDER/program names the nginx of the machine, or one unpacked below BUILD/daemons
#        prepare.sh BUILD FOLDER write    a port that is free now (FOLDER/port), FOLDER/nginx.conf and FOLDER/www
#
# nginx is never installed and never started as a service. "write" must run as the user that starts nginx.
set -eu
umask 022
here=$(dirname "$(realpath "$0")")
build=$(realpath "$1")
mkdir -p "$2"
folder=$(realpath "$2")

# The nginx of this machine, else Debian's package unpacked. A library that the machine has not is unpacked beside it.
find_program() {
    root=$build/daemons/nginx/root
    if [ -x /usr/sbin/nginx ]; then
        echo /usr/sbin/nginx >"$folder/program"
        return
    fi
    "$here/../unpack.sh" "$build/daemons/nginx" nginx
    program=$root/usr/sbin/nginx
    if ldd "$program" | grep -q 'not found'; then
        "$here/../unpack.sh" "$build/daemons/nginx" libcrypt1 libpcre2-8-0 libssl3 zlib1g
    fi
    echo "$program" >"$folder/program"
}

# Two workers, a cache and a shared zone, so that there is something to inherit. $1 is the port.
configuration() {
    cat <<C
daemon off;
$([ "$(id -u)" != 0 ] || echo "user www-data;")
worker_processes 2;
pid "$folder/nginx.pid";
error_log "$folder/error.log" info;
events { worker_connections 512; }
http {
  access_log "$folder/access.log";
  client_body_temp_path "$folder/cache/body";
  proxy_temp_path "$folder/cache/proxy";
  fastcgi_temp_path "$folder/cache/fastcgi";
  uwsgi_temp_path "$folder/cache/uwsgi";
  scgi_temp_path "$folder/cache/scgi";
  proxy_cache_path "$folder/cache/pages" keys_zone=pages:1m;
  keepalive_requests 100000000;
  server {
    listen 127.0.0.1:$1;
    root "$folder/www";
    add_header Generation 1;
    location /cached/ { proxy_pass http://127.0.0.1:$1/; proxy_cache pages; proxy_cache_valid 200 1m; }
  }
}
C
}

write_folder() {
    rm -rf "$folder/cache" "$folder/www"
    rm -f "$folder/nginx.pid" "$folder/error.log" "$folder/access.log" "$folder/poked"
    mkdir -p "$folder/cache" "$folder/www"
    # The workers make and remove their temporary files after they have dropped root.
    [ "$(id -u)" != 0 ] || chown www-data "$folder/cache"
    awk 'BEGIN { for (i = 0; i < 64; i++) print "forkaudit" }' >"$folder/www/index.html"
    port=$("$build/daemons/free_port")
    echo "$port" >"$folder/port"
    configuration "$port" >"$folder/nginx.conf"
}

case $3 in
find) find_program ;;
write) write_folder ;;
*) echo "prepare.sh: find or write, not '$3'" >&2; exit 2 ;;
esac
