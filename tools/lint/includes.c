/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who may include whom: the table, and the rule that reads every #include against it; and the rule that each
 * header compiles alone. An include is first resolved to a file of the tree, beside the includer or in one of
 * the roots the compiler is given; what is not found there is the language's, the C library's or the
 * system's.
 */
#include "rules.h"

#include <stdio.h>
#include <string.h>

/* What the files of a folder may include, the longest matching folder counts: folders and headers of the
 * tree, "C" (the language's headers that need no system), "libc" and "system" headers. A folder always may
 * include itself. "@" stands for the folder under test and all that it may include. */
struct may {
    const char *folder, *include;
};
static const struct may may_include[] = {
    {"include", "C"},
    {"src/base", "C"},
    {"src/wire", "src/base C"},
    {"src/ip", "src/base src/wire C"},
    {"src/udp", "src/base src/wire C"},
    {"src/tcp", "src/base src/wire C"},
    {"src/service", "src/base src/wire C"},
    {"src/stack", "src/base src/wire src/ip src/udp src/tcp src/service include C"},
    {"src/dev", "include/runnel_dev.h src/base src/wire compat/netmap/include C libc system"},
    {"src/netmapd", "src/wire/eth.h src/base include/runnel_dev.h src/dev/packet.h src/dev/xdp.h "
                    "compat/netmap C libc system"},
    {"src/host", "include src/base C libc system"},
    {"src/run", "src include C libc system"},
    {"compat", "include C libc system"},
    {"apps", "include compat C libc system"},
    {"bench", "include src/base src/wire src/run C libc system"},
    {"tests/sim", "include src/base src/wire src/run C libc system"},
    {"tests/tcp", "include src/base src/wire src/run C libc system"},
    {"tests/live", "include src/base src/wire src/run C libc system"},
    {"tests/flood", "include src/base src/dev tests/unit compat/netmap/include C libc system"},
    {"tests/fuzz", "include src C libc system"},
    {"tests/wire", "src/base src/wire C libc system"},
    {"tests/unit", "@ C libc system"},
    {"tools", "C libc system"},
};

/* Headers that need no system below them; of <string.h> memcpy, memset and memcmp, of <errno.h> the numbers.
 */
static const char *const c_headers[] = {"errno.h",    "float.h",  "iso646.h",     "limits.h",
                                        "stdalign.h", "stdarg.h", "stdbool.h",    "stddef.h",
                                        "stdint.h",   "string.h", "stdnoreturn.h"};
static const char *const libc_headers[] = {
    "assert.h", "complex.h",   "ctype.h", "fenv.h",   "inttypes.h", "locale.h", "math.h",  "setjmp.h",
    "signal.h", "stdatomic.h", "stdio.h", "stdlib.h", "threads.h",  "time.h",   "wchar.h", "wctype.h"};

static bool among(const char *word, const char *const *table, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(word, table[i]) == 0)
            return true;
    return false;
}

static const struct may *may_of(const char *path)
{
    const struct may *best = NULL;
    for (size_t i = 0; i < COUNT(may_include); i++)
        if (tree_within(path, may_include[i].folder) &&
            (!best || strlen(may_include[i].folder) > strlen(best->folder)))
            best = &may_include[i];
    return best;
}

/* The file name below the folder (its first n characters) exists; its path to out. */
static bool found(char out[TREE_PATH], const char *folder, int n, const char *name)
{
    return snprintf(out, TREE_PATH, "%.*s/%s", n, folder, name) < TREE_PATH && tree_exists(out);
}

/* What an include of path means: a file of the tree, or "C", "libc", "system". */
static void resolve(const char *path, const char *name, bool quoted, char out[TREE_PATH])
{
    static const char *const roots[] = {"src", "include", "apps", "compat/picotcp/include",
                                        "compat/netmap/include"};
    const char *slash = strrchr(path, '/');
    if (quoted && slash && found(out, path, (int)(slash - path), name))
        return;
    for (size_t i = 0; i < COUNT(roots); i++)
        if (found(out, roots[i], (int)strlen(roots[i]), name))
            return;
    const char *kind = among(name, c_headers, COUNT(c_headers))         ? "C"
                       : among(name, libc_headers, COUNT(libc_headers)) ? "libc"
                                                                        : "system";
    snprintf(out, TREE_PATH, "%s", kind);
}

