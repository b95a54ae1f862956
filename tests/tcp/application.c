/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The application of a trace: each word of the test is one call of the API whose result is checked, then a
 * round, so that what it sends stands on the wire at once. And the one-line ways into every state. See
 * trace.h.
 */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the application ----------------------------------------------------------------------------------- */

static void whole(char text[80], bool peer, uint16_t port)
{
    snprintf(text, 80, v6() ? "[%s]:%u" : "%s:%u", trace_address(peer), port);
}

void app_listen(void)
{
    char where[80], err[RN_ERRBUF] = "";

    trace_need();
    whole(where, false, trace->flow.port[1]);
    trace->listener = rn_listen(trace->net, RN_TCP, where, err);
    must(trace->listener > 0);
    trace_run();
}

void trace_close_listener(void)
{
    must(rn_close(trace->net, trace->listener) == 0);
    trace->listener = 0;
    trace_run();
}

void app_connect_from(uint16_t port)
{
    char to[80], from[80], err[RN_ERRBUF] = "";

    trace_need();
    trace_flow(PEER_PORT, port);
    whole(to, true, PEER_PORT);
    whole(from, false, port);
    trace->sock = rn_connect(trace->net, RN_TCP, to, from, err);
    must(trace->sock > 0);
    trace->app_sent = trace->app_got = 1;
    trace_run();
}

void app_connect(void)
{
    app_connect_from(ACTIVE_PORT);
}

static struct rn_event next_event(const char *what)
{
    struct rn_event ev = {0};

    if (!rn_next(trace->net, &ev))
        trace_fail(__FILE__, __LINE__, what, "an event", NULL);
    return ev;
}

void app_accept(void)
{
    struct rn_event ev = next_event("app_accept");

    must(ev.mask & RN_ACCEPTED);
    assert_int_equal(ev.listener, trace->listener);
    trace->sock = ev.sock;
    trace->app_sent = trace->app_got = 1;
}

void app_queue(size_t n)
{
    uint8_t *bytes = malloc(n + 1);

    must(bytes != NULL);
    segment_fill(bytes, SIDE_STACK, trace->app_sent, n);
    assert_int_equal(rn_send(trace->net, trace->sock, bytes, n), (ptrdiff_t)n);
    trace->app_sent += (uint32_t)n;
    free(bytes);
}

void app_send(size_t n)
{
    app_queue(n);
    trace_run();
}

void app_recv(size_t n)
{
    uint8_t *bytes = malloc(n + 1);
    size_t got = 0;

    must(bytes != NULL);
    while (got < n) {
        ptrdiff_t more = rn_recv(trace->net, trace->sock, bytes + got, n - got);

        assert_in_range(more, 1, n - got);
        got += (size_t)more;
    }
    must(segment_right(bytes, SIDE_PEER, trace->app_got, n));
    trace->app_got += (uint32_t)n;
    free(bytes);
    trace_run();
}

void app_read_end(void)
{
    uint8_t byte;

    assert_int_equal(rn_recv(trace->net, trace->sock, &byte, 1), 0);
    trace_run();
}

void app_read_nothing(void)
{
    uint8_t byte;

    assert_int_equal(rn_recv(trace->net, trace->sock, &byte, 1), -EAGAIN);
}

void app_splice(ptrdiff_t n)
{
    assert_int_equal(rn_splice(trace->net, trace->sock, trace->sock, RN_ALL), n);
    trace_run();
}

void app_shutdown(void)
{
    assert_int_equal(rn_shutdown(trace->net, trace->sock), 0);
    trace_run();
}

void app_close(void)
{
    assert_int_equal(rn_close(trace->net, trace->sock), 0);
    app_stale();
    trace_run();
}

void app_abort(void)
{
    assert_int_equal(rn_abort(trace->net, trace->sock), 0);
    app_stale();
    trace_run();
}

void app_stale(void)
{
    uint8_t byte;

    assert_int_equal(rn_ready(trace->net, trace->sock), -EBADF);
    assert_int_equal(rn_recv(trace->net, trace->sock, &byte, 1), -EBADF);
    assert_int_equal(rn_close(trace->net, trace->sock), -EBADF);
}

void app_event(uint32_t mask)
{
    struct rn_event ev = next_event("app_event");

    assert_int_equal(ev.sock, trace->sock);
    assert_int_equal(ev.mask & ~(uint32_t)RN_WRITABLE, mask & ~(uint32_t)RN_WRITABLE);
    must(ev.mask & RN_WRITABLE || !(mask & RN_WRITABLE));
}

void app_failed(int error)
{
    struct rn_event ev = next_event("app_failed");

    assert_int_equal(ev.sock, trace->sock);
    must(ev.mask & RN_FAILED);
    assert_int_equal(ev.error, error);
    app_stale();
    app_no_event();
}

bool app_has_failed(int error)
{
    struct rn_event ev = {0};

    if (!rn_next(trace->net, &ev))
        return false;
    assert_int_equal(ev.mask & RN_FAILED, RN_FAILED);
    assert_int_equal(ev.error, error);
    app_stale();
    return true;
}

void app_no_event(void)
{
    struct rn_event ev = {0};

    must(!rn_next(trace->net, &ev));
}

/* ---- states -------------------------------------------------------------------------------------------- */

static const char *const state_names[] = {"CLOSED",      "LISTEN",     "SYN-SENT",   "SYN-RECEIVED",
                                          "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT",
                                          "CLOSING",     "LAST-ACK",   "TIME-WAIT"};

void state_is(enum trace_state state)
{
    struct rn_info info = {0};

    assert_int_equal(rn_info(trace->net, trace->sock, &info), 0);
    assert_string_equal(rn_state_name(info.state), state_names[state]);
}

static void establish(void)
{
    in("S 0:0 <mss link>");
    out("S. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1");
    app_accept();
    state_is(ESTABLISHED);
}

static void take_fin(void)
{
    in("F. 1:1 ack 1");
    within(500, ". 1:1 ack 2");
    app_event(RN_READABLE | RN_PEER_CLOSED);
    app_read_end();
}

/* From LISTEN on. */
void reach_again(enum trace_state state)
{
    if (state == SYN_RECEIVED) {
        in("S 0:0 <mss link>");
        out("S. 0:0 ack 1 <mss link>");
        return;
    }
    establish();
    if (state == CLOSE_WAIT || state == LAST_ACK)
        take_fin();
    if (state != ESTABLISHED && state != CLOSE_WAIT) {
        app_shutdown();
        out("F. 1:1 ack %d", state == LAST_ACK ? 2 : 1);
    }
    if (state == FIN_WAIT_2 || state == TIME_WAIT)
        in(". 1:1 ack 2");
    if (state == CLOSING) {
        in("F. 1:1 ack 1");
        out(". 2:2 ack 2");
    }
    if (state == TIME_WAIT) {
        app_close();
        in("F. 1:1 ack 2");
        out(". 2:2 ack 2");
    } else {
        state_is(state);
    }
    quiet();
}

void reach(enum trace_state state)
{
    if (state == CLOSED)
        return;
    if (state == SYN_SENT) {
        app_connect();
        out("S 0:0 <mss link,wscale 0>");
        state_is(SYN_SENT);
        return;
    }
    app_listen();
    if (state != LISTEN)
        reach_again(state);
}

void establish_with(unsigned mss, unsigned window)
{
    reach(LISTEN);
    in("S 0:0 win %u <mss %u>", window, mss);
    out("S. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1 win %u", window);
    app_accept();
}

void measure(void)
{
    app_send(1);
    out("P. 1:2 ack 1");
    advance(20);
    in(". 1:1 ack 2");
}
