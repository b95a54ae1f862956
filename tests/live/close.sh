#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel, perl 10.7.0.1 --- tap0 --- picotcp_netmap 10.7.0.7, echo on port 7; nobody on port 8
#
# The ends of connections, with clients that end them in every way. perl is in every Debian and lets us say
# exactly which call is made when.

# shellcheck disable=SC2086,SC2016 # words without blanks; perl's own variables
cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip nc perl
live_enter "$@"
live_watch "$live_windows|RST|Duplicate IP" # a new tap has another link address
live_serve

# client CODE: perl with a connection to the server in $s, and a clock that ends it.
client()
{
    timeout 20 perl -MSocket -e '
        sub open_to { my ($port) = @_; socket(my $s, PF_INET, SOCK_STREAM, 0) or die $!;
            connect($s, sockaddr_in($port, inet_aton("10.7.0.7"))) or die "connect: $!\n"; return $s; }
        sub put { my ($s, $data) = @_; while (length $data) {
            my $n = syswrite($s, $data) // die "write: $!\n"; substr($data, 0, $n, ""); } }
        sub rest { my ($s) = @_; my $all = ""; while (my $n = sysread($s, my $part, 65536) // die "read: $!\n") {
            $all .= $part; } return $all; }
        my ($ours, $code) = @ARGV;
        eval $code; die $@ if $@;' $ours "$1"
}

# The server still echoes.
still_there()
{
    [ "$(echo still there | nc -N -w 5 $ours 7)" = 'still there' ]
}

client_that_says_nothing()
{
    client 'my $s = open_to(7); shutdown $s, 1; rest($s) eq "" or die "bytes from nowhere\n"'
}

half_close_gets_the_rest()
{
    client 'my $s = open_to(7); my $data = join ",", 1 .. 40000; put($s, $data); shutdown $s, 1;
            sleep 1; rest($s) eq $data or die "not what was sent\n"'
}

talk_back_and_forth()
{
    client 'my $s = open_to(7); for my $i (1 .. 500) { put($s, "line $i\n"); my $back = "";
            while (length $back < length "line $i\n") { sysread($s, $back, 100, length $back) or die "end\n"; }
            $back eq "line $i\n" or die "line $i came back as $back\n"; }
            shutdown $s, 1; rest($s) eq "" or die "more than was sent\n"'
}

# SO_LINGER of 0 seconds makes close a RST.
client_that_resets()
{
    client 'for (1 .. 20) { my $s = open_to(7); put($s, "x" x 5000);
            setsockopt($s, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0)) or die $!; close $s; }'
    still_there
}

# A close with unread bytes is a RST too (RFC 1122 4.2.2.13).
client_that_closes_unread()
{
    client 'my $s = open_to(7); put($s, "x" x 5000); select undef, undef, undef, 0.3; close $s;'
    still_there
}

# The window closes behind what is not read, and opens again.
client_that_reads_late()
{
    client 'my $s = open_to(7); my $data = "0123456789" x 300000; my $pid = fork // die $!;
            if (!$pid) { put($s, $data); shutdown $s, 1; exit 0; }
            sleep 2; rest($s) eq $data or die "not what was sent\n"; waitpid $pid, 0; $? == 0 or die "sender\n"'
}

closed_port_is_refused()
{
    client 'eval { open_to(8) }; $@ =~ /refused/ or die "no refusal but: $@\n"'
}

# FIN to those that are there; a client that does not close in time is reset; both end within the second.
stop_with_connections_open()
{
    client "my \$s = open_to(7); my \$t = open_to(7); put(\$s, 'hello'); sysread(\$s, my \$back, 100);
            kill 'TERM', $server; rest(\$s) eq '' or die 'more than was sent'; close \$s;
            eval { rest(\$t) }; select undef, undef, undef, 1.5;"
}

live_case client_that_says_nothing
live_case half_close_gets_the_rest
live_case talk_back_and_forth
live_case client_that_resets
live_case client_that_closes_unread
live_case client_that_reads_late
live_case closed_port_is_refused
live_stop
live_serve
live_case stop_with_connections_open
live_stop
live_end
