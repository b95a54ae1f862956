# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034 # failed is read by who reads this
#
# What a test that is a script has from the start: it stands in the top folder, has a folder of its own in $files,
# which goes with it, and says what came of each case. Read by `. tests/lib/script.sh`; at its end it says
# `exit $failed`.

failed=0
files=$(mktemp -d) || exit 1
trap 'rm -rf "$files"' EXIT

# verdict NUMBER NAME: 0 is good.
verdict()
{
    [ "$1" = 0 ] && echo "ok $2" && return
    echo "not ok $2"
    failed=1
}
