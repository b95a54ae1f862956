#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel 10.7.0.1 --- tap0 --- 10.7.0.7 client, proxy, epoll, uv 10.8.0.7 --- tap1 --- 10.8.0.1 kernel
#
# The examples do what their first lines say, with the kernel's TCP at the other end of both wires: bytes are
# compared one by one, and SIGTERM ends each with code 0.

# shellcheck disable=SC2016,SC2317 # perl's own variables; functions called by name
cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip ss nc perl
live_enter "$@"
live_watch "$live_windows|RST"

for wire in 7 8; do
    ip tuntap add dev tap$((wire - 7)) mode tap && ip addr add 10.$wire.0.1/24 dev tap$((wire - 7)) &&
        ip link set tap$((wire - 7)) up || live_skip_all 'no right to make a tap'
done
head -c 1000000 /dev/urandom >"$files/question"
head -c 1000000 /dev/urandom >"$files/answer"
peer=

# until_true COMMAND ...: within 10 s.
until_true()
{
    for _ in $(seq 100); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    echo "not within 10 s: $*"
    return 1
}

listens()
{
    ss -ltnH "sport = :$1" | grep -q .
}

# serve ADDRESS CODE: perl takes one connection on port 8000 of the kernel, as $s, and has read all that came to
# its end in `rest`.
serve()
{
    timeout 40 perl -MSocket -e '
        $| = 1; my ($address, $code) = @ARGV;
        sub put { my ($s, $data) = @_; while (length $data) {
            my $n = syswrite($s, $data) // die "write: $!\n"; substr($data, 0, $n, ""); } }
        sub rest { my ($s) = @_; my $all = ""; while (my $n = sysread($s, my $part, 65536) // die "read: $!\n") {
            $all .= $part; } return $all; }
        sub file { my ($name) = @_; open my $f, "<", "'"$files"'/$name" or die $!; local $/; return <$f>; }
        socket(my $l, PF_INET, SOCK_STREAM, 0) or die $!;
        setsockopt($l, SOL_SOCKET, SO_REUSEADDR, 1) or die $!;
        bind($l, sockaddr_in(8000, inet_aton($address))) && listen($l, 5) or die $!;
        accept(my $s, $l) or die $!; close $l;
        eval $code; die $@ if $@;' "$1" "$2" >"$files/served" 2>&1 &
    peer=$!
    until_true listens 8000
}

# The server has found everything as it should be.
served()
{
    wait $peer || { cat "$files/served" && false; }
}

all_and_answer='rest($s) eq file("question") or die "not what was sent\n"; put($s, file("answer"));'

client()
{
    timeout 40 "$build/examples/client" tap:tap0 10.7.0.7/24 10.7.0.1:8000 "$@"
}

client_sends_a_file_and_prints_the_answer()
{
    serve 10.7.0.1 "$all_and_answer"
    client "$files/question" >"$files/back"
    served
    cmp "$files/answer" "$files/back"
}

client_is_answered_while_it_sends()
{
    serve 10.7.0.1 'my $all = file("question"); while (length $all) { my $n = sysread($s, my $part, 65536) // die $!;
        $n && $part eq substr($all, 0, $n, "") or die "not what was sent\n"; put($s, $part); }'
    client "$files/question" >"$files/back"
    served
    cmp "$files/question" "$files/back"
}

# What is read is sent at once, although the input is still open.
client_waits_for_input_and_peer_at_once()
{
    rm -f "$files/input"
    mkfifo "$files/input"
    serve 10.7.0.1 'my $line = ""; for my $word ("one", "two") { sysread($s, $line, 100) or die; print $line;
        put($s, uc $line); } rest($s);'
    client <"$files/input" >"$files/back" &
    started=$!
    exec 9>"$files/input"
    echo one >&9
    until_true grep -q ONE "$files/back"
    echo two >&9
    until_true grep -q TWO "$files/back"
    exec 9>&-
    wait $started
    served
}

client_says_that_it_was_refused()
{
    client </dev/null >"$files/back" 2>&1 && return 1
    grep -q 'client: Connection refused' "$files/back"
}

client_is_ended_by_a_signal()
{
    serve 10.7.0.1 'eval { rest($s) }; $@ =~ /reset/ or die "no reset but: $@\n";'
    rm -f "$files/input"
    mkfifo "$files/input"
    "$build/examples/client" tap:tap0 10.7.0.7/24 10.7.0.1:8000 <"$files/input" 2>"$files/back" &
    started=$!
    exec 9>"$files/input"
    until_true sh -c 'ss -tnH state established "sport = :8000" | grep -q .'
    kill -TERM $started
    status=0
    wait $started || status=$?
    exec 9>&-
    [ $status = 1 ]
    grep -q Interrupted "$files/back"
    served
}

# start NAME WORDS ...
start()
{
    name=$1
    shift
    "$build/examples/$name" "$@" >"$files/server" 2>&1 &
    server=$!
}

# stop: as a case.
stop()
{
    kill -TERM "$server" 2>/dev/null
    wait "$server"
    status=$?
    server=
    { echo "exit code $status" && cat "$files/server"; } >"$files/said"
    live_verdict $status "$name ends with code 0 at SIGTERM" "$files/said"
}

