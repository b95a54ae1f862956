/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the application asks for (RFC 9293 3.9.1, 3.10.1 to 3.10.6; runnel.h's words about rn_connect,
 * rn_recv, rn_send, rn_splice, rn_shutdown, rn_close, rn_abort, rn_ready), in each state.
 */
#include "fixture.h"

#include <errno.h>

static const enum conn_state all[] = {CONN_SYN_SENT,   CONN_SYN_RECEIVED, CONN_ESTABLISHED,
                                      CONN_FIN_WAIT_1, CONN_FIN_WAIT_2,   CONN_CLOSE_WAIT,
                                      CONN_CLOSING,    CONN_LAST_ACK,     CONN_CLOSED};

/* ---- open */

static void test_open_chooses_a_free_port(void **state)
{
    struct conn *one = opening(80), *two = opening(80);

    (void)state;
    assert_in_range(one->key.local_port, 32768, 60999);
    assert_in_range(two->key.local_port, 32768, 60999);
    assert_int_not_equal(one->key.local_port, two->key.local_port);
    assert_int_equal(one->state, CONN_SYN_SENT);
    assert_int_equal(fx.s.hop_uses[0], 2);
}

static void test_open_takes_the_port_asked_for_once(void **state)
{
    struct table_key key = key_of(80, 5000);
    struct conn *c = NULL, *other = NULL;

    (void)state;
    assert_int_equal(call_open(&fx.s, &key, 0, 1460, false, &c), 0);
    assert_int_equal(c->key.local_port, 5000);
    assert_int_equal(call_open(&fx.s, &key, 0, 1460, false, &other), -EADDRINUSE);
    assert_null(other); /* output arguments are as they were */
    key.remote_port = 81;
    assert_int_equal(call_open(&fx.s, &key, 0, 1460, false, &other), 0);
    assert_int_equal(other->key.local_port, 5000);
}

static void test_open_without_room(void **state)
{
    struct table_key key = key_of(80, 0);
    struct conn *c = NULL;

    (void)state;
    for (int i = 0; i < CONNECTIONS; i++)
        opening(80);
    assert_int_equal(call_open(&fx.s, &key, 0, 1460, false, &c), -ENOBUFS);
    assert_null(c);
    assert_int_equal(fx.s.counts.connections_full, 1);
    assert_int_equal(fx.s.hop_uses[0], CONNECTIONS);
}

/* A SYN in flight is in the books, for which there has to be a block. */
static void test_open_without_memory(void **state)
{
    struct table_key key = key_of(80, 0);
    size_t budget = fx.slabs.budget_bytes;
    struct conn *c = NULL;

    (void)state;
    fx.slabs.budget_bytes = 0;
    assert_int_equal(call_open(&fx.s, &key, 0, 1460, false, &c), -ENOBUFS);
    assert_null(c);
    assert_int_equal(fx.s.used, 0);
    fx.slabs.budget_bytes = budget;
}

/* ---- receive */

static void test_receive_in_each_state(void **state)
{
    static const ptrdiff_t want[] = {-ENOTCONN, -ENOTCONN, -EAGAIN, -EAGAIN, -EAGAIN, 0, 0, 0, 0};

    (void)state;
    for (unsigned i = 0; i < COUNT(all); i++) {
        struct conn *c = conn_in(all[i]);

        assert_int_equal(app_recv(c, 100), want[i]);
        abandon(c);
    }
}

static void test_receive_in_parts(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    in(c, "P. 1:1001 ack 1");
    assert_int_equal(heard(c), CONN_EV_READABLE);
    assert_int_equal(app_recv(c, 0), 0);
    assert_int_equal(app_recv(c, 300), 300);
    assert_int_equal(app_recv(c, 300), 300);
    assert_int_equal(app_recv(c, 1000), 400);
    assert_int_equal(app_recv(c, 1000), -EAGAIN);
    assert_int_equal(heard(c), 0);
}

/* The bytes, then the end, as often as it is asked for; and the end is told when only it is left. */
static void test_receive_the_end(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    in(c, "FP. 1:11 ack 1");
    assert_int_equal(heard(c), CONN_EV_READABLE | CONN_EV_PEER_CLOSED);
    assert_int_equal(app_recv(c, 100), 10);
    assert_int_equal(heard(c), CONN_EV_READABLE);
    assert_int_equal(app_recv(c, 100), 0);
    assert_int_equal(app_recv(c, 100), 0);
    assert_int_equal(c->state, CONN_CLOSE_WAIT);
}

