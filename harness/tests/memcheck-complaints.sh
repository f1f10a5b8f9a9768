#!/bin/sh
# memcheck-complaints.sh - what valgrind's logs of one program and its children complain of, one line each.
#
# usage: memcheck-complaints.sh OWN LOG...   (logs whose names end in a process id; OWN is the program's own)
#
# An error in any process counts. Lost memory and open descriptors count in the program's own process alone: what a child still
# has when it ends by _exit(2) it mostly got from its parent.
set -u
own=$1
shift
for log in "$@"; do
    case $log in *[!0-9]"$own") is_own=1 ;; *) is_own=0 ;; esac
    awk -v own=$is_own '
        { sub(/^==[0-9]+== ?/, "") }
        # valgrind itself broke down, in a child whose system calls a test made fail.
        /^valgrind: .*Assertion .* failed/ { exit }
        pending { if (!/<inherited from parent>/) print "left open: " pending; pending = "" }
        error && /\(.*\.[ch]:[0-9]+\)$/ && !/-avx|multiarch|sysdeps/ { print error ", " substr($0, index($0, ": ") + 2); error = "" }
        error && /^$/ { print error; error = "" }
        /^(FILE DESCRIPTORS|HEAP SUMMARY|Process terminating)/ { at_end = 1 }
        /^[^ ]/ { line = $0 }
        /^   at 0x/ && !at_end { error = line }
        own && /definitely lost in loss record/ { error = $0 }
        own && at_end && /^Open .*(descriptor|socket) [0-9]+/ { pending = $0 }
    ' "$log"
done | sort | uniq -c | sed 's/^ *\([0-9]*\) \(.*\)/\2 (\1 times)/'
