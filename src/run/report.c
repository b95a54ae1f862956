/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The report is a text of lines `WORD key=value ...` (docs/report.md), made line by line as the reader takes
 * them: a reader is a place in the text and a buffer of what he has not taken yet.
 *
 *      parts:  runnel | counts | entered | drops | pool* | device* | address* | route* | socket* | end
 *                                                           ^part, index (of sockets: a cursor)
 *
 * So a reader costs the stack one buffer and, a round, one piece of at most that size; nobody waits for him,
 * and one that takes less than a buffer in 5 s is let go. Sockets come and go while he reads: each line is
 * true when it is made.
 *
 * Called by run.c, once rn_report was called: by a sleeper when the set is ready or a reader has had long
 * enough, and in rounds without a sleep, which look themselves every millisecond.
 */
#include "report.h"
#include "dev/error.h"
#include "host/local.h"
#include "host/posix.h"
#include "stack/stack.h"
#include "wire/addr.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { READERS = 4, TEXT = 16384, LINE = 2048, LOOKS = 256 /* a round and reader */, PATH = 108 };
static const rn_time patience = 5000000000, between_looks = 1000000;

struct reader {
    int fd; /* -1: nobody */
    int part, index;
    struct rn_cursor cursor;
    rn_time since;     /* when the buffer was last filled */
    uint32_t from, to; /* of text: not taken yet */
    char text[TEXT];
};

struct report {
    int listener, spare;
    int set; /* epoll: the listener and the readers */
    rn_time look_at; /* without being told that somebody is there */
    rn_time next;    /* when the next reader has had long enough */
    struct local_file file;
    char path[PATH];
    struct reader readers[READERS];
};

/* ---- the text
 *
 * A part writes its next line and returns the length; 0: it has none any more; -EAGAIN: later. */

struct line {
    char *at;
    size_t room;
};

/* Adds to the line; one that is too long is cut, and shows it by having no end. */
__attribute__((format(printf, 2, 3))) static void add(struct line *l, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(l->at, l->room, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= l->room)
        n = (int)l->room - 1;
    l->at += n;
    l->room -= (size_t)n;
}

/* A text in which blanks would be the end of the value. */
static void add_word(struct line *l, const char *key, const char *text)
{
    char *value;

    add(l, " %s=", key);
    value = l->at;
    add(l, "%s", *text ? text : "-");
    for (; value < l->at; value++)
        if ((unsigned char)*value <= ' ')
            *value = '_';
}

static bool tell_runnel(struct reader *r, struct rn_stack *net, struct line *l)
{
    (void)net;
    if (r->index > 0)
        return false;
    add(l, "runnel version=%s pid=%ld", RN_VERSION, (long)getpid());
    add_word(l, "program", program_invocation_short_name);
    return true;
}

static bool tell_counts(struct reader *r, struct rn_stack *net, struct line *l)
{
#define X(name)                                                                                              \
    {                                                                                                        \
#name, offsetof(struct rn_stats, name)                                                               \
    }
    static const struct {
        const char *name;
        size_t at;
    } counts[] = {X(rx_frames),      X(tx_frames),        X(rx_bytes),
                  X(tx_bytes),       X(segments_in),      X(segments_out),
                  X(retransmitted),  X(resets_in),        X(duplicate_acks_out),
                  X(resets_out),     X(opened_passive),   X(opened_active),
                  X(closed),         X(failed),           X(timed_out),
                  X(cookies_sent),   X(cookies_taken),    X(datagrams_in),
                  X(datagrams_out),  X(datagrams_unsent), X(unreachables_out),
                  X(evicted),        X(islands_dropped)};
#undef X
    struct rn_stats s;

    if (r->index > 0)
        return false;
    rn_stats(net, &s);
    add(l, "counts");
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        add(l, " %s=%" PRIu64, counts[i].name,
            *(const uint64_t *)(const void *)((const char *)&s + counts[i].at));
    return true;
}

static bool tell_entered(struct reader *r, struct rn_stack *net, struct line *l)
{
    struct rn_stats s;

    if (r->index > 0)
        return false;
    rn_stats(net, &s);
    add(l, "entered");
    for (int i = 0; i < RN_STATES && rn_state_name(i); i++)
        add(l, " %s=%" PRIu64, rn_state_name(i), s.entered[i]);
    return true;
}

static bool tell_drops(struct reader *r, struct rn_stack *net, struct line *l)
{
    struct rn_stats s;

    if (r->index > 0)
        return false;
    rn_stats(net, &s);
    add(l, "drops");
    for (int i = 0; i < RN_DROPS; i++)
        if (s.drops[i])
            add(l, " %s=%" PRIu64, rn_drop_name(i), s.drops[i]);
    return true;
}

static bool tell_pool(struct reader *r, struct rn_stack *net, struct line *l)
{
    struct rn_stats s;
    const struct rn_use *u = &s.use[r->index];

    rn_stats(net, &s);
    if (r->index >= RN_POOLS || !u->name)
        return false;
    add(l, "pool name=%s used=%" PRIu64 " limit=%" PRIu64 " peak=%" PRIu64 " full=%" PRIu64, u->name, u->used,
        u->limit, u->peak, u->full);
    return true;
}

