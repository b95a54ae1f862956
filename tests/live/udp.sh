#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel, nc and perl 10.7.0.1 --- tap0 --- udp 10.7.0.7        UDP and ping, see udp.c
#
# The kernel's UDP asks ours: every size up to a full frame, many clients, datagrams without a checksum, a port
# that nobody has. Then ours asks the kernel: an answer, a port that nobody has, a host that is not there, pings.

# shellcheck disable=SC2016,SC2086 # perl's own variables; words without blanks
cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip nc perl
live_enter "$@"
live_watch "Duplicate IP" # each run has a tap, with link addresses of its own
udp=$build/test/live/udp
export ASAN_OPTIONS=detect_leaks=0 # it would look for its threads in the /proc of another namespace

# ask CODE: perl with a socket $s connected to our port 7 or $ENV{PORT}, with 2 s to wait.
ask()
{
    timeout 40 perl -MSocket -e '
        socket($s, PF_INET, SOCK_DGRAM, 0) or die;
        setsockopt($s, SOL_SOCKET, SO_RCVTIMEO, pack("l!l!", 2, 0)) or die;
        connect($s, sockaddr_in($ENV{PORT} || 7, inet_aton("'$ours'"))) or die;
        sub echo { my $d = shift; send($s, $d, 0); recv($s, my $b, 65536, 0); $b eq $d or die length $d, $! }
        '"$1"
}

nc_hears_itself()
{
    [ "$(echo hello | timeout 10 nc -u -w 1 $ours 7)" = hello ]
}

every_size_comes_back()
{
    ask 'echo(join "", map { chr rand 256 } 1..$_) for 0..1472'
}

one_byte_too_many_is_cut_by_the_kernel_and_dropped()
{
    ask 'send($s, "x" x 1473, 0); defined recv($s, my $b, 65536, 0) and die; echo("on")'
}

a_thousand_clients()
{
    timeout 40 perl -MSocket -e '
        for (1..1000) {
            socket($s, PF_INET, SOCK_DGRAM, 0) or die;
            send($s, "client $_", 0, sockaddr_in(7, inet_aton("'$ours'"))) or die;
            push @s, $s if $_ % 50 == 0; # 50 sockets stay, the others are closed
            recv($s, my $b, 100, 0); $b eq "client $_" or die $b;
        }'
}

no_checksum_is_as_good()
{
    ask 'setsockopt($s, SOL_SOCKET, 11, 1) or die $!; echo("x" x $_) for 1..100' # SO_NO_CHECK
}

a_port_that_nobody_has_is_refused()
{
    PORT=9 ask 'send($s, "x", 0); defined recv($s, my $b, 10, 0) and die; $!{ECONNREFUSED} or die $!'
}

# runs WORDS: udp with these, the kernel's side of the tap given meanwhile; what it said goes to the case.
runs()
{
    live_start $udp "$@"
    wait $server || { cat "$files/server"; return 1; }
    cat "$files/server"
    live_pools_empty "$files/server"
}

ours_hears_the_kernel()
{
    timeout 20 perl -MSocket -e '
        socket($s, PF_INET, SOCK_DGRAM, 0) or die;
        bind($s, sockaddr_in(5353, INADDR_ANY)) or die;
        $a = recv($s, $b, 100, 0); $b eq "what?" or die; send($s, "that", 0, $a)' &
    runs ask $ours/24 $kernels:5353
    grep -q "^4 bytes from $kernels, .*: that" "$files/server"
}

ours_is_refused_by_the_kernel()
{
    runs ask $ours/24 $kernels:9
    grep -q "^Connection refused, type 3, code 3, from $kernels" "$files/server"
}

ours_hears_that_nobody_is_there()
{
    runs ask $ours/24 10.7.0.99:9
    grep -q "^No route to host, type 3, code 1, from $ours" "$files/server"
}

ours_pings_the_kernel()
{
    runs ping $ours/24 $kernels 10
    [ "$(grep -c "^1000 bytes from $kernels, sequence [0-9]*, ttl 64: abcde" "$files/server")" = 10 ]
}

ours_pings_nobody()
{
    runs ping $ours/24 10.7.0.99 3
    [ "$(grep -c "^No route to host, type 3, code 1, from $ours" "$files/server")" = 3 ]
}

# Two that answer whatever comes would answer each other for ever, once somebody has brought them together.
services_are_not_answered()
{
    for port in 7 19 123 1023; do
        SOURCE=$port ask 'my $at = $ENV{SOURCE};
            socket($t, PF_INET, SOCK_DGRAM, 0) or die;
            bind($t, sockaddr_in($at, INADDR_ANY)) or die $!;
            send($t, "x", 0, sockaddr_in(7, inet_aton("'$ours'"))) or die $!;
            setsockopt($t, SOL_SOCKET, SO_RCVTIMEO, pack("l!l!", 0, 200000)) or die;
            defined recv($t, my $b, 10, 0) and die "answered $at"; echo("on")'
    done
}

live_start $udp echo $ours/24
live_case nc_hears_itself
live_case every_size_comes_back
live_case one_byte_too_many_is_cut_by_the_kernel_and_dropped
live_case a_thousand_clients
live_case no_checksum_is_as_good
live_case a_port_that_nobody_has_is_refused
live_stop
live_start "$build/runnel" echo tap:tap0 --ip $ours/24 --udp
live_case nc_hears_itself
live_case every_size_comes_back
live_case services_are_not_answered
live_stop
live_case ours_hears_the_kernel
live_case ours_is_refused_by_the_kernel
live_case ours_hears_that_nobody_is_there
live_case ours_pings_the_kernel
live_case ours_pings_nobody
live_end