through_proxy()
{
    timeout 40 nc -N -w 20 10.7.0.7 80
}

# The server answers only after the client's end has come: so that has gone through as a half-close.
proxy_carries_a_megabyte_each_way()
{
    serve 10.8.0.1 "$all_and_answer"
    through_proxy <"$files/question" >"$files/back"
    served
    cmp "$files/answer" "$files/back"
}

# early WORDS: the wire onward is down at first, so what the client says comes before there is anybody to be told.
early()
{
    serve 10.8.0.1 'rest($s) eq "'"$1"'" or die "not what was sent\n"; put($s, "late");'
    ip link set tap1 down
    printf '%s' "$1" | through_proxy >"$files/back" &
    started=$!
    sleep 0.5
    ip link set tap1 up
    wait $started
    served
    [ "$(cat "$files/back")" = late ]
}

proxy_keeps_words_from_before_the_way_is_open()
{
    early words
}

proxy_keeps_the_end_from_before_the_way_is_open()
{
    early ''
}

# 16 MB do not fit between the two while nobody reads.
proxy_waits_for_a_server_that_reads_late()
{
    serve 10.8.0.1 'sleep 1; my $all = rest($s); $all eq file("question") x 16 or die "not what was sent\n"; put($s, "x");'
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
        cat "$files/question"
    done | through_proxy >"$files/back"
    served
    [ "$(cat "$files/back")" = x ]
}

proxy_waits_for_a_client_that_reads_late()
{
    serve 10.8.0.1 'put($s, file("answer") x 16); rest($s) eq "" or die "bytes from nowhere\n";'
    through_proxy </dev/null | { sleep 1 && cat; } >"$files/back"
    served
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
        cat "$files/answer"
    done | cmp - "$files/back"
}

# to_proxy CODE: perl with a connection in $s.
to_proxy()
{
    timeout 20 perl -MSocket -e 'socket(my $s, PF_INET, SOCK_STREAM, 0) or die $!;
        connect($s, sockaddr_in(80, inet_aton("10.7.0.7"))) or die "connect: $!\n"; eval $ARGV[0]; die $@ if $@;' "$1"
}

# The reset may already be there when connect returns.
proxy_passes_on_that_nobody_serves()
{
    to_proxy '(sysread($s, my $all, 1) // "no") eq "no" or die "no reset\n"; die "connect: $!\n"' 2>"$files/back" &&
        return 1
    cat "$files/back"
    grep -q 'connect: Connection reset' "$files/back"
}

reset_now='setsockopt($s, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0)) or die $!; close $s;'

proxy_passes_on_the_servers_reset()
{
    serve 10.8.0.1 'sysread($s, my $all, 5); '"$reset_now"
    to_proxy 'syswrite($s, "hello"); (sysread($s, my $all, 1) // "no") eq "no" && $! =~ /reset/ or die "no reset but: $!\n"'
    served
}

proxy_passes_on_the_clients_reset()
{
    serve 10.8.0.1 'sysread($s, my $all, 5); eval { rest($s) }; $@ =~ /reset/ or die "no reset but: $@\n";'
    to_proxy 'syswrite($s, "hello"); select undef, undef, undef, 0.3; '"$reset_now"
    served
}

# echo_over WIRE: by nc.
echo_over()
{
    timeout 40 nc -N -w 10 "10.$1.0.7" 7 <"$files/question" >"$files/back$1"
    cmp "$files/question" "$files/back$1"
}

echoes_a_megabyte_on_both_wires()
{
    echo_over 7 &
    one=$!
    echo_over 8
    wait $one
}

# Its timer goes on beside the stack.
reports_two_megabytes()
{
    until_true sh -c 'awk "{ sum += \$1 } END { exit sum != 2000000 }" '"$files/server"
}

live_case client_sends_a_file_and_prints_the_answer
live_case client_is_answered_while_it_sends
live_case client_waits_for_input_and_peer_at_once
live_case client_says_that_it_was_refused
live_case client_is_ended_by_a_signal

start proxy 0.0.0.0:80 10.8.0.1:8000 tap:tap0 10.7.0.7/24 tap:tap1 10.8.0.7/24
live_case proxy_carries_a_megabyte_each_way
live_case proxy_keeps_words_from_before_the_way_is_open
live_case proxy_keeps_the_end_from_before_the_way_is_open
live_case proxy_waits_for_a_server_that_reads_late
live_case proxy_waits_for_a_client_that_reads_late
live_case proxy_passes_on_that_nobody_serves
live_case proxy_passes_on_the_servers_reset
live_case proxy_passes_on_the_clients_reset
live_case proxy_carries_a_megabyte_each_way
stop

for loop in epoll uv; do
    if [ ! -x "$build/examples/$loop" ]; then
        echo "skip $loop # not built: libuv is missing here"
        continue
    fi
    start $loop tap:tap0 10.7.0.7/24 tap:tap1 10.8.0.7/24
    live_case echoes_a_megabyte_on_both_wires
    live_case reports_two_megabytes
    stop
done
live_end