/* MUST-39: reading opens the window by a useful step, or says nothing. */
static void test_reading_opens_the_window(void **state)
{
    struct conn *c;

    (void)state;
    fx.s.config.receive_bytes = fx.s.config.receive_bytes_max = 4000;
    c = conn_in(CONN_ESTABLISHED);
    for (unsigned i = 0; i < 4; i++) {
        char text[40];

        snprintf(text, sizeof text, ". %u:%u ack 1", 1 + i * 1000, 1001 + i * 1000);
        in(c, text);
    }
    LEAVES(". 1:1 ack 4001 win 0");
    for (unsigned i = 0; i < 9; i++) {
        app_recv(c, 100);
        LEAVES("");
    }
    app_recv(c, 100);
    LEAVES(". 1:1 ack 4001 win 1000");
    app_recv(c, 3000);
    LEAVES(". 1:1 ack 4001 win 4000");
}

/* ---- send */

static void test_send_in_each_state(void **state)
{
    static const ptrdiff_t want[] = {-ENOTCONN, -ENOTCONN, 10, -EPIPE, -EPIPE, 10, -EPIPE, -EPIPE, -EPIPE};

    (void)state;
    for (unsigned i = 0; i < COUNT(all); i++) {
        struct conn *c = conn_in(all[i]);

        assert_int_equal(app_send(c, 10), want[i]);
        abandon(c);
    }
}

static void test_short_send_and_writable(void **state)
{
    struct conn *c;

    (void)state;
    fx.s.config.send_bytes = fx.s.config.send_bytes_max = 5000;
    c = conn_in(CONN_ESTABLISHED);
    assert_int_equal(app_send(c, 3000), 3000);
    assert_int_equal(app_send(c, 3000), 2000);
    assert_int_equal(app_send(c, 3000), -EAGAIN);
    assert_int_equal(app_send(c, 0), 0);
    drain();
    in(c, ". 1:1 ack 2001");
    assert_int_equal(heard(c), CONN_EV_WRITABLE);
    assert_int_equal(app_send(c, 3000), 2000);
    assert_int_equal(conn_queued(&fx.s, c), 5000);
}

static void test_send_without_memory(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);
    size_t budget = fx.slabs.budget_bytes;

    (void)state;
    fx.slabs.budget_bytes = fx.slabs.used_bytes;
    assert_int_equal(app_send(c, 1000), -EAGAIN);
    assert_int_equal(c->active, 0);
    pass(200);
    assert_int_equal(heard(c), CONN_EV_WRITABLE);
    fx.slabs.budget_bytes = fx.slabs.used_bytes + CONN_ACTIVE_BYTES + 256; /* a block and a small chunk */
    assert_int_equal(app_send(c, 1000), 240);
    LEAVES("P. 1:241 ack 1");
    fx.slabs.budget_bytes = budget;
    pass(200); /* what is queued will be acknowledged: nobody is woken before */
    assert_int_equal(heard(c), 0);
    in(c, ". 1:1 ack 241");
    assert_int_equal(heard(c), CONN_EV_WRITABLE);
    assert_int_equal(app_send(c, 760), 760);
    LEAVES("P. 241:1001 ack 1");
}

/* ---- splice */

static void test_splice_to_itself_is_an_echo(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    in(c, ". 1:1001 ack 1");
    in(c, "P. 1001:1501 ack 1");
    assert_int_equal(call_splice(&fx.s, c, c, 300), 300);
    assert_int_equal(call_splice(&fx.s, c, c, SIZE_MAX), 1200);
    assert_int_equal(call_splice(&fx.s, c, c, SIZE_MAX), -EAGAIN);
    LEAVES(". 1:1001 ack 1501"); /* out() checks each byte */
    in(c, ". 1501:1501 ack 1001");
    LEAVES("P. 1001:1501 ack 1501");
}

static void test_splice_to_another(void **state)
{
    struct conn *from = opened(80), *to = opened(81);

    (void)state;
    in(from, "P. 1:501 ack 1");
    assert_int_equal(call_splice(&fx.s, from, to, 0), 0);
    assert_int_equal(call_splice(&fx.s, from, to, SIZE_MAX), 500);
    assert_int_equal(conn_unread(&fx.s, from), 0);
    assert_int_equal(conn_queued(&fx.s, to), 500);
    in(from, "F. 501:501 ack 1");
    assert_int_equal(call_splice(&fx.s, from, to, SIZE_MAX), 0);
    drain();
}

