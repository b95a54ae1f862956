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
#   KIND=xdp bench/rate.sh         over another kind of device

cd "$(dirname "$0")/.." && live_folder=bench && . tests/live/lib/live.sh && . bench/lib/far.sh || exit 1
live_need ip nc
live_enter "$@"
kind=${KIND:-packet}
rounds=${ROUNDS:-5} megabytes=${MEGABYTES:-64}
mount -o remount,size=$((3 * megabytes + 50))m "$files"

far 0 10.7.0.1/24 "$build/runnel" echo $kind:veth1 --ip $ours/24
far_kernel 2 10.8.0.1/24 10.8.0.7/24
for server in $ours 10.8.0.7; do
    live_eventually nc -z -w 1 $server 7 || echo "# $server does not answer yet"
done

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
live_verdict $failed "$rounds times $megabytes MB came back right from both, $kind at $(echo "$(median $ours) $(median 10.8.0.7)" |
    awk '{ printf "%.2f", $1 / $2 }') times the kernel's rate"
live_end
