#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel 10.7.0.1 --- tap0 ----------- runnel echo tap:tap0, 10.7.0.7         "tap"
#     kernel 10.9.0.1 --- veth2 | veth3 -- runnel echo packet:veth3, 10.9.0.7     "packet"
#     kernel 10.8.0.1 --- veth0 | veth1 -- roundtrip serve 10.8.0.7               "kernel": on both sides
#
# What one byte takes there and back when both ends sleep in between, over each; the far ends of the veth pairs are
# in namespaces of their own. Requests go to each in turn, so that whatever else the machine does falls on all.
# Printed are the times of each round and of all rounds together, and the ratios of the medians to the kernel's, which
# may not be above the limit; beside them what an empty system call costs, so that figures of different machines are
# not taken for one another.
#
#   bench/roundtrip.sh                    exit 0: within the limit; 1: not; 77: cannot be shown here
#   taskset -c 0 bench/roundtrip.sh       all on one processor: without what the scheduler makes of two
#   ROUNDS=10 REQUESTS=400 PAUSE_US=1500 bench/roundtrip.sh

cd "$(dirname "$0")/.." && live_folder=bench && . tests/live/lib/live.sh && . bench/lib/far.sh || exit 1
live_need ip
live_enter "$@"
rounds=${ROUNDS:-10} requests=${REQUESTS:-400} pause=${PAUSE_US:-1500}
limit=1.2
program=$build/kernel/roundtrip

live_restart

far_kernel 0 10.8.0.1/24 10.8.0.7/24
far 2 10.9.0.1/24 "$build/runnel" echo packet:veth3 --ip 10.9.0.7/24

# figures WIRE FILE ...: least, 10th, 50th and 99th percentile of the lines of its server, in microseconds.
figures()
{
    case $1 in tap) server_is=$ours ;; packet) server_is=10.9.0.7 ;; kernel) server_is=10.8.0.7 ;; esac
    shift
    cat "$@" | awk -v of=$server_is '$1 == of { print $2 }' | sort -n | awk '
        { ns[NR] = $1 }
        function at(part) { return ns[int((NR - 1) * part) + 1] / 1000 }
        END { printf "min %.1f p10 %.1f median %.1f p99 %.1f", at(0), at(0.1), at(0.5), at(0.99) }'
}

# ratio WIRE FILE ...: of the median to the kernel's.
ratio()
{
    wire=$1
    shift
    echo "$(figures "$wire" "$@") $(figures kernel "$@")" | awk '{ printf "%.3f", $6 / $14 }'
}

echo "$rounds rounds of $requests requests over each, ${pause} us of sleep before each request"
"$program" calibrate
round=1
while [ $round -le "$rounds" ]; do
    times=$files/times.$round
    "$program" ask 7 "$requests" "$pause" $ours 10.9.0.7 10.8.0.7 >"$times" || exit 1
    echo "round $round, medians in us:$(for w in tap packet kernel; do
        figures $w "$times" | awk -v w=$w '{ printf " %s %s,", w, $6 }'
    done) ratios $(ratio tap "$times") $(ratio packet "$times")"
    round=$((round + 1))
done
"$program" calibrate
for w in tap packet kernel; do
    echo "all, us: $w $(figures $w "$files"/times.*)"
done
for w in tap packet; do
    ratio=$(ratio $w "$files"/times.*)
    echo "$ratio $limit" | awk '{ exit $1 > $2 }'
    live_verdict $? "round trip of one byte with both ends asleep, $w / kernel: $ratio, at most $limit"
done
live_end
