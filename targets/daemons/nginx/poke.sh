#!/bin/sh
# poke.sh - make the nginx in a prepared folder work: requests, a reload (which forks new workers), requests again.
#
# usage: poke.sh FOLDER   (nginx listens already). The file FOLDER/poked is there afterwards when all of it succeeded.
set -eu
cd "$1"
url=http://127.0.0.1:$(cat port)

get() { curl --silent --show-error --fail --noproxy '*' --max-time 20 "$@"; }
requests() {
    for page in / /index.html /cached/index.html /cached/index.html; do
        get --output /dev/null "$url$page"
    done
}
requests
# The reload is over when a worker answers with the new configuration; the old ones may answer a little longer.
sed 's/Generation 1/Generation 2/' nginx.conf >nginx.conf.new
mv nginx.conf.new nginx.conf
kill -HUP "$(cat nginx.pid)"
tries=0
until get --head "$url/" | grep -q '^Generation: 2'; do
    tries=$((tries + 1))
    [ $tries -lt 1000 ] || { echo "poke.sh: nginx did not take up its new configuration in 1000 requests" >&2; exit 1; }
done
requests
: >poked
