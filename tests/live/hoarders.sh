#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel, 60 nc that send and never read --- tap0 --- runnel echo 10.7.0.7, port 7, with a budget of 4 MiB
#             and nc that echo 1 MB
#
# The kernel's TCP as hoarders: what they send is echoed, and since nobody takes it their windows close, ours to
# them close, and what is queued stays. Others have to be served beside them, right to the byte; and when memory
# has been pressed for ten seconds, hoarders have to go.

cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip nc
live_enter "$@"
live_watch "$live_windows|$live_losses|RST"
live_restart --budget 4096 --connections 200

# Small buffers of the kernel's, so that it does not take what nc does not read.
echo '4096 8192 16384' >/proc/sys/net/ipv4/tcp_rmem

# nc stops reading the connection when the pipe behind it, which nobody reads, is full.
hoard()
{
    n=0
    while [ $n -lt "$1" ]; do
        (timeout 60 nc -w 60 $ours 7 </dev/zero 2>/dev/null | sleep 60) &
        n=$((n + 1))
    done
    sleep 3
}

echo_1_MB_beside_hoarders()
{
    head -c 1000000 /dev/urandom >"$files/sent"
    timeout 50 nc -N -w 20 $ours 7 <"$files/sent" >"$files/back"
    cmp "$files/sent" "$files/back"
}

echo_20_lines_beside_hoarders()
{
    for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        [ "$(echo "line $n" | timeout 5 nc -N -w 5 $ours 7)" = "line $n" ]
    done
}

hoard 60
live_case echo_20_lines_beside_hoarders
live_case echo_1_MB_beside_hoarders
sleep 12
live_case echo_20_lines_beside_hoarders
live_case echo_1_MB_beside_hoarders
live_stop
[ "$(grep -o '[0-9]* evicted' "$files/server" | cut -d ' ' -f 1)" -gt 0 ] 2>/dev/null
live_verdict $? 'hoarders had to go' "$files/server"
live_end
