#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel 10.7.0.1 --- tap0 --- picotcp_netmap 10.7.0.7 ~~~ /run/runnel/PID.sock ~~~ runnel ss
#
# What `runnel ss` tells of a server while connections are open, what a reader who does not read costs it, and that
# the socket's file goes with the server, be it killed or not.

# shellcheck disable=SC2086 # words without blanks
cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip nc perl python3
live_enter "$@"
live_serve
ss="$build/runnel ss"


a_listener_alone()
{
    $ss | tee "$files/ss"
    [ "$(wc -l <"$files/ss")" = 2 ]
    grep -qE "^tcp   LISTEN     0      0 +0.0.0.0:7 +\* +picotcp_netmap/$server\$" "$files/ss"
}

# The server cannot get rid of what a client does not read; so it leaves the rest unread, and both are seen.
an_open_connection_with_its_bytes()
{
    python3 - $ours "$build" >"$files/told" <<'END'
import socket, subprocess, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
s.connect((sys.argv[1], 7))
s.settimeout(1)
try:
    while True:
        s.send(b"x" * 65536)
except TimeoutError:
    pass
print("port", s.getsockname()[1])
print(subprocess.run([sys.argv[2] + "/runnel", "ss"], capture_output=True, text=True).stdout)
END
    cat "$files/told"
    port=$(awk '/^port/ { print $2 }' "$files/told")
    awk -v peer=$kernels:$port '$2 == "ESTAB" && $6 == peer && $5 == "10.7.0.7:7" && $3 > 10000 && $4 > 10000 { found = 1 }
        found == 1 && /cubic/ && /mss:1460/ && /limited_by:(peer.s_window|send_buffer)/ { found = 2 }
        END { exit found != 2 }' "$files/told"
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
    grep -qE 'device 0: tap 02:00:00:00:00:07 mtu 1500, received [1-9]' "$files/ss"
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

# Four that connect and read nothing, one of them half: the server still answers, and lets them go after 5 s.
readers_who_do_not_read()
{
    python3 - /run/runnel/$server.sock $ours <<'END'
import socket, sys, time
readers = []
for i in range(4):
    r = socket.socket(socket.AF_UNIX)
    r.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    r.connect(sys.argv[1])
    readers.append(r)
for i in range(200):
    s = socket.create_connection((sys.argv[2], 7), 5)
    s.settimeout(5)
    s.sendall(b"ping")
    assert s.recv(4) == b"ping"
    s.close()
END
    $ss | tail -n 3
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

live_serve
kill -9 $server
wait $server 2>/dev/null
left=$server server=
[ -S /run/runnel/$left.sock ] && [ "$($ss | wc -l)" = 1 ] && ! $ss $left >/dev/null 2>&1
live_verdict $? 'what a killed server left behind is passed over'
live_end
