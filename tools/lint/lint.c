/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keeps the house's rules true: who may include whom, no circle of calls, short functions, honest names,
 * nothing global. The idea: all that can be seen in the text is read from the text (once with comments and
 * strings blanked out, so that a search cannot be fooled), and all that only the compiler knows, who calls
 * whom and what can be written to, is read from the symbols of the object files.
 *
 *      text  -> includes, #if, length of functions, licence line
 *      $CC   -> each header compiles alone
 *      nm    -> calls between files, exported names, mutable data
 *
 * `make lint` calls it: lint ROOT OBJECTS CC [FLAG...], where OBJECTS/src/x/y.o is what the compiler made of
 * src/x/y.c without -fpie (so that constant tables of pointers are not taken for mutable data). Each fault
 * is a line "file:line: what; what would be right", each rule ends with a line "ok RULE" or "not ok RULE".
 * Exit status 0: no fault; 1: faults; 2: the words typed are wrong. It does not judge layout: clang-format
 * does.
 */
#include "rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: lint ROOT OBJECTS CC [FLAG...]\n");
        return 2;
    }
    if (chdir(argv[1]) < 0) {
        fprintf(stderr, "lint: %s: %s; the first word is the root of the tree\n", argv[1], strerror(errno));
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct tree *t = tree_need(calloc(1, sizeof *t));
    t->objects = argv[2];
    t->cc = argv + 3;
    tree_read(t);
    includes_check(t);
    includes_headers(t);
    text_lengths(t);
    text_licences(t);
    text_ifs(t);
    symbols_read(t);
    symbols_circles(t);
    symbols_exports(t);
    symbols_mutables(t);
    return t->failed;
}
