#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Can the tests fail? Each file of tests/breaks/ breaks one thing of one module, and the test that it names
# must then fail. That is done in a copy of the tree, which has been shown to pass before. A break is a script of
# sed, not a patch, so that it holds while the lines around it change; when what it looks for is gone, it says
# so by failing. Its second line says what it breaks:
#
#   # breaks src/tcp/in.[ch], and tcp/timestamps_test must fail
#
# The test may be "sim", the simulator: then a few thousand connections are played, and its last line has to say
# what its status says.
#
#   tests/breaks.sh [NAME...]      NAME: tests/breaks/NAME.sed; none: all of them

# shellcheck disable=SC2046,SC2012,SC2086 # names of files and tests have no spaces, and are to be split
cd "$(dirname "$0")/.." || exit 1
jobs=${JOBS:-$(nproc 2>/dev/null || echo 2)}
top=$(mktemp -d) || exit 1
trap 'rm -rf "$top"' EXIT
trap 'exit 1' INT TERM
failed=0

[ $# != 0 ] || set -- $(ls tests/breaks | sed -n 's/\.sed$//p')

# said NAME: the files and the test of its second line.
said()
{
    sed -n '2s/^# breaks \([^ ]*\), and \([^ ]*\) must fail$/\1 \2/p' "tests/breaks/$1.sed"
}

# build TEST...: in the copy.
build()
{
    make -s -C "$top" -j "$jobs" BUILD=build $(printf ' build/test/%s' "$@" | sed 's,build/test/sim\>,build/fast/sim,') \
        >"$top/log" 2>&1
}

# plays: the simulator is content. One that ends otherwise than it should does not fail as it should.
plays()
{
    (cd "$top" && timeout 300 build/fast/sim --connections 3000 --jobs "$jobs" --expert none) >"$top/log" 2>&1 </dev/null
    said="$?, $(tail -n 1 "$top/log")"
    [ "$said" != "1, simulator: FAILED" ]
}

# passes TEST
passes()
{
    if [ "$1" = sim ]; then
        plays
        return
    fi
    (cd "$top" && timeout 60 "build/test/$1") >"$top/log" 2>&1 </dev/null
}

# verdict NAME WHY...: no WHY is good.
verdict()
{
    name=$1
    shift
    [ $# = 0 ] && echo "ok $name" && return
    echo "not ok $name: $*"
    tail -n 5 "$top/log" | sed 's/^/    > /'
    failed=1
}

# one NAME FILES TEST: FILES may be a pattern. What was touched is put back.
one()
{
    changed=
    for file in "$top"/$2; do
        [ -f "$file" ] || continue
        cp "$file" "$top/whole"
        sed -i -f "tests/breaks/$1.sed" "$file"
        cmp -s "$file" "$top/whole" && continue
        changed="$changed ${file#"$top/"}"
    done
    if [ -z "$changed" ]; then
        : >"$top/log"
        verdict "$1" "what it breaks is not in $2"
    elif ! build "$3"; then
        verdict "$1" "does not compile any more"
    elif passes "$3"; then
        verdict "$1" "$3 does not see it"
    else
        verdict "$1"
    fi
    for file in $changed; do
        cp "$file" "$top/$file"
    done
}

for part in Makefile include compat src apps bench tests tools; do
    cp -R "$part" "$top/$part" || exit 1
done
tests=$(for name; do said "$name"; done | awk '{ print $2 }' | sort -u)
build $tests || { cat "$top/log"; echo "not ok whole: the tree does not compile"; exit 1; }
for test in $tests; do
    passes "$test" || { cat "$top/log"; echo "not ok whole: $test fails on the tree as it is"; exit 1; }
done

echo "1..$#"
for name; do
    set -f # the pattern is for the copy
    set -- $(said "$name")
    set +f
    if [ $# != 2 ]; then
        : >"$top/log"
        verdict "$name" "its second line does not say what it breaks"
    else
        one "$name" "$1" "$2"
    fi
done
exit $failed
