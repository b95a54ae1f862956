/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A device with a recorder on its wire. Every call goes on to inner; what passes is written down on the way:
 *
 *      burst    inner lends frames                -> note each
 *      commit   descriptors are staged, since only sync is told the time and only then is anything sent
 *      sync     note each staged frame, while its slot is still ours -> inner
 *
 *      note     merged? its segments, one by one (offload.c)     checksum partial? a copy with it filled in
 *      put      a tag goes back behind the link addresses; the first `snap` bytes go to the buffer
 *
 * The buffer is emptied between two records, so that a write that fails can be taken back to where the last
 * record was whole. Numbers are in this machine's byte order, which the first of them tells:
 *
 *      file     OFFSET  SIZE  MEANING                    record   OFFSET  SIZE  MEANING
 *               0       4     a1b23c4d: nanoseconds               0       4     seconds since 1970
 *               4       4     version 2.4: two halves             4       4     nanoseconds
 *               8       8     0                                   8       4     bytes that are here
 *               16      4     most bytes of a record              12      4     bytes that the frame had
 *               20      4     1: Ethernet, 101: IP                16            the frame's first bytes
 *
 * Made by rn_dev_capture; called by the stack through rn_dev_ops. It has no clock: it adds `epoch` to the
 * time that it is told.
 */
#include "capture.h"

#include "error.h"
#include "offload.h"
#include "base/time.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_HEADER = 24, RECORD_HEADER = 16, SNAP_MAX = 262144 };
enum { FULL = 65536, BUFFER = FULL + RECORD_HEADER + SNAP_MAX };
enum { MAGIC = (int)0xa1b23c4d, MAJOR = 2, MINOR = 4, ETHERNET = 1, RAW_IP = 101 };
enum { TAG = 4, TAG_AT = 12, ROOM = 131072 };
#define UP_TO_DATE TIME_S

struct capture {
    struct rn_dev dev;
    struct rn_dev *inner;
    struct rn_frame *staged; /* committed since the last sync */
    uint32_t committed;
    int file; /* -1: it has stopped */
    uint32_t snap;
    uint64_t bytes_max;
    rn_time epoch;
    rn_time since; /* when the oldest record came that is not in the file; RN_FOREVER: there is none */
    struct rn_capture_stats stats, whole; /* so far, and what of it is in the file */
    uint8_t *buffer;
    uint32_t buffered;        /* bytes in it */
    uint8_t room[TAG + ROOM]; /* for a frame that is not recorded as it lies there */
};

static struct capture *capture_of(struct rn_dev *dev)
{
    return (struct capture *)dev;
}

/* ---- the file ------------------------------------------------------------------------------------------ */

/* All of the buffer is in the file; else errno says why not. */
static bool write_out(const struct capture *c)
{
    for (uint32_t done = 0; done < c->buffered;) {
        ssize_t put = write(c->file, c->buffer + done, c->buffered - done);

        if (put < 0 && errno != EINTR)
            return false;
        done += put > 0 ? (uint32_t)put : 0;
    }
    return true;
}

/* What is buffered is in the file. False: it could not be, and all of it is out of the file again. */
static bool empty_buffer(struct capture *c)
{
    bool written = write_out(c);

    c->since = RN_FOREVER;
    c->buffered = 0;
    if (written) {
        c->whole = c->stats;
        return true;
    }
    c->whole.stopped = -errno;
    c->whole.missed = c->stats.missed + c->stats.frames - c->whole.frames;
    c->stats = c->whole;
    if (ftruncate(c->file, (off_t)c->whole.bytes) < 0)
        c->stats.stopped = -errno; /* whoever reads it finds its last record cut short */
    return false;
}

static void stop(struct capture *c, int error)
{
    if (empty_buffer(c))
        c->stats.stopped = error;
    close(c->file);
    c->file = -1;
}

static void append(struct capture *c, const void *bytes, uint32_t len)
{
    memcpy(c->buffer + c->buffered, bytes, len);
    c->buffered += len;
    c->stats.bytes += len;
}

/* One record of what lies together. */
static void write_record(struct capture *c, const uint8_t *data, uint32_t len, rn_time when)
{
    uint32_t kept = len < c->snap ? len : c->snap;
    rn_time wall = when + c->epoch;
    const uint32_t head[] = {(uint32_t)(wall / TIME_S), (uint32_t)(wall % TIME_S), kept, len};

    if (c->bytes_max && c->stats.bytes + RECORD_HEADER + kept > c->bytes_max)
        stop(c, -EFBIG);
    else if (c->buffered + RECORD_HEADER + kept > FULL && !empty_buffer(c))
        stop(c, c->stats.stopped);
    if (c->file < 0) {
        c->stats.missed++;
        return;
    }
    append(c, head, RECORD_HEADER);
    append(c, data, kept);
    c->stats.frames++;
    if (c->since == RN_FOREVER)
        c->since = when;
}

