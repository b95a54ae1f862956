#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel 10.7.0.1, tap0 --- vde_switch --- runnel echo, 10.7.0.7;  runnel ping, 10.7.0.8
#
# A port of a virtual switch: the kernel on one, by a tap of the switch's, and two stacks on others.

cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip nc ping vde_switch
live_enter "$@"
"$build/runnel" devices 2>/dev/null | grep -qE 'vde +works' || live_skip_all "there is no libvdeplug"
vde_switch -d -s "$PWD/$files/switch" -tap tap0 -p "$PWD/$files/switch.pid" >"$files/vde_switch" 2>&1
live_eventually test -s "$files/switch.pid"
switch=$(cat "$files/switch.pid")
trap 'for p in $server $watcher $switch; do kill -9 "$p" 2>/dev/null; done' EXIT
live_eventually ip link show tap0 >"$files/said" 2>&1
ip link set tap0 up
live_watch "$live_windows|$live_losses" tap0
live_start "$build/runnel" echo "vde:$files/switch" --ip $ours/24 --udp

echoes()
{
    [ "$(echo hello | nc -N -w 5 $ours 7)" = hello ]
}

echo_64_MB()
{
    head -c 67108864 /dev/urandom >"$files/sent"
    timeout 100 nc -N -w 10 $ours 7 <"$files/sent" >"$files/back"
    cmp "$files/sent" "$files/back"
    rm -f "$files/sent" "$files/back"
}

kernel_pings()
{
    ping -c 3 -i 0.2 -W 2 $ours
}

stacks_see_each_other()
{
    "$build/runnel" ping "vde:$files/switch" $ours --ip 10.7.0.8/24 -c 3 -i 0.2
}

nobody_there_is_told()
{
    code=0
    "$build/runnel" echo "vde:$files/nosuch" --ip $ours/24 >"$files/refused" 2>&1 || code=$?
    cat "$files/refused"
    [ $code = 1 ] && grep -q 'vde_switch -d -s' "$files/refused"
    code=0
    "$build/runnel" echo vde: >"$files/refused" 2>&1 || code=$?
    cat "$files/refused"
    [ $code = 2 ] && grep -q 'a name is missing' "$files/refused"
}

# The switch goes: that ends the program, with a line.
switch_that_goes_is_told()
{
    kill $switch
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        kill -0 $server 2>/dev/null || break
        sleep 0.2
    done
    code=0
    kill -9 $server 2>/dev/null && return 1
    wait $server || code=$?
    cat "$files/server"
    [ $code = 1 ]
}

live_eventually echoes
live_case echoes
live_case echo_64_MB
live_case kernel_pings
live_case stacks_see_each_other
live_case nobody_there_is_told
live_stop
live_start "$build/runnel" echo "vde:$files/switch" --ip $ours/24
switch_that_goes_is_told >"$files/said" 2>&1
live_verdict $? switch_that_goes_is_told "$files/said"
server= switch=
live_end
