#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel, ping, nc 10.7.0.1 --- tap0 or tun0 --- recorder 10.7.0.7 -> FILE -> tcpdump, tshark
#
# Our own recording, read by others: while the server runs and afterwards; as many frames as the stack and the
# kernel's interface have counted; nothing in it that tshark's expert warns of. Over tun it shows as well that a
# stack needs no link addresses. Then a disk that is full, and a size at which the file stops.

# shellcheck disable=SC2086 # words without blanks
cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip nc ping tcpdump tshark
live_enter "$@"
live_watch "$live_windows|Duplicate IP" # each tap0 has another link address
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 # so that the kernel says nothing by itself

# record_on INTERFACE FILE [BYTES]: the kernel's side first, so that nothing is sent to an interface that is down;
# then the server.
record_on()
{
    ip tuntap add dev "$1" mode "${1%0}" && ip addr add $kernels/24 dev "$1" && ip link set "$1" up
    "$build/test/live/recorder" "${1%0}:$1" $ours/24 "$2" $3 >"$files/server" 2>&1 &
    server=$!
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        grep -sq 'serves on' "$files/server" && return
        kill -0 $server 2>/dev/null || break
        sleep 0.1
    done
    echo "not ok recorder_starts_on_$1"
    sed 's/^/# /' "$files/server"
    exit 1
}

# What the kernel's side of the interface has counted, "received sent"; then the server's end and its own count.
record_ends()
{
    ip -s -j link show "$1" |
        sed 's/.*"rx":{[^}]*"packets":\([0-9]*\).*"tx":{[^}]*"packets":\([0-9]*\).*/\1 \2/' >"$files/kernel"
    kill -TERM $server
    wait $server
    live_verdict $? "recorder_ends_on_$1" "$files/server"
    server=
    ip link delete "$1"
    sed -n 's/received \([0-9]*\) sent \([0-9]*\)/\2 \1/p' "$files/server" >"$files/stack"
}

talk()
{
    ping -c 3 -i 0.1 -W 2 $ours
    [ "$(echo hello | nc -N -w 5 $ours 7)" = hello ]
    head -c "$1" /dev/urandom >"$files/sent"
    timeout 20 nc -N -w 5 $ours 7 <"$files/sent" | cmp - "$files/sent"
}

frames_in()
{
    tcpdump -r "$1" -n 2>"$files/tcpdump" | wc -l
}

# What a recording says within a second or two of the frames, its server still running.
a_running_file_can_be_read()
{
    sleep 1.5
    [ "$(frames_in "$1")" -gt 20 ]
    ! grep -i truncated "$files/tcpdump"
}

every_frame_is_there()
{
    paste "$files/kernel" "$files/stack"
    cmp "$files/kernel" "$files/stack"
    [ "$(frames_in "$1")" = "$(awk '{ print $1 + $2 }' "$files/stack")" ]
}

# With a home of its own, so that nobody's preferences change the verdict.
the_expert_has_no_warning()
{
    HOME=$files tshark -r "$1" -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE \
        -Y '_ws.expert.severity >= 0x600000 || ip.checksum.status == 0 || tcp.checksum.status == 0' \
        -T fields -e frame.number -e ip.src -e _ws.expert.message >"$files/found"
    cat "$files/found"
    [ ! -s "$files/found" ]
}

# The clock on the wall, as the last frame has it.
times_are_of_today()
{
    last=$(tcpdump -r "$1" -n -tt 2>/dev/null | tail -n 1 | cut -d. -f1)
    age=$(($(date +%s) - last))
    echo "the last frame is $age s old"
    [ $age -ge 0 ] && [ $age -le 20 ]
}

# The traffic goes on, and what the file has is whole.
it_is_cut_behind_a_whole_frame()
{
    [ "$(frames_in "$1")" -gt "$2" ]
    [ "$(wc -c <"$1")" -le "$3" ]
    ! grep -i truncated "$files/tcpdump"
}

for interface in tap0 tun0; do
    file=$files/$interface.pcap
    record_on $interface "$file"
    live_case talk 50000 # never more than the window, so that tshark has nothing to say of it
    live_case a_running_file_can_be_read "$file"
    record_ends $interface
    live_case every_frame_is_there "$file"
    live_case the_expert_has_no_warning "$file"
    live_case times_are_of_today "$file"
done

mkdir -p "$files/small" && mount -t tmpfs -o size=128k small "$files/small"
record_on tap0 "$files/small/full.pcap"
live_case talk 300000
record_ends tap0
live_case it_is_cut_behind_a_whole_frame "$files/small/full.pcap" 20 131072

record_on tap0 "$files/size.pcap" 100000
live_case talk 300000
record_ends tap0
live_case it_is_cut_behind_a_whole_frame "$files/size.pcap" 50 100000
live_end
