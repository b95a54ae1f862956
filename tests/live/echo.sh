#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel, nc 10.7.0.1 --- tap0 --- picotcp_netmap 10.7.0.7, echo on port 7
#
# The kernel's TCP as the client: what comes back is compared byte by byte. nc -N ends its side when its input
# ends, so each case closes too.

# shellcheck disable=SC2086 # words without blanks
cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip nc
live_enter "$@"
live_watch "$live_windows|$live_losses|RST" # a probe that was not needed is answered when the connection has closed
live_serve

# echo_one NAME BYTES: through nc and back.
echo_one()
{
    head -c "$2" /dev/urandom >"$files/$1.sent"
    timeout 40 nc -N -w 10 $ours 7 <"$files/$1.sent" >"$files/$1.back"
    cmp "$files/$1.sent" "$files/$1.back"
    rm -f "$files/$1.sent" "$files/$1.back"
}

echo_bytes()
{
    echo_one single "$1"
}

echo_20_clients_at_once()
{
    clients=
    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        echo_one "many$i" $((i * 50000)) &
        clients="$clients $!"
    done
    for client in $clients; do
        wait "$client"
    done
}

# One after the other: each a connection of its own, opened and closed.
echo_100_clients_in_turn()
{
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        for _ in 1 2 3 4 5 6 7 8 9 10; do
            [ "$(echo hello | nc -N -w 5 $ours 7)" = hello ]
        done
    done
}

for size in 0 1 1000 1000000 67108864; do
    live_case echo_bytes $size
done
live_case echo_20_clients_at_once
live_case echo_100_clients_in_turn
live_stop
live_end
