#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel, perl 10.7.0.1 --- tap0 --- late give 10.7.0.7       the kernel reads late
#     kernel, perl 10.7.0.1 --- tap0 --- late take 10.7.0.7       Runnel reads late
#
# One side sends 1 MB and closes at once; the other, with a window of about 4 KB, reads nothing for 2 s, then all:
# byte by byte the same, then the end, and no RST on the wire. The window is looked at there, too.

# shellcheck disable=SC2016,SC2086 # perl's own variables; words without blanks
cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip perl tcpdump
live_enter "$@"
live_watch "$live_windows"
late=$build/test/live/late

# record: what passes on tap0, as text, until `recorded`.
record()
{
    timeout 60 tcpdump -i tap0 -nn -l -U -B 16384 tcp >"$files/wire" 2>"$files/tcpdump" &
    recorder=$!
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        grep -sq 'listening on' "$files/tcpdump" && return
        sleep 0.1
    done
    cat "$files/tcpdump"
    return 1
}

# recorded READER: stops it; nothing was reset, a FIN was seen, and READER never offered more than about 4 KB.
recorded()
{
    sleep 1.5 # frames come to tcpdump a second late, many at once
    kill $recorder && wait $recorder || true
    grep -q 'Flags \[F' "$files/wire"
    if grep 'Flags \[R' "$files/wire"; then return 1; fi
    awk -v from="$1." '
        index($3, from) == 1 && /Flags \[S/ && match($0, /wscale [0-9]+/) { shift = substr($0, RSTART + 7) + 0 }
        index($3, from) == 1 && match($0, /win [0-9]+/) {
            window = substr($0, RSTART + 4, RLENGTH - 4) * (/Flags \[S/ ? 1 : 2 ^ shift)
            if (window > most) most = window
            if (window < 1000) closed = 1
        }
        END {
            print "largest window " most ", " (closed ? "closed" : "never closed") " on the way"
            exit most < 2000 || most > 6000 || !closed
        }' "$files/wire"
}

kernel_reads_late()
{
    record
    timeout 60 perl -MSocket -e '
        my ($to) = @ARGV;
        socket(my $s, PF_INET, SOCK_STREAM, 0) or die $!;
        setsockopt($s, SOL_SOCKET, SO_RCVBUF, 4500) or die $!; # it offers 3 segments of it
        connect($s, sockaddr_in(7, inet_aton($to))) or die "connect: $!\n";
        sleep 2;
        while (my $n = sysread($s, my $part, 65536) // die "read: $!\n") { print $part; }' $ours >"$files/back"
    cmp "$files/sent" "$files/back"
    recorded $kernels
}

# The kernel takes all of it at once, too: SO_SNDBUFFORCE (32) goes beyond what any program may ask for.
kernel_gives()
{
    timeout 60 perl -MSocket -e '
        my ($name) = @ARGV;
        open my $f, "<:raw", $name or die $!;
        read $f, my $data, 10_000_000;
        socket(my $l, PF_INET, SOCK_STREAM, 0) or die $!;
        setsockopt($l, SOL_SOCKET, 32, 8_000_000) or die $!;
        bind($l, sockaddr_in(7, INADDR_ANY)) or die $!;
        listen($l, 1) or die $!;
        $| = 1; print "listens\n";
        accept(my $s, $l) or die $!;
        my $begin = time;
        syswrite($s, $data) == length $data or die "write: $!\n";
        close $s;
        print "closed after ", time - $begin, " s\n"; # 1: the second turned' "$files/sent"
}

runnel_reads_late()
{
    kernel_gives >"$files/giver" 2>&1 &
    record
    live_start "$late" take $ours/24 $kernels 2000 "$files/back"
    wait $server || { cat "$files/server"; return 1; }
    cmp "$files/sent" "$files/back"
    cat "$files/giver"
    grep -q 'closed after [01] s' "$files/giver"
    recorded $ours
}

head -c 1000000 /dev/urandom >"$files/sent"
ip tuntap add dev tap0 mode tap && ip link set tap0 up # so that the recorder is there before the first SYN
live_start "$late" give $ours/24 "$files/sent"
live_case kernel_reads_late
kill $server && wait $server 2>/dev/null
ip addr del $kernels/24 dev tap0
live_case runnel_reads_late
live_end