static bool tell_device(struct reader *r, struct rn_stack *net, struct line *l)
{
    struct rn_dev *devices[STACK_DEVICES];
    const struct rn_dev *d;
    char mac[18];

    if (r->index >= stack_devices(net, devices))
        return false;
    d = devices[r->index];
    addr_print_mac(mac, d->mac);
    add(l, "device number=%d kind=%s mac=%s mtu=%u", r->index, d->ops->kind, mac, (unsigned)d->mtu);
    if (d->mode)
        add(l, " mode=%s", d->mode);
    add(l, " rx_frames=%" PRIu64 " tx_frames=%" PRIu64 " rx_bytes=%" PRIu64 " tx_bytes=%" PRIu64,
        d->rx_frames, d->tx_frames, d->rx_bytes, d->tx_bytes);
    add(l, " rx_drops=%" PRIu64 " tx_drops=%" PRIu64 " rx_half_sums=%" PRIu64 " resyncs=%" PRIu64, d->rx_drops,
        d->tx_drops, d->rx_half_sums, d->resyncs);
    return true;
}

static bool tell_address(struct reader *r, struct rn_stack *net, struct line *l)
{
    static const char *const uses[] = {"tentative", "used", "taken"};
    struct rn_address a;

    if (rn_address(net, r->index, &a) < 0)
        return false;
    add(l, "address address=%s device=%d use=%s conflicts=%u", a.text, a.device, uses[a.use],
        (unsigned)a.conflicts);
    return true;
}

static bool tell_route(struct reader *r, struct rn_stack *net, struct line *l)
{
    struct rn_route route;

    if (rn_route(net, r->index, &route) < 0)
        return false;
    add(l, "route prefix=%s device=%d", route.prefix, route.device);
    add_word(l, "gateway", route.gateway);
    return true;
}

static void add_socket(struct line *l, const struct rn_info *i)
{
    add(l, "socket protocol=%s", i->protocol == RN_TCP ? "tcp" : i->protocol == RN_UDP ? "udp" : "icmp");
    add_word(l, "state", rn_state_name(i->state));
    add_word(l, "local", i->local);
    add_word(l, "peer", i->peer);
    add(l, " sock=%" PRId64 " unread=%u unsent=%u unacked=%u", i->sock, (unsigned)i->unread,
        (unsigned)i->unsent, (unsigned)i->unacked);
    add(l, " mss=%u cwnd=%u ssthresh=%u window=%u", (unsigned)i->mss, (unsigned)i->cwnd_bytes,
        (unsigned)i->ssthresh_bytes, (unsigned)i->window_bytes);
    add(l, " srtt_us=%u rttvar_us=%u rto_us=%u rtt_min_us=%u pipe=%u", (unsigned)i->srtt_us,
        (unsigned)i->rttvar_us, (unsigned)i->rto_us, (unsigned)i->rtt_min_us, (unsigned)i->pipe_bytes);
    add(l, " retries=%u retransmitted=%u receive_limit=%u send_limit=%u", (unsigned)i->retries,
        (unsigned)i->retransmitted, (unsigned)i->receive_limit, (unsigned)i->send_limit);
    add(l, " timestamps=%d sack=%d ecn=%d wscale_sent=%d wscale_received=%d", i->timestamps, i->sack, i->ecn,
        i->wscale_sent, i->wscale_received);
    add_word(l, "congestion", i->congestion ? i->congestion : "");
    add_word(l, "limited_by", i->limited_by ? i->limited_by : "");
}

static bool tell_end(struct reader *r, struct rn_stack *net, struct line *l)
{
    (void)net;
    add(l, "end");
    return r->index == 0;
}

/* NULL: the sockets, which a cursor counts. */
static bool (*const parts[])(struct reader *r, struct rn_stack *net, struct line *l) = {
    tell_runnel, tell_counts,  tell_entered, tell_drops, tell_pool,
    tell_device, tell_address, tell_route,   NULL,       tell_end};
enum { PARTS = sizeof parts / sizeof *parts };

/* Writes the next line of the reader's part: 1; 0: the part has no more; -EAGAIN: enough for this round. */
static int tell(struct reader *r, struct rn_stack *net, struct line *l)
{
    struct rn_info info;
    int more;

    if (parts[r->part])
        return parts[r->part](r, net, l);
    more = rn_next_socket(net, &r->cursor, &info);
    if (more > 0)
        add_socket(l, &info);
    return more;
}

/* Fills the empty buffer with whole lines, as many as fit and the looks allow. */
static void refill(struct reader *r, struct rn_stack *net)
{
    r->from = r->to = 0;
    r->cursor.looks = LOOKS;
    while (r->part < PARTS && r->to + LINE <= TEXT) {
        struct line l = {.at = r->text + r->to, .room = LINE - 1};
        int more = tell(r, net, &l);

        if (more < 0)
            return;
        r->index++;
        if (more) {
            *l.at++ = '\n';
            r->to = (uint32_t)(l.at - r->text);
        } else {
            r->part++;
            r->index = 0;
        }
    }
}

