#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel, nc 10.7.0.1 --- tap0 --- picotcp_netmap 10.7.0.7
#                              |
#                           tcpdump -> tshark
#
# A foreign eye: a short clean session is recorded, and tshark's expert analysis must find nothing in it that
# is a warning or an error, all checksums looked at. What it may find is named in `known`, with the reason.

# shellcheck disable=SC2086,SC2094 # words without blanks
cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip nc ping tcpdump tshark
[ $wire = tap ] || live_need ethtool
live_enter "$@"

# A recorder on the wire sees whole checksums only where nobody leaves them to the next. A tap that is not of the
# server's making takes no word of them, so that they are the server's own; a card that says it cannot fill them in
# has the kernel do it, by what the server said of the frame.
if [ $wire = tap ]; then
    ip tuntap add dev tap0 mode tap
else
    live_wire
    live_far ethtool -K veth1 tx off >/dev/null
fi
live_serve

# What is no fault of ours, as a pattern of lines: number, source, messages. The kernel leaves the checksums of its
# own frames to us, who are its card, and the recorder sees them like that.
# On a busy machine it is late with its ACK, and says by D-SACK that our tail loss probe (RFC 8985) was not needed.
expected="^[0-9]+	$kernels	.*(Bad checksum|D-SACK Sequence)"

tcpdump -i $kernel_end -n -U -B 16384 -Z root -w "$files/clean.pcap" >"$files/tcpdump" 2>&1 &
dump=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    grep -q 'listening on' "$files/tcpdump" && break
    sleep 0.1
done
kill -0 $dump 2>/dev/null || live_skip_all "$(tail -n 1 "$files/tcpdump")" # as root of a user namespace only

record()
{
    ping -c 2 -i 0.2 -W 2 $ours
    [ "$(echo hello | nc -N -w 5 $ours 7)" = hello ]
    head -c 100000 /dev/urandom >"$files/sent"
    timeout 20 nc -N -w 5 $ours 7 <"$files/sent" | cmp - "$files/sent"
    sleep 1.5 # frames come to tcpdump a second late, many at once
    kill -TERM $dump
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        grep 'dropped by kernel' "$files/tcpdump" && break
        sleep 0.1
    done
    grep -q '^0 packets dropped by kernel' "$files/tcpdump"
}

# analyse FILTER: the frames that the filter finds, with what the expert says of them; with a home of its own,
# so that nobody's preferences change the verdict.
analyse()
{
    HOME=$files tshark -r "$files/clean.pcap" -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE \
        -Y "$1" -T fields -e frame.number -e ip.src -e _ws.expert.message
}

both_connections_were_seen()
{
    analyse 'tcp.flags.syn == 1 && tcp.flags.ack == 1' | tee "$files/syns"
    [ "$(wc -l <"$files/syns")" = 2 ]
    [ "$(analyse 'tcp.flags.fin == 1 && ip.src == 10.7.0.7' | wc -l)" = 2 ]
}

no_warning_and_no_error()
{
    # Severities: chat 0x200000, note 0x400000, warning 0x600000, error 0x800000.
    analyse '_ws.expert.severity >= 0x600000' >"$files/found"
    grep -vE "$expected" "$files/found" >"$files/unknown" || true
    cat "$files/unknown"
    [ ! -s "$files/unknown" ]
}

no_wrong_checksum()
{
    analyse 'ip.checksum.status == 0 || tcp.checksum.status == 0 || icmp.checksum.status == 0' |
        grep -vE "$expected" | tee "$files/found"
    [ ! -s "$files/found" ]
}

live_case record
live_case both_connections_were_seen
live_case no_warning_and_no_error
live_case no_wrong_checksum
live_stop
live_end
