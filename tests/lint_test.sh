#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Does lint see what it says it sees? For each rule a small tree that breaks this rule only, in a folder of its
# own, and the line that must be said of it; and one good tree about which nothing must be said.

cd "$(dirname "$0")/.." || exit 1
cc=${CC:-cc}
top=$(mktemp -d) || exit 1
trap 'rm -rf "$top"' EXIT
$cc -std=c17 -D_GNU_SOURCE -g -fsanitize=address,undefined -o "$top/lint" tools/lint/*.c || exit 1
export ASAN_OPTIONS=detect_leaks=0 # it lives for a second and frees nothing
failed=0

# put PATH: a file of the tree from standard input, with its licence line.
put()
{
    mkdir -p "$top/tree/$(dirname "$1")"
    { echo '/* SPDX-License-Identifier: BSD-2-Clause */' && cat; } >"$top/tree/$1"
}

# good_tree: two modules of base, one of ip on top of them.
good_tree()
{
    rm -rf "$top/tree"
    put src/base/low.h <<'END'
#ifndef BASE_LOW_H
#define BASE_LOW_H
#include <stdint.h>
/* A brace in a comment: { */
uint32_t low_count(uint32_t n);
#endif
END
    put src/base/low.c <<'END'
#include "low.h"
static const char *const names[] = {"a }", "b"};
uint32_t low_count(uint32_t n)
{
    return n + (uint32_t)names[n & 1][0];
}
END
    put src/ip/high.c <<'END'
#include "base/low.h"
uint32_t high_count(uint32_t n);
uint32_t high_count(uint32_t n)
{
    return low_count(n) + '{';
}
END
}

# judge: compiles the tree as the Makefile does and lets lint speak. Its exit status.
judge()
{
    for c in $(cd "$top/tree" && find src -name '*.c'); do
        mkdir -p "$top/tree/objects/$(dirname "$c")"
        (cd "$top/tree" && $cc -std=c17 -fno-pie -Isrc -Iinclude -c -o "objects/${c%.c}.o" "$c") || return 3
    done
    "$top/lint" "$top/tree" objects "$cc" -std=c17 -Isrc -Iinclude >"$top/said" 2>&1
}

# verdict NUMBER NAME
verdict()
{
    if [ "$1" = 0 ]; then
        echo "ok $2"
    else
        echo "not ok $2"
        sed 's/^/# /' "$top/said"
        failed=1
    fi
}

# sees NAME LINE: lint must fail and say this line; it must not find fault with another rule than NAME.
sees()
{
    judge
    [ $? = 1 ] && grep -qxF -e "$2" "$top/said" && grep -q "^not ok $1:" "$top/said" &&
        [ "$(grep -c '^not ok' "$top/said")" = 1 ]
    verdict $? "lint_sees_$1"
}

good_tree
judge && [ "$(grep -vc '^ok ' "$top/said")" = 0 ]
verdict $? lint_is_content_with_a_good_tree

good_tree
echo '#include "ip/high.h"' | put src/base/up.c
echo 'int high_x(void);' | put src/ip/high.h
sees includes 'src/base/up.c:2: includes ip/high.h; src/base may include src/base C'

good_tree
echo '#include <stdio.h>' | put src/ip/prints.c
sees includes 'src/ip/prints.c:2: includes stdio.h (a libc header); src/ip may include src/ip src/base src/wire C'

good_tree
echo 'uint8_t lone(void);' | put src/base/lone.h
sees headers 'src/base/lone.h:1: does not compile alone; include what it uses'

good_tree
{ echo 'int long_one(void);' && echo 'int long_one(void)' && echo '{' &&
    yes '    /* } */' | head -n 67 && echo '    return 0;' && echo '}'; } | put src/base/long.c
sees lengths 'src/base/long.c:3: long_one has 71 lines; 70 at most, most under 35: split it by its steps'

good_tree
echo 'int x_y(void);' >"$top/tree/src/base/free.h"
sees licences 'src/base/free.h:1: has no licence line; the first line says SPDX-License-Identifier: BSD-2-Clause'

good_tree
printf '#ifdef __x86_64__\n#endif\n' | put src/ip/machine.c
sees ifs 'src/ip/machine.c:2: #ifdef __x86_64__; the core knows no machine: make it a file that the Makefile chooses'

good_tree
printf 'int a_f(void);\nint b_f(void);\nint a_f(void)\n{\n    return b_f();\n}\n' | put src/ip/a.c
printf 'int b_f(void);\nint c_f(void);\nint b_f(void)\n{\n    return c_f();\n}\n' | put src/ip/b.c
printf 'int c_f(void);\nint a_f(void);\nint c_f(void)\n{\n    return a_f();\n}\n' | put src/ip/c.c
sees circles 'src/ip/b.c:3: uses c_f of src/ip/c.c, in a circle; calls point one way: return it instead, or move it down'

good_tree
printf 'int open_door(void);\nint open_door(void)\n{\n    return 1;\n}\n' | put src/ip/door.c
sees exports 'src/ip/door.c:2: exports open_door; name it door_... or make it static'

good_tree
printf 'int count_next(void);\nint count_next(void)\n{\n    static int n;\n    return n++;\n}\n' | put src/ip/count.c
sees mutables 'src/ip/count.c:5: n can be written to; put it into a struct, or make it const'

good_tree
judge
echo 'int late_x;' | put src/ip/late.c
"$top/lint" "$top/tree" objects "$cc" -Isrc >"$top/said" 2>&1
[ $? = 1 ] && grep -q '^src/ip/late.c:1: has no object objects/src/ip/late.o' "$top/said"
verdict $? lint_sees_objects

exit $failed
