#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel 10.7.0.1, and at times 10.7.0.7 --- tap0 --- address 10.7.0.7
#                                                 |
#                                              tcpdump
#
# Who has 10.7.0.7? What the kernel has is not taken; what is free is used after three probes, announced, and
# defended when the kernel takes it later; and a host that asks whether it may have it is told (RFC 5227).

# shellcheck disable=SC2016,SC2086 # perl's own variables; words without blanks
cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip nc perl tcpdump
live_enter "$@"
live_watch "Duplicate IP address configured .$ours"
address=$build/test/live/address

kernels_mac()
{
    ip -o link show tap0 | sed 's/.*link.ether \([0-9a-f:]*\).*/\1/'
}

# says WORDS: the server says so within 10 s.
says()
{
    for _ in $(seq 100); do
        grep -q "$1" "$files/server" && return
        sleep 0.1
    done
    cat "$files/server"
    return 1
}

# start WAY: the server, on a tap that is up, with ARP recorded.
start()
{
    timeout 60 tcpdump -i tap0 -nn -e -l -U arp >"$files/wire" 2>"$files/tcpdump" &
    recorder=$!
    for _ in $(seq 50); do
        grep -sq 'listening on' "$files/tcpdump" && break
        sleep 0.1
    done
    "$address" $ours/24 "$1" >"$files/server" 2>&1 &
    server=$!
}

# stop: the recording is whole.
stop()
{
    [ -z "$server" ] || { kill $server 2>/dev/null; wait $server 2>/dev/null; } || true
    server=
    sleep 1.5 # frames come to tcpdump a second late
    kill $recorder && wait $recorder || true
}

# sent PATTERN: how many ARP packets of the server's are like that.
sent()
{
    grep "^[0-9:.]* $mac > " "$files/wire" | grep -c "$1" || true
}

what_the_kernel_has_is_not_taken()
{
    ip addr add $ours/24 dev tap0
    start quick
    says taken
    wait $server && return 1
    server=
    grep -q "taken by $(kernels_mac)" "$files/server"
    stop
    ip addr del $ours/24 dev tap0
    cat "$files/wire"
    # A tap has its carrier only now: the first probe may come too early for the kernel. No word more.
    [ "$(sent "who-has $ours .*tell 0.0.0.0")" = "$(sent '')" ]
    [ "$(sent '')" -le 3 ]
}

what_is_free_is_used_and_announced()
{
    start "$1"
    says used
    [ "$(echo hello | nc -N -w 5 $ours 7)" = hello ]
    sleep 2.2
    stop
    cat "$files/wire"
    [ "$(sent "who-has $ours .*tell 0.0.0.0")" = 3 ]
    [ "$(sent "Announcement $ours\|who-has $ours .*tell $ours")" = 2 ]
}

# The kernel takes it, too, and speaks from it: one announcement, and the server goes on.
what_is_used_is_defended()
{
    start quick
    says used
    sleep 2.2
    ip addr add $ours/32 dev tap0
    for host in 1 2 3; do
        ping -c 1 -W 1 -I $ours 10.7.0.10$host || true
    done
    says "also used by $(kernels_mac)"
    ip addr del $ours/32 dev tap0
    [ "$(echo hello | nc -N -w 5 $ours 7)" = hello ]
    stop
    cat "$files/wire" "$files/server"
    [ "$(sent "Announcement $ours\|who-has $ours .*tell $ours")" = 3 ]
    [ "$(grep -c 'also used' "$files/server")" = 1 ]
}

# As arping -D asks: an ARP probe from a socket of the kernel's.
a_probe_is_answered()
{
    start quick
    says used
    perl -e '
        use Socket;
        socket(my $s, 17, SOCK_DGRAM, 0x0608) or die "socket: $!\n"; # AF_PACKET, ARP
        my ($address, $index, $mac) = (inet_aton($ARGV[0]), @ARGV[1, 2]);
        $mac = pack("(H2)6", split /:/, $mac);
        my $probe = pack("nnCCn", 1, 0x800, 6, 4, 1) . $mac . "\0" x 10 . $address;
        send($s, $probe, 0, pack("SnlSCCa8", 17, 0x806, $index, 1, 0, 6, "\xff" x 6)) or die "send: $!\n";
        $SIG{ALRM} = sub { die "no answer\n" };
        alarm 5;
        while (recv($s, my $got, 100, 0)) {
            next unless unpack("n", substr $got, 6, 2) == 2 && substr($got, 14, 4) eq $address;
            print join(":", unpack("(H2)6", substr $got, 8, 6)), "\n";
            exit 0;
        }' $ours "$(ip -o link show tap0 | cut -d: -f1)" "$(kernels_mac)" >"$files/answer"
    stop
    [ "$(cat "$files/answer")" = $mac ]
}

ip tuntap add dev tap0 mode tap && ip addr add $kernels/24 dev tap0 && ip link set tap0 up
live_case what_the_kernel_has_is_not_taken
live_case what_is_free_is_used_and_announced quick
live_case what_is_free_is_used_and_announced full
live_case what_is_used_is_defended
live_case a_probe_is_answered
live_end
