/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a stranger must not guess: initial sequence numbers by RFC 6528, ports by RFC 6056. The keys are
 * fixed, so that what is unlikely is seen to happen or not, once and for all.
 */
#include "fixture.h"

/* RFC 6528 3: M is a timer that ticks every 4 us, and nothing else moves one pair's numbers. */
static void test_clock_of_four_microseconds(void **state)
{
    struct table_key key = key_of(80, 5000);
    seq32 before = isn_for(&fx.s, &key);

    (void)state;
    assert_int_equal(isn_for(&fx.s, &key).v, before.v);
    fx.s.now += 4000;
    assert_int_equal(isn_for(&fx.s, &key).v, before.v + 1);
    fx.s.now += TIME_S;
    assert_int_equal(isn_for(&fx.s, &key).v, before.v + 250001);
    fx.s.now += 5 * 3600 * TIME_S; /* 2^32 of them take 4.77 hours */
    assert_int_equal(isn_for(&fx.s, &key).v, before.v + 250001 + (uint32_t)4500000000);
    fx.s.now = START;
}

/* F hangs on each part of the pair, and on the secret. */
static void test_everybody_has_numbers_of_his_own(void **state)
{
    struct table_key key = key_of(80, 5000), other;
    seq32 mine = isn_for(&fx.s, &key);

    (void)state;
    other = key;
    other.remote_port = 81;
    assert_int_not_equal(isn_for(&fx.s, &other).v, mine.v);
    other = key;
    other.local_port = 5001;
    assert_int_not_equal(isn_for(&fx.s, &other).v, mine.v);
    other = key;
    other.local = 1;
    assert_int_not_equal(isn_for(&fx.s, &other).v, mine.v);
    other = key;
    other.remote.b[15] ^= 1;
    assert_int_not_equal(isn_for(&fx.s, &other).v, mine.v);
    fx.s.secret.k[1] ^= 1;
    assert_int_not_equal(isn_for(&fx.s, &key).v, mine.v);
}

/* Numbers of neighbouring pairs say nothing of each other: each bit differs about half the time. */
static void test_neighbouring_pairs_are_unrelated(void **state)
{
    uint32_t ones[32] = {0};

    (void)state;
    for (uint16_t port = 1; port <= 1000; port++) {
        struct table_key a = key_of(80, port), b = key_of(80, (uint16_t)(port + 1));
        uint32_t differ = isn_for(&fx.s, &a).v ^ isn_for(&fx.s, &b).v;

        for (unsigned bit = 0; bit < 32; bit++)
            ones[bit] += differ >> bit & 1;
    }
    for (unsigned bit = 0; bit < 32; bit++)
        assert_in_range(ones[bit], 400, 600);
}

static void test_ports_are_in_their_range_and_spread(void **state)
{
    static uint8_t seen[65536];
    unsigned different = 0, low = 0;

    (void)state;
    memset(seen, 0, sizeof seen);
    for (uint32_t n = 0; n < 4000; n++) {
        struct table_key key = key_of(80, 0);
        uint16_t port = isn_port(&fx.s, &key, n);

        assert_in_range(port, 32768, 60999);
        different += !seen[port];
        seen[port] = 1;
        low += port < 46884;
    }
    assert_in_range(different, 3600, 3850); /* 28,232 places: 3,729 are expected */
    assert_in_range(low, 1850, 2150);
}

/* RFC 6056 3.1: the next port does not follow from the last one. */
static void test_ports_hang_on_peer_moment_and_secret(void **state)
{
    struct table_key key = key_of(80, 0), other = key_of(81, 0);
    uint16_t port = isn_port(&fx.s, &key, 0);

    (void)state;
    assert_int_equal(isn_port(&fx.s, &key, 0), port);
    assert_int_not_equal(isn_port(&fx.s, &other, 0), port);
    fx.s.now += TIME_S;
    assert_int_not_equal(isn_port(&fx.s, &key, 0), port);
    fx.s.now -= TIME_S;
    fx.s.secret.k[0] ^= 1;
    assert_int_not_equal(isn_port(&fx.s, &key, 0), port);
}

/* The port that is looked for does not hang on one left from the last try. */
static void test_last_try_leaves_no_trace(void **state)
{
    struct table_key a = key_of(80, 0), b = key_of(80, 12345);

    (void)state;
    assert_int_equal(isn_port(&fx.s, &a, 3), isn_port(&fx.s, &b, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_clock_of_four_microseconds),           TEST(test_everybody_has_numbers_of_his_own),
        TEST(test_neighbouring_pairs_are_unrelated),     TEST(test_ports_are_in_their_range_and_spread),
        TEST(test_ports_hang_on_peer_moment_and_secret), TEST(test_last_try_leaves_no_trace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
