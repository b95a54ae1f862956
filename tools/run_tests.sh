#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Runs the parts of the test and counts their cases. The plan comes on standard input, a line a part:
#
#   KIND  SECONDS  NAME  COMMAND...      KIND: "side" may run beside its neighbours, "alone" may not; "cpu" too may,
#                                        and is kept on a processor of its own
#
# What the kernel sends by a veth pair stays in order while all of it is sent from one processor, and a test that
# says no segment came out of order needs that; hence "cpu".
#
# A part prints its cases as TAP does: "ok NAME", "not ok NAME", "skip NAME # reason" or "... # SKIP ..."
# (cmocka does under CMOCKA_MESSAGE_OUTPUT=TAP). A part that prints none is one case by its exit status:
# 0 passed, 77 skipped for the reason on its last line, anything else failed. A part that dies, runs past
# its SECONDS or has fewer cases than its plan "1..N" says has one failed case more. What a part says is
# kept in LOGS/NAME.log and shown when it fails, and its line is printed once more at the end. The last line
# is "N passed, N failed, N skipped"; the exit status is 0 when none failed and there was any.
#
#   tools/run_tests.sh LOGS JOBS < PLAN
#   tools/run_tests.sh --skip REASON...     a part that only says why it is skipped

export CMOCKA_MESSAGE_OUTPUT=TAP

# count LOG STATUS: "passed failed skipped" of one part.
count()
{
    awk -v status="$2" '
        /^1\.\.[0-9]+ *$/ { planned += substr($0, 4); plans++ }
        /^(not )?ok( .*)? # [Ss][Kk][Ii][Pp]/ || /^skip / { skipped++; next }
        /^ok( |$)/ { passed++; next }
        /^not ok( |$)/ { failed++ }
        END {
            cases = passed + failed + skipped
            if (cases == 0 && status == 0 && plans == 0) passed = 1
            else if (status == 77 && failed == 0) skipped += !skipped
            else if ((status != 0 && failed == 0) || cases < planned || cases == 0) failed++
            print passed + 0, failed + 0, skipped + 0
        }' "$1"
}

# Lines of the log that tell why: each case that failed with what follows it, and the end.
explain()
{
    awk '/^not ok/ && !/# [Ss][Kk][Ii][Pp]/ { left = 12 } left-- > 0' "$1" | head -60 | sed 's/^/    | /'
    tail -n 25 "$1" | sed 's/^/    > /'
    [ -s "$1" ] || echo "    > it said nothing; was it built?"
    echo "    whole output: $1"
}

# one LOGS "SECONDS NAME COMMAND...": runs a part, prints its line, leaves its counts in LOGS/NAME.count.
one()
{
    logs=$1
    # shellcheck disable=SC2086 # the words of the plan's line
    set -- $2
    seconds=$1 name=$2
    shift 2
    log=$logs/$(echo "$name" | tr '/ ' '__').log
    begin=$(date +%s%N)
    timeout -k 5 "$seconds" ${CPUS:+taskset -c "$(echo "$CPUS" | cut -d ' ' -f $((SLOT + 1)))"} "$@" >"$log" 2>&1 </dev/null
    status=$?
    took=$((($(date +%s%N) - begin) / 10000000))
    [ $status = 124 ] && echo "not ok stopped after $seconds seconds" >>"$log"
    counts=$(count "$log" $status)
    echo "$counts" >"${log%.log}.count"
    # shellcheck disable=SC2086
    set -- $counts
    verdict=passed
    [ "$3" != 0 ] && verdict=SKIPPED
    [ "$3" != 0 ] && [ "$1" != 0 ] && verdict=passed
    [ "$2" != 0 ] && verdict=FAILED
    line=$(printf '%-7s %-34s %4d passed %2d failed %2d skipped %4d.%02d s' \
        $verdict "$name" "$1" "$2" "$3" $((took / 100)) $((took % 100)))
    {
        echo "$line"
        [ "$2" != 0 ] && explain "$log"
        [ "$3" != 0 ] && reasons "$log"
        true
    } >"${log%.log}.said"
    cat "${log%.log}.said" # in one piece, since neighbours print too
}

# Why cases were skipped: their own lines, or the last line where there are none.
reasons()
{
    if grep -qiE '^(skip |(not )?ok( .*)? # skip)' "$1"; then
        grep -iE '^(skip |(not )?ok( .*)? # skip)' "$1" | sed 's/^\(not \)\{0,1\}ok /skip /; s/^/    /'
    else
        tail -n 1 "$1" | sed 's/^/    skip: /'
    fi
}

if [ "$1" = --one ]; then
    one "$2" "$3"
    exit 0
fi
if [ "$1" = --skip ]; then
    shift
    echo "$*"
    exit 77
fi
if [ $# != 2 ]; then
    echo "run_tests.sh: LOGS and JOBS are wanted, not '$*'; the plan comes on standard input" >&2
    exit 2
fi
logs=$1 jobs=$2
rm -rf "$logs"
mkdir -p "$logs" || exit 1
plan=$logs/plan
cat >"$plan"
begin=$(date +%s)

# The processors that we may use, one word each; none where they cannot be told apart.
cpus=$(taskset -cp $$ 2>/dev/null | sed 's/.*: //' | tr ',' '\n' | awk -F - 'NF { for (c = $1; c <= $NF; c++) print c }')

# together KIND GROUP: the parts of one group.
together()
{
    CPUS='' at_once=$jobs
    if [ "$1" = cpu ] && [ -n "$cpus" ]; then
        CPUS=$(echo $cpus)
        [ "$jobs" -le "$(echo "$cpus" | wc -l)" ] || at_once=$(echo "$cpus" | wc -l)
    fi
    export CPUS
    tr '\n' '\0' <"$2" | xargs -0 -r -n 1 -P "$at_once" --process-slot-var=SLOT "$0" --one "$logs"
}

# Runs the parts in the order of the plan; neighbours of the same kind go together, but for "alone".
awk '{ kind = $1; sub(/^[^ ]+ +/, ""); if (kind == "alone" || kind != last) n++; last = kind
       print > (FILENAME "." sprintf("%04d", n) "." kind) }' "$plan"
for group in "$plan".*; do
    [ -f "$group" ] && together "${group##*.}" "$group"
done

parts=$(grep -c . "$plan")
told=$(find "$logs" -name '*.count' | wc -l)
echo "$parts parts in $(($(date +%s) - begin)) s"
find "$logs" -name '*.said' -exec grep -h '^FAILED' {} + # once more, where the end is all that is read
find "$logs" -name '*.count' -exec cat {} + | awk -v lost=$((parts - told)) '
    { passed += $1; failed += $2; skipped += $3 }
    END {
        failed += lost
        printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
        exit failed > 0 || passed + skipped == 0
    }'
