/* SPDX-License-Identifier: BSD-2-Clause
 *
 * As much of cmocka's face as our tests use, for processors to which Debian cross-compiles but for which it
 * has no cmocka. Only `make portable` finds this header; everywhere else the real one is used, so a name that
 * is missing here is seen at the next run of it. A failed assertion leaves its test by longjmp and is told as
 * TAP tells it, "not ok"; the group goes on with the next test. No mocks, no leak check.
 *
 * The state is weak, so that all files of one program share it.
 */
#ifndef MINI_CMOCKA_H
#define MINI_CMOCKA_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct mini_state {
    jmp_buf leave;
};
extern struct mini_state mini_state;
__attribute__((weak)) struct mini_state mini_state;

enum { MINI_FAILED = 1, MINI_SKIPPED = 2 };

typedef void (*CMUnitTestFunction)(void **state);
typedef int (*CMFixtureFunction)(void **state);

struct CMUnitTest {
    const char *name;
    CMUnitTestFunction test_func;
    CMFixtureFunction setup_func, teardown_func;
    void *initial_state;
};

#define cmocka_unit_test(f)                                                                                  \
    {                                                                                                        \
#f, f, NULL, NULL, NULL                                                                              \
    }
#define cmocka_unit_test_setup(f, setup)                                                                     \
    {                                                                                                        \
#f, f, setup, NULL, NULL                                                                             \
    }
#define cmocka_unit_test_teardown(f, teardown)                                                               \
    {                                                                                                        \
#f, f, NULL, teardown, NULL                                                                          \
    }
#define cmocka_unit_test_setup_teardown(f, setup, down)                                                      \
    {                                                                                                        \
#f, f, setup, down, NULL                                                                             \
    }
#define cmocka_unit_test_prestate(f, state)                                                                  \
    {                                                                                                        \
#f, f, NULL, NULL, state                                                                             \
    }
#define cmocka_unit_test_prestate_setup_teardown(f, setup, down, state)                                      \
    {                                                                                                        \
#f, f, setup, down, state                                                                            \
    }

__attribute__((unused, noreturn, format(printf, 3, 4))) static void mini_fail(const char *file, int line,
                                                                              const char *format, ...)
{
    va_list args;

    printf("# %s:%d: ", file, line);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    longjmp(mini_state.leave, MINI_FAILED);
}

__attribute__((unused)) static void mini_compare(const char *file, int line, uintmax_t a, uintmax_t b,
                                                 int equal)
{
    if ((a == b) != equal)
        mini_fail(file, line, "0x%" PRIxMAX " %s 0x%" PRIxMAX, a, equal ? "!=" : "==", b);
}

__attribute__((unused)) static void mini_range(const char *file, int line, uintmax_t v, uintmax_t a,
                                               uintmax_t b, int inside)
{
    if ((v >= a && v <= b) != inside)
        mini_fail(file, line, "0x%" PRIxMAX " is%s in 0x%" PRIxMAX "-0x%" PRIxMAX, v, inside ? " not" : "", a,
                  b);
}

__attribute__((unused)) static void mini_bytes(const char *file, int line, const void *a, const void *b,
                                               size_t n, int equal)
{
    const unsigned char *x = a, *y = b;
    size_t i = 0;

    while (i < n && x[i] == y[i])
        i++;
    if (equal && i < n)
        mini_fail(file, line, "byte %zu of %zu: 0x%02x != 0x%02x", i, n, x[i], y[i]);
    if (!equal && i == n)
        mini_fail(file, line, "%zu bytes are the same", n);
}

#define mini_here       __FILE__, __LINE__
#define mini_word(v)    ((uintmax_t)(v))
#define mini_address(v) ((uintmax_t)(uintptr_t)(v))

#define assert_true(c)                   ((c) ? (void)0 : mini_fail(mini_here, "%s", #c))
#define assert_false(c)                  (!(c) ? (void)0 : mini_fail(mini_here, "not wanted: %s", #c))
#define assert_int_equal(a, b)           mini_compare(mini_here, mini_word(a), mini_word(b), 1)
#define assert_int_not_equal(a, b)       mini_compare(mini_here, mini_word(a), mini_word(b), 0)
#define assert_ptr_equal(a, b)           mini_compare(mini_here, mini_address(a), mini_address(b), 1)
#define assert_ptr_not_equal(a, b)       mini_compare(mini_here, mini_address(a), mini_address(b), 0)
#define assert_null(a)                   assert_ptr_equal(a, NULL)
#define assert_non_null(a)               assert_ptr_not_equal(a, NULL)
#define assert_in_range(v, a, b)         mini_range(mini_here, mini_word(v), mini_word(a), mini_word(b), 1)
#define assert_not_in_range(v, a, b)     mini_range(mini_here, mini_word(v), mini_word(a), mini_word(b), 0)
#define assert_memory_equal(a, b, n)     mini_bytes(mini_here, a, b, n, 1)
#define assert_memory_not_equal(a, b, n) mini_bytes(mini_here, a, b, n, 0)
#define assert_string_equal(a, b)                                                                            \
    (strcmp(a, b) == 0 ? (void)0                                                                             \
                       : mini_fail(mini_here, "\"%s\" != \"%s\"", (const char *)(a), (const char *)(b)))
#define assert_string_not_equal(a, b)                                                                        \
    (strcmp(a, b) != 0 ? (void)0 : mini_fail(mini_here, "both \"%s\"", (const char *)(a)))
#define fail()        mini_fail(mini_here, "failed")
#define fail_msg(...) mini_fail(mini_here, __VA_ARGS__)
#define skip()        longjmp(mini_state.leave, MINI_SKIPPED)
#define print_message printf
#define print_error   printf

/* Runs one test between its fixtures; 0, MINI_FAILED or MINI_SKIPPED. */
__attribute__((unused)) static int mini_run(const struct CMUnitTest *test, void *group_state)
{
    void *state = test->initial_state ? test->initial_state : group_state;
    volatile int result = setjmp(mini_state.leave);

    if (result == 0) {
        if (test->setup_func && test->setup_func(&state) != 0)
            return MINI_FAILED;
        test->test_func(&state);
    }
    int after = setjmp(mini_state.leave); /* the tear-down asserts too */
    if (after == 0 && test->teardown_func && test->teardown_func(&state) != 0)
        after = MINI_FAILED;
    return after == 0 ? result : after;
}

/* The two functions behind cmocka's macros that our tests call themselves have cmocka's own names. */
#define _fail(file, line) mini_fail(file, line, "failed")

__attribute__((unused)) static int _cmocka_run_group_tests(const char *name, const struct CMUnitTest *tests,
                                                           size_t n, CMFixtureFunction setup,
                                                           CMFixtureFunction teardown)
{
    static const char *const words[] = {"ok", "not ok", "skip"};
    void *state = NULL;
    int failed = 0;

    setvbuf(stdout, NULL, _IONBF, 0);
    printf("# %s\n1..%zu\n", name, n);
    if (setup && setup(&state) != 0)
        return (int)n;
    for (size_t i = 0; i < n; i++) {
        int result = mini_run(&tests[i], state);
        failed += result == MINI_FAILED;
        printf("%s %zu - %s\n", words[result], i + 1, tests[i].name);
    }
    return failed + (teardown && teardown(&state) != 0);
}

#define cmocka_run_group_tests_name(name, tests, setup, teardown)                                            \
    _cmocka_run_group_tests(name, tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown)
#define cmocka_run_group_tests(tests, setup, teardown)                                                       \
    cmocka_run_group_tests_name(#tests, tests, setup, teardown)

#endif
