#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The one list of Debian packages (12 and 13), and what installs those that are missing. "a|b" is satisfied
# by either; where neither is there, the first one that this Debian offers is taken.
#
#   tools/deps.sh build|run|test     each includes the ones before it; exit 0: all there, 1: says what to do
#   tools/deps.sh list build|run|test

build='gcc libc6-dev make binutils'
run='libxdp-dev iproute2 iputils-ping netcat-openbsd util-linux procps'
test='libcmocka-dev libuv1-dev pkgconf|pkg-config clang libclang-rt-dev valgrind tshark tcpdump mandoc
      busybox vde2 curl ethtool iperf3 nftables nmap socat telnet|inetutils-telnet
      qemu-user-static|qemu-user
      gcc-aarch64-linux-gnu libc6-dev-arm64-cross
      gcc-i686-linux-gnu libc6-dev-i386-cross
      gcc-s390x-linux-gnu libc6-dev-s390x-cross'

usage()
{
    echo "deps.sh: the words are [list] build, run or test, not '$*'" >&2
    exit 2
}

list=false
[ "${1-}" = list ] && list=true && shift
case $# in 1) ;; *) usage "$@" ;; esac
case $1 in
build) wanted=$build ;;
run) wanted="$build $run" ;;
test) wanted="$build $run $test" ;;
*) usage "$@" ;;
esac
if $list; then
    printf '%s\n' $wanted
    exit 0
fi

if ! command -v dpkg-query >/dev/null; then
    echo "deps: this is not a Debian; what is needed there is called:" $wanted >&2
    exit 1
fi

installed()
{
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# offered NAME: this Debian has it.
offered()
{
    [ -n "$(apt-cache show --no-all-versions "$1" 2>/dev/null)" ]
}

missing=
for package in $wanted; do
    first= found=false
    for name in $(echo "$package" | tr '|' ' '); do
        installed "$name" && found=true
        if [ -z "$first" ] && ! $found && offered "$name"; then first=$name; fi
    done
    $found || missing="$missing ${first:-${package%%|*}}"
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ]; then
    root=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    root=sudo
else
    echo "deps: missing; as root: apt-get install$missing" >&2
    exit 1
fi
echo "deps: installing$missing"
export DEBIAN_FRONTEND=noninteractive
install="$root apt-get install -y -q --no-install-recommends"
if ! $install $missing >/dev/null 2>&1; then # the lists of what is offered may be old, or not there yet
    $root apt-get update -q && $install $missing || {
        echo "deps: apt-get failed; to try by hand: apt-get install$missing" >&2
        exit 1
    }
fi
