#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The gate on what an echoed request costs: instructions, which callgrind counts exactly and alike on every
# machine, where nanoseconds depend on the hour. Everything is on that a peer of today offers: timestamps, SACK,
# window scale. One case for each N in gate.tsv: not more than the bound committed for this compiler's major
# version plus its slack; with another compiler the count is printed and the case skipped. And two cases that
# hold for any compiler: 1,000 and 10,000 connections cost at most 1.3 times what 10 cost. At N = 32 the slack
# is small: the bound and its slack are the goal of 1,200.
#
#   bench/gate.sh            build/gate/echo, made for x86-64-v2 without sanitizers
#   bench/gate.sh --print    lines for gate.tsv with this compiler, and no verdict
#   GATE=FILE bench/gate.sh  another build of the bench

cd "$(dirname "$0")/.." || exit 1
echo=${GATE:-${BUILD:-build}/gate/echo}
table=bench/gate.tsv
sizes='10 32 1000 10000'
flat='1000 10000' factor=1.3
failed=0

skip_all()
{
    echo "skip gate # $*"
    exit 77
}

[ -x "$echo" ] || {
    echo "not ok gate: $echo is not built"
    exit 1
}
[ "$(uname -m)" = x86_64 ] || skip_all "instructions are counted for x86-64-v2, this is $(uname -m)"
command -v valgrind >/dev/null || skip_all 'the program valgrind is not installed'
files=$(mktemp -d) || exit 1
trap 'rm -rf "$files"' EXIT
trap 'exit 1' INT TERM HUP

# count N: instructions a request with N connections, to $files/N; what went wrong to $files/N.said.
count()
{
    valgrind --tool=callgrind --collect-atstart=no --callgrind-out-file="$files/$1.out" \
        "$echo" --instructions --timestamps --clients "$1" >"$files/$1.row" 2>"$files/$1.said" &&
        awk 'FNR == 1 { file++ }
             file == 1 { for (i = 1; i < NF; i++) if ($i == "requests") requests = $(i + 1) }
             file == 2 && $1 == "totals:" { counted = $2 }
             END { if (requests > 0 && counted > 0) printf "%.1f\n", counted / requests; else exit 1 }' \
            "$files/$1.row" "$files/$1.out" >"$files/$1"
}

# Two at a time, the slow ones first.
count 10000 &
count 1000
wait
count 32 &
count 10
wait

compiler=$("$echo" --compiler)
if [ "$1" = --print ]; then
    for n in $sizes; do
        printf '%s\t%s\t%s\t%.0f\t5\n' "${compiler% *}" "${compiler#* }" "$n" "$(cat "$files/$n")"
    done
    exit 0
fi

# case_of N: against the bound of the table.
case_of()
{
    if ! [ -s "$files/$1" ]; then
        echo "not ok instructions a request, N = $1: it could not be counted"
        tail -n 5 "$files/$1.said" | sed 's/^/# /'
        failed=1
        return
    fi
    awk -F '\t' -v compiler="${compiler% *}" -v major="${compiler#* }" -v n="$1" -v counted="$(cat "$files/$1")" '
        $1 == compiler && $2 == major && $3 == n && $4 > 0 { bound = $4; slack = $5 }
        END {
            name = sprintf("instructions a request, N = %d: %.1f", n, counted)
            if (!bound)
                printf "skip %s # no bound is committed for %s %s\n", name, compiler, major
            else if (counted <= bound * (1 + slack / 100))
                printf "ok %s, bound %d + %s %%\n", name, bound, slack
            else
                printf "not ok %s, bound %d + %s %%\n", name, bound, slack
            if (bound && counted < bound * (1 - slack / 100))
                printf "# below the bound by more than the slack: commit the new one (bench/gate.sh --print)\n"
            exit bound && counted > bound * (1 + slack / 100)
        }' "$table" || failed=1
}

for n in $sizes; do
    case_of "$n"
done
for n in $flat; do
    if [ -s "$files/$n" ] && [ -s "$files/10" ]; then
        awk -v n="$n" -v many="$(cat "$files/$n")" -v few="$(cat "$files/10")" -v factor=$factor 'BEGIN {
            ratio = many / few
            printf "%s cost at N = %d / cost at N = 10: %.3f, at most %.1f\n", ratio <= factor ? "ok" : "not ok", n, \
                ratio, factor
            exit ratio > factor }' || failed=1
    else
        echo "not ok cost at N = $n / cost at N = 10: not counted"
        failed=1
    fi
done
exit $failed
