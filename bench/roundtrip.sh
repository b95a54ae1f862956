#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel 10.7.0.1 --- tap0 ----------- runnel echo 10.7.0.7          "tap"
#     kernel 10.8.0.1 --- veth0 | veth1 -- roundtrip serve 10.8.0.7      "veth": the kernel on both sides, in
#                                                                        two namespaces
#
# What one byte takes there and back when both ends sleep in between, over either. Requests alternate between
# the two, so that whatever else the machine does falls on both. Printed are the times of each round and of all
# rounds together, and the ratio of the medians, which may not be above the limit; beside them what an empty
# system call costs, so that figures of different machines are not taken for one another.
#
#   bench/roundtrip.sh                    exit 0: within the limit; 1: not; 77: cannot be shown here
#   taskset -c 0 bench/roundtrip.sh       all on one processor: without what the scheduler makes of two
#   ROUNDS=10 REQUESTS=400 PAUSE_US=1500 bench/roundtrip.sh

cd "$(dirname "$0")/.." && live_folder=bench && . tests/live/lib/live.sh || exit 1
live_need ip
live_enter "$@"
rounds=${ROUNDS:-10} requests=${REQUESTS:-400} pause=${PAUSE_US:-1500}
limit=1.2
program=$build/kernel/roundtrip

live_restart

# await COMMAND ...: 5 s at most.
await()
{
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
        "$@" && return
        sleep 0.2
    done
    return 1
}

# The far end sets itself up in its own namespace, as soon as it is given veth1.
unshare --net sh -c 'echo "roundtrip: waits" && until ip link set veth1 up 2>/dev/null; do sleep 0.1; done &&
    ip addr add 10.8.0.7/24 dev veth1 && exec "$1" serve 10.8.0.7 7' far "$program" >"$files/far" &
far=$!
await grep -sq waits "$files/far" && ip link add veth0 type veth peer name veth1 netns $far &&
    ip addr add 10.8.0.1/24 dev veth0 && ip link set veth0 up && await grep -sq 'echoes on' "$files/far" || {
    echo 'not ok a veth pair between two namespaces'
    exit 1
}

# figures WIRE FILE ...: least, 10th, 50th and 99th percentile of the lines of its server, in microseconds.
figures()
{
    case $1 in tap) server_is=$ours ;; veth) server_is=10.8.0.7 ;; esac
    shift
    cat "$@" | awk -v of=$server_is '$1 == of { print $2 }' | sort -n | awk '
        { ns[NR] = $1 }
        function at(part) { return ns[int((NR - 1) * part) + 1] / 1000 }
        END { printf "min %.1f p10 %.1f median %.1f p99 %.1f", at(0), at(0.1), at(0.5), at(0.99) }'
}

# ratio FILE ...: of the medians.
ratio()
{
    echo "$(figures tap "$@") $(figures veth "$@")" | awk '{ printf "%.3f", $6 / $14 }'
}

echo "$rounds rounds of $requests requests over each, ${pause} us of sleep before each request"
"$program" calibrate
round=1
while [ $round -le "$rounds" ]; do
    times=$files/times.$round
    "$program" ask 7 "$requests" "$pause" $ours 10.8.0.7 >"$times" || exit 1
    echo "round $round, us: tap $(figures tap "$times"), veth $(figures veth "$times")," \
        "ratio $(ratio "$times")"
    round=$((round + 1))
done
"$program" calibrate
echo "all, us: tap $(figures tap "$files"/times.*)"
echo "all, us: veth $(figures veth "$files"/times.*)"
ratio=$(ratio "$files"/times.*)
echo "$ratio $limit" | awk '{ exit $1 > $2 }'
live_verdict $? "round trip of one byte with both ends asleep, tap / veth: $ratio, at most $limit"
live_end
