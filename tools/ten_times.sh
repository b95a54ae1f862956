#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Is a green `make test` green by luck? Runs it ten times (or N times) in a row beside two processes that do
# nothing but take processor time, and prints the last line of each. Exit status 0: all were green.
#
#   tools/ten_times.sh [N]

cd "$(dirname "$0")/.." || exit 1
case ${1:-10} in
*[!0-9]* | 0)
    echo "ten_times.sh: \"$1\": how many times, a number from 1 up, is wanted" >&2
    exit 2
    ;;
esac
log=${BUILD:-build}/ten_times
mkdir -p "$log"
(while :; do :; done) &
one=$!
(while :; do :; done) &
two=$!
trap 'kill $one $two 2>/dev/null' EXIT
trap 'exit 1' INT TERM HUP

run=1 green=0
while [ $run -le "${1:-10}" ]; do
    begin=$(date +%s)
    make test >"$log/$run" 2>&1
    status=$?
    [ $status = 0 ] && green=$((green + 1))
    echo "run $run: $(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log/$run" | tail -n 1)," \
        "$(($(date +%s) - begin)) s, exit status $status ($log/$run)"
    run=$((run + 1))
done
echo "$green of ${1:-10} green"
[ $green = "${1:-10}" ]
