#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     client's kernel 10.8.0.2 --- veth --- 10.8.0.1 router's kernel 10.7.0.1 --- tap0 --- address 10.7.0.7
#
# Three hosts, of which the middle one only passes on. Connections from and to the client, which is on no link of
# the server's: byte by byte the same both ways, and ping. Without a gateway there is no way.

# shellcheck disable=SC2086 # words without blanks
cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip nc ping nsenter
live_enter "$@"
address=$build/test/live/address

mount -t proc live /proc || live_skip_all 'no right to mount a proc' # in which our own numbers are found
unshare --net sleep 600 &
holder=$!
trap 'kill -9 $holder $server $watcher 2>/dev/null' EXIT
client()
{
    nsenter -t $holder -n "$@"
}

for _ in $(seq 50); do
    [ "$(readlink /proc/$holder/ns/net)" = "$(readlink /proc/$$/ns/net)" ] || break
    sleep 0.1
done
(echo 1 >/proc/sys/net/ipv4/ip_forward) 2>/dev/null || live_skip_all 'no right to let the kernel pass packets on'
ip tuntap add dev tap0 mode tap && ip addr add $kernels/24 dev tap0 && ip link set tap0 up
live_watch "$live_windows" tap0
ip link add v0 type veth peer name v1 netns $holder
ip addr add 10.8.0.1/24 dev v0 && ip link set v0 up
client ip addr add 10.8.0.2/24 dev v1
client ip link set v1 up
client ip route add default via 10.8.0.1
head -c 1000000 /dev/urandom >"$files/sent"

# start WORDS ...: the server, as soon as its address is used.
start()
{
    "$address" $ours/24 quick "$@" >"$files/server" 2>&1 &
    server=$!
    for _ in $(seq 50); do
        grep -q used "$files/server" && return
        sleep 0.1
    done
    cat "$files/server"
    return 1
}

stop()
{
    kill $server && wait $server || true
    server=
}

from_the_client()
{
    start $kernels
    client timeout 20 nc -N -w 5 $ours 7 <"$files/sent" | cmp - "$files/sent"
    client ping -c 3 -i 0.05 -W 2 $ours
    stop
}

to_the_client()
{
    client timeout 20 nc -N -l -p 5000 <"$files/sent" >"$files/back" &
    sleep 0.5
    start $kernels 10.8.0.2:5000
    wait $server || { cat "$files/server"; return 1; }
    server=
    cmp "$files/sent" "$files/back"
}

without_a_gateway_there_is_no_way()
{
    start
    if client nc -z -w 2 $ours 7; then return 1; fi
    [ "$(echo hello | nc -N -w 5 $ours 7)" = hello ] # but there is for the router itself
    stop
}

live_case from_the_client
live_case to_the_client
live_case without_a_gateway_there_is_no_way
live_end
