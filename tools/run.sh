#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Shows that it works: `make run` calls this after building.
#
#     kernel 10.7.0.1, veth0 ---------- veth1, build/picotcp_netmap 10.7.0.7, echo on port 7
#
# The mission's program on a network card: one end of a veth pair, with the offloads that a fresh system has. Each
# end lives in an unnamed network namespace of its own, which is gone with this script, even if that is killed with
# -9: nothing is left on the machine, and its own network is not touched. Without root a user namespace gives the
# same, if the system allows; else both ends are shown in one process, and what is missing is said. On a terminal it
# goes on serving until Ctrl-C.
#
#   tools/run.sh             exit 0: all of it went well; 1: something did not
#   BUILD=DIR tools/run.sh   with the programs of another build

cd "$(dirname "$0")/.." || exit 1
build=${BUILD:-build}
ours=10.7.0.7 kernels=10.7.0.1 mac=02:00:00:00:00:07
failed=0

head_line()
{
    printf '\n== %s\n' "$*"
}

# verdict STATUS WHAT: one line, and remembers a failure.
verdict()
{
    if [ "$1" = 0 ]; then
        echo "   right: $2"
    else
        echo "   WRONG: $2"
        failed=1
    fi
}

# ---- outside: find out what the system allows, then step inside ---------------------------------------------

# Says what is missing for the show over a card; nothing: it can go ahead.
missing()
{
    for tool in ip:iproute2 ping:iputils-ping nc:netcat-openbsd unshare:util-linux; do
        command -v "${tool%:*}" >/dev/null || {
            echo "the program ${tool%:*} (apt-get install ${tool#*:})"
            return
        }
    done
    [ -n "$spaces" ] || echo "the right to make namespaces and a veth pair in them (run it as root, or as root: sysctl kernel.unprivileged_userns_clone=1)"
}

if [ "$1" != --inside ]; then
    spaces=
    for flags in '--net --mount --pid --fork --kill-child' \
        '--user --map-root-user --net --mount --pid --fork --kill-child'; do
        # shellcheck disable=SC2086 # flags are words
        unshare $flags ip link add rn-probe0 type veth peer name rn-probe1 2>/dev/null && spaces=$flags && break
    done
    lacking=$(missing)
    if [ -n "$lacking" ]; then
        echo "For a wire between Runnel and the kernel this is missing: $lacking."
        echo "So both ends in one process:"
        head_line 'runnel demo'
        exec "$build/runnel" demo
    fi
    # The process of unshare keeps this number, and it stands in the same network: a way in from outside.
    # shellcheck disable=SC2086
    exec unshare $spaces "$0" --inside $$ "$(id -u)"
fi

# ---- inside -------------------------------------------------------------------------------------------------

door=$2 uid=$3
files=$build/run
server=
# The files are kept in memory that goes away with the namespace.
mkdir -p "$files" && mount -t tmpfs -o size=200m runnel "$files" 2>/dev/null
trap 'exit 1' INT TERM HUP
trap '[ -n "$server" ] && kill "$server" 2>/dev/null; rm -f "$files"/*' EXIT

head_line "picotcp_netmap veth1 $mac $ours 7"
# In a network of its own, where it waits for its end of the wire; and in a session of its own, so that Ctrl-C
# reaches it through this script alone.
setsid unshare --net sh -c 'echo waits >"$1" && until ip link set veth1 up 2>/dev/null; do sleep 0.1; done &&
    shift && exec "$@"' far "$files/far" "$build/picotcp_netmap" veth1 $mac $ours 7 >"$files/log" 2>&1 &
server=$!

# Waits, 5 seconds at most, until the command works; fails at once when the server is gone.
await()
{
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
        "$@" >/dev/null 2>&1 && return 0
        kill -0 "$server" 2>/dev/null || return 1
        sleep 0.2
    done
    return 1
}

await test -s "$files/far" && ip link add veth0 type veth peer name veth1 netns $server &&
    ip addr add $kernels/24 dev veth0 && ip link set veth0 up && await nc -z -w 1 $ours 7
answers=$?
sed 's/^/   /' "$files/log"
echo "   kernel $kernels, veth0 --- veth1, Runnel $ours, each in a network of its own"
if [ $answers != 0 ]; then
    verdict 1 'it does not answer'
    exit 1
fi

head_line "ping -c 3 $ours"
ping -c 3 -i 0.2 -W 2 $ours >"$files/ping" 2>&1
status=$?
sed '/^$/d; s/^/   /' "$files/ping"
verdict $status 'three pings, three answers'

head_line "nc $ours 7"
said='The quick brown fox jumps over the lazy dog.'
heard=$(echo "$said" | nc -N -w 5 $ours 7)
echo "   > $said"
echo "   < $heard"
[ "$heard" = "$said" ]
verdict $? 'the line came back as it went'

head_line "64 MB of random bytes through nc $ours 7"
head -c 67108864 /dev/urandom >"$files/sent"
begin=$(date +%s%N)
timeout 40 nc -N -w 10 $ours 7 <"$files/sent" >"$files/back"
end=$(date +%s%N)
sent=$(sha256sum <"$files/sent") back=$(sha256sum <"$files/back")
echo "   sent ${sent%% *}  $(wc -c <"$files/sent") bytes"
echo "   back ${back%% *}  $(wc -c <"$files/back") bytes"
[ "$sent" = "$back" ]
verdict $? "$(awk -v ns=$((end - begin)) 'BEGIN {
    printf "there and back in %.2f s, %.0f MB/s each way", ns / 1e9, 67.108864 / (ns / 1e9) }')"
rm -f "$files/sent" "$files/back"

head_line 'by hand'
cat <<EOF
   sudo $build/picotcp_netmap eth0 $mac 192.168.1.7 7    (a free address of eth0's network)
   telnet 192.168.1.7 7      (from another machine; nc 192.168.1.7 7 does as well)
EOF

if [ $failed = 0 ] && [ -t 0 ] && [ -t 1 ]; then
    enter="sudo nsenter -t $door -n"
    [ "$uid" = 0 ] || enter="nsenter -t $door -U -n --preserve-credentials"
    head_line 'it goes on serving until Ctrl-C; from another terminal'
    echo "   $enter telnet $ours 7"
    trap : INT
    wait "$server"
fi
kill "$server"
head_line 'its last words'
wait "$server"
[ -s "$files/log" ] && tail -n 1 "$files/log" | sed 's/^/   /'
server=
exit $failed