/* ---- frames -------------------------------------------------------------------------------------------- */

/* The frame that a card would send for this one, whose bytes are data: with its tag, which goes behind the
 * link addresses. data may lie in room already. */
static void put(struct capture *c, const struct rn_frame *frame, const uint8_t *data, uint32_t len,
                rn_time when)
{
    uint8_t *at = c->room + TAG;

    if (!(frame->flags & RN_VLAN) || len < TAG_AT || len > ROOM) {
        write_record(c, data, len, when);
        return;
    }
    if (data != at)
        memcpy(at, data, len);
    memmove(at - TAG, at, TAG_AT);
    at[TAG_AT - 4] = 0x81;
    at[TAG_AT - 3] = 0;
    at[TAG_AT - 2] = (uint8_t)(frame->vlan >> 8);
    at[TAG_AT - 1] = (uint8_t)frame->vlan;
    write_record(c, at - TAG, len + TAG, when);
}

static void note(struct capture *c, const struct rn_frame *frame, rn_time when)
{
    uint8_t *at = c->room + TAG;
    struct offload_merged merged;
    struct rn_frame copy = *frame;

    if (c->file < 0) {
        c->stats.missed++;
        return;
    }
    if (frame->len <= ROOM && offload_look(frame, c->dev.medium, &merged)) {
        for (uint32_t i = 0; i < merged.segments; i++)
            put(c, frame, at, offload_cut(&merged, i, at), when);
    } else if (frame->len <= ROOM && frame->flags & RN_CSUM_PARTIAL) {
        copy.data = memcpy(at, frame->data, frame->len);
        offload_checksum(&copy);
        put(c, frame, at, frame->len, when);
    } else {
        put(c, frame, frame->data, frame->len, when);
    }
}

/* ---- the device ---------------------------------------------------------------------------------------- */

/* Who looks at the device sees inner's descriptor, counts and all else as they are now. */
static void look_like_inner(struct capture *c)
{
    const struct rn_dev_ops *own = c->dev.ops;

    c->dev = *c->inner;
    c->dev.ops = own;
}

static int burst(struct rn_dev *dev, struct rn_frame *frames, int max, rn_time now)
{
    struct capture *c = capture_of(dev);
    int n = c->inner->ops->burst(c->inner, frames, max, now);

    for (int i = 0; i < n; i++)
        note(c, &frames[i], frames[i].stamp ? frames[i].stamp : now);
    look_like_inner(c);
    return n;
}

static void release(struct rn_dev *dev, int n)
{
    struct rn_dev *inner = capture_of(dev)->inner;

    inner->ops->release(inner, n);
}

static int reserve(struct rn_dev *dev, struct rn_frame *slots, int max, rn_time now)
{
    struct rn_dev *inner = capture_of(dev)->inner;

    return inner->ops->reserve(inner, slots, max, now);
}

static void commit(struct rn_dev *dev, const struct rn_frame *slots, int n)
{
    struct capture *c = capture_of(dev);

    assert((uint32_t)n <= dev->tx_slots - c->committed);
    for (int i = 0; i < n; i++)
        c->staged[c->committed++] = slots[i];
    c->inner->ops->commit(c->inner, slots, n);
}

static rn_time push(struct rn_dev *dev, rn_time now)
{
    struct capture *c = capture_of(dev);
    rn_time next, due;

    for (uint32_t i = 0; i < c->committed; i++)
        note(c, &c->staged[i], now);
    c->committed = 0;
    next = c->inner->ops->sync(c->inner, now);
    look_like_inner(c);
    if (c->since != RN_FOREVER && now - c->since >= UP_TO_DATE && !empty_buffer(c))
        stop(c, c->stats.stopped);
    due = c->since == RN_FOREVER ? RN_FOREVER : c->since + UP_TO_DATE;
    return due < next ? due : next;
}

static int arm(struct rn_dev *dev, bool rx, bool tx)
{
    struct rn_dev *inner = capture_of(dev)->inner;

    return inner->ops->arm(inner, rx, tx);
}

static int steer(struct rn_dev *dev, const struct rn_steer *rules, int n)
{
    struct rn_dev *inner = capture_of(dev)->inner;

    return inner->ops->steer ? inner->ops->steer(inner, rules, n) : -EOPNOTSUPP;
}

static int neighbour(struct rn_dev *dev, const uint8_t address[16], uint8_t mac[6])
{
    struct rn_dev *inner = capture_of(dev)->inner;

    return inner->ops->neighbour ? inner->ops->neighbour(inner, address, mac) : -EOPNOTSUPP;
}

