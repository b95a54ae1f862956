/* SPDX-License-Identifier: BSD-2-Clause
 *
 * stack/list: everything that is open is told of once, in pieces as small as one likes, and is forgotten when
 * the program has let go of it. Two stacks in one process have connections in every state that lasts.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <runnel.h>

#define MS INT64_C(1000000)

struct world {
    struct rn_stack *client, *server;
    rn_time now;
    rn_sock open[4], accepted[4]; /* of the server */
    int accepts;
};

static struct rn_stack *start(struct rn_dev *end, const char *address, uint32_t half_open)
{
    struct rn_options o = {
        .connections = 8, .half_open = half_open, .time_wait = 64, .conflict = RN_CONFLICT_OFF};
    struct rn_stack *net = NULL;
    char err[RN_ERRBUF];

    assert_int_equal(rn_open(&net, &o, err), 0);
    assert_int_equal(rn_add_device(net, end, err), 0);
    assert_int_equal(rn_add_address(net, address, err), 0);
    return net;
}

/* Rounds of both, a millisecond each. */
static void rounds(struct world *w, int n)
{
    struct rn_event ev;

    while (n-- > 0) {
        w->now += MS;
        rn_poll(w->client, w->now);
        while (rn_next(w->client, &ev))
            ;
        rn_flush(w->client, w->now);
        rn_poll(w->server, w->now);
        while (rn_next(w->server, &ev))
            if (ev.mask & RN_ACCEPTED)
                w->accepted[w->accepts++] = ev.sock;
        rn_flush(w->server, w->now);
    }
}

/* Of the server's side: LISTEN, two ESTABLISHED, CLOSE-WAIT, TIME-WAIT, a datagram socket. */
static void begin(struct world *w)
{
    struct rn_dev *ends[2];

    *w = (struct world){.now = 1000 * MS};
    assert_int_equal(rn_dev_pair(ends, NULL, NULL), 0);
    w->client = start(ends[0], "10.7.0.1/24", 64);
    w->server = start(ends[1], "10.7.0.7/24", 64);
    assert_true(rn_listen(w->server, RN_TCP, "10.7.0.7:7", NULL) > 0);
    assert_true(rn_listen(w->server, RN_UDP, "0.0.0.0:53", NULL) > 0);
    for (int i = 0; i < 4; i++) {
        char from[] = "10.7.0.1:1000";

        from[12] = (char)('0' + i);
        w->open[i] = rn_connect(w->client, RN_TCP, "10.7.0.7:7", from, NULL);
        assert_true(w->open[i] > 0);
        rounds(w, 10);
    }
    assert_int_equal(w->accepts, 4);
    rn_close(w->server, w->accepted[3]); /* which so comes to TIME-WAIT */
    rounds(w, 10);
    rn_close(w->client, w->open[3]);
    rn_shutdown(w->client, w->open[2]);
    rounds(w, 10);
}

static void end(struct world *w)
{
    rn_destroy(w->client);
    rn_destroy(w->server);
}

/* The list as lines, with so many looks for each call; returns how many calls it took. */
static int print(struct rn_stack *net, uint32_t looks, char *text, size_t size)
{
    struct rn_cursor cursor = {0};
    struct rn_info info;
    size_t at = 0;
    int rc, calls = 0;

    text[0] = 0;
    do {
        cursor.looks = looks;
        calls++;
        while ((rc = rn_next_socket(net, &cursor, &info)) > 0)
            at += (size_t)snprintf(text + at, size - at, "%d %s %s %s%s\n", info.protocol,
                                   rn_state_name(info.state), info.local, info.peer,
                                   info.sock ? "" : " nobody's");
    } while (rc == -EAGAIN);
    assert_int_equal(rc, 0);
    return calls;
}

static const char all[] = "6 LISTEN 10.7.0.7:7 \n"
                          "17 CLOSED 0.0.0.0:53 \n"
                          "6 ESTABLISHED 10.7.0.7:7 10.7.0.1:1000\n"
                          "6 ESTABLISHED 10.7.0.7:7 10.7.0.1:1001\n"
                          "6 CLOSE-WAIT 10.7.0.7:7 10.7.0.1:1002\n"
                          "6 TIME-WAIT 10.7.0.7:7 10.7.0.1:1003 nobody's\n";

static void everything_is_told_of_once(void **state)
{
    struct world w;
    char text[1024];

    (void)state;
    begin(&w);
    assert_int_equal(print(w.server, 1000, text, sizeof text), 1);
    assert_string_equal(text, all);
    end(&w);
}

