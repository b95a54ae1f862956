#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#     no wire at first: wrong words; then a namespace with lo, a tap that is taken, no rights, no TUN
#
# A table of command lines that must be refused: exit code 2 for wrong words, 1 when the world says no, one
# line on stderr for each wrong argument, which names it, its value and what would be right.

# shellcheck disable=SC2086 # words without blanks
cd "$(dirname "$0")/../.." && . tests/live/lib/live.sh || exit 1
p=$build/picotcp_netmap r=$build/runnel
m=02:00:00:00:00:07

# want NAME CODE LINES 'phrase|phrase...' COMMAND...: exit code, lines on stderr and what they hold.
want()
{
    name=$1 code=$2 lines=$3 phrases=$4
    shift 4
    said=$(timeout 5 "$@" 2>&1 >/dev/null)
    status=$?
    why=
    [ "$status" = "$code" ] || why="exit code $status, not $code"
    [ "$(printf '%s' "$said" | grep -c '')" = "$lines" ] || why="$why; not $lines lines"
    rest="$phrases|"
    while [ -n "$rest" ]; do
        case $said in *"${rest%%|*}"*) ;; *) why="$why; it does not say '${rest%%|*}'" ;; esac
        rest=${rest#*|}
    done
    if [ -z "$why" ]; then
        echo "ok $name"
        return
    fi
    echo "not ok $name"
    printf '%s\n' "$why" "command: $*" "$said" | sed 's/^/# /'
    failed=1
}

