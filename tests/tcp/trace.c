/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The packet-trace harness: what trace.h promises. The peer is nothing but an encoder and a decoder: it has
 * no TCP of its own, so what it expects comes from the test's text alone. A trace holds the stack, the far
 * end of its pair, the clock, and what the stack has sent and nobody has looked at yet; everything runs to a
 * standstill after each word of the test. segment.c reads and writes the words, this file does the rest.
 */
#include "harness.h"

#include "base/time.h"
#include "wire/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ROUNDS = 1000 };

static const uint8_t peer_mac[6] = {2, 0, 0, 0, 0, 1};

struct trace *trace;

/* ---- failing ------------------------------------------------------------------------------------------- */

void trace_fail(const char *file, int line, const char *what, const char *wanted, const struct kept *got)
{
    char shown[300] = "nothing";

    if (got)
        print_frame(shown, sizeof shown, got->bytes, got->len, true);
    print_error("%s:%d: %s\n    wanted: %s\n    sent:   %s (stack's first number %u)\n    at %.3f ms\n", file,
                line, what, wanted, shown, trace->flow.stack_iss, trace_ms());
    _fail(file, line);
}

/* ---- making and running -------------------------------------------------------------------------------- */

const char *trace_address(bool peer)
{
    if (v6())
        return peer ? "fd00::1" : "fd00::7";
    return peer ? "10.0.0.1" : "10.0.0.7";
}

static void check_pools(const char *when)
{
    struct rn_stats stats;

    rn_stats(trace->net, &stats);
    for (int i = 0; i < RN_POOLS && stats.use[i].name; i++)
        if (stats.use[i].used != 0 && strcmp(stats.use[i].name, "neighbours") != 0) {
            print_error("%s: pool %s holds %llu\n", when, stats.use[i].name,
                        (unsigned long long)stats.use[i].used);
            _fail(__FILE__, __LINE__);
        }
}

/* Behind the gateway stands all the world but these few. */
static int prefix_bits(void)
{
    if (trace->gateway)
        return v6() ? 126 : 31;
    return v6() ? 64 : 24;
}

static const char *next_hop(void)
{
    if (trace->gateway)
        return v6() ? "fd00::6" : "10.0.0.6";
    return trace_address(true);
}

/* The stack comes into being with the test's first word, when the options are known. */
struct trace *trace_need(void)
{
    struct rn_pair_options pair = {.mtu = trace->mtu, .slots = 256};
    struct rn_host host = {.seed = {1, 2, 3, 4, 5, 6, 7, 8}};
    struct rn_dev *ends[2];
    char err[RN_ERRBUF] = "", text[80], mac[18];

