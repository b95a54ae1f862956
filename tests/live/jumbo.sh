#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel, ping, nc 10.7.0.1 --- a wire with an MTU of 9,000 --- picotcp_netmap 10.7.0.7, echo on port 7
#
# Frames that are longer than a page: whole, in both directions.

# shellcheck disable=SC2086 # words without blanks
cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip nc ping
live_enter "$@"
live_watch "$live_windows|$live_losses|RST"
if [ $wire = tap ]; then
    ip tuntap add dev tap0 mode tap
else
    live_wire
    live_far ip link set veth1 mtu 9000
fi
ip link set $kernel_end mtu 9000
live_serve

longest_packets()
{
    ping -c 20 -i 0.01 -W 2 -M "do" -s 8972 -q $ours | tee "$files/ping"
    grep -q '20 packets transmitted, 20 received' "$files/ping"
}

echo_64_MB()
{
    head -c 67108864 /dev/urandom >"$files/sent"
    timeout 60 nc -N -w 10 $ours 7 <"$files/sent" >"$files/back"
    cmp "$files/sent" "$files/back"
    rm -f "$files/sent" "$files/back"
}

live_case longest_packets
live_case echo_64_MB
live_stop
live_end
