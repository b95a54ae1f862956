#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel 10.7.0.1, nc --- veth0 | veth1 --- picotcp_netmap 10.7.0.7, echo on port 7
#                                     |
#                                     +-------- the other namespace's kernel 10.7.0.2
#
# A card that is shared: two owners, of which each answers for itself and only for itself; and a card that goes
# down, away and comes back. Nothing that was set outlives the program, however it ends. Offloads are as a fresh
# system has them.
#
#   KILLS=100 tests/live/packet.sh          so many kill -9, 20 unless said
#   GUARD=nftables tests/live/packet.sh     what is ours has to be kept from the kernel by that (see nftables.sh)
#   WIRE=xdp tests/live/packet.sh           the same over AF_XDP; WIRE=pcap: by libpcap

# shellcheck disable=SC2086 # words without blanks
cd "$(dirname "$0")/../.." && WIRE=${WIRE:-packet} && export WIRE && . tests/live/lib/live.sh || exit 1
live_need ip ss nc ping tc tcpdump nsenter
live_enter "$@"
# A new pair has other link addresses; nc gives up while the interface is down.
live_watch "$live_windows|Duplicate IP|RST"
live_start "$build/runnel" echo $wire:veth1 --ip $ours/24 --udp
theirs=10.7.0.2
live_far ip addr add $theirs/24 dev veth1
guard=$(live_far "$build/runnel" devices veth1 | sed -n 's/.*what is ours is kept from the kernel by //p')
[ $wire != xdp ] || guard=$wire # it takes what is ours before the kernel sees it

guarded_as_said()
{
    echo "by ${guard:-nothing}"
    [ "$guard" = "${GUARD:-$guard}" ] && [ "$guard" ]
    [ $guard != nftables ] || command -v nft
}

echoes()
{
    [ "$(echo hello | nc -N -w "${1:-5}" $ours 7)" = hello ]
}

echo_64_MB_with_offloads()
{
    head -c 67108864 /dev/urandom >"$files/sent"
    begin=$(date +%s%N)
    timeout 60 nc -N -w 10 $ours 7 <"$files/sent" >"$files/back"
    end=$(date +%s%N)
    cmp "$files/sent" "$files/back"
    rm -f "$files/sent" "$files/back"
    echo "# there and back in $(((end - begin) / 1000000)) ms"
}

# UDP_SEGMENT: the kernel gives the program on the card one frame, of which eleven datagrams come back.
a_train_of_datagrams()
{
    command -v perl >/dev/null || return 0
    timeout 20 perl -MSocket -e '
        socket($s, PF_INET, SOCK_DGRAM, 0) or die;
        setsockopt($s, SOL_SOCKET, SO_RCVTIMEO, pack("l!l!", 2, 0)) or die;
        setsockopt($s, 17, 103, pack("i", 1000)) or die $!;
        connect($s, sockaddr_in(7, inet_aton("'$ours'"))) or die;
        $sent = join "", map { chr rand 256 } 1..10500;
        send($s, $sent, 0) or die $!;
        for (1..11) { defined recv($s, my $b, 65536, 0) or die "no $_"; $got .= $b; push @len, length $b }
        "@len" eq "1000 " x 10 . "500" && $got eq $sent or die "@len"'
}

# listens PORT: somebody does, at the other namespace's kernel.
listens()
{
    live_far ss -ltnH "sport = :$1" | grep -q .
}

both_owners_answer()
{
    ping -c 3 -i 0.2 -W 2 $ours
    ping -c 3 -i 0.2 -W 2 $theirs
    echo from the kernel | nsenter -t "$far" -n nc -l -N -w 5 $theirs 9 >"$files/heard" &
    listener=$!
    live_eventually listens 9
    [ "$(echo to the kernel | nc -N -w 5 $theirs 9)" = 'from the kernel' ]
    wait $listener
    grep -q 'to the kernel' "$files/heard"
    echoes
}

# record FILTER: what passes on veth0 and fits, as text in $files/wire.
record()
{
    tcpdump -i veth0 -nn -l -U --immediate-mode "$@" >"$files/wire" 2>"$files/tcpdump" &
    dump=$!
    live_eventually grep -sq 'listening on' "$files/tcpdump"
}

recorded()
{
    sleep 0.3
    kill $dump
    wait $dump || true
    cat "$files/wire"
}

# The other kernel has our address, too, and would answer with resets.
nobody_answers_twice()
{
    live_far ip addr add $ours/32 dev veth1
    ip neigh flush dev veth0
    record "(tcp[tcpflags] & tcp-rst != 0) or (arp and arp[6:2] = 2 and src host $ours) or icmp[icmptype] = 0"
    for _ in 1 2 3 4 5; do
        echoes
    done
    ping -c 5 -i 0.2 -W 2 $ours
    recorded
    live_far ip addr del $ours/32 dev veth1
    [ "$(grep -c 'Flags .*R' "$files/wire")" = 0 ]
    [ "$(grep -c "$ours is-at" "$files/wire")" = 1 ]
    [ "$(grep -c 'ICMP echo reply' "$files/wire")" = 5 ]
}

