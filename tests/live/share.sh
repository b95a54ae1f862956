#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel 10.7.0.1, nc --- veth0 | veth1, 10.7.0.7 --- runnel echo --share: port 7
#                                     |
#                                     +------------------ the kernel, which has that address: all other ports
#
# One address, two owners. What is ours is echoed, all else goes on as if we were not there: other ports, ping, ARP,
# DHCP; at full rate, too. Ports are held in the kernel, and all is as before when the program has gone.
#
#   WIRE=xdp tests/live/share.sh    the same over AF_XDP
#   KILLS=100                       so many kill -9, 10 unless said

# shellcheck disable=SC2086 # words without blanks
cd "$(dirname "$0")/../.." && WIRE=${WIRE:-packet} && export WIRE && . tests/live/lib/live.sh || exit 1
live_need ip ss nc ping tcpdump nsenter
live_enter "$@"
# Two streams at full rate over one link can be more than its queue holds.
live_watch "$live_windows|$live_losses|RST"
live_wire
live_far ip addr add $ours/24 dev veth1
live_start "$build/runnel" echo $wire:veth1 --share --udp --port 7

echoes()
{
    [ "$(echo hello | nc -N -w 5 $ours 7)" = hello ]
}

echoes_datagrams()
{
    [ "$(echo hello | nc -u -W 1 -w 5 -p 2000 $ours 7)" = hello ]
}

# listens PORT: somebody does, at the kernel that shares its address.
listens()
{
    live_far ss -ltnH "sport = :$1" | grep -q .
}

# kernels PORT FILE: nc that sends a file to who connects and keeps what it gets.
kernels()
{
    nsenter -t "$far" -n nc -l -N -w 30 $ours $1 <"$2" >"$2.heard" &
    listener=$!
    live_eventually listens $1
}

kernel_keeps_all_other_ports()
{
    echo from the kernel >"$files/words"
    kernels 9 "$files/words"
    [ "$(echo to the kernel | nc -N -w 5 $ours 9)" = 'from the kernel' ]
    wait $listener
    grep -q 'to the kernel' "$files/words.heard"
    if echo | nc -N -w 5 $ours 8; then return 1; fi # which it refuses
}

# record FILTER: what passes on veth0 and fits, as text in $files/wire.
record()
{
    tcpdump -i veth0 -nn -l -U --immediate-mode "$@" >"$files/wire" 2>"$files/tcpdump" &
    dump=$!
    live_eventually grep -sq 'listening on' "$files/tcpdump"
}

kernel_alone_answers_for_the_address()
{
    ip neigh flush dev veth0
    record "arp or icmp or (tcp[tcpflags] & tcp-rst != 0)"
    echoes
    ping -c 3 -i 0.2 -W 2 $ours
    sleep 0.3
    kill $dump
    wait $dump || true
    cat "$files/wire"
    [ "$(grep -c "$ours is-at" "$files/wire")" = 1 ]
    [ "$(grep -c 'ICMP echo reply' "$files/wire")" = 3 ]
    [ "$(grep -c 'Flags .*R' "$files/wire")" = 0 ]
}

# is_held PORT: nobody can listen on it.
is_held()
{
    nsenter -t "$far" -n timeout 1 nc -l $ours $1 2>&1 | grep -q 'Address already in use'
}

# Somebody in the kernel's namespace wants our port, and connects from another one than ours.
ports_are_held()
{
    is_held 7
    is_held 61440
    is_held 62463
    if is_held 62464; then return 1; fi
    nc -l -N -w 5 $kernels 9 >"$files/heard" </dev/null &
    listener=$!
    live_eventually sh -c 'ss -ltnH "sport = :9" | grep -q .'
    echo from elsewhere | nsenter -t "$far" -n nc -N -w 5 -s $ours $kernels 9
    wait $listener
    grep 'from elsewhere' "$files/heard"
}

# Each of two owners has a stream both ways, both as fast as it goes, while addresses are asked for by DHCP.
both_at_full_rate()
{
    head -c 33554432 /dev/urandom >"$files/to"
    head -c 16777216 /dev/urandom >"$files/from"
    kernels 9 "$files/from"
    timeout 100 nc -w 20 $ours 9 <"$files/to" >"$files/of_kernel" & # -N: a listening nc sends no more after an end
    client=$!
    timeout 100 nc -N -w 20 $ours 7 <"$files/to" >"$files/of_ours"
    wait $client
    wait $listener
    cmp "$files/to" "$files/of_ours"
    cmp "$files/from" "$files/of_kernel"
    cmp "$files/to" "$files/from.heard"
    rm -f "$files/to" "$files/of_ours" "$files/of_kernel" "$files/from" "$files/from.heard"
}

# By the kernel's IPv6 address, which is the only one on another pair.
the_same_by_version_6()
{
    live_far ip link add veth2 type veth peer name veth3
    live_far ip link set veth2 netns $$
    ip addr add fd00:7::1/64 dev veth2 nodad && ip link set veth2 up
    live_far ip addr add fd00:7::7/64 dev veth3 nodad && live_far ip link set veth3 up
    nsenter -t "$far" -n "$build/runnel" echo $wire:veth3 --share --udp --port 7 >"$files/six" 2>&1 &
    six=$!
    live_eventually grep -sq 'echoes on fd00:7::7/64' "$files/six" || cat "$files/six"
    [ "$(echo hello | nc -u -W 1 -w 5 fd00:7::7 7)" = hello ] # a neighbour that the kernel has to look for
    head -c 33554432 /dev/urandom >"$files/to"
    timeout 100 nc -N -w 20 fd00:7::7 7 <"$files/to" | cmp - "$files/to"
    echo from the kernel | nsenter -t "$far" -n nc -l -N -w 30 fd00:7::7 9 >"$files/heard" &
    live_eventually listens 9
    [ "$(echo to the kernel | nc -N -w 5 fd00:7::7 9)" = 'from the kernel' ]
    ping -c 3 -i 0.1 -W 2 fd00:7::7
    kill $six
    wait $six
    ip link delete veth2
}