/* 16 places for listeners, of which one is used, 1 record of a datagram socket, 4 of connections that were
 * ever used, 1 half open, 1 in TIME-WAIT: 23 looks. */
static void no_call_looks_more_often_than_it_may(void **state)
{
    struct world w;
    char text[1024];

    (void)state;
    begin(&w);
    assert_int_equal(print(w.server, 1, text, sizeof text), 23);
    assert_string_equal(text, all);
    assert_int_equal(print(w.server, 7, text, sizeof text), 4);
    assert_string_equal(text, all);
    end(&w);
}

static void numbers_are_those_of_the_program(void **state)
{
    struct rn_cursor cursor = {.looks = 1000};
    struct rn_info info, same;
    struct world w;
    int known = 0;

    (void)state;
    begin(&w);
    while (rn_next_socket(w.server, &cursor, &info) > 0) {
        if (!info.sock)
            continue;
        assert_int_equal(rn_info(w.server, info.sock, &same), 0);
        assert_string_equal(same.local, info.local);
        assert_string_equal(same.peer, info.peer);
        known += info.sock == w.accepted[0] || info.sock == w.accepted[1] || info.sock == w.accepted[2];
    }
    assert_int_equal(known, 3);
    end(&w);
}

/* What the program has let go of is listed as long as it closes, and a half-open one as long as it is that.
 */
static void what_is_nobodys_is_told_of(void **state)
{
    struct world w;
    char text[1024];

    (void)state;
    begin(&w);
    rn_close(w.server, w.accepted[0]);
    rounds(&w, 10);
    print(w.server, 1000, text, sizeof text);
    assert_non_null(strstr(text, "6 FIN-WAIT-2 10.7.0.7:7 10.7.0.1:1000 nobody's\n"));

    /* Its SYN arrives, and nothing of what comes after. */
    assert_true(rn_connect(w.client, RN_TCP, "10.7.0.7:7", "10.7.0.1:1005", NULL) > 0);
    rn_flush(w.client, w.now);
    rn_poll(w.server, w.now);
    rn_flush(w.server, w.now);
    print(w.server, 1000, text, sizeof text);
    assert_non_null(strstr(text, "6 SYN-RECEIVED 10.7.0.7:7 10.7.0.1:1005 nobody's\n"));
    end(&w);
}

static void what_is_nobodys_is_forgotten(void **state)
{
    struct rn_cursor cursor = {0};
    struct rn_stats before, after;
    struct world w;
    char text[1024];
    int calls = 1;

    (void)state;
    begin(&w);
    rn_close(w.server, w.accepted[0]);
    rounds(&w, 10);
    rn_stats(w.client, &before);
    cursor.looks = 10;
    while (rn_forget(w.server, &cursor) == -EAGAIN) {
        cursor.looks = 10;
        calls++;
    }
    assert_int_equal(calls, 3);
    rounds(&w, 1);
    rounds(&w, 1);
    rn_stats(w.client, &after);
    assert_int_equal(after.resets_in - before.resets_in, 1);
    print(w.server, 1000, text, sizeof text);
    assert_string_equal(text, "6 LISTEN 10.7.0.7:7 \n"
                              "17 CLOSED 0.0.0.0:53 \n"
                              "6 ESTABLISHED 10.7.0.7:7 10.7.0.1:1001\n"
                              "6 CLOSE-WAIT 10.7.0.7:7 10.7.0.1:1002\n");
    end(&w);
}

static void bad_arguments_are_refused(void **state)
{
    struct rn_cursor cursor = {.at = UINT64_MAX, .looks = 1};
    struct rn_info info;
    struct world w;

    (void)state;
    begin(&w);
    assert_int_equal(rn_next_socket(NULL, &cursor, &info), -EINVAL);
    assert_int_equal(rn_next_socket(w.server, NULL, &info), -EINVAL);
    assert_int_equal(rn_next_socket(w.server, &cursor, NULL), -EINVAL);
    assert_int_equal(rn_forget(NULL, &cursor), -EINVAL);
    assert_int_equal(rn_forget(w.server, NULL), -EINVAL);
    /* A cursor that is nowhere is at the end. */
    assert_int_equal(rn_next_socket(w.server, &cursor, &info), 0);
    assert_int_equal(rn_forget(w.server, &cursor), 0);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_told_of_once),
        cmocka_unit_test(no_call_looks_more_often_than_it_may),
        cmocka_unit_test(numbers_are_those_of_the_program),
        cmocka_unit_test(what_is_nobodys_is_told_of),
        cmocka_unit_test(what_is_nobodys_is_forgotten),
        cmocka_unit_test(bad_arguments_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
