#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel, crowd 10.7.0.1, .11 to .14 --- tap0 --- runnel echo 10.7.0.7, port 7
#
# Very many clients at once. Each has a pace of its own: some are slow to send, some slow to read, some half-close,
# some reset in the middle; every byte that comes back is compared. Then ten thousand connections that all stand at
# the same time, each answered. Afterwards every pool is empty, for which live_stop looks.

cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip
live_enter "$@"
live_watch "$live_windows|$live_losses|RST"
live_restart --connections 12000
crowd=$build/test/live/crowd

hundred_clients_of_a_megabyte()
{
    timeout 90 "$crowd" play $ours 7 100 1000000
}

ten_thousand_connections_at_once()
{
    [ "$(ulimit -Hn)" -gt 10100 ] || ulimit -n 11000
    timeout 90 "$crowd" hold $ours 7 10000 10.7.0.11 10.7.0.12 10.7.0.13 10.7.0.14
}

for last in 11 12 13 14; do
    ip addr add 10.7.0.$last/24 dev $kernel_end
done
live_case hundred_clients_of_a_megabyte
live_case ten_thousand_connections_at_once
sleep 1
live_stop
live_end
