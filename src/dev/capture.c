/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A device with a recorder on its wire. Every call goes on to inner; what passes is written down on the way:
 *
 *      burst    inner lends frames                -> note each
 *      commit   descriptors are staged, since only sync is told the time and only then is anything sent
 *      sync     note each staged frame, while its slot is still ours -> inner
 *
 *      note     merged? its segments, one by one (offload.c)     checksum partial? a copy with it filled in
 *      put      a tag goes back behind the link addresses; the first `snap` bytes go to libpcap
 *
 * libpcap writes into a buffer of stdio that we empty ourselves, always between two records, so that a write
 * that fails can be taken back to where the last record was whole.
 *
 *      file     | header 24 | record 16 + kept | record ... |  whole  |  in the buffer: the last second's  |
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
#include <pcap/pcap.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_HEADER = 24, RECORD_HEADER = 16, SNAP_MAX = 262144, BUFFER = 65536 };
enum { TAG = 4, TAG_AT = 12, ROOM = 131072 };
#define UP_TO_DATE TIME_S

struct capture {
    struct rn_dev dev;
    struct rn_dev *inner;
    struct rn_frame *staged; /* committed since the last sync */
    uint32_t committed;
    pcap_t *form;
    pcap_dumper_t *dump; /* NULL: it has stopped */
    uint32_t snap;
    uint64_t bytes_max;
    rn_time epoch;
    rn_time since; /* when the oldest record came that is not in the file; RN_FOREVER: there is none */
    struct rn_capture_stats stats, whole; /* so far, and what of it is in the file */
    char *buffer;                         /* stdio's */
    uint8_t room[TAG + ROOM];             /* for a frame that is not recorded as it lies there */
};

static struct capture *capture_of(struct rn_dev *dev)
{
    return (struct capture *)dev;
}

/* ---- the file ------------------------------------------------------------------------------------------ */

/* What is buffered is in the file. False: it could not be, and all of it is out of the file again. */
static bool empty_buffer(struct capture *c)
{
    FILE *file = pcap_dump_file(c->dump);

    c->since = RN_FOREVER;
    if (pcap_dump_flush(c->dump) == 0 && !ferror(file)) {
        c->whole = c->stats;
        return true;
    }
    c->whole.stopped = errno ? -errno : -EIO;
    c->whole.missed = c->stats.missed + c->stats.frames - c->whole.frames;
    c->stats = c->whole;
    __fpurge(file); /* not every stdio drops what it could not write */
    clearerr(file);
    if (ftruncate(fileno(file), (off_t)c->whole.bytes) < 0)
        c->stats.stopped = -errno; /* whoever reads it finds its last record cut short */
    return false;
}

static void stop(struct capture *c, int error)
{
    if (empty_buffer(c))
        c->stats.stopped = error;
    pcap_dump_close(c->dump);
    c->dump = NULL;
}

/* One record of what lies together. */
static void write_record(struct capture *c, const uint8_t *data, uint32_t len, rn_time when)
{
    uint32_t kept = len < c->snap ? len : c->snap;
    struct pcap_pkthdr head = {.caplen = kept, .len = len};
    uint64_t buffered = c->stats.bytes - c->whole.bytes;
    rn_time wall = when + c->epoch;

    if (c->bytes_max && c->stats.bytes + RECORD_HEADER + kept > c->bytes_max) {
        stop(c, -EFBIG);
    } else if (buffered + RECORD_HEADER + kept > BUFFER && !empty_buffer(c)) {
        stop(c, c->stats.stopped);
    }
    if (!c->dump) {
        c->stats.missed++;
        return;
    }
    head.ts.tv_sec = (time_t)(wall / TIME_S);
    head.ts.tv_usec = (suseconds_t)(wall % TIME_S); /* nanoseconds: that is how it was opened */
    pcap_dump((u_char *)c->dump, &head, data);
    c->stats.frames++;
    c->stats.bytes += RECORD_HEADER + kept;
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

    if (!c->dump) {
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

static void discard(struct capture *c)
{
    if (!c)
        return;
    if (c->dump)
        stop(c, 0);
    if (c->form)
        pcap_close(c->form);
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

/* A new file, empty; one that is there already is emptied. NULL with errno. */
static FILE *make_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0600), error = 0;
    struct stat s;
    FILE *file = NULL;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &s) < 0)
        error = errno;
    else if (!S_ISREG(s.st_mode))
        error = EINVAL; /* a pipe would make the stack wait for its reader */
    else if (ftruncate(fd, 0) < 0 || !(file = fdopen(fd, "wb")))
        error = errno;
    if (error)
        close(fd);
    errno = error;
    return file;
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
    if (o->epoch < 0 || o->epoch > INT64_MAX / 2)
        return error_line(err, -EINVAL, "capture %.120s: the epoch lies before 1970 or after 2116", o->path);
    return 0;
}

/* The file with its header in it. 0 or a negative errno. */
static int begin(struct capture *c, const char *path, char *err)
{
    int error;
    FILE *file = make_file(path);

    if (!file)
        return refused(path, errno, err);
    setvbuf(file, c->buffer, _IOFBF, BUFFER);
    c->dump = pcap_dump_fopen(c->form, file);
    if (!c->dump) {
        fclose(file);
        return error_line(err, -EIO, "capture %.120s: libpcap: %s", path, pcap_geterr(c->form));
    }
    c->stats.bytes = FILE_HEADER;
    if (empty_buffer(c))
        return 0;
    error = -c->stats.stopped;
    pcap_dump_close(c->dump);
    c->dump = NULL;
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
        c->form = pcap_open_dead_with_tstamp_precision(inner->medium == RN_IP ? DLT_RAW : DLT_EN10MB,
                                                       (int)c->snap, PCAP_TSTAMP_PRECISION_NANO);
    }
    if (!c || !c->staged || !c->buffer || !c->form) {
        discard(c);
        return error_line(err, -ENOMEM, "capture %.120s: no memory for its buffer of %d bytes", o->path,
                          BUFFER);
    }
    error = begin(c, o->path, err);
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
