#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Do the tables in docs/ say what the tests show? docs/calls.md is what its tests print; every test that
# docs/rfc9293.md, docs/rfc9293-api.md and docs/security.md name is there and is played, and RFC 9293's 119
# requirements have a row each.

cd "$(dirname "$0")/.." && . tests/lib/script.sh || exit 1
build=${BUILD:-build}

for c in calls addresses datagram_calls; do "$build/test/tcp/${c}_test" --table; done >"$files/calls.md" &&
    diff docs/calls.md "$files/calls.md" | head -20 >"$files/differs"
[ -s "$files/calls.md" ] && [ ! -s "$files/differs" ]
verdict $? calls_md_is_what_the_tests_print
sed 's/^/# /' "$files/differs"

# is_there FILE:FUNCTION: written in that file, and in its list.
is_there()
{
    c=$(find tests/tcp tests/unit tests/wire -name "${1%%:*}.c")
    # shellcheck disable=SC2086 # names of files have no spaces, and are to be split
    [ -n "$c" ] && grep -q "^static void ${1#*:}(" $c &&
        grep -qE "(TRACE[46]?|TEST|CASE|cmocka_unit_test[a-z_]*)\\(${1#*:}[,)]|run_with = ${1#*:}," $c
}

# complain FILE: what stands in it is what is wrong; returns 0 if it is empty.
complain()
{
    sed 's/^/# /' "$1"
    [ ! -s "$1" ]
}

# What a document names is there: a test as file:function, a fuzz target as name_fuzz, a live test as live/name.
for doc in rfc9293-api rfc9293 security; do
    grep -oE '[a-z0-9_]+_test:[a-z0-9_]+' "docs/$doc.md" | sort -u >"$files/named"
    {
        while read -r named; do
            is_there "$named" || echo "no such test: $named"
        done <"$files/named"
        grep -oE '[a-z0-9_]+_fuzz\b' "docs/$doc.md" | while read -r fuzz; do
            [ -f "tests/fuzz/$fuzz.c" ] || echo "no such fuzz target: $fuzz"
        done
        grep -oE '\blive/[a-z0-9_]+' "docs/$doc.md" | while read -r live; do
            [ -f "tests/$live.sh" ] || echo "no such test: $live"
        done
        [ -s "$files/named" ] || echo "it names no test"
    } >"$files/missing"
    complain "$files/missing"
    verdict $? "tests_that_docs_${doc}_md_names_are_there"
done

# Each row names one at least; what is left to the document about the interface stands there.
{
    awk -F'|' '/^\| (MUST|SHLD|MAY|3\.)/ && $5 !~ /_test:/' docs/rfc9293-api.md
    awk -F'|' '/^\| / && !/^\| (label|what|RFC|class) / && $NF == "" && $(NF - 1) !~ /_test:|_fuzz|live\/| API/' \
        docs/rfc9293.md docs/security.md
} | sed 's/^/no test: /' >"$files/missing"
complain "$files/missing"
verdict $? each_row_names_a_test

awk -F'|' '/^\| (MUST|SHLD|MAY|REC)-[0-9]+ / { gsub(/ /, "", $2); print $2, $5 }' docs/rfc9293.md >"$files/rows"
{
    for kind in MUST:69 SHLD:31 MAY:18 REC:1; do
        for n in $(seq "${kind#*:}"); do
            echo "${kind%:*}-$n"
        done
    done
} >"$files/labels"
{
    cut -d' ' -f1 "$files/rows" | sort | uniq -d | sed 's/^/more than one row: /'
    while read -r label; do
        grep -q "^$label " "$files/rows" || echo "no row: $label"
    done <"$files/labels"
    grep -E '^[A-Z]+-[0-9]+ +API' "$files/rows" | while read -r label _; do
        grep -qE "\\b$label\\b" docs/rfc9293-api.md || echo "not in docs/rfc9293-api.md: $label"
    done
} >"$files/missing"
complain "$files/missing"
verdict $? rfc9293_md_has_each_requirement_once

exit $failed
