#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel, nc 10.7.0.1 --- tap0 --- runnel echo 10.7.0.7, port 7
#
# Each of window scale, timestamps and SACK on or off on either side: 64 pairs, 1 MB each way, byte by byte. The
# kernel's side is switched by sysctls of this namespace, ours by options. What the SYN-ACK says is looked at, too.

cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip nc tcpdump
live_enter "$@"
live_watch "$live_windows|Duplicate IP" # a new tap has another link address

words_for()
{
    words=
    [ $(($1 & 1)) = 0 ] || words="$words --no-window-scale"
    [ $(($1 & 2)) = 0 ] || words="$words --no-timestamps"
    [ $(($1 & 4)) = 0 ] || words="$words --no-sack"
}

kernel_does_without()
{
    echo $((1 - ($1 & 1))) >/proc/sys/net/ipv4/tcp_window_scaling
    echo $((1 - ($1 >> 1 & 1))) >/proc/sys/net/ipv4/tcp_timestamps
    echo $((1 - ($1 >> 2 & 1))) >/proc/sys/net/ipv4/tcp_sack
}

# options OURS KERNELS: bits of what is off: 1 window scale, 2 timestamps, 4 SACK.
options()
{
    timeout 20 tcpdump --immediate-mode -i $kernel_end -nn -c 1 'tcp[tcpflags] & (tcp-syn|tcp-ack) = (tcp-syn|tcp-ack)' \
        >"$files/syn" 2>/dev/null &
    sniffer=$!
    sleep 0.15
    timeout 20 nc -N -w 10 $ours 7 <"$files/sent" >"$files/back"
    cmp "$files/sent" "$files/back"
    wait $sniffer
    off=$(($1 | $2))
    for row in '1 wscale' '2 TS' '4 sackOK'; do
        if [ $((off & ${row% *})) = 0 ]; then
            grep -q "${row#* }" "$files/syn"
        else
            if grep "${row#* }" "$files/syn"; then return 1; fi # `set -e` passes over a `!`
        fi
    done
}

head -c 1000000 /dev/urandom >"$files/sent"
ours_off=0
while [ $ours_off -lt 8 ]; do
    words_for $ours_off
    # shellcheck disable=SC2086 # words
    live_restart $words
    for kernels_off in 0 1 2 3 4 5 6 7; do
        kernel_does_without $kernels_off
        live_case options $ours_off $kernels_off
    done
    ours_off=$((ours_off + 1))
done
live_stop
live_end
