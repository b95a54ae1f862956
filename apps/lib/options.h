/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A command is described by tables: what its words and options are called, who judges them, where their
 * meaning goes, and what they are for. The same rows read a command line and write its --help, so that the
 * two cannot disagree.
 */
#ifndef LIB_OPTIONS_H
#define LIB_OPTIONS_H

#include "args.h"

enum { OPTIONS_TABLES = 4 };
struct command {
    const char *name;  /* "runnel echo": begins each line that it prints */
    const char *about; /* what it does, in a sentence */
    const char *more;  /* what else --help says, in lines; NULL: nothing */
    /* Words and options: tables of at least one row, each ending with a row without a name. */
    const struct option *rows[OPTIONS_TABLES + 1];
    int (*run)(const struct command *command, int argc, char **argv); /* the words behind the name */
};

/* Reads the words into the struct that the rows' `at` count from. OPTIONS_GO: all is right; else the exit
 * code, after --help, --version, or a line for each wrong word. */
enum { OPTIONS_GO = -1 };
int options_read(const struct command *command, int argc, char **argv, void *into);

/* Prints what --help prints. */
void options_help(const struct command *command);

/* Prints one line of help for a list of commands. */
void options_line(const struct command *command);

#endif
