/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The rules, each of which prints its faults and then its verdict.
 */
#ifndef LINT_RULES_H
#define LINT_RULES_H

#include "tree.h"

/* Every #include is one that the table allows. */
void includes_check(struct tree *t);

/* Each header of include/ and src/ compiles alone. */
void includes_headers(struct tree *t);

/* No function is longer than 70 lines; prints the median, nine in ten and the longest. */
void text_lengths(struct tree *t);

/* Every file says its licence in its first line. */
void text_licences(struct tree *t);

/* No #if in the core but for include guards and the two words of the language. */
void text_ifs(struct tree *t);

/* Reads the symbols of all objects: before the three that follow. */
void symbols_read(struct tree *t);

/* No two files of src use each other's names, on whatever way round. */
void symbols_circles(struct tree *t);

/* module.c exports only module_*. */
void symbols_exports(struct tree *t);

/* Nothing in src can be written to. */
void symbols_mutables(struct tree *t);

#endif
