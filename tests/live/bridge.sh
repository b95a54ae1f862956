#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel 10.8.0.1 --- tap0 --- runnel bridge --- tap1 --- kernel 10.8.0.2, in a network of its own
#     kernel 10.8.0.1 --- card0 | near0 --- runnel bridge --- far0 | card1 --- kernel 10.8.0.2
#                                 near0 --- runnel bridge --- tap1
#
# The kernel's TCP on both sides and our wire in between, which loses, reorders, doubles and changes frames: what
# arrives is what was sent. The two ends are two networks, so that nothing can go around the bridge. Cards are veth
# pairs with the offloads that a fresh system has; there the bridge stands in a third network, whose kernel has the
# address of one end, routes packets, and should not be noticed.

# shellcheck disable=SC2086 # words without blanks
cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip nc ping ss nsenter sysctl
live_enter "$@"
live_watch "$live_windows|$live_losses|$live_damage|RST|Duplicate IP" # each bridge has taps of its own

unshare --net --kill-child sh -c 'readlink /proc/self/ns/net && exec sleep 1000' >"$files/there" &
there=$!
unshare --net --kill-child sh -c 'readlink /proc/self/ns/net && exec sleep 1000' >"$files/between" &
between=$!
trap 'kill -9 $server $there $between $watcher 2>/dev/null' EXIT

# over COMMAND ...: in the other network.
over()
{
    nsenter -t $there -n "$@"
}

# amid COMMAND ...: in the one between.
amid()
{
    nsenter -t $between -n "$@"
}

# With somebody else's /proc this would be somebody else's network.
for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -s "$files/there" ] && [ -s "$files/between" ] && break
    sleep 0.1
done
[ "$(over readlink /proc/self/ns/net && amid readlink /proc/self/ns/net)" = "$(cat "$files/there" "$files/between")" ] ||
    live_skip_all 'no /proc of its own, by which to find another network'

# start COMMAND ...: a new bridge.
start()
{
    rm -f "$files/bridge"
    "$@" >"$files/bridge" 2>&1 &
    server=$!
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        grep -sq joins "$files/bridge" && break
        sleep 0.1
    done
}

# join WORDS ...: two taps, both with addresses.
join()
{
    start "$build/runnel" bridge tap:tap0 tap:tap1 "$@"
    ip link set tap1 netns $there
    ip addr add 10.8.0.1/24 dev tap0 && ip link set tap0 up
    over ip addr add 10.8.0.2/24 dev tap1 && over ip link set tap1 up
}

# cards: the two pairs, between which nothing is yet.
cards()
{
    ip link add card0 type veth peer name near0 netns $between
    over ip link add card1 type veth peer name far0 netns $between
    ip addr add 10.8.0.1/24 dev card0 && ip link set card0 up
    over ip addr add 10.8.0.2/24 dev card1 && over ip link set card1 up
    amid sysctl -q net.ipv4.ip_forward=1
    amid ip addr add 10.8.0.2/24 dev near0 && amid ip link set near0 up
    amid ip link set far0 up
}

# join_cards WORDS ...: the wire between them.
join_cards()
{
    start nsenter -t $between -n "$build/runnel" bridge packet:near0 packet:far0 "$@"
    ip neigh flush dev card0 && over ip neigh flush dev card1
}

# join_tap: a card with a tap that stands in the second one's place.
join_tap()
{
    start nsenter -t $between -n "$build/runnel" bridge packet:near0 tap:tap1
    amid ip link set tap1 netns $there
    over ip link set card1 down && over ip addr flush dev card1
    over ip addr add 10.8.0.2/24 dev tap1 && over ip link set tap1 up
    ip neigh flush dev card0
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

# No connection is left that would send once more.
all_closed()
{
    [ -z "$(ss -tnH state connected exclude time-wait; over ss -tnH state connected exclude time-wait)" ]
}

# bytes_arrive BYTES: through the bridge, and nothing comes behind them.
bytes_arrive()
{
    head -c "$1" /dev/urandom >"$files/sent"
    over timeout 100 nc -l -N 10.8.0.2 9 >"$files/got" &
    listener=$!
    sleep 0.2
    timeout 100 nc -N -w 20 10.8.0.2 9 <"$files/sent"
    wait $listener
    cmp "$files/sent" "$files/got"
    live_eventually all_closed
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

cards_64_MB_with_offloads()
{
    bytes_arrive 67108864
    ping -c 100 -i 0.002 -s 1472 -W 2 -q 10.8.0.2 | tee "$files/ping"
    grep -q '100 packets transmitted, 100 received' "$files/ping"
}

# It would answer who asks for the address, and it gets no packet.
the_kernel_between_is_not_heard()
{
    neighbour=$(over ip -br link show card1 | awk '{ print $3 }')
    before=$(amid cat /proc/net/snmp | awk '/^Ip: [0-9]/ { print $4 }')
    ip neigh flush dev card0
    ping -c 3 -i 0.1 -W 2 10.8.0.2
    ip neigh show 10.8.0.2 | tee "$files/neighbour"
    grep -q "$neighbour" "$files/neighbour"
    [ "$(amid cat /proc/net/snmp | awk '/^Ip: [0-9]/ { print $4 }')" = "$before" ]
}

# The kernel here has no 802.1Q: two stacks of ours beside it.
a_tag_goes_over()
{
    over "$build/runnel" echo packet:card1 --ip 10.9.0.2/24 --vlan 5 >"$files/echo" 2>&1 &
    echo=$!
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        grep -sq 'echoes on' "$files/echo" && break
        sleep 0.2
    done
    "$build/runnel" ping packet:card0 10.9.0.2 --ip 10.9.0.1/24 --vlan 5 -c 3 -i 0.1 -s 1472 | tee "$files/ping"
    kill $echo
    wait $echo || true
    grep -q '3 packets transmitted, 3 received' "$files/ping"
}

too_long_is_dropped()
{
    ping -c 3 -i 0.1 -W 2 10.8.0.2
    ! ping -c 3 -i 0.1 -W 1 -s 1472 -M "do" 10.8.0.2
}

# Both cards are the kernel's again, and not promiscuous.
nothing_is_left_set()
{
    amid ip -d link show | tee "$files/links"
    [ "$(grep -c 'promiscuity [1-9]' "$files/links")" = 0 ]
    [ "$(amid "$build/test/live/guards" near0 far0)" = "$(printf 'near0: 0\nfar0: 0')" ]
    ip neigh flush dev card0
    ping -c 1 -W 2 10.8.0.2 # which answers itself
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
cards
join_cards
live_case cards_64_MB_with_offloads
live_case the_kernel_between_is_not_heard
live_case a_tag_goes_over
leave cards_lose_nothing 'lost 0, reordered 0, duplicated 0, corrupted 0, overflowed 0, too long 0'
join_cards --fault loss=1,seed=7
live_case bad_wire
leave a_bad_wire_between_cards_counts 'lost [1-9][0-9]*, reordered 0, duplicated 0, corrupted 0'
amid ip link set far0 mtu 1400
join_cards
live_case too_long_is_dropped
leave what_is_too_long_is_counted 'near0 to packet:far0: .* too long 3$|far0 to packet:near0: .* too long 0$'
amid ip link set far0 mtu 1500
live_case nothing_is_left_set
join_tap
live_case bad_wire
leave a_card_and_a_tap_lose_nothing 'lost 0, reordered 0, duplicated 0, corrupted 0, overflowed 0, too long 0'
live_end
