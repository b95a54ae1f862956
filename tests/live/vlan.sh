#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     runnel ping 10.7.0.1 --- left ====================== right --- runnel echo 10.7.0.7, VLAN 5
#     runnel ping 10.7.0.1 --- tap0 === runnel bridge === tap1 --- runnel echo 10.7.0.7, VLAN 5
#
# The kernel has no part in it but the wires, a veth pair and two taps: on either Runnel answers Runnel within VLAN
# 5, every frame has the tag, and whoever speaks in another VLAN, or in none, is not heard.

# shellcheck disable=SC2086 # words without blanks
cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip tcpdump
live_enter "$@"
live_watch "Duplicate IP address configured .$kernels" # each wire has another card of that address

# serve_on INTERFACE WORDS: the echo server there.
serve_on()
{
    rm -f "$files/server"
    "$build/runnel" echo "packet:$1" --ip $ours/24 --mac $mac $2 >"$files/server" 2>&1 &
    server=$!
    live_eventually grep -sq 'echoes on' "$files/server"
}

# ask CODE INTERFACE WORDS ...: ping from there, with that exit code; what is on the wire meanwhile, but the kernel's
# own words about IPv6, in $files/wire.
ask()
{
    code=$1 from=$2
    shift 2
    tcpdump -i $from -nn -e -l -U --immediate-mode 'not ip6' >"$files/wire" 2>"$files/tcpdump" &
    dump=$!
    live_eventually grep -sq 'listening on' "$files/tcpdump"
    status=0
    timeout 20 "$build/runnel" ping "packet:$from" $ours --ip $kernels/24 -W 1 "$@" >"$files/ours" 2>&1 || status=$?
    sleep 0.3
    kill $dump && wait $dump || true
    cat "$files/ours" "$files/wire"
    [ $status = $code ]
}

# count PATTERN: frames on the wire that are like that.
count()
{
    grep -c "$1" "$files/wire" || true
}

# within BYTES INTERFACE: questions and answers of so many bytes, all with the tag, as that for the neighbour.
within()
{
    ask 0 $2 -c 3 -i 0.1 -s $1 --vlan 5
    grep -q '^3 packets transmitted, 3 received, 0% packet loss' "$files/ours"
    [ "$(count "ethertype 802.1Q (0x8100), length $(($1 + 46)): vlan 5, .*ICMP echo reply")" = 3 ]
    [ "$(count "vlan 5, .*ARP .*Reply $ours is-at $mac")" -ge 1 ]
    [ "$(count 'vlan 5, ')" = "$(count .)" ]
}

# unheard TAG INTERFACE WORDS: the question is on the wire, and no answer.
unheard()
{
    ask 1 $2 -c 2 -i 0.1 $3
    grep -qE '^2 packets transmitted, 0 received,.* 100% packet loss' "$files/ours"
    [ "$(count "$1.*who-has $ours .*tell $kernels")" -ge 1 ]
    [ "$(count ' Reply\|echo reply')" = 0 ]
}

ip link add left type veth peer name right && ip link set left up && ip link set right up
serve_on right '--vlan 5'
live_case within 56 left
live_case within 1472 left
live_case unheard 'vlan 6, ' left '--vlan 6'
live_case unheard 'ethertype ARP ' left
live_stop
serve_on right
live_case unheard 'vlan 5, ' left '--vlan 5'
live_stop

"$build/runnel" bridge tap:tap0 tap:tap1 >"$files/bridge" 2>&1 &
bridge=$!
live_eventually grep -sq joins "$files/bridge"
ip link set tap0 up && ip link set tap1 up
serve_on tap1 '--vlan 5'
live_case within 1472 tap0
live_case unheard 'vlan 6, ' tap0 '--vlan 6'
live_stop
kill $bridge && wait $bridge
live_verdict $? 'the bridge ends with code 0' "$files/bridge"
live_end