/* ---- the readers */

static void let_go(struct reader *r)
{
    posix_close(r->fd);
    r->fd = -1;
}

/* He had long enough, and his socket is as full as it was; a program that does not come round to serving him
 * has only itself to blame. */
static bool is_stuck(const struct reader *r, rn_time now)
{
    struct pollfd room = {.fd = r->fd, .events = POLLOUT};

    return now - r->since >= patience && posix_sleep(&room, 1, 0) == 0;
}

/* A piece for one reader. */
static void serve(struct reader *r, struct rn_stack *net, rn_time now)
{
    int n = 0;

    if (is_stuck(r, now)) {
        let_go(r);
        return;
    }
    if (r->from == r->to) {
        refill(r, net);
        r->since = now;
    }
    if (r->from < r->to)
        n = local_send(r->fd, r->text + r->from, r->to - r->from);
    if (n > 0)
        r->from += (uint32_t)n;
    if ((n < 0 && n != -EAGAIN) || (r->from == r->to && r->part == PARTS))
        let_go(r);
}

/* Takes on whoever has connected; who finds no place is turned away. */
static void welcome(struct report *r, rn_time now)
{
    int fd;

    while ((fd = local_accept(r->listener, &r->spare)) >= 0 || fd == -ECONNABORTED) {
        struct reader *at = r->readers;

        if (fd < 0)
            continue;
        while (at < r->readers + READERS && at->fd >= 0)
            at++;
        if (at == r->readers + READERS || local_watch(r->set, fd) < 0) {
            posix_close(fd);
            continue;
        }
        at->fd = fd;
        at->part = at->index = 0;
        at->cursor = (struct rn_cursor){0};
        at->from = at->to = 0;
        at->since = now;
    }
}

void report_serve(struct report *r, struct rn_stack *net, rn_time now, bool ready)
{
    if (!ready && now < r->look_at)
        return;
    r->look_at = now + between_looks;
    r->next = RN_FOREVER;
    welcome(r, now);
    for (struct reader *at = r->readers; at < r->readers + READERS; at++) {
        if (at->fd >= 0)
            serve(at, net, now);
        if (at->fd >= 0 && at->since + patience < r->next)
            r->next = at->since + patience;
    }
}

rn_time report_next(const struct report *r)
{
    return r->next;
}

__attribute__((hot)) int report_fd(const struct report *r)
{
    return r->set;
}

/* ---- the file */

static int choose_path(char *path, const char *wanted, char *err)
{
    int error = wanted ? 0 : local_default_path(path, PATH);

    if (wanted && snprintf(path, PATH, "%s", wanted) >= PATH)
        error = -ENAMETOOLONG;
    if (error == -ENAMETOOLONG)
        return error_line(err, error, "'%.100s': a socket's path has at most %d bytes: choose a shorter one",
                          wanted ? wanted : path, PATH - 6);
    if (error == -ENOENT)
        return error_line(err, error, "no place for the report: set XDG_RUNTIME_DIR, or give a path");
    return error < 0 ? error_line(err, error, "%s: no such folder can be made (%s): give a path", path,
                                  strerror(-error))
                     : 0;
}

static int refused(const char *path, int error, char *err)
{
    if (error == -EADDRINUSE)
        return error_line(err, error, "%s: another program serves its report there: choose another path",
                          path);
    if (error == -EEXIST)
        return error_line(err, error,
                          "%s: something else is there, or there with .new behind the name: remove it, or choose "
                          "another path",
                          path);
    return error_line(err, error, "%s: no socket can be made there: %s", path, strerror(-error));
}

int report_open(struct report **out, const char *path, char *err)
{
    struct report *r = posix_map(sizeof *r);
    int error;

    if (!r)
        return error_line(err, -ENOMEM, "no address space for the report: raise ulimit -v");
    for (int i = 0; i < READERS; i++)
        r->readers[i].fd = -1;
    r->set = r->listener = r->spare = -1;
    r->next = RN_FOREVER;
    error = choose_path(r->path, path, err);
    if (error == 0 && !path)
        local_sweep(r->path);
    if (error == 0) {
        r->listener = local_listen(r->path, &r->file);
        error = r->listener < 0 ? refused(r->path, r->listener, err) : 0;
    }
    if (error == 0) {
        r->spare = local_spare(r->listener);
        r->set = posix_set();
        error = r->set < 0 ? r->set : posix_watch(r->set, r->listener, false, true);
        if (error < 0)
            error_line(err, error, "no descriptor for the report (%d): raise ulimit -n", -error);
    }
    if (error < 0)
        report_close(r);
    else
        *out = r;
    return error;
}

void report_close(struct report *r)
{
    if (!r)
        return;
    for (int i = 0; i < READERS; i++)
        let_go(&r->readers[i]);
    posix_close(r->set);
    if (r->listener >= 0)
        local_remove(r->path, &r->file);
    posix_close(r->spare);
    posix_close(r->listener);
    posix_unmap(r, sizeof *r);
}
