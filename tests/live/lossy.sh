#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel, nc 10.7.0.1 --- tap0 --- [5 % lost, 5 % reordered, 2 % doubled, 1 % damaged] --- runnel echo 10.7.0.7
#
# 8 MB through a wire that is bad in both directions come back byte by byte, within 120 s.

cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip nc
live_enter "$@"
live_watch "$live_windows|$live_losses|$live_damage|RST"

echo_8_megabytes()
{
    head -c 8000000 /dev/urandom >"$files/sent"
    begin=$(date +%s)
    timeout 120 nc -N -w 60 $ours 7 <"$files/sent" >"$files/back"
    cmp "$files/sent" "$files/back"
    echo "$(($(date +%s) - begin)) s"
}

live_restart --fault loss=5,reorder=5,duplicate=2,corrupt=1
live_case echo_8_megabytes
live_stop
live_end
