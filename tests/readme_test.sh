#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Is what the README shows true? Its echo server is the example that is built, every file it names is there,
# and every target it names is one of the Makefile's.

cd "$(dirname "$0")/.." && . tests/lib/script.sh || exit 1

sed -n '/^```c$/,/^```$/p' README.md | sed '1d;$d' >"$files/shown.c"
sed '1,/\*\/$/d' apps/examples/echo.c >"$files/built.c"
diff "$files/shown.c" "$files/built.c"
verdict $? readme_shows_the_echo_server_that_is_built

grep -ohE '\b(apps|bench|docs|include|src|tests|tools)/[a-zA-Z0-9_./]+\b' README.md docs/*.md | sed 's/\.$//' | sort -u |
    while read -r path; do [ -e "$path" ] || echo "$path is not there"; done >"$files/missing"
cat "$files/missing"
[ ! -s "$files/missing" ]
verdict $? documents_name_files_that_are_there

grep -ohE '`make [a-z]+|^    make [a-z]+' README.md docs/*.md | sed 's/.*make //' | sort -u |
    while read -r target; do grep -q "^$target:" Makefile || echo "there is no target $target"; done >"$files/missing"
cat "$files/missing"
[ ! -s "$files/missing" ]
verdict $? documents_name_targets_that_are_there

exit $failed
