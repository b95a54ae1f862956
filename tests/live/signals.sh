#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel 10.7.0.1 --- tap0 --- runnel echo 10.7.0.7
#
# How a server ends while clients are connected: one that closes when it is closed, one that never does, for which
# there are two seconds, or none at a second signal. Then nothing is held any more.

# shellcheck disable=SC2086 # words without blanks
cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip
live_enter "$@"
live_watch "RST|Duplicate IP" # a new tap has another link address

# client KIND: see guest.c; connected when this returns.
client()
{
    rm -f "$files/$1"
    "$build/test/live/guest" "$1" $ours 7 >"$files/$1" 2>&1 &
    clients="$clients $!"
    live_eventually grep -sq open "$files/$1"
}

# end_by SECONDS SIGNALS: signals, 0.3 s apart, end the server, in the time between these, with empty pools.
end_by()
{
    begin=$(date +%s%N)
    kill -TERM $server
    [ "$3" = 1 ] || { sleep 0.3 && kill -INT $server; }
    wait $server
    status=$?
    took=$((($(date +%s%N) - begin) / 1000000))
    server=
    for c in $clients; do
        wait $c
    done
    clients=
    { echo "exit code $status after $took ms" && tail -n 2 "$files/server"; } >"$files/said"
    [ $status = 0 ] && [ $took -ge $1 ] && [ $took -le $2 ] && live_pools_empty "$files/server" >>"$files/said"
}

clients=
live_restart
client polite
end_by 0 1900 1
live_verdict $? 'who closes in turn is waited for, and no longer' "$files/said"
[ "$(tr '\n' ' ' <"$files/polite")" = 'open end ' ]
live_verdict $? 'who closes in turn hears the end' "$files/polite"

live_restart
client stubborn
end_by 1900 20000 1
live_verdict $? 'who does not close has two seconds' "$files/said"
[ "$(tr '\n' ' ' <"$files/stubborn")" = 'open end reset ' ]
live_verdict $? 'who does not close is reset' "$files/stubborn"

live_restart
client stubborn
end_by 300 1900 2
live_verdict $? 'a second signal resets at once' "$files/said"
[ "$(tr '\n' ' ' <"$files/stubborn")" = 'open end reset ' ]
live_verdict $? 'who does not close is reset by the second signal' "$files/stubborn"
live_end
