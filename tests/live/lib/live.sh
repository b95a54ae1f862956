# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
#
# What the live tests share, and the benches that need a kernel beside them; they source it after stepping to
# the root of the tree. A case is a function and prints `ok NAME`, `not ok NAME` with what it said, or
# `skip NAME # reason`.
#
#   WIRE=tap          the kernel and the server are the two ends of tap0; or
#   WIRE=packet       of a veth pair with the offloads that a fresh system has, the server in a namespace of its
#                     own, on veth1 as $wire:veth1. $kernel_end is the kernel's interface
#
#   live_enter "$@"   goes on in unnamed namespaces of its own, or exits 77 with the reason
#   live_serve        starts the server and gives the kernel its side of the wire
#   live_case F       runs the function F as a case
#   live_stop         as a case: SIGTERM ends the server with code 0, and its pools are empty
#   live_watch [P I]  from here on everything is recorded, on all interfaces or on I; live_end has tshark look at
#                     it, whose warnings and errors have to match the pattern P (of grep -E): what the script makes
#                     happen on purpose
#   live_end          exits 1 if a case failed

build=${BUILD:-build}
ours=10.7.0.7 kernels=10.7.0.1 mac=02:00:00:00:00:07
failed=0
server=
files=
wire=${WIRE:-tap}
far=            # a process in the server's namespace, where that is another
kernel_end=tap0 # the kernel's side of the wire
[ $wire = tap ] || kernel_end=veth0
watcher=

live_skip_all()
{
    echo "skip $(basename "$0" .sh) # $*"
    exit 77
}

live_need()
{
    for tool in "$@"; do
        command -v "$tool" >/dev/null || live_skip_all "the program $tool is not installed"
    done
}

live_enter()
{
    if [ "$1" != --inside ]; then
        probe='link add probe type veth'
        if [ $wire = tap ]; then
            probe='tuntap add dev probe mode tap'
            [ -c /dev/net/tun ] || live_skip_all '/dev/net/tun is missing'
            (: <>/dev/net/tun) 2>/dev/null || live_skip_all 'no right to open /dev/net/tun'
        fi
        spaces='--net --mount --pid --fork --kill-child'
        [ "$(id -u)" = 0 ] || spaces="--user --map-root-user $spaces"
        # shellcheck disable=SC2086 # words
        unshare $spaces ip $probe 2>/dev/null || live_skip_all "no right to make namespaces and a $wire in them"
        # shellcheck disable=SC2086
        exec unshare $spaces "${live_folder:-tests/live}/$(basename "$0")" --inside
    fi
    # The processes of this namespace: a sanitizer looks for its own there.
    mount -t proc proc /proc 2>/dev/null || true
    # Memory over a folder of the build, and where servers put their reports, seen in this namespace only: it
    # cannot be left behind.
    files=$build/live
    mkdir -p "$files"
    mount -t tmpfs -o size=400m live "$files" && mount -t tmpfs -o size=1m run /run ||
        live_skip_all 'no right to mount a tmpfs'
    trap 'for p in $server $watcher; do kill -9 "$p" 2>/dev/null; done' EXIT
}

# live_eventually COMMAND ...: again and again until it succeeds, for 10 s and what it takes itself.
live_eventually()
{
    for _ in $(seq 50); do
        "$@" && return
        sleep 0.2
    done
    return 1
}

# live_far COMMAND ...: in the namespace of the server.
live_far()
{
    nsenter -t "$far" -n "$@"
}

# The veth pair; the server's end is up, the kernel's is live_start's business.
live_pair()
{
    ip link add veth0 type veth peer name veth1 netns "$far" && live_far ip link set veth1 up
}

# The server's namespace with the pair, for WIRE=packet. It lasts as long as a process of this script.
live_wire()
{
    [ -z "$far" ] || return 0
    unshare --net sh -c 'echo here && exec sleep 1000' >"$files/far" &
    far=$!
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        grep -sq here "$files/far" && live_pair && return
        sleep 0.1
    done
    live_skip_all 'no veth pair between two namespaces'
}

# An interface that outlives its server has neighbours who know that by name, and whom the next server does not
# know yet: their SYN would be lost to its question who they are.
live_greets()
{
    [ $wire != tap ] || return 0
    ip neigh flush dev $kernel_end
    ping -c 1 -W 1 $ours >/dev/null || ping -c 1 -W 1 $ours >/dev/null || true
}

# live_start COMMAND ...: a server on tap0 or veth1, and the kernel's side of it.
live_start()
{
    rm -f "$files/server" # the last one's words are not this one's
    if [ $wire != tap ]; then
        live_wire
        nsenter -t "$far" -n "$@" >"$files/server" 2>&1 &
    else
        "$@" >"$files/server" 2>&1 &
    fi
    server=$!
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        grep -sqE '(echoes|serves) on' "$files/server" && ip addr replace $kernels/24 dev $kernel_end &&
            ip link set $kernel_end up && live_greets && return
        kill -0 $server 2>/dev/null || break
        sleep 0.1
    done
    echo "not ok the server starts on a $wire"
    sed 's/^/# /' "$files/server"
    exit 1
}

live_serve()
{
    if [ $wire != tap ]; then
        live_start "$build/runnel" echo $wire:veth1 --ip $ours/24
    else
        live_start "$build/picotcp_netmap" tap0 $mac $ours 7
    fi
}

