# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
#
# Servers behind veth pairs, each in a network namespace of its own, for benches that have sourced live.sh.

# far N ADDRESS/LEN COMMAND ...: vethN has that address; the command runs in a namespace with the other end of the
# pair, vethN+1, and says when it "echoes on" it.
far()
{
    near=veth$1 end=veth$(($1 + 1)) address=$2
    shift 2
    unshare --net sh -c 'echo waits && until ip link set "$1" up 2>/dev/null; do sleep 0.1; done && shift && exec "$@"' \
        far "$end" "$@" >"$files/$near" 2>&1 &
    last=$!
    live_eventually grep -sq waits "$files/$near" && ip link add "$near" type veth peer name "$end" netns $last &&
        ip addr add "$address" dev "$near" && ip link set "$near" up && live_eventually grep -sq 'echoes on' "$files/$near" || {
        echo "not ok a veth pair with $* at its far end"
        sed 's/^/# /' "$files/$near"
        exit 1
    }
}

# far_kernel N ADDRESS/LEN FAR-ADDRESS/LEN: the same with an echo server of the kernel's own sockets.
far_kernel()
{
    far "$1" "$2" sh -c 'ip addr add "$1" dev "$2" && exec "$3" serve "${1%/*}" 7' serve "$3" veth$(($1 + 1)) \
        "$build/kernel/roundtrip"
}
