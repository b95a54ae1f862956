/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A test that reads as a packet trace. One Runnel stack stands at one end of a pair device on virtual time;
 * the test is the peer at the other end, and the application.
 *
 *      app_listen();
 *      in("S 0:0 win 64240 <mss 1460>");         the peer sends
 *      out("S. 0:0 ack 1 <mss link>");           the stack has sent exactly this, next
 *      in(". 1:1 ack 1");
 *      app_accept();
 *      app_send(100);
 *      out("P. 1:101 ack 1");
 *      after(200, "P. 1:101 ack 1");             and sends this in 200 ms, nothing else before
 *
 * A segment is FLAGS SEQ:END [ack N] [win N] [urg N] [ect|ce] [<options>], flags being S F R P U E W and .
 * for ACK. Numbers count from each side's initial sequence number (0: its SYN), END - SEQ is the payload,
 * whose bytes are a function of their number and checked whenever they come out. What is not written is not
 * compared, but options and the IP header's ECN field are: none written, none sent; <*> is any, <mss 1460,*>
 * those and any. For in(), options stand in the order written: mss N, mss link (what fits the link's MTU),
 * wscale N, sackOK, ts VALUE:ECHO, sack LEFT:RIGHT ..., nop, eol, raw HEX. The stack's timestamps count
 * milliseconds from its first, which is echoed as +0 (0: nothing is); ts * is any, ts *:ECHO any that echoes
 * this. In in() win is 64240 unless written. Unless a test says otherwise the stack offers neither timestamps
 * nor SACK.
 *
 * Every frame that the stack sends is decoded and checked: link and network addresses, lengths, both
 * checksums, don't fragment, TTL. Every trace runs over IPv4 and over IPv6 from the same text. Set-up and
 * tear-down assert that all pools are full; tear-down also that nothing was sent which the trace does not
 * tell.
 */
#ifndef TRACE_H
#define TRACE_H

#include <runnel.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <errno.h>

#define TRACE_HERE    __FILE__, __LINE__
#define TRACE_LIKE(n) __attribute__((format(printf, n, n + 1)))

enum { TRACE_FRAME = 2048, TRACE_MTU = 1500, PEER_PORT = 40000, LOCAL_PORT = 7, ACTIVE_PORT = 5000 };

enum trace_state {
    CLOSED,
    LISTEN,
    SYN_SENT,
    SYN_RECEIVED,
    ESTABLISHED,
    FIN_WAIT_1,
    FIN_WAIT_2,
    CLOSE_WAIT,
    CLOSING,
    LAST_ACK,
    TIME_WAIT
};

/* ---- the wire ------------------------------------------------------------------------------------------ */
void trace_in(const char *file, int line, const char *format, ...) TRACE_LIKE(3);
void trace_put(const char *file, int line, const char *format, ...) TRACE_LIKE(3);
void trace_out(const char *file, int line, const char *format, ...) TRACE_LIKE(3);
void trace_between(const char *file, int line, double from_ms, double to_ms, const char *format, ...)
    TRACE_LIKE(5);
void trace_quiet(const char *file, int line);

#define in(...)  trace_in(TRACE_HERE, __VA_ARGS__)  /* the peer sends; the stack takes a round */
#define put(...) trace_put(TRACE_HERE, __VA_ARGS__) /* the peer sends; the round comes with the next in() */
#define out(...) trace_out(TRACE_HERE, __VA_ARGS__) /* the next thing that the stack has sent is this */
#define quiet()  trace_quiet(TRACE_HERE)            /* it has sent nothing more */

/* Nothing is sent for that many ms, then this; the clock stands there afterwards. within() also takes what
 * has been sent already. */
#define after(ms, ...)       trace_between(TRACE_HERE, ms, (ms) + 2, __VA_ARGS__)
#define within(ms, ...)      trace_between(TRACE_HERE, 0, ms, __VA_ARGS__)
#define between(lo, hi, ...) trace_between(TRACE_HERE, lo, hi, __VA_ARGS__)

void advance(double ms); /* time passes; what is sent waits for out() */
double trace_ms(void);   /* the clock */
double trace_due(void);  /* in so many ms the stack wants a round although nothing arrives; negative: never */
int trace_skip(void);    /* forgets what was sent and not looked at; returns how many frames */
void trace_fresh(void);  /* as at the test's beginning, with another stack; the one that was is torn down */
void trace_flow(uint16_t peer_port, uint16_t local_port); /* the connection that is talked of from here on */
uint32_t trace_iss(void);            /* the stack's first number as it stood on the wire */
void trace_count_from(uint32_t iss); /* where nothing is known of it: count from there */

/* Frames by hand, for what a segment cannot say. make() writes the frame of a segment, send_raw() gives it to
 * the stack as it is; trace_sum() puts right checksums in again. trace_taken() is the next frame sent, NULL:
 * none. */
size_t trace_make(uint8_t frame[TRACE_FRAME], const char *format, ...) TRACE_LIKE(2);
void trace_sum(uint8_t *frame, size_t len);
void trace_tag(int control, bool taken_out); /* 802.1Q, of the peer's frames from here on; -1: none */
void trace_merged(uint16_t gso_size);        /* so are the peer's frames from here on; 0: they are not */
void trace_raw(const uint8_t *frame, size_t len);
const uint8_t *trace_taken(size_t *len);
bool v6(void);
size_t ip_len(void);     /* of an IP header: 20 or 40 */
uint32_t link_mss(void); /* 1460 or 1440, unless trace_mtu() says otherwise */

void trace_link(enum rn_link link); /* of the stack's device, which the application hears of */

/* ICMP errors from a router, quoting the segment that the stack sent with that number. */
void in_too_big(uint32_t mtu, uint32_t quoted_seq);
void in_unreachable(uint8_t code, uint32_t quoted_seq);
void in_icmp(uint8_t type, uint8_t code, uint32_t word, uint32_t quoted_seq);

/* ---- the application, which sees to it that its words are sent at once ------------------------------------
 */
void trace_options(const struct rn_options *options); /* first in a test that wants other than the usual */
void trace_no_neighbour(void);  /* the same: the peer's link address is to be asked for */
void trace_mtu(uint32_t mtu);   /* the same: the link's, instead of TRACE_MTU */
void trace_vlan(uint16_t vlan); /* the same: the stack's VLAN, and the peer's */
void trace_gateway(void); /* the same: the peer is on no link of the stack's, but behind a gateway that is */
void trace_conflict(
    enum rn_conflict conflict); /* the same: the address is asked for, instead of used at once */
void app_listen(void);
void app_connect(void);               /* from ACTIVE_PORT to PEER_PORT */
void app_connect_from(uint16_t port); /* the same from another port */
void app_accept(void);
void app_queue(size_t n); /* rn_send, without a flush */
void app_send(size_t n);  /* all n fit */
void app_recv(size_t n);  /* there are n at least */
void app_read_end(void);
void app_read_nothing(void);  /* -EAGAIN */
void app_splice(ptrdiff_t n); /* rn_splice to itself gives n */
void app_shutdown(void);
void app_close(void);
void app_abort(void);
void app_event(
    uint32_t mask); /* the next event is the socket's and exactly this; RN_WRITABLE may come unasked */
void app_failed(int error);     /* it is RN_FAILED with that error, and the number is stale */
bool app_has_failed(int error); /* false: not yet, and nothing else has happened either */
void app_no_event(void);
void app_stale(void); /* the socket's number is stale */
struct rn_stack *trace_net(void);
rn_sock trace_sock(void);
rn_sock trace_listener(void);           /* of app_listen; 0: none yet */
void trace_use(rn_sock sock);           /* the socket that the words are about from here on */
uint64_t trace_drops(const char *name); /* how often packets were dropped for that reason */

/* The state by RFC 9293 3.3.2, reached by a passive open (SYN-SENT: by an active one), 0 bytes either way,
 * with in() at the peer's number 1 (2 after its FIN) and the stack at 1 (2 after its FIN). */
void reach(enum trace_state state);
void reach_again(enum trace_state state); /* a further connection, where the listener stands already */
void trace_close_listener(void);
/* Established with a peer whose MSS and window are these. */
void establish_with(unsigned mss, unsigned window);
/* Then a round trip of 20 ms is measured, so that the timeout is its least, 200 ms. The stack is at 2 then.
 */
void measure(void);
void state_is(enum trace_state state); /* as rn_info tells it */

/* ---- running ------------------------------------------------------------------------------------------- */
struct trace_test {
    const char *name;
    void (*run)(void);
    int families;                   /* 4, 6, or 0: both */
    void (*run_with)(const void *); /* instead of run, for tests that are a row of a table each ... */
    const void *with;               /* ... with that row */
};
#define TRACE(f)                                                                                             \
    {                                                                                                        \
        .name = #f, .run = f                                                                                 \
    }
#define TRACE4(f)                                                                                            \
    {                                                                                                        \
        .name = #f, .run = f, .families = 4                                                                  \
    }
#define TRACE6(f)                                                                                            \
    {                                                                                                        \
        .name = #f, .run = f, .families = 6                                                                  \
    }
int trace_main(const char *group, const struct trace_test *tests, size_t n);
#define TRACE_MAIN(group, tests)                                                                             \
    int main(void)                                                                                           \
    {                                                                                                        \
        return trace_main(group, tests, sizeof tests / sizeof tests[0]);                                     \
    }

#endif