# live_restart WORDS ...: `runnel echo` with these words in its place. The tap goes with its server. By packet
# it has a link address of its own here, with live_serve the card's.
live_restart()
{
    [ -z "$server" ] || { kill $server && wait $server; } || true
    if [ $wire != tap ]; then
        live_start "$build/runnel" echo $wire:veth1 --ip $ours/24 --mac $mac "$@"
    else
        live_start "$build/runnel" echo tap:tap0 --ip $ours/24 --mac $mac "$@"
    fi
}

# live_verdict STATUS NAME [FILE]: the case's line, and why if it failed.
live_verdict()
{
    if [ "$1" = 0 ]; then
        echo "ok $2"
        return
    fi
    echo "not ok $2"
    [ -z "$3" ] || sed 's/^/# /' "$3"
    failed=1
}

live_case()
{
    (set -e && "$@") >"$files/said" 2>&1
    live_verdict $? "$(echo "$*" | tr ' ' '_')" "$files/said"
}

# In the last line every pool stands at 0, but for the cache of neighbours, which lasts on purpose.
live_pools_empty()
{
    tail -n 1 "$1" | sed 's/.*in use: *//' | tr ',' '\n' | awk '
        { use[$1] = $2 + 0; pools++ }
        END {
            if (!pools) print "no summary"
            delete use["neighbours"]
            for (name in use) if (use[name] != 0) { print "still in use:", name, use[name]; bad = 1 }
            exit bad || !pools
        }'
}

live_stop()
{
    kill -TERM "$server" 2>/dev/null # a case may have done it already
    wait "$server"
    status=$?
    server=
    { echo "exit code $status" && cat "$files/server"; } >"$files/said"
    [ $status = 0 ] && live_pools_empty "$files/server" >>"$files/said" 2>&1
    live_verdict $? 'SIGTERM ends it with code 0 and empty pools' "$files/said"
}

# Patterns for live_watch. A sender that is faster than its peer's reader fills the window, and one whose peer is late,
# as on a busy machine, sends a tail loss probe (RFC 8985) for what is not lost. Windows of many clients
# are more than the queue of a tap holds, so some of their segments are lost there, which shows in many ways.
live_windows='now completely full|Zero Window|D-SACK'
live_losses='out-of-order|Previous segment|ACKed segment that'
# A byte that was changed on the way may be against the rules of any format.
live_damage='^ *[0-9]+ +(Malformed|Protocol) '

# Headers alone, of all interfaces, be they made later: so a script names none, unless a frame passes two. What the
# kernel says of IPv6's groups is left out, since tshark does not like its options.
live_watch()
{
    known=${1:-nothing}
    for tool in tcpdump tshark; do
        command -v $tool >/dev/null || { echo "skip watched # the program $tool is not installed" && return; }
    done
    tcpdump -i "${2:-any}" -n -s 160 -B 65536 -Z root -w "$files/watched.pcap" \
        'not (ip6 and ip6[6] = 0)' 2>"$files/watcher" &
    watcher=$!
    live_eventually grep -sq 'listening on' "$files/watcher" && return
    kill $watcher 2>/dev/null || echo "skip watched # $(tail -n 1 "$files/watcher")" # as a user namespace's root
    watcher=
}

# Ends the record and has tshark read it, with a home of its own so that nobody's preferences count. What it takes
# the bytes of the streams for is passed over: the protocols below them are looked at. The kernel's TCP sends from
# whatever processor a timer of its runs on, and veth has a queue for each, so that on a busy machine its segments
# overtake each other, which is told: the server's, who runs on one, may not.
live_look()
{
    sleep 1.5 # frames come to tcpdump a second late, many at once
    kill -TERM $watcher
    wait $watcher
    if ! grep -q '^0 packets dropped by kernel' "$files/watcher"; then
        echo "skip watched # $(grep 'dropped by kernel' "$files/watcher"), so losses would be tcpdump's"
        return
    fi
    HOME=$files tshark -r "$files/watched.pcap" -q -z expert,note -z io,stat,0 >"$files/expert" 2>&1
    status=$?
    awk '/^Notes /{ exit } $1 + 0 && $3 ~ /^(ARP|IPv4|IPv6|ICMP|TCP|UDP)/' "$files/expert" |
        grep -vE "$known" >"$files/unknown"
    if [ $wire != tap ] && grep -q out-of-order "$files/unknown"; then
        HOME=$files tshark -r "$files/watched.pcap" -Y "tcp.analysis.out_of_order && ip.src == $ours" \
            >"$files/overtaken" 2>/dev/null
        [ -s "$files/overtaken" ] || { echo "# $(grep out-of-order "$files/unknown"): the kernel's own" &&
            sed -i /out-of-order/d "$files/unknown"; }
    fi
    grep -q '<> .*|  *[1-9]' "$files/expert" || { status=1 && echo 'tshark saw no frame' >>"$files/unknown"; }
    [ $status = 0 ] && [ ! -s "$files/unknown" ]
    live_verdict $? "tshark warns of nothing but what is made on purpose: $known" "$files/unknown"
}

live_end()
{
    [ -z "$watcher" ] || live_look
    exit $failed
}
