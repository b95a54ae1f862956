/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A command line is read from left to right against the rows:
 *
 *      --name VALUE, --name=VALUE, -n VALUE, -nVALUE    the row of that name
 *      anything else                                    the next row without a '-'
 *
 * A number below 0 is a word and no option, so that its judge can say what is wrong with it. "--" ends the
 * options. All wrong words are told of before anybody gives up.
 *
 * Called by runnel.c and picotcp_netmap.c; what a word means is known to args.c.
 */
#include "options.h"

#include <ctype.h>
#include <runnel.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 80, HELP_AT = 24 };

static bool is_word(const struct option *o)
{
    return o->name[0] != '-';
}

/* The row after o, of no o the first, through all tables. NULL: the last was o. */
static const struct option *next_row(const struct command *c, const struct option *o)
{
    const struct option *next = o ? o + 1 : c->rows[0];

    for (int i = 0; !next->name && c->rows[i]; i++) {
        const struct option *end = c->rows[i];

        while (end->name)
            end++;
        if (end == next)
            return c->rows[i + 1];
    }
    return next;
}

/* ---- reading */

/* The value that stands with an option's name in text: "=VALUE" or, behind one letter, "VALUE"; "": it is to
 * come. NULL: text is not that option. */
static const char *joined_value(const struct option *o, const char *text)
{
    size_t len = strlen(o->name);
    bool is_letter = o->name[1] != '-';

    if (strncmp(text, o->name, len) != 0)
        return NULL;
    if (text[len] == 0 || (is_letter && o->judge))
        return text + len;
    return text[len] == '=' && o->judge ? text + len : NULL;
}

/* The row of the option that stands there, and its value, taken from the next word if need be. */
static const struct option *find_option(const struct command *c, int argc, char **argv, int *i,
                                        const char **value)
{
    for (const struct option *o = NULL; (o = next_row(c, o));) {
        const char *joined = is_word(o) ? NULL : joined_value(o, argv[*i]);

        if (!joined)
            continue;
        if (*joined)
            *value = joined + (*joined == '=');
        else
            *value = o->judge && *i + 1 < argc ? argv[++*i] : NULL;
        return o;
    }
    return NULL;
}

/* Says which options there are. */
static void unknown(struct args *a, const struct command *c, const char *text)
{
    char right[512] = "there are no options here";
    size_t at = 0;

    for (const struct option *o = NULL; (o = next_row(c, o)) && at < sizeof right;)
        if (!is_word(o) && o->help)
            at += (size_t)snprintf(right + at, sizeof right - at, "%s%s", at ? ", " : "the options are ",
                                   o->name);
    args_wrong(a, "option", text, right);
}

static bool is_option(const char *text)
{
    return text[0] == '-' && text[1] && !isdigit((unsigned char)text[1]);
}

/* The next row of a word, after o. */
static const struct option *next_word(const struct command *c, const struct option *o)
{
    do
        o = next_row(c, o);
    while (o && !is_word(o));
    return o;
}

/* Reads one option at argv[*i]. */
static void read_option(struct args *a, const struct command *c, int argc, char **argv, int *i, char *into)
{
    const char *text = argv[*i], *value = NULL;
    const struct option *o = find_option(c, argc, argv, i, &value);

    if (!o)
        unknown(a, c, text);
    else if (o->judge)
        o->judge(a, o, value, into + o->at);
    else
        *(bool *)(into + o->at) = true;
}

int options_read(const struct command *command, int argc, char **argv, void *into)
{
    struct args a = {.program = command->name};
    const struct option *word = next_word(command, NULL);
    bool options_end = false;

    for (int i = 0; i < argc; i++) {
        const char *text = argv[i];

        if (!options_end && (strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0))
            return options_help(command), 0;
        if (!options_end && strcmp(text, "--version") == 0)
            return printf("%s, Runnel %s\n", command->name, RN_VERSION), 0;
        if (!options_end && strcmp(text, "--") == 0) {
            options_end = true;
        } else if (!options_end && is_option(text)) {
            read_option(&a, command, argc, argv, &i, into);
        } else if (word) {
            word->judge(&a, word, text, (char *)into + word->at);
            word = next_word(command, word);
        } else {
            args_wrong(&a, "argument", text, "that is one too many (see --help)");
        }
    }
    for (; word; word = next_word(command, word))
        if (word->name[0] != '[')
            word->judge(&a, word, NULL, (char *)into + word->at);
    return a.wrong ? ARGS_EXIT : OPTIONS_GO;
}

/* ---- --help */

/* Prints text in lines that begin at column `at`, the first of which has `used` columns already. */
static void print_wrapped(const char *text, int at, int used)
{
    int column = used;

    printf("%*s", column < at ? at - column : 0, "");
    column = column < at ? at : column;
    while (*text) {
        int len = (int)strcspn(text, " ");

        if (column > at && column + 1 + len > WIDTH) {
            printf("\n%*s", at, "");
            column = at;
        }
        column += printf("%s%.*s", column > at ? " " : "", len, text);
        text += len;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_row(const struct option *o)
{
    int used;

    if (!o->help)
        return;
    used =
        printf("  %s%s%s", o->name, o->form && !is_word(o) ? " " : "", o->form && !is_word(o) ? o->form : "");
    if (used > HELP_AT - 2)
        used = (putchar('\n'), 0);
    print_wrapped(o->help, HELP_AT, used);
}

void options_help(const struct command *command)
{
    bool any = false;

    printf("usage: %s", command->name);
    for (const struct option *o = next_word(command, NULL); o; o = next_word(command, o))
        printf(" %s", o->name);
    for (const struct option *o = NULL; (o = next_row(command, o));)
        any = any || !is_word(o);
    printf("%s\n\n", any ? " [OPTION ...]" : "");
    print_wrapped(command->about, 0, 0);
    putchar('\n');
    for (const struct option *o = NULL; (o = next_row(command, o));)
        print_row(o);
    print_row(&(struct option){.name = "--help, --version", .help = "Tells about this program."});
    if (command->more)
        printf("\n%s", command->more);
    printf("\nExit code 2: the words typed are wrong; 1: the world says no.\n");
}

void options_line(const struct command *command)
{
    const char *name = strchr(command->name, ' ');
    int used = printf("  %s", name ? name + 1 : command->name);

    for (const struct option *o = next_word(command, NULL); o; o = next_word(command, o))
        used += printf(" %s", o->name);
    print_wrapped(command->about, HELP_AT, used > HELP_AT - 2 ? (putchar('\n'), 0) : used);
}
