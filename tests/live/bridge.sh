#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel 10.8.0.1 --- tap0 --- runnel bridge --- tap1 --- kernel 10.8.0.2, in a network of its own
#
# The kernel's TCP on both sides and our wire in between, which loses, reorders, doubles and changes frames: what
# arrives is what was sent. The two ends are two networks, so that nothing can go around the bridge.

# shellcheck disable=SC2086 # words without blanks
cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip nc ping nsenter
live_enter "$@"
live_watch "$live_windows|$live_losses|$live_damage|RST|Duplicate IP" # each bridge has taps of its own

unshare --net --kill-child sh -c 'readlink /proc/self/ns/net && exec sleep 1000' >"$files/there" &
there=$!
trap 'kill -9 $server $there $watcher 2>/dev/null' EXIT

# over COMMAND ...: in the other network.
over()
{
    nsenter -t $there -n "$@"
}

# With somebody else's /proc this would be somebody else's network.
for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -s "$files/there" ] && break
    sleep 0.1
done
[ "$(over readlink /proc/self/ns/net)" = "$(cat "$files/there")" ] ||
    live_skip_all 'no /proc of its own, by which to find another network'

# join WORDS ...: a new bridge, both of its taps with addresses.
join()
{
    rm -f "$files/bridge"
    "$build/runnel" bridge tap:tap0 tap:tap1 "$@" >"$files/bridge" 2>&1 &
    server=$!
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        grep -sq joins "$files/bridge" && break
        sleep 0.1
    done
    ip link set tap1 netns $there
    ip addr add 10.8.0.1/24 dev tap0 && ip link set tap0 up
    over ip addr add 10.8.0.2/24 dev tap1 && over ip link set tap1 up
}

# leave NAME PATTERN: as a case: the bridge ends with code 0, and its two lines have that.
leave()
{
    kill $server
    wait $server
    status=$?
    server=
    [ $status = 0 ] && [ "$(grep -cE "$2" "$files/bridge")" = 2 ]
    live_verdict $? "$1" "$files/bridge"
}

# bytes_arrive BYTES: through the bridge.
bytes_arrive()
{
    head -c "$1" /dev/urandom >"$files/sent"
    over timeout 100 nc -l -N 10.8.0.2 9 >"$files/got" &
    listener=$!
    sleep 0.2
    timeout 100 nc -N -w 20 10.8.0.2 9 <"$files/sent"
    wait $listener
    cmp "$files/sent" "$files/got"
}

clean_wire()
{
    ping -c 3 -i 0.1 -W 2 10.8.0.2
    bytes_arrive 30000000
    over ping -c 100 -i 0.002 -s 1472 -W 2 -q 10.8.0.1 | tee "$files/ping"
    grep -q '100 packets transmitted, 100 received' "$files/ping"
}

bad_wire()
{
    bytes_arrive 1000000
}

# Each direction has its delay: 40 ms there and back.
slow_wire()
{
    ping -c 5 -i 0.1 -W 2 -q 10.8.0.2 | tee "$files/ping"
    awk -F'[=/ ]+' '/min\/avg/ { found = $6 >= 40 && $6 < 60 } END { exit !found }' "$files/ping"
}

join
live_case clean_wire
leave a_clean_wire_does_nothing 'lost 0, reordered 0, duplicated 0, corrupted 0, overflowed 0, too long 0'
join --fault loss=3,reorder=3,duplicate=2,corrupt=1,seed=7
live_case bad_wire
leave a_bad_wire_counts 'lost [1-9][0-9]*, reordered [1-9][0-9]*, duplicated [1-9][0-9]*, corrupted [1-9]'
join --fault delay=20
live_case slow_wire
leave a_slow_wire_loses_nothing 'lost 0, reordered 0, duplicated 0, corrupted 0'
live_end
