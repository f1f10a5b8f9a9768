#!/bin/sh
# bench.sh - what an audit costs: bare, audited, strace and valgrind in turn, as ratios to bare.
#
# usage: bench.sh BUILD
#
# Environment: BENCH_ROUNDS (default 5), BENCH_SECONDS of load on nginx in each round (default 3). In a round every way runs
# once, in an order that changes from round to round; ratios are formed inside the round, and the median is shown with
# the smallest and the largest. As root also: how long a process stands still at a marker, with and without a proof by copies.
# Raw numbers stay in BUILD/bench/results.
set -eu
LC_ALL=C
export LC_ALL
here=$(dirname "$(realpath "$0")")
build=$(realpath "$1")
rounds=${BENCH_ROUNDS:-5}
seconds=${BENCH_SECONDS:-3}
folder=$build/bench/nginx
nginx_prepare=$here/../../targets/daemons/nginx/prepare.sh
results=$build/bench/results
mkdir -p "$folder"
: >"$results"

# The calls at which forkaudit stops.
calls=setuid,setgid,setreuid,setregid,setresuid,setresgid,setfsuid,setfsgid,setgroups,capset,prctl,execve,execveat,close_range,madvise

# wrapped WAY COMMAND...: execute the command that way.
wrapped() {
    way=$1
    shift
    case $way in
    bare) exec "$@" ;;
    audited) exec "$build/forkaudit" run -r "$build/bench/audited.fork" -o ids="$build/bench/audited.ids" -- "$@" ;;
    strace) exec strace -f --seccomp-bpf -qq -e trace=$calls -o "$build/bench/strace.out" "$@" ;;
    valgrind) exec valgrind --quiet --track-fds=yes --log-file="$build/bench/valgrind.out" "$@" ;;
    esac
}
record() { echo "$1 $2 $3 $4" >>"$results"; } # measure round way value

# loop PROGRAM ROUND WAY: as many turns as take that way a second or so.
loop() {
    turns=2000
    [ "$1" = exec_loop ] && turns=500
    [ "$3" = valgrind ] && turns=$((turns / 50))
    if value=$( (wrapped "$3" "$build/bench/$1" $turns) 2>"$build/bench/$1.errors"); then
        :
    fi
    case $value in
    [0-9]*) record "$1" "$2" "$3" "$value" ;;
    *) echo "bench: $1 $3 gave no figure: $(tail -n 1 "$build/bench/$1.errors")" >&2 ;;
    esac
}

# held ROUND: microseconds at a marker where copies try to take root back, and at one without, by the size of the process.
held() {
    [ "$(id -u)" = 0 ] || return 0
    for megabytes in 1 10 100; do
        if value=$(wrapped audited "$build/bench/held" $megabytes 30 2>"$build/bench/held.errors"); then
            :
        fi
        case $value in
        [0-9]*)
            record held_$megabytes "$1" proof "${value% *}"
            record held_$megabytes "$1" bare "${value#* }"
            ;;
        *) echo "bench: held gave no figure: $(tail -n 1 "$build/bench/held.errors")" >&2 ;;
        esac
    done
}

# load ROUND WAY: nginx under wrk; requests a second, and processor time of nginx and its tracer for one request.
load() {
    "$nginx_prepare" "$build" "$folder" write
    program=$(cat "$folder/program")
    url=http://127.0.0.1:$(cat "$folder/port")/index.html
    sed -i 's/access_log .*/access_log off;/' "$folder/nginx.conf"
    (wrapped "$2" "$program" -p "$folder/" -c "$folder/nginx.conf" -e "$folder/error.log") </dev/null >"$folder/output" 2>&1 &
    daemon=$!
    tries=0
    until curl --silent --fail --noproxy '*' --output /dev/null "$url" || [ $tries -ge 300 ]; do
        tries=$((tries + 1))
        sleep 0.05
    done
    if ! wrk -t1 -c32 -d1s "$url" | grep -q 'requests in'; then
        echo "bench: nginx $2 does not answer: $(tail -n 1 "$folder/output")" >&2
        kill -TERM $daemon 2>/dev/null || true
        wait $daemon || true
        return 0
    fi
    before=$("$build/bench/cpu_time" $daemon)
    wrk -t1 -c32 -d"${seconds}s" "$url" >"$folder/wrk"
    after=$("$build/bench/cpu_time" $daemon)
    kill -TERM "$(cat "$folder/nginx.pid")"
    wait $daemon || true
    requests=$(sed -n 's/^ *\([0-9]*\) requests in .*/\1/p' "$folder/wrk")
    record requests "$1" "$2" "$(awk '/^Requests\/sec:/ { print $2 }' "$folder/wrk")"
    record cpu "$1" "$2" "$(awk -v a="$after" -v b="$before" -v n="$requests" 'BEGIN { printf "%.3f", (a - b) / 1000 / n }')"
}

"$nginx_prepare" "$build" "$folder" find
round=0
while [ $round -lt "$rounds" ]; do
    round=$((round + 1))
    case $((round % 4)) in
    0) ways='bare audited strace valgrind' ;;
    1) ways='audited bare valgrind strace' ;;
    2) ways='strace valgrind bare audited' ;;
    3) ways='valgrind strace audited bare' ;;
    esac
    for way in $ways; do
        load $round "$way"
        loop fork_loop $round "$way"
        loop exec_loop $round "$way"
    done
    held $round
    echo "bench: round $round of $rounds" >&2
done
rm -rf "$folder/cache"
sort -k1,1 -k2,2n "$results" | awk -f "$here/table.awk"