# A lease from the other side, by a client that runs on the shared interface while we echo.
dhcp_goes_on()
{
    command -v busybox >/dev/null || return 0
    printf '%s\n' 'start 10.7.0.100' 'end 10.7.0.150' 'interface veth0' 'option subnet 255.255.255.0' 'notify_file /bin/true' \
        "lease_file $files/leases" "pidfile $files/udhcpd.pid" >"$files/udhcpd.conf"
    : >"$files/leases"
    busybox udhcpd -f "$files/udhcpd.conf" >"$files/udhcpd" 2>&1 &
    server_of_leases=$!
    head -c 33554432 /dev/urandom >"$files/to"
    timeout 100 nc -N -w 20 $ours 7 <"$files/to" >"$files/of_ours" &
    client=$!
    code=0
    for _ in 1 2 3; do
        nsenter -t "$far" -n busybox udhcpc -f -n -q -R -t 5 -T 1 -i veth1 -s /bin/true || code=1
    done
    wait $client || code=1
    kill $server_of_leases
    wait $server_of_leases || true
    cmp "$files/to" "$files/of_ours"
    rm -f "$files/to" "$files/of_ours"
    [ $code = 0 ]
}

# The kernel's listener on a port is not taken from it.
port_in_use_is_named()
{
    nsenter -t "$far" -n nc -l -w 20 $ours 9 >"$files/heard" &
    listener=$!
    live_eventually listens 9
    code=0
    live_far "$build/runnel" echo packet:veth1 --share --port 9 >"$files/refused" 2>&1 || code=$?
    kill $listener
    wait $listener || true
    cat "$files/refused"
    [ $code = 1 ] && grep -q ':9 is in use in the kernel' "$files/refused"
}

nothing_to_share_is_told()
{
    code=0
    "$build/runnel" echo $wire:veth0 --share --mac $mac >"$files/refused" 2>&1 || code=$?
    cat "$files/refused"
    [ $code = 2 ] && grep -q 'leave the mac out' "$files/refused"
    code=0
    "$build/runnel" echo null --share >"$files/refused" 2>&1 || code=$?
    cat "$files/refused"
    [ $code -ne 0 ] && grep -q 'nobody to share an address with' "$files/refused"
    ip link add bare0 type veth peer name bare1
    ip link set bare0 up
    code=0
    "$build/runnel" echo $wire:bare0 --share >"$files/refused" 2>&1 || code=$?
    ip link delete bare0
    cat "$files/refused"
    [ $code = 1 ] && grep -q 'bare0 has no address' "$files/refused"
}

# refused WORDS ...: in the far namespace, in an ssh session to the shared address.
refused()
{
    code=0
    SSH_CONNECTION="$kernels 50000 $ours 22" nsenter -t "$far" -n timeout 2 "$build/runnel" "$@" \
        >"$files/refused" 2>&1 || code=$?
    cat "$files/refused"
    [ $code = 1 ] && grep -q 'would cut the ssh session' "$files/refused"
}

ssh_is_not_cut()
{
    refused echo packet:veth1 --ip $ours/24
    refused bridge packet:veth1 null
    refused echo netmap:veth1 --ip 10.7.0.8/24 # which would be without the kernel
    echoes
    if refused echo packet:veth1 --ip 10.7.0.8/24; then return 1; fi
    if refused echo packet:veth1 --share --port 8; then return 1; fi
    if refused echo packet:veth1 --ip $ours/24 --force --acd off; then return 1; fi
}

# What could be left over in the kernel's namespace.
state()
{
    live_far sh -c 'ip -d link && ip addr && ip route && ip rule && tc qdisc && ss -tuanH state all exclude time-wait'
    live_far "$build/runnel" devices veth1
}

is_as_before()
{
    state >"$files/after"
    diff "$files/before" "$files/after"
}

killed_leaves_nothing()
{
    state >"$files/before"
    for _ in $(seq "${KILLS:-10}"); do
        rm -f "$files/killed"
        nsenter -t "$far" -n "$build/runnel" echo $wire:veth1 --share >"$files/killed" 2>&1 &
        server=$!
        live_eventually grep -sq 'echoes on' "$files/killed"
        is_held 61440 && is_held 7
        kill -9 $server
        { wait $server || true; } 2>"$files/killed"
        live_eventually is_as_before
    done
}

live_eventually echoes
live_case echoes_datagrams
live_case kernel_keeps_all_other_ports
live_case kernel_alone_answers_for_the_address
live_case ports_are_held
live_case both_at_full_rate
live_case dhcp_goes_on
live_case the_same_by_version_6
live_case port_in_use_is_named
live_case nothing_to_share_is_told
live_stop
live_start "$build/runnel" echo $wire:veth1 --share
live_case ssh_is_not_cut
live_stop
live_case killed_leaves_nothing
live_end
