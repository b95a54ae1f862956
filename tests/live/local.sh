#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel 10.7.0.1 --- veth0 | veth1 --- runnel echo 10.7.0.7, port 7
#                                 |  |
#     nc, ping on the server's machine, 10.7.0.2 --- rn0
#
# An address of our own on a card is reached from the network and from the programs of the same machine, whose frames
# the card would send out. What leads them there goes with the server, however it ends.

# shellcheck disable=SC2086 # words without blanks
cd "$(dirname "$0")/../.." && WIRE=${WIRE:-packet} && export WIRE && . tests/live/lib/live.sh || exit 1
live_need ip nc ping tcpdump
live_enter "$@"
[ -c /dev/net/tun ] && (: <>/dev/net/tun) 2>/dev/null || live_skip_all 'no right to open /dev/net/tun'
live_wire
live_far ip addr add 10.7.0.2/24 dev veth1
live_watch "$live_windows|$live_losses|RST"

# tables: by what the server's kernel reaches whom.
tables()
{
    live_far ip -br link | cut -d ' ' -f 1 && live_far ip route && live_far ip rule
}

serve()
{
    live_start "$build/runnel" echo $wire:veth1 --ip $ours/24 --udp "$@"
}

pinged()
{
    "$@" ping -c 5 -i 0.05 -W 2 -q $ours | tee "$files/ping"
    grep -q '5 packets transmitted, 5 received' "$files/ping"
}

# echoes WHERE ...: as many bytes as are in $files/sent.
echoes()
{
    "$@" timeout 60 nc -N -w 10 $ours 7 <"$files/sent" | cmp - "$files/sent"
}

local_programs_reach_it()
{
    leads_there
    pinged live_far
    head -c 67108864 /dev/urandom >"$files/sent"
    echoes live_far
}

local_datagrams_come_back()
{
    [ "$(echo hello | live_far timeout 5 nc -u -w 1 $ours 7)" = hello ]
}

both_at_once()
{
    head -c 20000000 /dev/urandom >"$files/sent"
    echoes live_far &
    local=$!
    echoes env
    wait $local
    pinged env
}

# None of their segments is on the network, which is asked for 10.7.0.2 as well, by ARP.
network_does_not_see_them()
{
    timeout 3 tcpdump -i veth0 -n -c 1 -Z root tcp and host 10.7.0.2 >"$files/seen" 2>"$files/tcpdump" &
    seen=$!
    live_eventually grep -q 'listening on' "$files/tcpdump"
    echo hello | live_far nc -N -w 5 $ours 7
    wait $seen || true # nothing came until its time was over
    ! grep . "$files/seen"
}

is_as_before()
{
    tables >"$files/after"
    diff "$files/before" "$files/after"
}

leads_there()
{
    live_far ip route get $ours | grep "dev rn0 src ${1-10.7.0.2}"
}

# The card's own address changes, its interface goes down and up, the tap does: the way is there again.
follows_what_changes()
{
    live_far ip addr del 10.7.0.2/24 dev veth1
    live_far ip addr add 10.7.0.3/24 dev veth1 label veth1:1
    live_eventually leads_there 10.7.0.3
    live_far ip addr del 10.7.0.3/24 dev veth1
    live_far ip addr add 10.7.0.2/24 dev veth1
    live_eventually leads_there
    live_far ip link set rn0 down
    live_far ip link set rn0 up
    live_eventually leads_there
    live_far ip link set rn0 address 02:00:00:00:00:77
    live_eventually pinged live_far
    [ "$(echo hello | live_far nc -N -w 5 $ours 7)" = hello ]
}

# As long as a device: the kernel's packets are neither cut short nor lost.
long_packets()
{
    live_far ip link show rn0 | grep 'mtu 1500'
    live_far ping -c 3 -i 0.05 -W 2 -M "do" -s 1472 $ours
}

# It looks for nothing more there, and the network is served.
deleted_is_not_missed()
{
    live_far ip link delete rn0
    pinged env
    runs=0
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        sleep 0.05
        [ "$(cut -d ' ' -f 3 /proc/$server/stat)" != R ] || runs=$((runs + 1))
    done
    echo "seen to run $runs of 10 times"
    [ $runs -lt 8 ]
}

leads_there_again()
{
    leads_there
    pinged live_far
}

# Where there is no /dev/net/tun, the network is served all the same.
says_why_not()
{
    is_as_before
    pinged env
    grep 'programs on this machine do not reach it: .*no /dev/net/tun here' "$files/server"
}

only_from_the_network()
{
    is_as_before
    pinged env
}

ip link set veth0 up
live_eventually sh -c "! nsenter -t $far -n ip route | grep linkdown"
tables >"$files/before"
serve
live_case local_programs_reach_it
live_case local_datagrams_come_back
live_case both_at_once
live_case network_does_not_see_them
live_case long_packets
live_case follows_what_changes
live_case deleted_is_not_missed
kill -9 $server
{ wait $server || true; } 2>"$files/killed"
live_case live_eventually is_as_before
serve
live_case leads_there_again
live_stop
live_case is_as_before
serve --no-local
live_case only_from_the_network
live_stop
live_start unshare -m sh -c "mount -t tmpfs none /dev/net && exec $build/runnel echo $wire:veth1 --ip $ours/24"
live_case says_why_not
live_stop
live_end