static void discard(struct capture *c)
{
    if (!c)
        return;
    if (c->file >= 0)
        stop(c, 0);
    free(c->buffer);
    free(c->staged);
    free(c);
}

static void shut(struct rn_dev *dev)
{
    struct capture *c = capture_of(dev);

    c->inner->ops->close(c->inner);
    discard(c);
}

static const struct rn_dev_ops ops = {.kind = "capture",
                                      .burst = burst,
                                      .release = release,
                                      .reserve = reserve,
                                      .commit = commit,
                                      .sync = push,
                                      .arm = arm,
                                      .steer = steer,
                                      .neighbour = neighbour,
                                      .close = shut};

/* ---- making one ---------------------------------------------------------------------------------------- */

/* Why there is no file, and what helps. */
static int refused(const char *path, int error, char *err)
{
    const char *remedy = error == ENOENT || error == ENOTDIR ? "make the folder first"
                         : error == EACCES || error == EPERM ? "choose a folder that you may write to"
                         : error == EROFS || error == EISDIR ? "choose another path"
                         : error == ENOSPC || error == EDQUOT
                             ? "make room there or choose another path"
                             : "give the path of a plain file that can be written";

    return error_line(err, -error, "capture %.120s: %s: %s", path, strerror(error), remedy);
}

/* A new file, empty; one that is there already is emptied. A negative errno: there is none. */
static int make_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0600), error = 0;
    struct stat s;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &s) < 0)
        error = errno;
    else if (!S_ISREG(s.st_mode))
        error = EINVAL; /* a pipe would make the stack wait for its reader */
    else if (ftruncate(fd, 0) < 0)
        error = errno;
    if (error)
        close(fd);
    return error ? -error : fd;
}

static int check(const struct rn_capture_options *o, char *err)
{
    if (!o->path || !*o->path)
        return error_line(err, -EINVAL, "capture: no path was given: name the file to record to");
    if (o->snap > SNAP_MAX)
        return error_line(err, -EINVAL, "capture %.120s: snap length %u: 1 to %d are possible, 0 is all",
                          o->path, (unsigned)o->snap, SNAP_MAX);
    if (o->bytes_max && o->bytes_max < FILE_HEADER)
        return error_line(err, -EINVAL, "capture %.120s: %u bytes are too few: the header alone takes %d",
                          o->path, (unsigned)o->bytes_max, FILE_HEADER);
    if (o->epoch < 0 || o->epoch / TIME_S > UINT32_MAX)
        return error_line(err, -EINVAL, "capture %.120s: the epoch lies before 1970 or after 2106", o->path);
    return 0;
}

/* The file with its header in it. 0 or a negative errno. */
static int begin(struct capture *c, const char *path, uint8_t medium, char *err)
{
    const uint16_t version[] = {MAJOR, MINOR};
    const uint32_t magic[] = {(uint32_t)MAGIC}, rest[] = {0, 0, c->snap, medium == RN_IP ? RAW_IP : ETHERNET};
    int error;

    c->file = make_file(path);
    if (c->file < 0)
        return refused(path, -c->file, err);
    append(c, magic, sizeof magic);
    append(c, version, sizeof version);
    append(c, rest, sizeof rest);
    if (empty_buffer(c))
        return 0;
    error = -c->stats.stopped;
    close(c->file);
    c->file = -1;
    return refused(path, error, err);
}

int capture_open(struct rn_dev **out, struct rn_dev *inner, const struct rn_capture_options *o, char *err)
{
    int error = check(o, err);
    struct capture *c;

    if (error < 0)
        return error;
    c = calloc(1, sizeof *c);
    if (c) {
        c->snap = o->snap ? o->snap : SNAP_MAX;
        c->staged = calloc(inner->tx_slots, sizeof *c->staged);
        c->buffer = malloc(BUFFER);
        c->file = -1;
    }
    if (!c || !c->staged || !c->buffer) {
        discard(c);
        return error_line(err, -ENOMEM, "capture %.120s: no memory for its buffer of %d bytes", o->path,
                          BUFFER);
    }
    error = begin(c, o->path, inner->medium, err);
    if (error < 0) {
        discard(c);
        return error;
    }
    c->dev = *inner;
    c->dev.ops = &ops;
    c->inner = inner;
    c->bytes_max = o->bytes_max;
    c->epoch = o->epoch;
    *out = &c->dev;
    return 0;
}

void capture_stats(const struct rn_dev *dev, struct rn_capture_stats *stats)
{
    assert(dev->ops == &ops);
    *stats = ((const struct capture *)dev)->stats;
}
