/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The rules that are read from the text of each file: how long its functions are, whether it says its
 * licence, and that the core asks for no machine. Functions are found without a parser: a brace at file level
 * after a parameter list begins one; it is counted from the first line of its definition to its closing
 * brace.
 */
#include "rules.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FUNCTION_LINES = 70 };

/* The folders that know no machine: no #if there but for include guards and these words. */
static const char *const core_folders[] = {"src/base", "src/wire",    "src/ip",   "src/udp",
                                           "src/tcp",  "src/service", "src/stack"};
static const char *const if_words[] = {"__SIZEOF_INT128__", "__cplusplus"};

struct lengths {
    int *lines;
    int n, longest;
    char longest_name[TREE_PATH];
};

static int ascending(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* The name of the function whose parameter list ends before brace: the word before the matching "(". */
static void function_name(const char *code, const char *brace, char out[TREE_PATH])
{
    const char *p = brace;
    int depth = 0;
    do {
        p--;
        depth += (*p == ')') - (*p == '(');
    } while (p > code && (depth > 0 || *p != '('));
    while (p > code && isspace((unsigned char)p[-1]))
        p--;
    const char *end = p;
    while (p > code && (isalnum((unsigned char)p[-1]) || p[-1] == '_'))
        p--;
    snprintf(out, TREE_PATH, "%.*s", (int)(end - p), p);
}

/* A brace at file level begins a function when a parameter list stands before it and no "=". */
static bool begins_function(const char *start, const char *brace)
{
    const char *p = brace;
    while (p > start && isspace((unsigned char)p[-1]))
        p--;
    return p > start && p[-1] == ')' && !memchr(start, '=', (size_t)(brace - start));
}

/* An extern "C" block is not a level of its own. */
static bool begins_linkage(const char *start, const char *brace)
{
    return tree_begins(start, "extern \"") && memchr(start, '"', (size_t)(brace - start)) != NULL;
}

static void note_function(struct tree *t, struct lengths *sum, const struct file *f, const char *start,
                          const char *brace, const char *end)
{
    char name[TREE_PATH];
    int first = tree_line(f->code, start), lines = tree_line(f->code, end) - first + 1;
    function_name(f->code, brace, name);
    sum->lines = tree_need(realloc(sum->lines, (size_t)(sum->n + 1) * sizeof *sum->lines));
    sum->lines[sum->n++] = lines;
    if (lines > sum->longest) {
        sum->longest = lines;
        snprintf(sum->longest_name, TREE_PATH, "%.400s in %.100s", name, f->path);
    }
    if (lines > FUNCTION_LINES)
        tree_fault(t, f->path, first, "%s has %d lines; %d at most, most under 35: split it by its steps",
                   name, lines, FUNCTION_LINES);
}

/* Past a preprocessor line and the lines that continue it. */
static const char *past_directive(const char *p)
{
    while (*p && *p != '\n')
        p += *p == '\\' && p[1] ? 2 : 1;
    return p;
}

static void measure(struct tree *t, struct lengths *sum, const struct file *f)
{
    const char *start = NULL, *brace = NULL;
    int depth = 0;
    for (const char *p = f->code; *p; p++) {
        if (*p == '#') {
            p = past_directive(p);
            if (!*p)
                break;
        } else if (depth == 0 && !start && !isspace((unsigned char)*p) && *p != ';' && *p != '}')
            start = p;
        if (*p == '{' && depth == 0 && begins_linkage(start, p))
            start = NULL;
        else if (*p == '{' && depth++ == 0)
            brace = begins_function(start, p) ? p : NULL;
        else if (*p == '}' && depth > 0 && --depth == 0) {
            if (brace)
                note_function(t, sum, f, start, brace, p);
            if (brace)
                start = NULL;
            brace = NULL;
        } else if (*p == ';' && depth == 0)
            start = NULL;
    }
}

void text_lengths(struct tree *t)
{
    struct lengths sum = {0};
    for (int i = 0; i < t->n_files; i++)
        if (t->files[i].code)
            measure(t, &sum, &t->files[i]);
    if (!sum.n) {
        tree_verdict(t, "lengths", "no functions");
        return;
    }
    qsort(sum.lines, (size_t)sum.n, sizeof *sum.lines, ascending);
    tree_verdict(t, "lengths", "%d functions, median %d lines, 9 in 10 at most %d, longest %d (%s)", sum.n,
                 sum.lines[sum.n / 2], sum.lines[sum.n * 9 / 10], sum.longest, sum.longest_name);
    free(sum.lines);
}

void text_licences(struct tree *t)
{
    int n = 0;
    for (int i = 0; i < t->n_files; i++, n++) {
        const char *text = t->files[i].text, *first_end = strchr(text, '\n');
        const char *at = strstr(text, "SPDX-License-Identifier: BSD-2-Clause");
        const char *limit = tree_begins(text, "#!") && first_end ? strchr(first_end + 1, '\n') : first_end;
        if (!at || (limit && at > limit))
            tree_fault(t, t->files[i].path, 1,
                       "has no licence line; the first line says SPDX-License-Identifier: BSD-2-Clause");
    }
    tree_verdict(t, "licences", "%d files", n);
}

/* The directive at p is the file's include guard: #ifndef X, the first of all, with #define X after it. */
static bool is_guard(const struct file *f, const char *p)
{
    char word[TREE_PATH], define[TREE_PATH + 16];
    if (strchr(f->code, '#') != p || !tree_ends(f->path, ".h"))
        return false;
    if (sscanf(p, "#ifndef %255s", word) != 1)
        return false;
    snprintf(define, sizeof define, "#define %s\n", word);
    const char *next = strchr(p, '\n');
    return next && tree_begins(next + 1, define);
}

static bool in_core(const char *path)
{
    for (size_t i = 0; i < COUNT(core_folders); i++)
        if (tree_within(path, core_folders[i]))
            return true;
    return false;
}

void text_ifs(struct tree *t)
{
    int n = 0;
    for (int i = 0; i < t->n_files; i++) {
        const struct file *f = &t->files[i];
        if (!f->code || !in_core(f->path))
            continue;
        n++;
        for (const char *p = f->code; (p = strchr(p, '#')) != NULL; p++) {
            const char *word = p + strspn(p, "# \t");
            if ((!tree_begins(word, "if") && !tree_begins(word, "elif")) || is_guard(f, p))
                continue;
            size_t len = strcspn(word, "\n");
            bool known = false;
            for (size_t k = 0; k < COUNT(if_words); k++) {
                const char *at = strstr(word, if_words[k]);
                known = known || (at && at < word + len);
            }
            if (!known)
                tree_fault(t, f->path, tree_line(f->code, p),
                           "#%.*s; the core knows no machine: make it a file that the Makefile chooses",
                           (int)len, word);
        }
    }
    tree_verdict(t, "ifs", "%d files of the core", n);
}