/* What was spliced away was read: the window opens, and the end is told. */
static void test_splice_reads(void **state)
{
    struct conn *from, *to;

    (void)state;
    fx.s.config.receive_bytes = fx.s.config.receive_bytes_max = 1000;
    from = opened(80);
    to = opened(81);
    in(from, "P. 1:1001 ack 1");
    AFTER(40, ". 1:1 ack 1001 win 0");
    LEAVES("");
    assert_int_equal(call_splice(&fx.s, from, to, SIZE_MAX), 1000);
    LEAVES("P. 1:1001 ack 1 win 1000");
    LEAVES(". 1:1 ack 1001 win 1000");
    LEAVES("");
}

/* No room: what does not fit stays, and the receiver's WRITABLE comes. */
static void test_splice_into_a_full_one(void **state)
{
    struct conn *from, *to;

    (void)state;
    fx.s.config.send_bytes = 800;
    from = opened(80);
    to = opened(81);
    in(from, "P. 1:1001 ack 1");
    heard(from);
    assert_int_equal(call_splice(&fx.s, from, to, SIZE_MAX), 800);
    assert_int_equal(call_splice(&fx.s, from, to, SIZE_MAX), -EAGAIN);
    assert_int_equal(conn_unread(&fx.s, from), 200);
    drain();
    in(to, ". 1:1 ack 801");
    assert_int_equal(heard(to), CONN_EV_WRITABLE);
    assert_int_equal(call_splice(&fx.s, from, to, SIZE_MAX), 200);
    drain();
}

static void test_splice_errors(void **state)
{
    struct conn *from = opened(80), *to = opening(81);

    (void)state;
    assert_int_equal(call_splice(&fx.s, to, from, SIZE_MAX), -ENOTCONN);
    assert_int_equal(call_splice(&fx.s, from, to, SIZE_MAX), -EAGAIN);
    in(from, "P. 1:11 ack 1");
    assert_int_equal(call_splice(&fx.s, from, to, SIZE_MAX), -ENOTCONN);
    call_shutdown(&fx.s, from);
    assert_int_equal(call_splice(&fx.s, from, from, SIZE_MAX), -EPIPE);
    assert_int_equal(conn_unread(&fx.s, from), 10);
}

/* ---- shutdown */

static void test_shutdown_in_each_state(void **state)
{
    static const struct {
        enum conn_state before, after;
        int result;
        const char *left;
    } rows[] = {
        {CONN_SYN_SENT, CONN_SYN_SENT, -ENOTCONN, ""},
        {CONN_SYN_RECEIVED, CONN_SYN_RECEIVED, -ENOTCONN, ""},
        {CONN_ESTABLISHED, CONN_FIN_WAIT_1, 0, "F. 1:1 ack 1"},
        {CONN_CLOSE_WAIT, CONN_LAST_ACK, 0, "F. 1:1 ack 2"},
        /* "an "ok" response would be acceptable, too, as long as a second FIN is not emitted" */
        {CONN_FIN_WAIT_1, CONN_FIN_WAIT_1, 0, ""},
        {CONN_FIN_WAIT_2, CONN_FIN_WAIT_2, 0, ""},
        {CONN_CLOSING, CONN_CLOSING, 0, ""},
        {CONN_LAST_ACK, CONN_LAST_ACK, 0, ""},
    };

    (void)state;
    for (unsigned i = 0; i < COUNT(rows); i++) {
        struct conn *c = conn_in(rows[i].before);

        assert_int_equal(call_shutdown(&fx.s, c), rows[i].result);
        LEAVES(rows[i].left);
        LEAVES("");
        assert_int_equal(c->state, rows[i].after);
        abandon(c);
    }
}

/* ---- close */