/* One of the words of the list names the target. folder is what "@" stands for. */
static bool allowed(const char *list, const char *target, const char *folder)
{
    char words[TREE_PATH];
    snprintf(words, sizeof words, "%s", list);
    for (char *rest = NULL, *w = strtok_r(words, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) {
        if (tree_within(target, w))
            return true;
        if (strcmp(w, "@") == 0 && folder) {
            const struct may *under_test = may_of(folder);
            if (tree_within(target, folder) || (under_test && allowed(under_test->include, target, NULL)))
                return true;
        }
    }
    return false;
}

/* "src/X" for a file of tests/unit/X, else NULL. */
static const char *folder_under_test(const char *path, char out[TREE_PATH])
{
    if (!tree_begins(path, "tests/unit/"))
        return NULL;
    const char *name = path + strlen("tests/unit/");
    snprintf(out, TREE_PATH, "src/%.*s", (int)strcspn(name, "/"), name);
    return out;
}

/* Parses an #include at p; its name, or NULL when it is another directive. */
static const char *include_name(const char *p, bool *quoted, char out[TREE_PATH])
{
    p += strspn(p, "# \t");
    if (!tree_begins(p, "include"))
        return NULL;
    p += strlen("include");
    p += strspn(p, " \t");
    if (*p != '"' && *p != '<')
        return NULL;
    *quoted = *p == '"';
    snprintf(out, TREE_PATH, "%.*s", (int)strcspn(p + 1, "\">\n"), p + 1);
    return out;
}

static int check_file_includes(struct tree *t, const struct file *f)
{
    const struct may *may = may_of(f->path);
    if (!may) {
        tree_fault(t, f->path, 1, "no row of the include table is for this folder; add one or move the file");
        return 0;
    }
    char name[TREE_PATH], target[TREE_PATH], tested[TREE_PATH];
    int n = 0;
    bool quoted = false;
    const char *folder = folder_under_test(f->path, tested);
    for (const char *p = f->code; (p = strchr(p, '#')) != NULL; p++) {
        if (!include_name(p, &quoted, name))
            continue;
        n++;
        resolve(f->path, name, quoted, target);
        if (tree_within(target, may->folder) || allowed(may->include, target, folder))
            continue;
        bool kind = !strchr(target, '/');
        tree_fault(t, f->path, tree_line(f->code, p), "includes %s%s%s%s; %s may include %s%s%s", name,
                   kind ? " (a " : "", kind ? target : "", kind ? " header)" : "", may->folder, may->folder,
                   *may->include ? " " : "", may->include);
    }
    return n;
}

void includes_check(struct tree *t)
{
    int n = 0;
    for (int i = 0; i < t->n_files; i++)
        if (t->files[i].code)
            n += check_file_includes(t, &t->files[i]);
    tree_verdict(t, "includes", "%d includes against the table", n);
}

/* Runs the compiler on a file that has nothing but this include; true when it has nothing to say. */
static bool compiles(const struct tree *t, const char *path)
{
    char command[4096];
    int n = snprintf(command, sizeof command, "printf '#include \"%s\"\\n' |", path);
    for (char **word = t->cc; *word && n < (int)sizeof command; word++)
        n += snprintf(command + n, sizeof command - (size_t)n, " '%s'", *word);
    if (n < (int)sizeof command)
        snprintf(command + n, sizeof command - (size_t)n,
                 " -I. -fsyntax-only -Werror -x c - 2>&1 | head -n 5");
    FILE *said = popen(command, "r");
    bool quiet = true;
    for (char line[1024]; said && fgets(line, sizeof line, said); quiet = false)
        printf("  %s", line);
    return said && pclose(said) == 0 && quiet;
}

void includes_headers(struct tree *t)
{
    int n = 0;
    for (int i = 0; i < t->n_files; i++) {
        const char *path = t->files[i].path;
        if (!tree_ends(path, ".h") || !(tree_begins(path, "include/") || tree_begins(path, "src/")))
            continue;
        n++;
        if (!compiles(t, path))
            tree_fault(t, path, 1, "does not compile alone; include what it uses");
    }
    tree_verdict(t, "headers", "%d headers compile alone", n);
}
