#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     packet.sh, where bpf(2) is refused: in a user namespace
#
# There, and on kernels before 6.6, what is ours is kept from the kernel by nftables. The namespace has all users of
# this one, since tcpdump wants to become another.

cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need nft nsenter unshare
[ "$(id -u)" = 0 ] || live_skip_all 'takes root, to make a user namespace with all users'

unshare --user sleep 1000 &
inside=$!
trap 'kill $inside' EXIT
for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ "$(readlink /proc/$inside/ns/user)" = "$(readlink /proc/$$/ns/user)" ] || break
    sleep 0.1
done
for map in uid_map gid_map; do
    echo 0 0 4294967295 2>/dev/null >/proc/$inside/$map || live_skip_all 'no right to make a user namespace'
done
GUARD=nftables nsenter -t $inside --user tests/live/packet.sh
