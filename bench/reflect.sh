#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     driver on packet:veth0 -- veth0 | veth1 -- WIRE:veth1, runnel echo 10.0.0.1, or a reflector     "packet", "xdp"
#     driver on packet:tap0 --- tap0 ----------- tap:tap0, the same                                   "tap"
#
# What the stack adds to what the device costs: processor time of the machine for a request of 64 bytes, 64 of them
# under way, of a reflector that only swaps the link addresses, divided by that of the TCP echo on the same device. The
# server has one processor, the driver another. Rounds of the two in turn, and the median of their ratios, which is to
# be at least the limit.
#
#   bench/reflect.sh               exit 0: it is on all wires; 1: not; 77: cannot be shown here
#   WIRES=xdp ROUNDS=5 MS=1500 bench/reflect.sh

cd "$(dirname "$0")/.." && live_folder=bench && WIRE=packet && export WIRE && . tests/live/lib/live.sh || exit 1
live_need ip taskset
live_enter "$@"
rounds=${ROUNDS:-5} ms=${MS:-1500} wires=${WIRES:-packet xdp tap}
limit=0.85
[ "$(nproc)" -ge 2 ] || live_skip_all 'it takes two processors'
address=10.0.0.1

# serve WIRE KIND: the server, its process in $server, its link address in $link.
serve()
{
    device=$1:veth1 own=
    [ "$1" != tap ] || { device=tap:tap0 own="--mac $mac"; }
    # shellcheck disable=SC2086 # words
    if [ "$2" = tcp ]; then
        set -- "$1" taskset -c 0 "$build/runnel" echo $device --ip $address/8 --acd off $own
    else
        set -- "$1" taskset -c 0 "$build/gate/wire/reflector" $device $address
    fi
    wire=$1
    shift
    [ $wire = tap ] || set -- nsenter -t "$far" -n "$@"
    rm -f "$files/server"
    "$@" >"$files/server" 2>&1 &
    server=$!
    live_eventually grep -sq 'echoes on' "$files/server"
    link=$(sed -n 's/.*link address \([0-9a-f:]\{17\}\).*/\1/p' "$files/server")
    [ "$link" ] || link=$(live_far ip -br link show veth1 | awk '{ print $3 }')
    [ $device != tap:tap0 ] || ip link set tap0 up
}

# once WIRE KIND: a line of the driver's.
once()
{
    serve "$1" "$2"
    case $1 in
        tap) near=packet:tap0 ;;
        *) near=packet:veth0 ;;
    esac
    taskset -c 1 "$build/gate/wire/driver" $near "$link" "$2" 64 "$ms" $server 2>"$files/why" || {
        cat "$files/why" "$files/server" >&2
        echo 0 0 0 0
    }
    kill $server
    wait $server 2>/dev/null
}

live_wire
ip link set veth0 up
ip link set veth0 addrgenmode none 2>/dev/null
for w in $wires; do
    : >"$files/ratios"
    round=1
    while [ $round -le "$rounds" ]; do
        reflect=$(once $w reflect)
        tcp=$(once $w tcp)
        # shellcheck disable=SC2086 # numbers
        echo "$round $w $reflect $tcp" | awk '{
            printf "round %d, %s: ns a request, server + driver: reflector %d + %d, TCP %d + %d; ratio %.3f\n",
                $1, $2, $4, $5, $8, $9, $10 ? $6 / $10 : 0 }'
        echo "$reflect $tcp" | awk '{ print $8 ? $4 / $8 : 0, $6 ? $2 / $6 : 0 }' >>"$files/ratios"
        round=$((round + 1))
    done
    median=$(sort -n "$files/ratios" | awk '{ v[NR] = $1 } END { printf "%.3f", v[int((NR + 1) / 2)] }')
    alone=$(sort -n -k 2 "$files/ratios" | awk '{ v[NR] = $2 } END { printf "%.3f", v[int((NR + 1) / 2)] }')
    echo "$median $limit" | awk '{ exit $1 < $2 }'
    live_verdict $? "reflector / TCP echo on $w, processor time of the machine for a request: $median (of the server alone: $alone), at least $limit"
done
live_end