static void test_close_in_each_state(void **state)
{
    static const struct {
        enum conn_state before, after;
        const char *left;
    } rows[] = {
        {CONN_SYN_SENT, CONN_CLOSED, ""}, /* nobody knows of it yet */
        {CONN_ESTABLISHED, CONN_FIN_WAIT_1, "F. 1:1 ack 1"},
        {CONN_CLOSE_WAIT, CONN_LAST_ACK, "F. 1:1 ack 2"},
        {CONN_FIN_WAIT_1, CONN_FIN_WAIT_1, ""},
        {CONN_FIN_WAIT_2, CONN_FIN_WAIT_2, ""},
        {CONN_CLOSING, CONN_CLOSING, ""},
        {CONN_LAST_ACK, CONN_LAST_ACK, ""},
        {CONN_CLOSED, CONN_CLOSED, ""},
    };

    (void)state;
    for (unsigned i = 0; i < COUNT(rows); i++) {
        struct conn *c = conn_in(rows[i].before);
        uint32_t generation = c->generation;

        call_close(&fx.s, c);
        assert_int_not_equal(c->generation, generation); /* the number is stale */
        LEAVES(rows[i].left);
        LEAVES("");
        assert_int_equal(c->state, rows[i].after);
        assert_int_equal(is_gone(c), rows[i].after == CONN_CLOSED);
        assert_int_equal(heard(NULL), 0);
        abandon(c);
    }
}

/* SHLD-3: bytes that nobody read are lost, and the peer is told so. */
static void test_close_with_unread_bytes_is_a_reset(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    app_send(c, 100);
    in(c, "P. 1:11 ack 1");
    call_close(&fx.s, c);
    LEAVES("R. 1:1 ack 11 win 0");
    LEAVES("");
    assert_int_equal(heard(c), 0); /* not even of the bytes */
    assert_true(is_gone(c));
}

static void test_close_sends_what_is_queued_first(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    in(c, ". 1:1 ack 1 win 1000");
    app_send(c, 1500);
    call_close(&fx.s, c);
    LEAVES(". 1:1001 ack 1");
    LEAVES("");
    in(c, ". 1:1 ack 1001");
    LEAVES("FP. 1001:1501 ack 1");
    in(c, ". 1:1 ack 1502");
    assert_int_equal(c->state, CONN_FIN_WAIT_2);
    assert_int_equal(heard(NULL), 0);
    assert_int_equal(fx.s.actives.used, 0);
}

/* An event that was not fetched yet does not come after the close. */
static void test_no_event_after_close(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    in(c, "P. 1:11 ack 1");
    app_recv(c, 100);
    call_close(&fx.s, c);
    drain();
    in(c, "R 11:11");
    assert_false(is_gone(c)); /* it stands in the queue of events */
    assert_int_equal(heard(c), 0);
    assert_true(is_gone(c));
}

/* ---- abort */

static void test_abort_in_each_state(void **state)
{
    static const struct {
        enum conn_state before;
        const char *left;
    } rows[] = {
        {CONN_SYN_SENT, ""},
        {CONN_SYN_RECEIVED, "R. 1:1 ack 1 win 0"},
        {CONN_ESTABLISHED, "R. 1:1 ack 1 win 0"},
        {CONN_FIN_WAIT_1, "R. 2:2 ack 1 win 0"},
        {CONN_FIN_WAIT_2, "R. 2:2 ack 1 win 0"},
        {CONN_CLOSE_WAIT, "R. 1:1 ack 2 win 0"},
        {CONN_CLOSING, "R. 2:2 ack 2 win 0"},
        {CONN_LAST_ACK, "R. 2:2 ack 2 win 0"},
        {CONN_CLOSED, ""},
    };

    (void)state;
    for (unsigned i = 0; i < COUNT(rows); i++) {
        struct conn *c = conn_in(rows[i].before);
        uint32_t generation = c->generation;

        call_abort(&fx.s, c);
        assert_int_not_equal(c->generation, generation);
        LEAVES(rows[i].left);
        LEAVES("");
        assert_true(is_gone(c));
        assert_int_equal(heard(NULL), 0);
        assert_int_equal(fx.s.actives.used, 0);
        pass(1000);
    }
}

static void test_abort_of_an_orphan(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    app_send(c, 100);
    call_close(&fx.s, c);
    LEAVES("FP. 1:101 ack 1");
    call_abort(&fx.s, c);
    LEAVES("R. 102:102 ack 1 win 0");
    LEAVES("");
    assert_true(is_gone(c));
}

/* ---- status */

static void test_ready_in_each_state(void **state)
{
    enum { R = CONN_EV_READABLE, W = CONN_EV_WRITABLE, P = CONN_EV_PEER_CLOSED };
    static const unsigned want[] = {0, 0, W, 0, 0, R | W | P, R | P, R | P};

    (void)state;
    for (unsigned i = 0; i < COUNT(want); i++) { /* CLOSED apart */
        struct conn *c = conn_in(all[i]);

        if (call_ready(&fx.s, c) != want[i])
            fail_msg("%s: ready for %u, not %u", conn_facts[all[i]].name, call_ready(&fx.s, c), want[i]);
        abandon(c);
    }
}

