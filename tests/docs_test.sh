#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Do the tables in docs/ say what the tests show? docs/calls.md is what its tests print, and every test that
# docs/rfc9293-api.md names is there and is played.

cd "$(dirname "$0")/.." || exit 1
build=${BUILD:-build}
failed=0
files=$(mktemp -d) || exit 1
trap 'rm -rf "$files"' EXIT

# verdict NUMBER NAME
verdict()
{
    [ "$1" = 0 ] && echo "ok $2" && return
    echo "not ok $2"
    failed=1
}

for c in calls addresses; do "$build/test/tcp/${c}_test" --table; done >"$files/calls.md" &&
    diff docs/calls.md "$files/calls.md" | head -20 >"$files/differs"
[ -s "$files/calls.md" ] && [ ! -s "$files/differs" ]
verdict $? calls_md_is_what_the_tests_print
sed 's/^/# /' "$files/differs"

# A test stands in the document as file:function; the function is written in that file, and in its list.
grep -oE '[a-z0-9_]+_test:[a-z0-9_]+' docs/rfc9293-api.md | sort -u >"$files/named"
while IFS=: read -r file test; do
    c=$(find tests/tcp tests/unit tests/wire -name "$file.c")
    [ -n "$c" ] && grep -q "^static void $test(" $c && grep -qE "(TRACE[46]?|cmocka_unit_test[a-z_]*)\\($test[,)]|run_with = $test," $c ||
        echo "# there is no test $test in $file.c"
done <"$files/named" >"$files/missing"
cat "$files/missing"
[ -s "$files/named" ] && [ ! -s "$files/missing" ]
verdict $? tests_that_the_api_table_names_are_there

# Each row of that table names one at least.
awk -F'|' '/^\| (MUST|SHLD|MAY|3\.)/ && $5 !~ /_test:/ { print "# no test: " $0 }' docs/rfc9293-api.md >"$files/missing"
cat "$files/missing"
[ ! -s "$files/missing" ]
verdict $? each_row_of_the_api_table_names_a_test

exit $failed
