/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a socket may choose, field by field: the least and the most that rn_settings allows are taken, one
 * less and one more are refused, and what was taken is told as it was said.
 */
#include "stack/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const struct rn_settings good = {.congestion = "cubic",
                                        .keep_idle = 7200 * INT64_C(1000000000),
                                        .keep_interval = 75 * INT64_C(1000000000),
                                        .keep_count = 9,
                                        .r1 = 3,
                                        .syn_retries = 7,
                                        .data_retries = 15,
                                        .ttl = 64};

static bool is_taken(const struct rn_settings *s)
{
    struct conn_settings read, untouched;

    memset(&read, 0xa5, sizeof read);
    memset(&untouched, 0xa5, sizeof untouched);
    if (settings_read(s, &read))
        return true;
    assert_memory_equal(&read, &untouched, sizeof read);
    return false;
}

static void same(const struct rn_settings *a, const struct rn_settings *b)
{
    assert_string_equal(a->congestion, b->congestion);
    assert_true(a->keep_idle == b->keep_idle && a->keep_interval == b->keep_interval &&
                a->user_timeout == b->user_timeout && a->linger == b->linger);
    assert_true(a->keep_alive == b->keep_alive && a->keep_count == b->keep_count && a->r1 == b->r1 &&
                a->syn_retries == b->syn_retries && a->data_retries == b->data_retries);
    assert_true(a->ttl == b->ttl && a->dscp == b->dscp && a->no_delay == b->no_delay &&
                a->no_delayed_ack == b->no_delayed_ack && a->ecn == b->ecn &&
                a->soft_errors == b->soft_errors);
}

static void comes_back(const struct rn_settings *said)
{
    struct conn_settings read;
    struct rn_settings told;

    assert_true(settings_read(said, &read));
    settings_write(&read, &told);
    same(&told, said);
}

#define TAKEN(field, value)                                                                                  \
    s = good;                                                                                                \
    s.field = value;                                                                                         \
    comes_back(&s)
#define REFUSED(field, value)                                                                                \
    s = good;                                                                                                \
    s.field = value;                                                                                         \
    assert_false(is_taken(&s))

static void test_times(void **state)
{
    struct rn_settings s;

    (void)state;
    TAKEN(keep_idle, INT64_C(1000000000));
    TAKEN(keep_idle, INT64_C(86400000000000));
    REFUSED(keep_idle, INT64_C(999999999));
    REFUSED(keep_idle, INT64_C(86400000000001));
    REFUSED(keep_idle, 0);
    TAKEN(keep_interval, INT64_C(1000000000));
    TAKEN(keep_interval, INT64_C(86400000000000));
    REFUSED(keep_interval, INT64_C(999999999));
    REFUSED(keep_interval, INT64_C(86400000000001));
    REFUSED(keep_interval, INT64_MIN);
    TAKEN(user_timeout, 0);
    TAKEN(user_timeout, 1000000);
    TAKEN(user_timeout, INT64_C(86400000000000));
    REFUSED(user_timeout, 1);
    REFUSED(user_timeout, 999999);
    REFUSED(user_timeout, INT64_C(86400000000001));
    REFUSED(user_timeout, -1000000);
    TAKEN(linger, 0);
    TAKEN(linger, 1000000);
    TAKEN(linger, INT64_C(86400000000000));
    REFUSED(linger, 999999);
    REFUSED(linger, INT64_MAX);
    REFUSED(linger, -1);
}

static void test_numbers(void **state)
{
    struct rn_settings s;

    (void)state;
    TAKEN(keep_count, 1);
    TAKEN(keep_count, 255);
    REFUSED(keep_count, 0);
    TAKEN(r1, 1);
    TAKEN(r1, 255);
    REFUSED(r1, 0);
    TAKEN(syn_retries, 1);
    TAKEN(syn_retries, 255);
    REFUSED(syn_retries, 0);
    TAKEN(data_retries, 1);
    TAKEN(data_retries, 255);
    REFUSED(data_retries, 0);
    TAKEN(ttl, 1);
    TAKEN(ttl, 255);
    REFUSED(ttl, 0);
    TAKEN(dscp, 0);
    TAKEN(dscp, 63);
    REFUSED(dscp, 64);
    REFUSED(dscp, 255);
}

static void test_switches(void **state)
{
    struct rn_settings s;

    (void)state;
    TAKEN(keep_alive, 1);
    REFUSED(keep_alive, 2);
    TAKEN(no_delay, 1);
    REFUSED(no_delay, 2);
    TAKEN(no_delayed_ack, 1);
    REFUSED(no_delayed_ack, 2);
    TAKEN(ecn, 1);
    REFUSED(ecn, 2);
    TAKEN(soft_errors, 1);
    REFUSED(soft_errors, 255);
}

static void test_names(void **state)
{
    struct rn_settings s;

    (void)state;
    TAKEN(congestion, "newreno");
    TAKEN(congestion, "cubic");
    REFUSED(congestion, "Cubic");
    REFUSED(congestion, "cubic ");
    REFUSED(congestion, "");
    REFUSED(congestion, NULL);
}

/* Times are kept in whole milliseconds. */
static void test_a_rest_of_a_millisecond_is_cut(void **state)
{
    struct rn_settings said = good, told, whole = good;
    struct conn_settings read;

    (void)state;
    said.user_timeout = 1999999;
    whole.user_timeout = 1000000;
    assert_true(settings_read(&said, &read));
    settings_write(&read, &told);
    same(&told, &whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_switches),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_a_rest_of_a_millisecond_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