kernel_forwards_nothing_of_ours()
{
    live_far sysctl -q net.ipv4.ip_forward=1
    record icmp or tcp
    echoes
    recorded
    live_far sysctl -q net.ipv4.ip_forward=0
    [ "$(grep -c 'redirect\|unreachable' "$files/wire")" = 0 ]
}

# told WORDS: the server's last line about the interface.
told()
{
    [ "$(grep 'the interface' "$files/server" | tail -n 1 | sed 's/.*the interface //')" = "$1" ]
}

down_and_up()
{
    live_far ip link set veth1 down
    live_eventually told 'is down: it waits until it is up again'
    if echoes 1; then return 1; fi
    live_far ip link set veth1 up
    live_eventually told 'is up'
    echoes
}

# A connection that is open meanwhile goes on.
down_with_a_connection_open()
{
    mkfifo "$files/in"
    nc -N -w 20 $ours 7 <"$files/in" >"$files/back" &
    client=$!
    exec 9>"$files/in"
    echo before >&9
    live_eventually grep -q before "$files/back"
    live_far ip link set veth1 down
    live_eventually told 'is down: it waits until it is up again'
    echo meanwhile >&9
    live_far ip link set veth1 up
    live_eventually grep -q meanwhile "$files/back"
    exec 9>&-
    wait $client
}

# The pair as it was at the beginning.
pair_again()
{
    live_pair
    ip addr add $kernels/24 dev veth0
    ip link set veth0 up
    live_far ip addr add $theirs/24 dev veth1
}

removed_and_made_again()
{
    live_far ip link delete veth1
    live_eventually told 'is gone: it waits until there is one of that name again'
    pair_again
    live_eventually told 'is up'
    echoes
    both_owners_answer
}

starts_while_it_is_down()
{
    live_far ip link set veth1 down
    live_serve
    live_eventually told 'is down: it waits until it is up again'
    live_far ip link set veth1 up
    live_eventually told 'is up'
    live_eventually echoes 1
}

# Who took the address while we could not hear him has it.
gives_way_to_who_came_meanwhile()
{
    live_far ip link set veth1 down
    live_eventually told 'is down: it waits until it is up again'
    ip addr add $ours/32 dev veth0
    live_far ip link set veth1 up
    status=0
    wait $server || status=$?
    ip addr del $ours/32 dev veth0
    cat "$files/server"
    [ $status = 1 ] && grep "$ours/24 is used by another host.*choose another address" "$files/server"
}

# The guards on the server's interface, a line each.
guards()
{
    if [ $guard = nftables ]; then
        live_far nft list tables netdev
    elif [ $guard = xdp ]; then
        live_far ip link show veth1 | grep -q xdp && echo veth1: 1
    else
        live_far "$build/test/live/guards" veth1 | grep -v ': 0'
    fi
}

# All that could be left over in the server's namespace.
state()
{
    guards || true
    live_far sh -c 'ip -d link && ip addr && ip route && ip rule && ip neigh && tc qdisc && tc filter show dev veth1 ingress'
    ! command -v nft >/dev/null || live_far nft list ruleset
    ! command -v ethtool >/dev/null || live_far ethtool -k veth1
}

# IPv6 knows by now that nobody else has its addresses, which `ip addr` shows.
settled()
{
    ! live_far ip addr | grep -q tentative
}

guarded_once()
{
    [ "$(guards | grep -cE '^veth1: 1$|^table netdev runnel-')" = 1 ]
}

is_as_before()
{
    state >"$files/after"
    diff "$files/before" "$files/after"
}

# Killed while it serves: with the card's link address, and with one of its own.
killed_leaves_nothing()
{
    live_eventually settled
    live_far ip neigh flush dev veth1
    state >"$files/before"
    for i in $(seq "${KILLS:-20}"); do
        own="--mac $mac"
        [ $((i % 2)) = 0 ] || own=
        nsenter -t "$far" -n "$build/runnel" echo $wire:veth1 --ip $ours/24 $own >"$files/killed" 2>&1 &
        server=$!
        live_eventually grep -sq 'echoes on' "$files/killed" || cat "$files/killed"
        live_eventually guarded_once
        kill -9 $server
        { wait $server || true; } 2>"$files/killed"
    done
    live_eventually is_as_before
}

live_eventually echoes 1
live_case guarded_as_said
live_case echo_64_MB_with_offloads
# libpcap does not tell that a frame is eleven.
if [ $wire = pcap ]; then echo 'skip a_train_of_datagrams # pcap is not told of merged datagrams'; else live_case a_train_of_datagrams; fi
live_case both_owners_answer
live_case nobody_answers_twice
live_case kernel_forwards_nothing_of_ours
live_case down_and_up
live_case down_with_a_connection_open
live_case removed_and_made_again
live_stop
starts_while_it_is_down >"$files/said" 2>&1
live_verdict $? starts_while_it_is_down "$files/said"
gives_way_to_who_came_meanwhile >"$files/said" 2>&1
live_verdict $? gives_way_to_who_came_meanwhile "$files/said"
server=
live_case killed_leaves_nothing
live_end
