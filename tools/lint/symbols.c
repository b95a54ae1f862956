/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The rules that only the compiler's output can decide, read by nm from the object of each file in src: who
 * uses whose names (no two files in a circle), which names leave a file (module.c exports module_*), and what
 * can be written to (nothing). Objects are compiled without -fpie, for there a constant table of pointers
 * is not distinguishable from mutable data.
 */
#include "rules.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* module.c exports only module_*, but for these: files that begin so may also export names that begin so. */
struct exports {
    const char *file, *names;
};
static const struct exports may_export[] = {
    {"src/base/sum_", "sum_"},           /* one face for several processors */
    {"src/run/", "rn_"},                 /* the public face */
    {"src/stack/", "rn_"},               /* the same */
    {"src/stack/", "stack_"},            /* the room's face towards run/, stack.h */
    {"src/dev/pair.c", "rn_dev_pair"},   /* devices that programs make */
    {"src/dev/fault.c", "rn_dev_fault"}, /* the same */
};

static int file_of_object(const struct tree *t, const char *object)
{
    char path[TREE_PATH];
    size_t skip = strlen(t->objects) + 1;
    if (strlen(object) < skip + 2)
        return -1;
    snprintf(path, sizeof path, "%s", object + skip);
    path[strlen(path) - 1] = 'c';
    for (int i = 0; i < t->n_files; i++)
        if (strcmp(t->files[i].path, path) == 0)
            return i;
    return -1;
}

static void read_object(struct tree *t, const char *object)
{
    char command[TREE_PATH + 32], line[4096], name[2048], type;
    int file = file_of_object(t, object);
    snprintf(command, sizeof command, "nm -P '%s'", object);
    FILE *nm = popen(command, "r");
    while (nm && fgets(line, sizeof line, nm)) {
        if (sscanf(line, "%2047s %c", name, &type) != 2)
            continue;
        if (t->n_symbols == TREE_SYMBOLS) {
            fprintf(stderr, "lint: more than %d symbols; enlarge TREE_SYMBOLS\n", TREE_SYMBOLS);
            exit(1);
        }
        t->symbols[t->n_symbols++] = (struct symbol){file, type, tree_need(strdup(name))};
    }
    if (!nm || pclose(nm) != 0) {
        fprintf(stderr, "lint: nm %s failed; is binutils installed?\n", object);
        exit(1);
    }
}

void symbols_read(struct tree *t)
{
    int n = 0;
    for (int i = 0; i < t->n_files; i++) {
        const char *path = t->files[i].path;
        if (!tree_begins(path, "src/") || !tree_ends(path, ".c"))
            continue;
        char object[TREE_PATH];
        snprintf(object, sizeof object, "%s/%.*s.o", t->objects, (int)strlen(path) - 2, path);
        if (tree_exists(object))
            read_object(t, object);
        else
            tree_fault(t, path, 1, "has no object %s; make it compile", object);
        n++;
    }
    tree_verdict(t, "objects", "%d files of src have theirs, %d symbols", n, t->n_symbols);
}

/* The line of a file where a name is first used (1: it is not to be seen, a macro hides it). */
static int line_of_use(const struct file *f, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = f->code; (p = strstr(p, name)) != NULL; p += n)
        if ((p == f->code || (!isalnum((unsigned char)p[-1]) && p[-1] != '_')) &&
            !isalnum((unsigned char)p[n]) && p[n] != '_')
            return tree_line(f->code, p);
    return 1;
}

static bool is_export(char type)
{
    return strchr("TDBRVWCGS", type) != NULL;
}

/* Which file defines the name; -1: none of ours. */
static int definer(const struct tree *t, const char *name)
{
    for (int i = 0; i < t->n_symbols; i++)
        if (is_export(t->symbols[i].type) && strcmp(t->symbols[i].name, name) == 0)
            return t->symbols[i].file;
    return -1;
}

/* The words of one circle: every call inside it. */
static void report_circle(struct tree *t, const bool *reach, int member)
{
    int n = t->n_files;
    for (int s = 0; s < t->n_symbols; s++) {
        const struct symbol *sym = &t->symbols[s];
        int from = sym->file, to = sym->type == 'U' ? definer(t, sym->name) : -1;
        if (to < 0 || to == from || !reach[from * n + member] || !reach[member * n + from])
            continue;
        if (reach[to * n + member] && reach[member * n + to])
            tree_fault(t, t->files[from].path, line_of_use(&t->files[from], sym->name),
                       "uses %s of %s, in a circle; calls point one way: return it instead, or move it down",
                       sym->name, t->files[to].path);
    }
}

void symbols_circles(struct tree *t)
{
    int n = t->n_files, edges = 0;
    bool *reach = tree_need(calloc((size_t)n * (size_t)n, sizeof *reach));
    for (int s = 0; s < t->n_symbols; s++) {
        int to = t->symbols[s].type == 'U' ? definer(t, t->symbols[s].name) : -1;
        if (to < 0 || to == t->symbols[s].file)
            continue;
        edges++;
        reach[t->symbols[s].file * n + to] = true;
    }
    for (int k = 0; k < n; k++)
        for (int i = 0; i < n; i++)
            for (int j = 0; reach[i * n + k] && j < n; j++)
                reach[i * n + j] = reach[i * n + j] || reach[k * n + j];
    for (int i = 0; i < n; i++) { /* each circle once, by its first member */
        bool first = reach[i * n + i];
        for (int j = 0; j < i; j++)
            first = first && !(reach[i * n + j] && reach[j * n + i]);
        if (first)
            report_circle(t, reach, i);
    }
    tree_verdict(t, "circles", "%d uses of other files' names", edges);
    free(reach);
}

static bool may_export_name(const char *path, const char *name)
{
    const char *stem = strrchr(path, '/') + 1;
    size_t n = strcspn(stem, ".");
    if (strncmp(name, stem, n) == 0 && name[n] == '_')
        return true;
    for (size_t i = 0; i < COUNT(may_export); i++)
        if (tree_begins(path, may_export[i].file) && tree_begins(name, may_export[i].names))
            return true;
    return false;
}

void symbols_exports(struct tree *t)
{
    int n = 0;
    for (int i = 0; i < t->n_symbols; i++) {
        const struct symbol *s = &t->symbols[i];
        if (!is_export(s->type))
            continue;
        n++;
        const struct file *f = &t->files[s->file];
        const char *stem = strrchr(f->path, '/') + 1;
        if (!may_export_name(f->path, s->name))
            tree_fault(t, f->path, line_of_use(f, s->name), "exports %s; name it %.*s_... or make it static",
                       s->name, (int)strcspn(stem, "."), stem);
    }
    tree_verdict(t, "exports", "%d names", n);
}

void symbols_mutables(struct tree *t)
{
    int n = 0;
    for (int i = 0; i < t->n_symbols; i++) {
        const struct symbol *s = &t->symbols[i];
        if (!strchr("BbDdCcGgSs", s->type))
            continue;
        n++;
        const struct file *f = &t->files[s->file];
        char name[TREE_PATH];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(s->name, "."), s->name);
        tree_fault(t, f->path, line_of_use(f, name),
                   "%s can be written to; put it into a struct, or make it const", name);
    }
    tree_verdict(t, "mutables", "%d in src", n);
}
