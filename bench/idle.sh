#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel, perl 10.7.0.1 --- tap0 --- runnel echo 10.7.0.7, port 7
#
# What a server costs that has nothing to do: the processor's time that `runnel echo` uses in 10 s with no
# connection, with 1,000 that are silent, and with 1,000 silent ones when it is to ask after each that was
# silent for a minute. Each connection has sent a line and got it back before. The time is the scheduler's own
# count in nanoseconds (schedstat), which does not round to ticks; beside it stands how often the server was
# switched in, that is woken.
#
#   bench/idle.sh                 exit 0: each below the limit; 1: not; 77: cannot be shown here
#   CLIENTS=1000 SECONDS_IDLE=10 bench/idle.sh

# shellcheck disable=SC2016 # perl's own variables
cd "$(dirname "$0")/.." && live_folder=bench && . tests/live/lib/live.sh || exit 1
live_need ip perl
live_enter "$@"
clients=${CLIENTS:-1000} seconds=${SECONDS_IDLE:-10}
limit_ms=10

# The numbers of processes are those of this namespace only where /proc is its own.
mount -t proc proc /proc 2>/dev/null || live_skip_all 'no right to mount /proc'
[ -r /proc/self/schedstat ] || live_skip_all 'this kernel keeps no schedstat'
ulimit -n $((clients + 100)) 2>/dev/null || live_skip_all "no right to open $clients sockets: ulimit -n"

# usage: "NANOSECONDS SWITCHES" of the server so far.
usage()
{
    cut -d ' ' -f 1,3 "/proc/$server/schedstat"
}

# idle NAME: the server's cost of the seconds from now.
idle()
{
    before=$(usage)
    sleep "$seconds"
    after=$(usage)
    cost=$(echo "$before $after" | awk -v s="$seconds" '{
        printf "%.3f ms of CPU in %d s, woken %d times", ($3 - $1) / 1e6, s, $4 - $2 }')
    echo "$cost" | awk -v limit=$limit_ms '{ exit $1 >= limit }'
    live_verdict $? "idle with $1: $cost, below $limit_ms ms"
}

# hold: that many connections, each used once, then silent until this process ends.
hold()
{
    perl -MSocket -e '
        my ($ours, $n) = @ARGV;
        for (1 .. $n) {
            socket(my $s, PF_INET, SOCK_STREAM, 0) or die "socket: $!\n";
            connect($s, sockaddr_in(7, inet_aton($ours))) or die "connect: $!\n";
            syswrite($s, "line\n"); sysread($s, my $back, 5) == 5 or die "no echo\n";
            push @open, $s;
        }
        $| = 1; print "all open\n"; sleep 1000;' $ours "$clients" >"$files/held" 2>&1 &
    holder=$!
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
        grep -sq 'all open' "$files/held" && return
        sleep 0.5
    done
    live_verdict 1 "$clients connections are opened" "$files/held"
    live_end
}

live_restart
sleep 1
idle 'no connection'
hold
sleep 1 # what the last requests left to be done
idle "$clients connections"
kill $holder
live_restart --keep-alive 60
hold
sleep 1
idle "$clients connections, to be asked after 60 s"
live_end
