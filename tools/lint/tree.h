/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What lint knows of the tree: each file's text, and a copy in which comments and the insides of strings are
 * blank, so that a search cannot be fooled; and the symbols of the objects that the compiler made of src/.
 * With it come the two ways to speak, a fault and a verdict, and the few questions that all rules ask.
 */
#ifndef LINT_TREE_H
#define LINT_TREE_H

#include <stdbool.h>

enum { TREE_FILES = 2000, TREE_SYMBOLS = 20000, TREE_PATH = 1024 };

struct file {
    char *path; /* from the root */
    char *text; /* as it stands; NULL when it is not C */
    char *code; /* the same length, comments and the insides of strings are blanks */
};

struct symbol {
    int file;  /* which object */
    char type; /* as nm says */
    char *name;
};

struct tree {
    struct file files[TREE_FILES];
    int n_files;
    struct symbol symbols[TREE_SYMBOLS];
    int n_symbols;
    const char *objects;
    char **cc;  /* compiler and flags, NULL at the end */
    int faults; /* of the rule at work */
    bool failed;
};

/* How many rows a table has. */
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Reads every file below the current folder that lint looks at. */
void tree_read(struct tree *t);

/* One fault: "path:line: what; what would be right". */
void tree_fault(struct tree *t, const char *path, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The line that ends a rule: "ok RULE: ..." or, after faults, "not ok RULE: ...". */
void tree_verdict(struct tree *t, const char *rule, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The memory, or the end when there is none. */
void *tree_need(void *memory);

bool tree_begins(const char *s, const char *with);
bool tree_ends(const char *s, const char *with);

/* path lies in the folder, or is that file. */
bool tree_within(const char *path, const char *folder);

bool tree_exists(const char *path);

/* The number of the line that at lies in; at points into text. */
int tree_line(const char *text, const char *at);

#endif
