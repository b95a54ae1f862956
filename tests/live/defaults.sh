#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel 10.7.200.1/16 --- veth0 | veth1, which the kernel has 10.7.100.9/16 on --- runnel echo, 10.7.0.7
#
# What is not said is taken from the interface where it can be used: the length of the kernel's own network if it
# holds our address, and the gateway if it is on our link.

cd "$(dirname "$0")/../.." && wire=packet WIRE=packet && export WIRE && . tests/live/lib/live.sh || exit 1
live_need ip nc
live_enter "$@"
live_wire
live_far ip addr add 10.7.100.9/16 dev veth1
live_far ip addr add fd00:7::9/48 dev veth1 nodad
live_far ip route add default via 10.7.200.1
ip addr add 10.7.200.1/16 dev veth0
ip addr add 10.9.0.1/24 dev veth0
ip link set veth0 up
kernels=10.7.200.1 # which live_start gives it once more

# serves ADDRESS WORDS ...: it says that it echoes under the address, and nc's line comes back.
serves()
{
    grep "echoes on $1 port 7" "$files/server"
    shift
    [ $# = 0 ] || grep "$@" "$files/server"
}

answers()
{
    [ "$(echo hello | nc -N -w 5 -s "$1" $ours 7)" = hello ]
}

live_start "$build/runnel" echo packet:veth1-0 --ip $ours --ip fd00:7:0:5::7
live_case serves $ours/16 'gateway 10.7.200.1, as the kernel has it'
live_case answers 10.7.200.1
live_case answers 10.9.0.1 # by the gateway
live_stop
live_start "$build/runnel" echo packet:veth1 --ip $ours/24
live_case serves $ours/24
live_stop
live_start "$build/runnel" echo packet:veth1 --ip 10.8.0.7
live_case serves 10.8.0.7/24
live_stop
live_end
