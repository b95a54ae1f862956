#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel 10.7.0.1 --- tap0 ----------- runnel echo tap:tap0, 10.7.0.7         "tap"
#     kernel 10.9.0.1 --- veth2 | veth3 -- runnel echo packet:veth3, 10.9.0.7     "packet"
#     kernel 10.6.0.1 --- veth4 | veth5 -- runnel echo xdp:veth5, 10.6.0.7        "xdp"
#     kernel 10.8.0.1 --- veth0 | veth1 -- roundtrip serve 10.8.0.7               "kernel": on both sides
#
# What one byte takes there and back when both ends sleep in between, over each wire, each beside the kernel's:
# requests go to the one and to the kernel in turn, so that whatever else the machine does falls on both; the far
# ends of the veth pairs are in namespaces of their own. Printed are the times of each round and of all rounds
# together, and the ratio of the medians to the kernel's, which may not be above the limit, 1.2, over xdp 1; beside
# them what an empty system call costs, so that figures of different machines are not taken for one another. Who
# asks all three in turn finds each of them colder, ours more than the kernel's, whose client half is the same code
# as its server half.
#
#   bench/roundtrip.sh                    exit 0: within the limit; 1: not; 77: cannot be shown here
#   WIRES="tap packet,tap" bench/roundtrip.sh      over tap; then over both and the kernel's, all three in turn
#   taskset -c 0 bench/roundtrip.sh       all on one processor: without what the scheduler makes of two
#   ROUNDS=10 REQUESTS=400 PAUSE_US=1500 bench/roundtrip.sh

cd "$(dirname "$0")/.." && live_folder=bench && . tests/live/lib/live.sh && . bench/lib/far.sh || exit 1
live_need ip
live_enter "$@"
rounds=${ROUNDS:-10} requests=${REQUESTS:-400} pause=${PAUSE_US:-1500}
wires=${WIRES:-tap packet xdp}
program=$build/kernel/roundtrip

live_restart

far_kernel 0 10.8.0.1/24 10.8.0.7/24
far 2 10.9.0.1/24 "$build/runnel" echo packet:veth3 --ip 10.9.0.7/24
case $wires in
    *xdp*) far 4 10.6.0.1/24 "$build/runnel" echo xdp:veth5 --ip 10.6.0.7/24 ;;
esac

# address_of WIRE: of its server.
address_of()
{
    case $1 in
        tap) echo $ours ;;
        packet) echo 10.9.0.7 ;;
        xdp) echo 10.6.0.7 ;;
        kernel) echo 10.8.0.7 ;;
    esac
}

# figures WIRE FILE ...: least, 10th, 50th and 99th percentile of the lines of its server, in microseconds.
figures()
{
    server=$(address_of "$1")
    shift
    cat "$@" | awk -v of="$server" '$1 == of { print $2 }' | sort -n | awk '
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

# compare WIRE ...: all of them and the kernel in turn.
compare()
{
    echo "$* and kernel in turn: $rounds rounds of $requests requests over each, ${pause} us of sleep before each"
    "$program" calibrate
    rm -f "$files"/times.*
    round=1
    while [ $round -le "$rounds" ]; do
        times=$files/times.$round
        # shellcheck disable=SC2046 # an address a word
        "$program" ask 7 "$requests" "$pause" $(for w in "$@" kernel; do address_of $w; done) >"$times" || exit 1
        echo "round $round, medians in us:$(for w in "$@" kernel; do
            figures $w "$times" | awk -v w=$w '{ printf " %s %s,", w, $6 }'
        done) ratio$(for w in "$@"; do echo " $(ratio $w "$times")"; done | tr -d '\n')"
        round=$((round + 1))
    done
    "$program" calibrate
    for w in "$@" kernel; do
        echo "all, us: $w $(figures $w "$files"/times.*)"
    done
    for w in "$@"; do
        ratio=$(ratio $w "$files"/times.*) limit=1.2
        [ $w != xdp ] || limit=1
        echo "$ratio $limit" | awk '{ exit $1 > $2 }'
        live_verdict $? "round trip of one byte with both ends asleep, $w / kernel: $ratio, at most $limit"
    done
}

for together in $wires; do
    # shellcheck disable=SC2046 # a wire a word
    compare $(echo "$together" | tr ',' ' ')
done
live_end
