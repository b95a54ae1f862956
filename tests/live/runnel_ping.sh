#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel 10.7.0.1 --- tap0 --- runnel ping, 10.7.0.7
#
# Our ping asks the kernel, which answers, or cannot. What it prints, and its exit code, are ping's: the kernel's own
# ping is asked about the same, and what differs is no more than names and times.

# shellcheck disable=SC2086 # words without blanks
cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip ping perl
live_enter "$@"
live_watch
# A tap that stays, with its other end up before anybody asks.
ip tuntap add dev tap0 mode tap && ip addr add $kernels/24 dev tap0 && ip link set tap0 up
ip addr add fd00::1/64 dev tap0 nodad
ip link set lo up

# ask CODE WORDS ...: ours, with that exit code.
ask()
{
    code=$1
    shift
    status=0
    timeout 20 "$build/runnel" ping tap:tap0 "$@" >"$files/ours" 2>&1 || status=$?
    cat "$files/ours"
    [ $status = $code ]
}

# As the kernel's ping prints it: figures become N, and what either says of itself is left out.
shape()
{
    grep -v '^runnel ping: ' "$1" | sed -E 's/[0-9]+\.[0-9]+/N/g; s/time=[0-9N]+ ms/time=N ms/; s/time [0-9]+ms/time Nms/'
}

it_prints_what_ping_prints()
{
    ask 0 $kernels -c 3 -i 0.1
    ping -c 3 -i 0.1 127.0.0.1 | sed 's/127\.0\.0\.1/'$kernels/ >"$files/kernels"
    shape "$files/ours" >"$files/a"
    shape "$files/kernels" >"$files/b"
    diff "$files/a" "$files/b"
}

with_bytes()
{
    ask 0 $kernels -c 3 -i 0.05 -s $1 $2
    grep -q "^$(($1 + 8)) bytes from $kernels: icmp_seq=3 ttl=64 time=" "$files/ours"
    grep -q '^3 packets transmitted, 3 received, 0% packet loss' "$files/ours"
}

a_thousand()
{
    ask 0 $kernels -c 1000 -i 0.001
    grep -q '^1000 packets transmitted, 1000 received, 0% packet loss' "$files/ours"
    ! grep -qE 'DUP|changed' "$files/ours"
}

# Somebody answers, with our identifier, what nobody asked.
what_was_not_asked_is_not_counted()
{
    timeout 20 perl -MSocket -e '
        socket($s, PF_INET, SOCK_RAW, 1) or die;
        while (defined($from = recv($s, $b, 2048, 0))) {
            my ($type, $id, $data) = unpack("x20 C x3 a2 x2 a*", $b);
            next if $type != 8;
            my $sum = 0;
            $sum += $_ for unpack("n*", $id . pack("n", 999) . $data);
            $sum = ($sum & 0xffff) + ($sum >> 16) for 1..2;
            send($s, pack("CCn", 0, 0, 0xffff & ~$sum) . $id . pack("n", 999) . $data, 0, $from) or die $!;
        }' &
    liar=$!
    sleep 0.3
    ask 0 $kernels -c 3 -i 0.1
    kill $liar
    [ "$(grep -c 'icmp_seq=999 ttl=64$' "$files/ours")" -ge 2 ]
    grep -q '^3 packets transmitted, 3 received, 0% packet loss' "$files/ours"
    ! grep -q 'min/avg/max/mdev = 0.000/' "$files/ours"
}

nobody_is_there()
{
    ask 1 10.7.0.99 -c 2 -i 0.2 -W 1
    grep -qE '^2 packets transmitted, 0 received,.* 100% packet loss' "$files/ours"
}

too_large_for_the_link()
{
    ask 1 $kernels -c 1 -W 1 -s 1473
    grep -q 'Message too long' "$files/ours"
}

# 19 % do not come back, counted from the first that does: the question for the neighbour may be lost before.
a_bad_wire()
{
    ask 0 $kernels -c 600 -i 0.01 -W 1 --fault loss=10,duplicate=20,seed=3
    grep -q '(DUP!)' "$files/ours"
    awk '/DUP/ { next }
        match($0, /icmp_seq=[0-9]+/) { number = substr($0, RSTART + 9, RLENGTH - 9) + 0; if (!n++) first = number }
        END { lost = 1 - n / (601 - first); print n, "of", 601 - first; exit !(n > 40 && lost > 0.05 && lost < 0.4) }' \
        "$files/ours"
    grep -qE '^600 packets transmitted, [0-9]+ received, \+[0-9]+ duplicates, [0-9.]+% packet loss' "$files/ours"
}

a_signal_ends_it_with_the_statistics()
{
    "$build/runnel" ping tap:tap0 $kernels -i 0.1 >"$files/ours" 2>&1 &
    asking=$!
    live_eventually grep -q icmp_seq=2 "$files/ours"
    kill -INT $asking
    wait $asking
    cat "$files/ours"
    grep -qE '^[0-9]+ packets transmitted, [1-9][0-9]* received' "$files/ours"
}

# Recorded, and read by others.
a_recording()
{
    ask 0 $kernels -c 2 -i 0.1 --capture "$files/ping.pcap,snap=200"
    command -v tcpdump >/dev/null || return 0
    tcpdump -r "$files/ping.pcap" -n 2>/dev/null | tee "$files/seen"
    [ "$(grep -c 'ICMP echo' "$files/seen")" = 4 ]
}

another_host_has_the_address()
{
    ask 1 10.7.0.99 -c 1 -W 1 --ip $kernels/24
    other=$(ip -br link show dev tap0 | awk '{ print $3 }')
    grep -q "^runnel ping: $kernels/24 is used by another host, $other: choose another address" "$files/ours"
}

no_way_there()
{
    ask 1 192.0.2.1 -c 1 -W 1
    grep -q -- '--gateway says which' "$files/ours"
}

# The kernel's gateway is ours, too: it is asked for.
the_kernels_gateway_is_taken()
{
    ip route add default via 10.7.0.254 dev tap0
    ask 1 192.0.2.1 -c 1 -W 1 --capture "$files/gateway.pcap"
    ip route del default
    grep -q '^runnel ping: gateway 10.7.0.254, as the kernel has it' "$files/ours"
    command -v tcpdump >/dev/null || return 0
    tcpdump -r "$files/gateway.pcap" -n 2>/dev/null | tee "$files/seen"
    grep -q 'who-has 10.7.0.254 tell 10.7.0.7' "$files/seen"
}

live_case it_prints_what_ping_prints
for bytes in 0 8 1000 1472; do
    live_case with_bytes $bytes
done
live_case a_thousand
live_case what_was_not_asked_is_not_counted
live_case nobody_is_there
live_case too_large_for_the_link
live_case a_bad_wire
live_case a_signal_ends_it_with_the_statistics
live_case a_recording
live_case another_host_has_the_address
live_case no_way_there
live_case the_kernels_gateway_is_taken
live_end