    if (trace->made)
        return trace;
    trace->made = true;
    trace->options.conflict = trace->conflict;
    must(rn_dev_pair(ends, &pair, err) == 0);
    trace->wire = ends[1];
    trace->own = ends[0];
    trace->memory_bytes = rn_need(&trace->options);
    trace->memory =
        mmap(NULL, trace->memory_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(trace->memory != MAP_FAILED);
    must(rn_init(&trace->net, &trace->options, trace->memory, trace->memory_bytes, &host, err) == 0);
    ends[0]->vlan = trace->vlan;
    must(rn_add_device(trace->net, ends[0], err) == 0);
    memcpy(trace->flow.mac[0], peer_mac, 6);
    memcpy(trace->flow.mac[1], ends[0]->mac, 6);
    snprintf(text, sizeof text, "%s/%d", trace_address(false), prefix_bits());
    must(rn_add_address(trace->net, text, err) == 0);
    addr_print_mac(mac, peer_mac);
    if (trace->neighbour)
        must(rn_add_neighbour(trace->net, next_hop(), mac, err) == 0);
    if (trace->gateway)
        must(rn_add_route(trace->net, v6() ? "::/0" : "0.0.0.0/0", next_hop(), err) == 0);
    must(addr_parse(trace_address(true), &trace->flow.addr[0]) &&
         addr_parse(trace_address(false), &trace->flow.addr[1]));
    rn_poll(trace->net, trace->now);
    trace->due = rn_flush(trace->net, trace->now);
    check_pools("set-up");
    return trace;
}

void trace_link(enum rn_link link)
{
    struct rn_event ev;

    trace_need()->own->link = (uint8_t)link;
    rn_flush(trace->net, trace->now); /* after which no round ends before the application has heard of it */
    must(rn_next(trace->net, &ev) && ev.mask == RN_LINK && !rn_next(trace->net, &ev));
    trace_run();
}

/* Takes out the tag that everything from a VLAN has. */
static void check_tag(struct kept *k)
{
    must(k->len > 18 && k->bytes[12] == 0x81 && k->bytes[13] == 0 && k->bytes[14] == trace->vlan >> 8 &&
         k->bytes[15] == (trace->vlan & 0xff));
    k->len -= 4;
    memmove(k->bytes + 12, k->bytes + 16, k->len - 12);
}

/* Keeps what the stack has sent. */
static int collect(void)
{
    struct rn_frame frames[64];
    int n = trace->wire->ops->burst(trace->wire, frames, 64, trace->now);

    for (int i = 0; i < n; i++) {
        struct kept *k = &trace->kept[(trace->first + trace->count++) % KEPT];

        must(trace->count <= KEPT && frames[i].len <= TRACE_FRAME);
        k->at = trace->now;
        k->len = frames[i].len;
        memcpy(k->bytes, frames[i].data, frames[i].len);
        if (trace->vlan)
            check_tag(k);
    }
    if (n > 0)
        trace->wire->ops->release(trace->wire, n);
    return n;
}

/* Rounds at the present moment until nothing happens any more. */
void trace_run(void)
{
    int rounds = 0, moved;

    do {
        moved = rn_poll(trace_need()->net, trace->now);
        trace->due = rn_flush(trace->net, trace->now);
        moved += collect();
        must(++rounds < ROUNDS);
    } while (moved > 0 || trace->due <= trace->now);
}

static void run_to(rn_time then, bool stop_at_frame)
{
    trace_run();
    while (trace->due < then && !(stop_at_frame && trace->count > 0)) {
        trace->now = trace->due;
        trace_run();
    }
    if (stop_at_frame && trace->count > 0)
        return;
    trace->now = then;
    trace_run();
}

void advance(double ms)
{
    trace_need();
    run_to(trace->now + (rn_time)(ms * 1e6), false);
}

double trace_ms(void)
{
    return (double)(trace->now - TIME_S) / 1e6;
}

double trace_due(void)
{
    return trace->due == RN_FOREVER ? -1 : (double)(trace->due - trace->now) / 1e6;
}

int trace_skip(void)
{
    int n = (int)trace->count;

    trace->count = 0;
    return n;
}

void trace_flow(uint16_t peer_port, uint16_t local_port)
{
    trace_need();
    trace->flow.port[0] = peer_port;
    trace->flow.port[1] = local_port;
    trace->flow.iss_known = trace->flow.ts_known = false;
    trace->flow.stack_iss = UNKNOWN_ISS;
}

uint32_t trace_iss(void)
{
    return trace->flow.stack_iss;
}

void trace_count_from(uint32_t iss)
{
    trace_need()->flow.stack_iss = iss;
}

bool v6(void)
{
    return trace->version6;
}

size_t ip_len(void)
{
    return v6() ? 40 : 20;
}

uint32_t link_mss(void)
{
    return (uint32_t)(trace->mtu - 20 - ip_len());
}

struct rn_stack *trace_net(void)
{
    return trace_need()->net;
}

rn_sock trace_sock(void)
{
    return trace->sock;
}

rn_sock trace_listener(void)
{
    return trace_need()->listener;
}

void trace_use(rn_sock sock)
{
    trace->sock = sock;
}

/* ---- the wire ------------------------------------------------------------------------------------------ */

static void put_tag(struct rn_frame *slot)
{
    if (trace->tag_taken_out) {
        slot->flags |= RN_VLAN;
        slot->vlan = (uint16_t)trace->tag;
        return;
    }
    memmove(slot->data + 16, slot->data + 12, slot->len - 12);
    slot->len += 4;
    slot->data[12] = 0x81;
    slot->data[13] = 0;
    slot->data[14] = (uint8_t)(trace->tag >> 8);
    slot->data[15] = (uint8_t)trace->tag;
}

static void inject(const uint8_t *frame, size_t len)
{
    struct rn_frame slot;

    must(trace->wire->ops->reserve(trace->wire, &slot, 1, trace->now) == 1 && slot.room >= len + 4);
    memcpy(slot.data, frame, len);
    slot.len = (uint32_t)len;
    if (trace->tag >= 0)
        put_tag(&slot);
    slot.gso_size = trace->gso_size;
    slot.flags |= trace->gso_size ? RN_MERGED : 0;
    trace->wire->ops->commit(trace->wire, &slot, 1);
    trace->wire->ops->sync(trace->wire, trace->now);
}

void trace_raw(const uint8_t *frame, size_t len)
{
    trace_need();
    inject(frame, len);
    trace_run();
}

static void send_segment(const char *file, int line, const char *format, va_list list)
{
    uint8_t frame[TRACE_FRAME];
    char text[300];
    struct segment s;

    trace_need();
    vsnprintf(text, sizeof text, format, list);
    if (!segment_parse(text, true, link_mss(), &trace->flow, &s))
        trace_fail(file, line, "not a segment", text, NULL);
    inject(frame, segment_encode(&s, &trace->flow, frame));
}

void trace_put(const char *file, int line, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    send_segment(file, line, format, list);
    va_end(list);
}

void trace_in(const char *file, int line, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    send_segment(file, line, format, list);
    va_end(list);
    trace_run();
}

size_t trace_make(uint8_t frame[TRACE_FRAME], const char *format, ...)
{
    char text[300];
    struct segment s;
    va_list list;

    trace_need();
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    must(segment_parse(text, true, link_mss(), &trace->flow, &s));
    return segment_encode(&s, &trace->flow, frame);
}

static const struct kept *take(void)
{
    const struct kept *k = &trace->kept[trace->first];

    if (trace->count == 0)
        return NULL;
    trace->first = (trace->first + 1) % KEPT;
    trace->count--;
    return k;
}

const uint8_t *trace_taken(size_t *len)
{
    const struct kept *k = take();

    if (!k)
        return NULL;
    *len = k->len;
    return k->bytes;
}

static void expect(const char *file, int line, const char *text)
{
    const struct kept *k = take();
    struct segment wanted;
    const char *why;

    if (!segment_parse(text, false, link_mss(), &trace->flow, &wanted))
        trace_fail(file, line, "not a segment", text, NULL);
    if (!k) {
        trace_fail(file, line, "nothing was sent", text, NULL);
        return;
    }
    why = segment_differs(&wanted, &trace->flow, k->bytes, k->len);
    if (why)
        trace_fail(file, line, why, text, k);
}

void trace_out(const char *file, int line, const char *format, ...)
{
    char text[300];
    va_list list;

    trace_need();
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    expect(file, line, text);
}

void trace_quiet(const char *file, int line)
{
    if (trace->count > 0)
        trace_fail(file, line, "was to be quiet", "nothing", take());
}

void trace_between(const char *file, int line, double from_ms, double to_ms, const char *format, ...)
{
    rn_time from = trace->now + (rn_time)(from_ms * 1e6), to = trace->now + (rn_time)(to_ms * 1e6);
    char text[300];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (from > trace->now)
        trace_quiet(file, line);
    run_to(to, true);
    if (trace->count > 0 && trace->kept[trace->first].at < from)
        trace_fail(file, line, "came too early", text, take());
    expect(file, line, text);
}

/* ---- odds and ends ------------------------------------------------------------------------------------- */

void trace_sum(uint8_t *frame, size_t len)
{
    segment_sum(frame, len);
}

void trace_options(const struct rn_options *options)
{
    must(!trace->made);
    trace->options = *options;
}

void trace_no_neighbour(void)
{
    must(!trace->made);
    trace->neighbour = false;
}

void trace_conflict(enum rn_conflict conflict)
{
    must(!trace->made);
    trace->conflict = conflict;
}

void trace_vlan(uint16_t vlan)
{
    must(!trace->made);
    trace->vlan = vlan;
    trace->tag = vlan;
}

void trace_tag(int control, bool taken_out)
{
    trace->tag = control;
    trace->tag_taken_out = taken_out;
}

void trace_merged(uint16_t gso_size)
{
    trace->gso_size = gso_size;
}

void trace_gateway(void)
{
    must(!trace->made);
    trace->gateway = true;
}

void trace_mtu(uint32_t mtu)
{
    must(!trace->made);
    trace->mtu = mtu;
}

uint64_t trace_drops(const char *name)
{
    struct rn_stats stats;

    rn_stats(trace_need()->net, &stats);
    for (int i = 0; i < RN_DROPS && rn_drop_name(i); i++)
        if (strcmp(rn_drop_name(i), name) == 0)
            return stats.drops[i];
    must(!"a drop reason of that name");
    return 0;
}

/* ---- running ------------------------------------------------------------------------------------------- */

static int set_up(void **state)
{
    (void)state;
    trace->made = false;
    trace->neighbour = true;
    trace->mtu = TRACE_MTU;
    trace->vlan = 0;
    trace->tag = -1;
    trace->gso_size = 0;
    trace->tag_taken_out = false;
    trace->gateway = false;
    trace->conflict = RN_CONFLICT_OFF;
    trace->options = (struct rn_options){.connections = 64,
                                         .receive_bytes = 40000,
                                         .receive_bytes_max = 40000,
                                         .send_bytes = 100000,
                                         .send_bytes_max = 100000,
                                         .congestion = "newreno",
                                         .no_timestamps = 1,
                                         .no_sack = 1};
    trace->now = TIME_S;
    trace->first = trace->count = 0;
    trace->listener = trace->sock = 0;
    trace->flow =
        (struct flow){.peer_iss = PEER_ISS, .stack_iss = UNKNOWN_ISS, .port = {PEER_PORT, LOCAL_PORT}};
    return 0;
}

/* What is left goes silently; then, TIME-WAIT and all retries over, every pool must be full. */
static int tear_down(void **state)
{
    struct rn_event ev;

    (void)state;
    if (!trace->made)
        return 0;
    trace_quiet(__FILE__, __LINE__);
    if (trace->sock > 0)
        rn_abort(trace->net, trace->sock);
    if (trace->listener > 0)
        rn_close(trace->net, trace->listener);
    advance(1100.0 * 1000);
    while (rn_next(trace->net, &ev))
        rn_abort(trace->net, ev.sock);
    advance(200.0 * 1000);
    trace_skip();
    check_pools("tear-down");
    rn_destroy(trace->net);
    trace->wire->ops->close(trace->wire);
    munmap(trace->memory, trace->memory_bytes);
    return 0;
}

void trace_fresh(void)
{
    tear_down(NULL);
    set_up(NULL);
}

static void play(void **state)
{
    const struct trace_test *test = *state;

    if (test->run_with)
        test->run_with(test->with);
    else
        test->run();
}

static int set_up6(void **state)
{
    trace->version6 = true;
    return set_up(state);
}

static int set_up4(void **state)
{
    trace->version6 = false;
    return set_up(state);
}

int trace_main(const char *group, const struct trace_test *tests, size_t n)
{
    struct CMUnitTest *units = calloc(2 * n, sizeof *units);
    char(*names)[120] = calloc(2 * n, sizeof *names);
    size_t count = 0;
    int failed;

    trace = calloc(1, sizeof *trace);
    if (!units || !names || !trace)
        return 1;
    for (size_t i = 0; i < n; i++)
        for (int family = 4; family <= 6; family += 2) {
            if (tests[i].families && tests[i].families != family)
                continue;
            snprintf(names[count], sizeof names[count], "%s, IPv%d", tests[i].name, family);
            units[count] = (struct CMUnitTest){names[count], play, family == 6 ? set_up6 : set_up4, tear_down,
                                               (void *)(uintptr_t)&tests[i]};
            count++;
        }
    failed = _cmocka_run_group_tests(group, units, count, NULL, NULL);
    free(names);
    free(units);
    free(trace);
    return failed != 0;
}