wrong_words()
{
    want no_arguments 2 4 'IFNAME is missing|MAC is missing|IP is missing|PORT is missing' $p
    want too_few 2 1 'PORT is missing|1 to 65535' $p tap0 $m 10.7.0.7
    want too_many 2 1 'argument "8"|one too many|--help' $p tap0 $m 10.7.0.7 7 8
    want unknown_option 2 1 'option "--frob"|--gateway, --vlan, --acd, --fault' $p tap0 $m 10.7.0.7 7 --frob
    want name_empty 2 1 'IFNAME ""|1 to 15 bytes' $p '' $m 10.7.0.7 7
    want name_too_long 2 1 'IFNAME "tap0123456789abc"|1 to 15 bytes' $p tap0123456789abc $m 10.7.0.7 7
    want name_with_slash 2 1 'IFNAME "a/b"' $p a/b $m 10.7.0.7 7
    want name_with_kind 2 1 'IFNAME "tap:tap0"|alone|tap0' $p tap:tap0 $m 10.7.0.7 7
    want name_with_blank 2 1 'IFNAME "tap 0"' $p 'tap 0' $m 10.7.0.7 7
    want name_dot_dot 2 1 'IFNAME ".."' $p .. $m 10.7.0.7 7
    want mac_short 2 1 'MAC "02:00:00:00:07"|six pairs|02:00:00:00:00:07' $p tap0 02:00:00:00:07 10.7.0.7 7
    want mac_long 2 1 'MAC "02:00:00:00:00:07:08"|six pairs' $p tap0 $m:08 10.7.0.7 7
    want mac_one_digit 2 1 'MAC "2:0:0:0:0:7"|six pairs' $p tap0 2:0:0:0:0:7 10.7.0.7 7
    want mac_no_hex 2 1 'MAC "02:00:00:00:00:0g"|hexadecimal' $p tap0 02:00:00:00:00:0g 10.7.0.7 7
    want mac_dashes 2 1 'MAC "02-00-00-00-00-07"|02:00:00:00:00:07' $p tap0 02-00-00-00-00-07 10.7.0.7 7
    want mac_empty 2 1 'MAC ""' $p tap0 '' 10.7.0.7 7
    want mac_multicast 2 1 'MAC "01:00:5e:00:00:01"|multicast|even' $p tap0 01:00:5e:00:00:01 10.7.0.7 7
    want mac_broadcast 2 1 'MAC "ff:ff:ff:ff:ff:ff"|multicast' $p tap0 ff:ff:ff:ff:ff:ff 10.7.0.7 7
    want mac_zero 2 1 'MAC "00:00:00:00:00:00"|nobody' $p tap0 00:00:00:00:00:00 10.7.0.7 7
    want ip_three_parts 2 1 'IP "10.7.0"|A.B.C.D' $p tap0 $m 10.7.0 7
    want ip_part_256 2 1 'IP "10.7.0.256"|A.B.C.D' $p tap0 $m 10.7.0.256 7
    want ip_name 2 1 'IP "localhost"|A.B.C.D' $p tap0 $m localhost 7
    want ip_with_port 2 1 'IP "10.7.0.7:7"' $p tap0 $m 10.7.0.7:7 7
    want ip6_loopback 2 1 'IP "::1"|loopback' $p tap0 $m ::1 7
    want ip6_multicast 2 1 'IP "ff02::1"|multicast' $p tap0 $m ff02::1 7
    want ip6_prefix 2 1 'IP "fd00::7/129"|1 to 128' $p tap0 $m fd00::7/129 7
    want ip6_half 2 1 'IP "fd00:::7"|fd00::7/64' $p tap0 $m fd00:::7 7
    want ip_any 2 1 'IP "0.0.0.0"|one host' $p tap0 $m 0.0.0.0 7
    want ip_loopback 2 1 'IP "127.0.0.1"|loopback' $p tap0 $m 127.0.0.1 7
    want ip_multicast 2 1 'IP "224.0.0.1"|multicast' $p tap0 $m 224.0.0.1 7
    want ip_broadcast 2 1 'IP "255.255.255.255"|broadcast' $p tap0 $m 255.255.255.255 7
    want ip_of_network 2 1 'IP "10.7.0.0/24"|network itself' $p tap0 $m 10.7.0.0/24 7
    want ip_of_broadcast 2 1 'IP "10.7.0.255"|broadcast' $p tap0 $m 10.7.0.255 7
    want prefix_0 2 1 'IP "10.7.0.7/0"|1 to 32' $p tap0 $m 10.7.0.7/0 7
    want prefix_33 2 1 'IP "10.7.0.7/33"|1 to 32' $p tap0 $m 10.7.0.7/33 7
    want prefix_empty 2 1 'IP "10.7.0.7/"|1 to 32' $p tap0 $m 10.7.0.7/ 7
    want prefix_mask 2 1 'IP "10.7.0.7/255.255.255.0"|1 to 32' $p tap0 $m 10.7.0.7/255.255.255.0 7
    want port_0 2 1 'PORT "0"|1 to 65535' $p tap0 $m 10.7.0.7 0
    want port_65536 2 1 'PORT "65536"|1 to 65535' $p tap0 $m 10.7.0.7 65536
    want port_2_to_the_64_and_7 2 1 'PORT "18446744073709551623"' $p tap0 $m 10.7.0.7 18446744073709551623
    want port_text 2 1 'PORT "echo"|1 to 65535' $p tap0 $m 10.7.0.7 echo
    want port_negative 2 1 'PORT "-7"|1 to 65535' $p tap0 $m 10.7.0.7 -7
    want port_hex 2 1 'PORT "0x7"|1 to 65535' $p tap0 $m 10.7.0.7 0x7
    want port_with_rest 2 1 'PORT "7 "' $p tap0 $m 10.7.0.7 '7 '
    want port_empty 2 1 'PORT ""' $p tap0 $m 10.7.0.7 ''
    want all_four_wrong 2 4 'IFNAME "a/b"|MAC "x"|IP "y"|PORT "z"' $p a/b x y z
    want bytes_are_not_printed_raw 2 1 'PORT "?[31m7"' $p tap0 $m 10.7.0.7 "$(printf '\033[31m7')"

    want runnel_alone 2 1 'COMMAND is missing|echo, ping, bridge, ss, devices and demo|--help' $r
    want runnel_unknown 2 1 'COMMAND "frob"|echo, ping, bridge, ss, devices and demo' $r frob
    want echo_no_device 2 1 'DEVICE is missing|KIND:NAME' $r echo
    want echo_no_device_empty 2 1 'DEVICE ""' $r echo ''
    want echo_kind 2 1 "'foo:tap0'|no such kind of device|tap" $r echo foo:tap0
    want echo_no_name 2 1 "'tap:'|name" $r echo tap:
    want echo_two_devices 2 1 'argument "tap:b"' $r echo tap:a tap:b
    want echo_unknown_option 2 1 'option "--frob"|--port, --share, --ip, --mac' $r echo tap:a --frob
    want echo_fault 2 1 '--fault "loss=101"|percent' $r echo tap:a --fault loss=101
    want echo_fault_unknown 2 1 '--fault "lost=1"|loss=5' $r echo tap:a --fault lost=1
    want echo_fault_no_number 2 1 '--fault "loss=x"|percent' $r echo tap:a --fault loss=x
    want echo_fault_rate 2 1 '--fault "rate=-1"|rate=MBIT' $r echo tap:a --fault rate=-1
    want echo_fault_missing 2 1 '--fault is missing|loss=5' $r echo tap:a --fault
    want echo_ip 2 1 '--ip "10.7.0.7/40"|1 to 32' $r echo tap:a --ip 10.7.0.7/40
    want echo_ip_missing 2 1 '--ip is missing' $r echo tap:a --ip
    want echo_ip_nine 2 1 '--ip "10.7.0.9"|8 addresses' $r echo tap:a --ip 10.7.0.1 --ip 10.7.0.2 --ip 10.7.0.3 \
        --ip 10.7.0.4 --ip 10.7.0.5 --ip 10.7.0.6 --ip 10.7.0.7 --ip 10.7.0.8 --ip 10.7.0.9
    want echo_mac 2 1 '--mac "03:00:00:00:00:00"|multicast' $r echo tap:a --mac=03:00:00:00:00:00
    want echo_port 2 1 '--port "70000"|1 to 65535' $r echo tap:a --port=70000
    want echo_port_0 2 1 '--port "0"|1 to 65535' $r echo tap:a --port=0
    want echo_gateway 2 1 '--gateway "10.7.0.1/24"|alone' $r echo tap:a --gateway 10.7.0.1/24
    want echo_vlan_0 2 1 '--vlan "0"|1 to 4094' $r echo tap:a --vlan 0
    want echo_vlan_4095 2 1 '--vlan "4095"|1 to 4094' $r echo tap:a --vlan 4095
    want echo_acd 2 1 '--acd "quic"|quick|full|off' $r echo tap:a --acd quic
    want echo_acd_bar 2 1 '--acd "quick|full"' $r echo tap:a --acd 'quick|full'
    want echo_value_for_none 2 1 'option "--udp=yes"' $r echo tap:a --udp=yes
    want echo_three_wrong 2 3 '--ip "y"|--port "z"|--mac "w"' $r echo x --ip y --port z --mac w

    want ping_no_address 2 1 'ADDRESS is missing' $r ping tap:a
    want ping_address 2 1 'ADDRESS "10.7.0"|A.B.C.D' $r ping tap:a 10.7.0
    want ping_name 2 1 'ADDRESS "localhost"|A.B.C.D' $r ping tap:a localhost
    want ping_count 2 1 '-c "0"|1 to' $r ping tap:a 10.7.0.1 -c 0
    want ping_count_joined 2 1 '-c "x"|1 to' $r ping tap:a 10.7.0.1 -cx
    want ping_interval 2 1 '-i "0"|seconds from 0.001' $r ping tap:a 10.7.0.1 -i 0
    want ping_interval_negative 2 1 '-i "-1"|seconds' $r ping tap:a 10.7.0.1 -i -1
    want ping_bytes 2 1 '-s "65508"|0 to 65507' $r ping tap:a 10.7.0.1 -s 65508
    want ping_wait 2 1 '-W "x"|seconds' $r ping tap:a 10.7.0.1 -W x
    want bridge_one 2 1 'DEVICE is missing' $r bridge tap:a
    want bridge_three 2 1 'argument "tap:c"' $r bridge tap:a tap:b tap:c
    want bridge_kind 2 1 "'foo:b'|no such kind" $r bridge foo:b tap:a
    want ss_option 2 1 'option "-x"|-s' $r ss -x
    want ss_nobody 1 1 '/nowhere/x.sock|No such file' $r ss /nowhere/x.sock
    want demo_megabytes 2 1 'MEGABYTES "0"|1 to 65536' $r demo 0
    want devices_too_many 2 1 'argument "b"|one too many' $r devices a b
    want devices_no_name 2 1 "a/b|no blank, '/'" $r devices a/b
    want devices_unknown 1 1 'no-such-one|ip link|tap:no-such-one' $r devices no-such-one
    want demo_too_many 2 1 'argument "2"' $r demo 1 2
}

