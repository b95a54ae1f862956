#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel 10.7.0.1, veth0 | veth1 -- runnel echo packet:veth1, 10.7.0.7      "ours"
#     kernel 10.8.0.1, veth2 | veth3 -- roundtrip serve 10.8.0.7                "kernel"
#
# How fast 64 MB come back from an echo server, ours and one of the kernel's sockets, each in a namespace of its own
# behind a veth pair with the offloads of a fresh system. nc is the client of both, in turn, so that whatever else the
# machine does falls on both. Every byte is compared. Printed are the rates of each round and the medians.
#
#   bench/rate.sh                  exit 0: all bytes were right; 1: not; 77: cannot be shown here
#   ROUNDS=5 MEGABYTES=64 bench/rate.sh

cd "$(dirname "$0")/.." && live_folder=bench && . tests/live/lib/live.sh || exit 1
live_need ip nc
live_enter "$@"
rounds=${ROUNDS:-5} megabytes=${MEGABYTES:-64}
mount -o remount,size=$((3 * megabytes + 50))m "$files"

# far VETH NEAR-ADDRESS/LEN COMMAND ...: a namespace with the other end of that pair, in which the command runs.
far()
{
    near=veth$1 end=veth$(($1 + 1)) address=$2
    shift 2
    : >"$files/$near"
    unshare --net sh -c 'echo waits >"$1" && until ip link set "$2" up 2>/dev/null; do sleep 0.1; done &&
        shift 2 && exec "$@"' far "$files/$near" "$end" "$@" >"$files/$near.said" 2>&1 &
    last=$!
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        [ -s "$files/$near" ] && break
        sleep 0.1
    done
    ip link add "$near" type veth peer name "$end" netns $last && ip addr add "$address" dev "$near" &&
        ip link set "$near" up
}

# answers ADDRESS: 5 s at most until it does.
answers()
{
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
        [ "$(echo there | nc -N -w 1 "$1" 7)" = there ] && return
        sleep 0.2
    done
    return 1
}

far 0 10.7.0.1/24 "$build/runnel" echo packet:veth1 --ip $ours/24
far 2 10.8.0.1/24 sh -c 'ip addr add 10.8.0.7/24 dev veth3 && exec "$1" serve 10.8.0.7 7' serve \
    "$build/kernel/roundtrip"
answers $ours && answers 10.8.0.7 || {
    echo 'not ok two servers answer'
    cat "$files"/veth*.said
    exit 1
}

head -c $((megabytes * 1048576)) /dev/urandom >"$files/sent"
round=1
while [ $round -le "$rounds" ]; do
    for server in $ours 10.8.0.7; do
        begin=$(date +%s%N)
        timeout 60 nc -N -w 20 $server 7 <"$files/sent" >"$files/back"
        end=$(date +%s%N)
        cmp "$files/sent" "$files/back" || failed=1
        echo "$server $((megabytes * 1048576 * 1000 / (end - begin)))" >>"$files/rates"
    done
    round=$((round + 1))
done

# median SERVER
median()
{
    awk -v of="$1" '$1 == of { print $2 }' "$files/rates" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

echo "MB/s each way, ours:   $(awk -v of=$ours '$1 == of { printf " %s", $2 }' "$files/rates"), median $(median $ours)"
echo "MB/s each way, kernel: $(awk '$1 == "10.8.0.7" { printf " %s", $2 }' "$files/rates"), median $(median 10.8.0.7)"
live_verdict $failed "$rounds times $megabytes MB came back right from both, ours at $(echo "$(median $ours) $(median 10.8.0.7)" |
    awk '{ printf "%.2f", $1 / $2 }') times the kernel's rate"
live_end
