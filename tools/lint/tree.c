/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reads the tree and prints what the rules say. The idea: comments and strings are blanked once, in a copy of
 * the same length, so that every rule may search plain text and still tell the right line. The name in an
 * #include is not blanked. lint.c calls tree_read, the rules call the rest.
 */
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where files are looked for. */
static const char *const trees[] = {"include", "src", "compat", "apps", "bench", "tests", "tools"};

void tree_fault(struct tree *t, const char *path, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("%s:%d: ", path, line);
    vprintf(format, args);
    printf("\n");
    va_end(args);
    t->faults++;
}

void tree_verdict(struct tree *t, const char *rule, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("%s %s: ", t->faults ? "not ok" : "ok", rule);
    vprintf(format, args);
    printf("\n");
    va_end(args);
    t->failed = t->failed || t->faults;
    t->faults = 0;
}

void *tree_need(void *memory)
{
    if (!memory) {
        fprintf(stderr, "lint: out of memory\n");
        exit(1);
    }
    return memory;
}

bool tree_begins(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

bool tree_ends(const char *s, const char *with)
{
    size_t n = strlen(s), w = strlen(with);
    return n >= w && strcmp(s + n - w, with) == 0;
}

bool tree_within(const char *path, const char *folder)
{
    size_t n = strlen(folder);
    return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == 0);
}

bool tree_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

int tree_line(const char *text, const char *at)
{
    int line = 1;
    for (const char *p = text; p < at; p++)
        line += *p == '\n';
    return line;
}

static char *read_all(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        fprintf(stderr, "lint: %s: %s\n", path, strerror(errno));
        exit(1);
    }
    char *text = NULL;
    size_t len = 0, got;
    do {
        text = tree_need(realloc(text, len + 65536));
        len += got = fread(text + len, 1, 65535, f);
    } while (got);
    text[len] = 0;
    fclose(f);
    return text;
}

/* Past the string or character constant that begins at p; its inside is blanked. */
static char *blank_string(char *p)
{
    char quote = *p++;
    while (*p && *p != quote && *p != '\n') {
        if (*p == '\\' && p[1] && p[1] != '\n')
            *p++ = ' ';
        *p++ = ' ';
    }
    return *p ? p + 1 : p;
}

/* Past the comment that begins at p; it is blanked, but for its line ends. */
static char *blank_comment(char *p)
{
    bool block = p[1] == '*';
    char *end = block ? strstr(p + 2, "*/") : strchr(p, '\n');
    end = end ? end + (block ? 2 : 0) : p + strlen(p);
    for (; p < end; p++)
        if (*p != '\n')
            *p = ' ';
    return end;
}

static char *blanked(const char *text)
{
    char *code = tree_need(strdup(text));
    for (char *p = code; *p;) {
        if (*p == '/' && (p[1] == '*' || p[1] == '/'))
            p = blank_comment(p);
        else if (*p == '#') { /* the name in an #include is no string */
            char *end = strchr(p, '\n');
            char *comment = strstr(p, "/*");
            p = comment && end && comment < end ? comment : end ? end : p + strlen(p);
        } else if (*p == '"' || *p == '\'')
            p = blank_string(p);
        else
            p++;
    }
    return code;
}

static void add_file(struct tree *t, const char *path)
{
    if (t->n_files == TREE_FILES) {
        fprintf(stderr, "lint: more than %d files; enlarge TREE_FILES\n", TREE_FILES);
        exit(1);
    }
    struct file *f = &t->files[t->n_files++];
    f->path = tree_need(strdup(path));
    f->text = read_all(path);
    f->code = tree_ends(path, ".c") || tree_ends(path, ".h") ? blanked(f->text) : NULL;
}

static void walk(struct tree *t, const char *folder)
{
    struct dirent **names = NULL;
    int n = scandir(folder, &names, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char path[TREE_PATH];
        struct stat st;
        bool hidden = names[i]->d_name[0] == '.';
        snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        free(names[i]);
        if (hidden || stat(path, &st) < 0)
            continue;
        if (S_ISDIR(st.st_mode))
            walk(t, path);
        else if (tree_ends(path, ".c") || tree_ends(path, ".h") || tree_ends(path, ".sh"))
            add_file(t, path);
    }
    free(names);
}

void tree_read(struct tree *t)
{
    for (size_t i = 0; i < COUNT(trees); i++)
        walk(t, trees[i]);
}
