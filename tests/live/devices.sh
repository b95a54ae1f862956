#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     interfaces of every sort in a namespace of their own, and `runnel devices` beside them
#
# What it says of each, where the star stands, and that asking has changed nothing.

# shellcheck disable=SC2086 # words without blanks
cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip
live_enter "$@"

state()
{
    ip -d link show && ip addr show && ip route show table all
}

ip tuntap add dev mine mode tap
ip tuntap add dev point-0 mode tun
ip tuntap add dev many mode tap multi_queue
ip link add left mtu 1280 type veth peer right
state >"$files/before"
"$build/runnel" devices >"$files/table" 2>"$files/complaints"
code=$?
state >"$files/after"

nothing_is_said_to_be_wrong()
{
    cat "$files/complaints"
    [ $code = 0 ] && [ ! -s "$files/complaints" ]
}

nothing_has_changed()
{
    diff "$files/before" "$files/after"
}

# of INTERFACE: its lines.
of()
{
    awk -v name="$1" '/^[^ ]/ { here = $1 == name } here' "$files/table"
}

# says NAME INTERFACE PATTERN
says()
{
    of "$2" >"$files/said"
    grep -qE "$3" "$files/said"
    live_verdict $? "$1" "$files/said"
}

live_case nothing_is_said_to_be_wrong
live_case nothing_has_changed
says facts_of_a_tap mine '^mine +tun +MTU 1500, queues 1 in 1 out, down, ([0-9a-f]{2}:){5}[0-9a-f]{2},'
says tap_is_for_a_tap mine '^  tap +\* works '
says tun_is_not mine '^  tun +no +it is no tun'
says tun_is_for_a_tun point-0 '^  tun +\* works '
says several_queues_block_it many '^  tap +\* blocked +tap:many: .*several queues'
says facts_of_a_veth left '^left +veth +MTU 1280, .*rx-csum tx-csum tso gso'
says a_veth_is_no_tap left '^  tap +no +it is no tap'
says loop_needs_none no '^  loop +works '
says null_needs_none no '^  null +works '
live_end