# Not wrong at all: help and version go to stdout, and nothing to stderr.
right_words()
{
    for command in "$p --help" "$p -h" "$r --help" "$r help" "$r echo --help" "$r ping tap0 -h" "$r ss --help"; do
        # shellcheck disable=SC2086 # words
        $command 2>&1 | grep -q '^usage: ' && $command >/dev/null
        live_verdict $? "$command"
    done
    for command in "$p --version" "$r --version" "$r echo --version"; do
        # shellcheck disable=SC2086
        $command | grep -qE '[0-9]+\.[0-9]+\.[0-9]+'
        live_verdict $? "$command"
    done
}

# What only the world can say.
# waits NAME COMMAND ...: it says that the interface left is down, and serves.
waits()
{
    name=$1
    shift
    status=0
    timeout 2 "$@" >"$files/down" 2>&1 || status=$?
    grep -q 'left is down: it waits until somebody says ip link set left up' "$files/down" &&
        grep -q 'echoes on' "$files/down" && [ $status = 124 ]
    live_verdict $? "$name" "$files/down"
}

world_says_no()
{
    want loopback 1 1 'packet:lo|loopback|use a card, or tap:NAME' $p lo $m 10.7.0.7 7
    want loopback_bare 1 1 'packet:lo|loopback|use a card, or tap:NAME' $r echo lo
    want loopback_by_kind 1 1 'packet:lo|loopback|use a card, or tap:NAME' $r echo packet:lo
    want loopback_is_no_tap 1 1 'tap:lo|not a tap|another name' $r echo tap:lo

    want unknown_interface 1 1 'nosuch0|ip link' $p nosuch0 $m 10.7.0.7 7
    want unknown_interface_by_kind 1 1 'nosuch0' $r echo packet:nosuch0
    want bridge_unknown_interface 1 1 'nosuch0' $r bridge tap:tap5 nosuch0

    # One that is down is no mistake: the program waits and says so, until it is ended.
    ip link add left type veth peer name right
    waits picotcp_netmap_interface_down $p left $m 10.7.0.7 7
    waits echo_interface_down $r echo left

    # The kernel at the other end has the address already; it is this machine's too, and would answer by a tap as well.
    ip link set left up && ip addr add 10.7.0.7/24 dev right && ip link set right up
    other=$(ip -br link show dev right | awk '{ print $3 }')
    want address_of_another_host 1 1 "10.7.0.7/24 is used by another host, $other|another address" \
        $p left $m 10.7.0.7 7 --no-local
    want echo_address_of_another_host 1 1 "10.7.0.7/24 is used by another host, $other|another address" \
        $r echo left --ip 10.7.0.7 --no-local
    want ping_address_of_another_host 1 1 "10.7.0.7/24 is used by another host, $other|another address" \
        $r ping left 10.7.0.9 --ip 10.7.0.7 --no-local

    want kernels_address_is_not_ours 2 1 'packet:right has 10.7.0.7/24|the kernel|--ip' $r echo right
    want kernels_address_is_not_ours_to_ping 2 1 'packet:right-0 has 10.7.0.7/24|--ip' $r ping packet:right-0 10.7.0.9

    "$p" tap1 $m 10.7.1.7 7 >"$files/server" 2>&1 &
    server=$!
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        grep -q echoes "$files/server" && break
        sleep 0.1
    done
    want tap_is_taken 1 1 'tap1' $p tap1 $m 10.7.1.7 7
    kill $server
    wait $server
    server=

    # Copies that everybody may reach, whatever the rights of this tree; in a user namespace nobody is mapped.
    nobody='setpriv --reuid=65534 --regid=65534 --clear-groups'
    cp "$p" "$r" "$files" && chmod 755 "$files" "$files/picotcp_netmap" "$files/runnel"
    if $nobody "$files/runnel" --version >/dev/null 2>&1; then
        want no_rights 1 1 'tap2|run as root' $nobody "$files/picotcp_netmap" tap2 $m 10.7.0.7 7
        want echo_no_rights 1 1 'tap2|run as root' $nobody "$files/runnel" echo tap:tap2
        want no_rights_for_a_card 1 1 'packet:left: not permitted|run as root|setcap cap_net_raw' \
            $nobody "$files/picotcp_netmap" left $m 10.7.0.8 7
        want echo_no_rights_for_a_card 1 1 'packet:left: not permitted|run as root|setcap cap_net_raw' \
            $nobody "$files/runnel" echo left
    else
        echo 'skip no_rights # nobody cannot be tried from here'
    fi
    if mount -t tmpfs none /dev/net 2>/dev/null; then
        want no_tun 1 1 '/dev/net/tun|modprobe tun' $p tap3 $m 10.7.0.7 7
    else
        echo 'skip no_tun # /dev/net cannot be hidden here'
    fi
}

if [ "$1" != --inside ]; then
    wrong_words
    right_words
    [ "$failed" = 0 ] || exit 1
fi
live_need ip setpriv
live_enter "$@"
live_watch
world_says_no
live_end