static void test_ready_changes(void **state)
{
    struct conn *c;

    (void)state;
    fx.s.config.send_bytes = 1000;
    c = conn_in(CONN_ESTABLISHED);
    in(c, "P. 1:11 ack 1");
    assert_int_equal(call_ready(&fx.s, c), CONN_EV_READABLE | CONN_EV_WRITABLE);
    app_send(c, 1000);
    assert_int_equal(call_ready(&fx.s, c), CONN_EV_READABLE);
    app_recv(c, 100);
    assert_int_equal(call_ready(&fx.s, c), 0);
    in(c, "F. 11:11 ack 1");
    assert_int_equal(call_ready(&fx.s, c), CONN_EV_READABLE | CONN_EV_PEER_CLOSED);
    app_recv(c, 100);
    assert_int_equal(call_ready(&fx.s, c), CONN_EV_PEER_CLOSED);
}

/* ---- a smaller path (RFC 1191 6.4) */

static void test_smaller_path_cuts_anew(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    app_send(c, 2000);
    LEAVES(". 1:1001 ack 1");
    LEAVES("P. 1001:2001 ack 1");
    assert_true(call_path_mtu(&fx.s, c, seq_of(ISS + 1), 600));
    assert_int_equal(c->mss, 600);
    LEAVES(". 1:601 ack 1"); /* at once, and no sign of congestion */
    LEAVES(". 601:1201 ack 1");
    LEAVES(". 1201:1801 ack 1");
    LEAVES("P. 1801:2001 ack 1");
    LEAVES("");
    assert_int_equal(c->cwnd, 10000);
}

/* The initial window is smaller after that; who has never grown beyond his has not been idle for it. */
static void test_smaller_path_is_no_idleness(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    app_send(c, 500);
    LEAVES("P. 1:501 ack 1");
    assert_true(call_path_mtu(&fx.s, c, seq_of(ISS + 1), 600));
    LEAVES("P. 1:501 ack 1");
    in(c, ". 1:1 ack 501");
    app_send(c, 100);
    LEAVES("P. 501:601 ack 1");
    assert_int_equal(c->cwnd, 10000);
}

/* RFC 5927 7.2: an error that quotes nothing in flight is forged; one that says more changes nothing. */
static void test_path_errors_that_do_not_count(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    app_send(c, 2000);
    drain();
    assert_false(call_path_mtu(&fx.s, c, seq_of(ISS), 600));
    assert_false(call_path_mtu(&fx.s, c, seq_of(ISS + 2001), 600));
    call_path_mtu(&fx.s, c, seq_of(ISS + 1), 1000);
    call_path_mtu(&fx.s, c, seq_of(ISS + 1), 1400);
    assert_int_equal(c->mss, 1000);
    LEAVES("");
    call_path_mtu(&fx.s, c, seq_of(ISS + 2000), 10);
    assert_int_equal(c->mss, 88);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_open_chooses_a_free_port),
        TEST(test_open_takes_the_port_asked_for_once),
        TEST(test_open_without_room),
        TEST(test_open_without_memory),
        TEST(test_receive_in_each_state),
        TEST(test_receive_in_parts),
        TEST(test_receive_the_end),
        TEST(test_reading_opens_the_window),
        TEST(test_send_in_each_state),
        TEST(test_short_send_and_writable),
        TEST(test_send_without_memory),
        TEST(test_splice_to_itself_is_an_echo),
        TEST(test_splice_to_another),
        TEST(test_splice_reads),
        TEST(test_splice_into_a_full_one),
        TEST(test_splice_errors),
        TEST(test_shutdown_in_each_state),
        TEST(test_close_in_each_state),
        TEST(test_close_with_unread_bytes_is_a_reset),
        TEST(test_close_sends_what_is_queued_first),
        TEST(test_no_event_after_close),
        TEST(test_abort_in_each_state),
        TEST(test_abort_of_an_orphan),
        TEST(test_ready_in_each_state),
        TEST(test_ready_changes),
        TEST(test_smaller_path_cuts_anew),
        TEST(test_smaller_path_is_no_idleness),
        TEST(test_path_errors_that_do_not_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
