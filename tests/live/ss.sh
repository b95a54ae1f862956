#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel 10.7.0.1 --- tap0 --- picotcp_netmap 10.7.0.7 ~~~ /run/runnel/PID.sock ~~~ runnel ss
#
# What `runnel ss` tells of a server while connections are open, what a reader who does not read costs it, and that
# the socket's file goes with the server; that of a killed one with the next who comes by.

# shellcheck disable=SC2086 # words without blanks
cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip nc perl
live_enter "$@"
live_watch "$live_windows|RST"
live_serve
ss="$build/runnel ss"
program=picotcp_netmap card=$mac
[ $wire = tap ] || { program=runnel && card=$(live_far ip -br link show dev veth1 | awk '{ print $3 }'); }

a_listener_alone()
{
    $ss | tee "$files/ss"
    [ "$(wc -l <"$files/ss")" = 2 ]
    grep -qE "^tcp   LISTEN     0      0 +0.0.0.0:7 +\* +$program/$server\$" "$files/ss"
}

# guest WORDS ...: clients that stay, connected when this returns, until they are killed as $guest.
guest()
{
    "$build/test/live/guest" "$@" >"$files/guest" 2>&1 &
    guest=$!
    live_eventually grep -sq open "$files/guest"
}

# shown PORT: ss shows the connection from that port with bytes on both sides of the server, and its figures.
shown()
{
    $ss | tee "$files/ss"
    awk -v peer=$kernels:$1 '
        $2 == "ESTAB" && $6 == peer && $5 == "10.7.0.7:7" && $3 > 10000 && $4 > 10000 { found = 1 }
        found == 1 && /cubic/ && /mss:1460/ && /limited_by:(peer.s_window|send_buffer)/ { found = 2 }
        END { exit found != 2 }' "$files/ss"
}

# The server cannot get rid of what a client does not read; so it leaves the rest unread, and both are seen. nc
# stops reading when the pipe behind it is full.
an_open_connection_with_its_bytes()
{
    echo '4096 8192 16384' >/proc/sys/net/ipv4/tcp_rmem
    mkfifo "$files/pipe"
    sleep 20 <"$files/pipe" &
    reader=$!
    nc -p 5000 $ours 7 </dev/zero >"$files/pipe" &
    client=$!
    live_eventually shown 5000
    kill $client $reader
}

by_pid_and_by_path()
{
    $ss $server >"$files/by_pid" && $ss /run/runnel/$server.sock >"$files/by_path"
    grep -q LISTEN "$files/by_pid" && diff "$files/by_pid" "$files/by_path"
}

a_summary()
{
    $ss -s | tee "$files/ss"
    grep -qE '^  sockets: .*LISTEN 1' "$files/ss" && grep -qE 'in use: connections [0-9]+/10000' "$files/ss"
    grep -qE "device 0: $wire $card mtu 1500, received [1-9]" "$files/ss"
}

nobody_of_that_number()
{
    ! $ss 1234567 >/dev/null 2>"$files/ss" && cat "$files/ss" && grep -q 1234567 "$files/ss"
}

# Neither at another path than was said, nor for ever at one who is stopped with others waiting before us.
nobody_who_can_be_heard()
{
    long=/tmp/$(printf '%0120d' 0)
    ! "$build/runnel" ss "$long" >"$files/said_by_ss" 2>&1
    grep -q "$long: File name too long" "$files/said_by_ss"
    kill -STOP $server
    perl -MSocket -e 'for (1..20) { socket($s, PF_UNIX, SOCK_STREAM | 2048, 0) or die; # SOCK_NONBLOCK
        connect($s, sockaddr_un("/run/runnel/'$server'.sock")); push @s, $s } sleep 12' &
    crowd=$!
    sleep 0.3
    status=0
    timeout 11 "$build/runnel" ss $server >"$files/said_by_ss" 2>&1 || status=$?
    kill $crowd
    kill -CONT $server
    cat "$files/said_by_ss"
    [ $status = 1 ]
}

# Four that connect and do not read a report that is more than a socket holds: the server still answers, has no
# place for a fifth, and lets them go after 5 s.
readers_who_do_not_read()
{
    guest silent 1000 $ours 7
    clients=$guest
    guest silent 4 /run/runnel/$server.sock
    if $ss >"$files/ss" 2>&1; then return 1; fi
    cat "$files/ss"
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        [ "$(echo hello | nc -N -w 5 $ours 7)" = hello ]
    done
    live_eventually $ss >"$files/ss"
    [ "$(grep -c '^tcp   ESTAB' "$files/ss")" = 1000 ]
    kill -9 $guest $clients
}

the_file_is_ours_alone()
{
    [ "$(stat -c %a /run/runnel/$server.sock)" = 600 ] && [ "$(stat -c %a /run/runnel)" = 700 ]
}

live_case a_listener_alone
live_case an_open_connection_with_its_bytes
live_case by_pid_and_by_path
live_case a_summary
live_case nobody_of_that_number
live_case nobody_who_can_be_heard
live_case readers_who_do_not_read
live_case the_file_is_ours_alone
live_stop
[ -z "$(ls /run/runnel)" ]
live_verdict $? 'the file goes with the server'

# A server is started and killed, so that its file stays.
leave_a_file()
{
    live_serve
    kill -9 $server
    { wait $server || true; } 2>"$files/killed"
    [ -S /run/runnel/$server.sock ]
}

# Two files that nobody is to touch: one is no socket, at the other somebody answers, whoever he is.
: >/run/runnel/1234567.sock
nc -klU /run/runnel/1234568.sock &
other=$!
live_eventually test -S /run/runnel/1234568.sock

# One who was killed before his file had its name.
nc -lU /run/runnel/1234569.sock.new &
unborn=$!
live_eventually test -S /run/runnel/1234569.sock.new
kill -9 $unborn && { wait $unborn || true; } 2>"$files/killed"

leave_a_file && leave_a_file && ls /run/runnel >"$files/said"
$ss >"$files/ss" 2>&1
[ "$(wc -l <"$files/said")" = 3 ] && [ "$(ls /run/runnel | tr '\n' ' ')" = '1234567.sock 1234568.sock ' ]
live_verdict $? 'ss takes away what killed servers left, and nothing else' "$files/said"
leave_a_file && leave_a_file && live_serve
ls /run/runnel >"$files/said"
[ "$(wc -l <"$files/said")" = 3 ] && [ -S /run/runnel/$server.sock ]
live_verdict $? 'so does the next server' "$files/said"
kill $other
live_stop
live_end
