/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Addresses of which only ports are ours, for the other owner of the link has them too: what the device is told, what
 * becomes of ports that somebody else has, and what is left to the other owner. The device is a pair's end, whose steer
 * is the test's.
 */
#include <runnel.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { TCP = 6, UDP = 17, FIRST = 61440, RANGE = 1024, FRAME = 80 };

static struct rn_dev *ends[2];
static struct rn_stack *net;
static struct rn_dev_ops ops;
static rn_time now;
static char err[RN_ERRBUF];

/* What steer was told last, and the ports from busy_first to busy_last that another program has. */
static struct rn_steer told[64];
static int told_count, busy_protocol;
static uint32_t busy_first, busy_last;

static int steer(struct rn_dev *dev, const struct rn_steer *rules, int n)
{
    assert_ptr_equal(dev, ends[0]);
    assert_in_range(n, 0, 64);
    for (int i = 0; i < n; i++)
        if (rules[i].protocol == busy_protocol && rules[i].port_first <= busy_last && rules[i].port_last >= busy_first)
            return -EADDRINUSE;
    memcpy(told, rules, (size_t)n * sizeof *rules);
    told_count = n;
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    told_count = busy_protocol = 0;
    busy_first = busy_last = 0;
    now += 1000000000;
    assert_int_equal(rn_dev_pair(ends, NULL, NULL), 0);
    ops = *ends[0]->ops;
    ops.steer = steer;
    ends[0]->ops = &ops;
    ends[0]->shared = 1;
    assert_int_equal(rn_open(&net, NULL, NULL), 0);
    assert_int_equal(rn_add_device(net, ends[0], NULL), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rn_destroy(net);
    ends[1]->ops->close(ends[1]);
    return 0;
}

/* So often was it said that these ports of 10.0.0.7 are ours. */
static int times_told(uint8_t protocol, uint32_t first, uint32_t last)
{
    static const uint8_t address[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 7};
    int n = 0;

    for (int i = 0; i < told_count; i++)
        n += memcmp(told[i].address, address, 16) == 0 && told[i].take && told[i].protocol == protocol &&
             told[i].port_first == first && told[i].port_last == last;
    return n;
}

static void share(void)
{
    assert_int_equal(rn_add_address(net, "10.0.0.7/24", err), 0);
}

/* Rounds for so many milliseconds; how many frames were sent, the last of which is in frame. */
static int pass(int ms, uint8_t frame[FRAME])
{
    struct rn_frame frames[16];
    int sent = 0;

    for (int i = 0; i < ms; i++, now += 1000000) {
        int n;

        rn_poll(net, now);
        rn_flush(net, now);
        n = ends[1]->ops->burst(ends[1], frames, 16, 0);
        if (n)
            memcpy(frame, frames[n - 1].data, frames[n - 1].len < FRAME ? frames[n - 1].len : FRAME);
        ends[1]->ops->release(ends[1], n);
        sent += n;
    }
    return sent;
}

static void range_to_connect_from_is_ours_and_nothing_else(void **state)
{
    (void)state;
    share();
    assert_int_equal(told_count, 2);
    assert_int_equal(times_told(TCP, FIRST, FIRST + RANGE - 1), 1);
    assert_int_equal(times_told(UDP, FIRST, FIRST + RANGE - 1), 1);
}

static void range_is_another_where_one_port_of_it_is_not_free(void **state)
{
    (void)state;
    busy_protocol = UDP;
    busy_first = busy_last = FIRST + 1000;
    share();
    assert_int_equal(told_count, 2);
    assert_int_equal(times_told(TCP, FIRST + RANGE, FIRST + 2 * RANGE - 1), 1);
    assert_int_equal(times_told(UDP, FIRST + RANGE, FIRST + 2 * RANGE - 1), 1);
    for (int i = 0; i < 100; i++) { /* also for sockets */
        struct rn_info info;
        rn_sock s = rn_connect(net, i & 1 ? RN_TCP : RN_UDP, "10.0.0.1:80", NULL, err);

        assert_true(s > 0);
        assert_int_equal(rn_info(net, s, &info), 0);
        assert_in_range(atoi(strchr(info.local, ':') + 1), FIRST + RANGE, FIRST + 2 * RANGE - 1);
    }
}

static void address_is_not_added_without_a_range(void **state)
{
    (void)state;
    busy_protocol = TCP;
    busy_last = 65535;
    assert_int_equal(rn_add_address(net, "10.0.0.7/24", err), -EADDRINUSE);
    assert_non_null(strstr(err, "10.0.0.7/24"));
    assert_int_equal(told_count, 0);
    busy_protocol = 0;
    share();
}

static void port_is_taken_when_somebody_listens(void **state)
{
    (void)state;
    share();
    assert_true(rn_listen(net, RN_TCP, "0.0.0.0:7", err) > 0);
    assert_int_equal(times_told(TCP, 7, 7), 1);
    assert_int_equal(times_told(UDP, 7, 7), 0);
    assert_true(rn_listen(net, RN_UDP, "10.0.0.7:7", err) > 0);
    assert_int_equal(times_told(TCP, 7, 7), 1);
    assert_int_equal(times_told(UDP, 7, 7), 1);
    assert_true(rn_connect(net, RN_UDP, "10.0.0.1:80", "10.0.0.7:68", err) > 0);
    assert_int_equal(times_told(UDP, 68, 68), 1);
    assert_true(rn_listen(net, RN_TCP, "[::]:9", err) > 0); /* there is no such address */
    assert_true(rn_listen(net, RN_UDP, "0.0.0.0:0", err) > 0);
    assert_true(rn_listen(net, RN_TCP, "0.0.0.0:61500", err) > 0); /* ours already */
    assert_int_equal(told_count, 5);
}

static void port_that_another_program_has_is_not_listened_on(void **state)
{
    (void)state;
    share();
    busy_protocol = TCP;
    busy_first = busy_last = 22;
    assert_int_equal(rn_listen(net, RN_TCP, "0.0.0.0:22", err), -EADDRINUSE);
    assert_non_null(strstr(err, "0.0.0.0:22 is in use in the kernel"));
    assert_int_equal(rn_connect(net, RN_TCP, "10.0.0.1:80", "10.0.0.7:22", err), -EADDRINUSE);
    assert_non_null(strstr(err, "10.0.0.7:22 is in use in the kernel"));
    assert_int_equal(told_count, 2);
    busy_protocol = 0;
    assert_true(rn_listen(net, RN_TCP, "0.0.0.0:22", err) > 0);
    assert_int_equal(times_told(TCP, 22, 22), 1);
}

static void more_ports_than_there_is_room_for(void **state)
{
    int n = 0, rc = 0;

    (void)state;
    share();
    for (; n < 100 && rc == 0; n++) {
        char where[32];
        rn_sock s;

        snprintf(where, sizeof where, "0.0.0.0:%d", 100 + n);
        s = rn_listen(net, RN_UDP, where, err);
        rc = s > 0 ? 0 : (int)s;
    }
    assert_in_range(n, 40, 64);
    assert_int_equal(rc, -ENOSPC);
    assert_non_null(strstr(err, "one port more than can be shared"));
}

/* "Who has 10.0.0.7?" */
static void ask(void)
{
    static const uint8_t question[42] = {255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 9,  8, 6, 0, 1, 8, 0, 6, 4, 0,
                                         1,   2,   0,   0,   0,   0,   9, 10, 0, 0, 9, 0, 0, 0, 0, 0, 0, 10, 0, 0, 7};
    struct rn_frame f;

    assert_int_equal(ends[1]->ops->reserve(ends[1], &f, 1, now), 1);
    memcpy(f.data, question, sizeof question);
    f.len = sizeof question;
    ends[1]->ops->commit(ends[1], &f, 1);
    ends[1]->ops->sync(ends[1], now);
}

/* Neither who has it is answered, nor is it asked for: that is up to him whose address it is. */
static void who_has_the_address_is_up_to_the_other_owner(void **state)
{
    uint8_t frame[FRAME];

    (void)state;
    share();
    assert_int_equal(pass(1000, frame), 0);
    ask();
    assert_int_equal(pass(10, frame), 0);

    ends[0]->shared = 0; /* as another would do */
    ask();
    assert_int_equal(pass(10, frame), 1);
    assert_memory_equal(frame + 12, ((uint8_t[]){8, 6}), 2);
}

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static uint32_t sum(const uint8_t *at, int len)
{
    uint32_t s = 0;

    for (int i = 0; i < len; i += 2)
        s += (uint32_t)at[i] << 8 | at[i + 1];
    return s;
}

static uint32_t folded(uint32_t s)
{
    s = (s & 0xffff) + (s >> 16);
    return ~((s & 0xffff) + (s >> 16)) & 0xffff;
}

/* A SYN to port 7 from a host that has not asked who we are. */
static void call(bool six)
{
    uint8_t f[74] = {[6] = 2, [11] = 9};
    uint8_t *ip = f + 14, *tcp = ip + (six ? 40 : 20);
    struct rn_frame slot;

    memcpy(f, ends[0]->mac, 6);
    put16(f + 12, six ? 0x86dd : 0x0800);
    ip[0] = six ? 0x60 : 0x45;
    if (six) {
        ip[5] = 20, ip[6] = TCP, ip[7] = 64;
        ip[8] = ip[24] = 0xfd, ip[23] = 9, ip[39] = 7;
    } else {
        ip[3] = 40, ip[8] = 64, ip[9] = TCP;
        memcpy(ip + 12, (const uint8_t[]){10, 0, 0, 9, 10, 0, 0, 7}, 8);
        put16(ip + 10, folded(sum(ip, 20)));
    }
    put16(tcp, 5000);
    put16(tcp + 2, 7);
    tcp[12] = 0x50, tcp[13] = 2, tcp[14] = 8;
    put16(tcp + 16, folded(sum(six ? ip + 8 : ip + 12, six ? 32 : 8) + sum(tcp, 20) + TCP + 20));
    assert_int_equal(ends[1]->ops->reserve(ends[1], &slot, 1, now), 1);
    slot.len = (uint32_t)(tcp + 20 - f);
    memcpy(slot.data, f, slot.len);
    ends[1]->ops->commit(ends[1], &slot, 1);
    ends[1]->ops->sync(ends[1], now);
}

/* It knows us from what our address's owner told it, and is answered at once, to where its frame came from. */
static void caller_is_answered_where_he_called_from(void **state)
{
    uint8_t frame[FRAME];

    (void)state;
    share();
    assert_int_equal(rn_add_address(net, "fd00::7/64", err), 0);
    assert_true(rn_listen(net, RN_TCP, "0.0.0.0:7", err) > 0);
    assert_true(rn_listen(net, RN_TCP, "[::]:7", err) > 0);
    for (int six = 0; six < 2; six++) {
        call(six);
        assert_int_equal(pass(2, frame), 1);
        assert_memory_equal(frame, ((uint8_t[]){2, 0, 0, 0, 0, 9}), 6);
        assert_int_equal(frame[14 + (six ? 40 : 20) + 13], 0x12); /* SYN, ACK */
    }
}

/* The other owner knows from then on; so often was it asked, and of fd00::N:1 as well. */
static rn_time known_from;
static int questions, asked_of[32];

static int neighbour(struct rn_dev *dev, const uint8_t address[16], uint8_t mac[6])
{
    assert_ptr_equal(dev, ends[0]);
    assert_int_equal(address[15], 1);
    memcpy(mac, (const uint8_t[]){2, 0, 0, 0, 0, 0x77}, 6);
    questions++;
    asked_of[address[13] % 32]++;
    return now >= known_from;
}

static rn_sock connect_to(const char *form, int host)
{
    char to[32];
    rn_sock s;

    snprintf(to, sizeof to, form, host);
    s = rn_connect(net, RN_TCP, to, NULL, err);
    assert_true(s > 0);
    return s;
}

/* Whom we connect to is where the other owner says, who is asked at once, 10 and 110 ms later, and in each of the next
 * seconds; over IPv6, too. Nothing else is asked for. */
static void whom_we_connect_to_is_known_from_the_other_owner(void **state)
{
    static const int known_after[] = {0, 5, 50, 500, 2000}, sent_after[] = {0, 10, 110, 1110, 2110},
                     asked[] = {1, 2, 3, 4, 5};
    uint8_t frame[FRAME];

    (void)state;
    ops.neighbour = neighbour;
    share();
    assert_int_equal(rn_add_address(net, "10.1.0.7/16", err), 0);
    assert_int_equal(rn_add_address(net, "fd00::7/64", err), 0);
    for (int i = 0; i < 10; i++) { /* a host each */
        bool six = i % 2;
        rn_sock s;

        known_from = now + known_after[i / 2] * 1000000;
        questions = 0;
        s = connect_to(six ? "[fd00::%x:1]:80" : "10.1.%d.1:80", i + 1);
        if (i > 1)
            assert_int_equal(pass(sent_after[i / 2], frame), 0);
        assert_int_equal(pass(8, frame), 1); /* a round is a millisecond, so each question is up to that late */
        assert_int_equal(questions, asked[i / 2]);
        assert_memory_equal(frame, ((uint8_t[]){2, 0, 0, 0, 0, 0x77}), 6);
        assert_int_equal(frame[14 + (six ? 40 : 20) + 13], 2); /* SYN */
        rn_abort(net, s);
        pass(2, frame);
    }
}

/* Whom nobody knows keeps nobody waiting, and is given up when all questions had their time. */
static void who_is_not_known_keeps_nobody_waiting(void **state)
{
    uint8_t frame[FRAME];
    struct rn_event ev = {0};
    int failed = 0;

    (void)state;
    ops.neighbour = neighbour;
    share();
    assert_int_equal(rn_add_address(net, "fd00::7/64", err), 0);
    memset(asked_of, 0, sizeof asked_of);
    known_from = RN_FOREVER;
    for (int i = 1; i <= 20; i++)
        connect_to("[fd00::%x:1]:80", i);
    assert_int_equal(pass(3, frame), 0);
    for (int i = 1; i <= 20; i++)
        assert_int_equal(asked_of[i], 1);
    assert_int_equal(pass(12, frame), 0);
    for (int i = 1; i <= 20; i++)
        assert_int_equal(asked_of[i], 2);
    connect_to("[fd00::%x:1]:80", 21);
    assert_int_equal(pass(2, frame), 0);
    assert_int_equal(asked_of[21], 1);
    assert_int_equal(pass(3000, frame), 0);
    for (int i = 1; i <= 21; i++)
        assert_int_equal(asked_of[i], 5);
    pass(200, frame);
    while (rn_next(net, &ev))
        failed += ev.error == -EHOSTUNREACH;
    assert_int_equal(failed, 21);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(range_to_connect_from_is_ours_and_nothing_else, set_up, tear_down),
        cmocka_unit_test_setup_teardown(range_is_another_where_one_port_of_it_is_not_free, set_up, tear_down),
        cmocka_unit_test_setup_teardown(address_is_not_added_without_a_range, set_up, tear_down),
        cmocka_unit_test_setup_teardown(port_is_taken_when_somebody_listens, set_up, tear_down),
        cmocka_unit_test_setup_teardown(port_that_another_program_has_is_not_listened_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_ports_than_there_is_room_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(caller_is_answered_where_he_called_from, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_not_known_keeps_nobody_waiting, set_up, tear_down),
        cmocka_unit_test_setup_teardown(whom_we_connect_to_is_known_from_the_other_owner, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_has_the_address_is_up_to_the_other_owner, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
