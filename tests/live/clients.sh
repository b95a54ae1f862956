#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     kernel, whatever client there is 10.7.0.1 --- tap0 --- runnel echo 10.7.0.7, port 7
#
# The programs that people point at a port: each gets what an echo server can give it, none hangs, and afterwards the
# next one is served as if nothing had been. Those that speak a protocol of their own hear their own words; that
# they then say so, and end, is right.

cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
live_need ip nc
live_enter "$@"
# A scan's probes are reset by both sides; its fingerprints are segments with odd flags, without options, or late.
live_watch "$live_windows|$live_losses|RST|bogus|Bogus|ACK|urgent|Urgent|MSS option|shift exceeds"
live_restart

# client TOOL CASE ...: a case if the tool is there.
client()
{
    if command -v "$1" >/dev/null; then
        shift
        live_case "$@"
    else
        echo "skip $2 # the program $1 is not installed"
    fi
}

still_serves()
{
    [ "$(echo hello | timeout 5 nc -N -w 3 $ours 7)" = hello ]
}

nc_hears_itself()
{
    [ "$(echo 'from nc' | timeout 10 nc -N -w 5 $ours 7)" = 'from nc' ]
}

socat_hears_itself()
{
    head -c 300000 /dev/urandom >"$files/sent"
    timeout 20 socat -t 10 - "TCP:$ours:7" <"$files/sent" >"$files/back"
    cmp "$files/sent" "$files/back"
}

# telnet ends when the other side does, or at its own escape; its input stays open until the answer is there.
telnet_hears_itself()
{
    (echo 'from telnet' && sleep 1) | timeout 10 telnet $ours 7 >"$files/heard" 2>&1 || true
    grep 'from telnet' "$files/heard"
}

# An answer of HTTP/0.9 is whatever comes until the end: its own request. The end does not come by itself.
curl_hears_its_request()
{
    curl --http0.9 --max-time 2 -s "http://$ours:7/some/path" >"$files/heard" || [ $? = 28 ]
    grep 'GET /some/path HTTP/1.1' "$files/heard"
}

curl_telnet_hears_itself()
{
    (echo 'from curl' && sleep 1) | timeout 10 curl -s --max-time 3 "telnet://$ours:7" >"$files/heard" || true
    grep 'from curl' "$files/heard"
}

# The echo of its cookie is not a state that it knows: it has to end by itself, and say so.
iperf3_says_that_it_is_no_iperf3()
{
    status=0
    timeout 20 iperf3 -c $ours -p 7 -t 1 --connect-timeout 2000 >"$files/heard" 2>&1 || status=$?
    cat "$files/heard"
    [ $status = 1 ]
}

nmap_finds_one_open_port()
{
    timeout 60 nmap -n -Pn -sT -p 1-1024 $ours >"$files/heard"
    cat "$files/heard"
    [ "$(grep -c '^[0-9]*/tcp *open' "$files/heard")" = 1 ]
    grep '^7/tcp *open' "$files/heard"
    grep '1023 closed' "$files/heard"
}

# Half-open scan, then what is behind the port, then the fingerprint of the stack.
nmap_asks_for_everything()
{
    timeout 100 nmap -n -Pn -sS -sV -O --version-light --max-os-tries 1 -p 7,9 $ours >"$files/heard"
    cat "$files/heard"
    grep '^7/tcp *open *echo' "$files/heard"
    grep '^9/tcp *closed' "$files/heard"
}

odd_scans_are_survived()
{
    for kind in -sF -sN -sX -sA -sW -sM; do
        timeout 60 nmap -n -Pn $kind -p 1-64 $ours >"$files/heard"
    done
}

for case in 'nc nc_hears_itself' 'socat socat_hears_itself' 'telnet telnet_hears_itself' \
    'curl curl_hears_its_request' 'curl curl_telnet_hears_itself' 'iperf3 iperf3_says_that_it_is_no_iperf3' \
    'nmap nmap_finds_one_open_port' 'nmap nmap_asks_for_everything' 'nmap odd_scans_are_survived'; do
    # shellcheck disable=SC2086 # words
    client $case
    live_case still_serves
done
live_stop
live_end
