/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dev/capture: the device contract through a recorder, and the file, which is read here byte by byte: what
 * stands in it, when, and what becomes of it when it is full, cannot be made, or cannot be written.
 *
 *      test -- capture -- pair's end === other end: the peer        a file in a folder of the test's own
 */
#include "packets.h"
#include "suite.h"

#include "dev/capture.h"
#include "dev/fault.h"
#include "dev/pair.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define EPOCH (INT64_C(1700000000) * 1000000000)

static char folder[] = "/tmp/rn-capture-XXXXXX", path[64];

/* ---- the file ------------------------------------------------------------------------------------------ */

struct record {
    uint32_t seconds, nanoseconds, kept, len;
    const uint8_t *data;
};

static uint8_t *contents;
static size_t contents_len;

static uint32_t word(size_t at)
{
    uint32_t w;

    assert_true(at + sizeof w <= contents_len);
    memcpy(&w, contents + at, sizeof w);
    return w;
}

/* Reads the file whole; its header must be that of the format, with nanoseconds. Returns how many records. */
static int read_file(uint32_t link, uint32_t snap, struct record *records, int max)
{
    static const uint16_t version[] = {2, 4};
    FILE *file = fopen(path, "rb");
    size_t at = 24;
    int n = 0;

    assert_non_null(file);
    free(contents);
    contents = malloc(16 << 20);
    assert_non_null(contents);
    contents_len = fread(contents, 1, 16 << 20, file);
    fclose(file);
    assert_int_equal(word(0), 0xa1b23c4d);
    assert_memory_equal(contents + 4, version, sizeof version);
    assert_int_equal(word(16), snap);
    assert_int_equal(word(20), link);
    for (; at < contents_len; n++) {
        assert_true(n < max);
        records[n] = (struct record){word(at), word(at + 4), word(at + 8), word(at + 12), contents + at + 16};
        at += 16 + records[n].kept;
    }
    assert_int_equal(at, contents_len);
    return n;
}

static struct rn_capture_stats stats_of(const struct rn_dev *d)
{
    struct rn_capture_stats s;

    capture_stats(d, &s);
    return s;
}

/* ---- the contract -------------------------------------------------------------------------------------- */

static void open_with(struct suite_link *l, const struct rn_capture_options *o, uint8_t medium)
{
    struct rn_dev *ends[2];
    char err[RN_ERRBUF] = "";

    assert_int_equal(pair_open(ends, &(struct rn_pair_options){.slots = 32, .medium = medium}, NULL), 0);
    if (capture_open(&l->dev, ends[0], o, err) < 0)
        fail_msg("%s", err);
    suite_pair_peer(l, ends[1]);
}

static void open_all(struct suite_link *l)
{
    open_with(l, &(struct rn_capture_options){.path = path, .epoch = EPOCH}, RN_ETHERNET);
}

/* One that has stopped before the first frame. */
static void open_stopped(struct suite_link *l)
{
    open_with(l, &(struct rn_capture_options){.path = path, .bytes_max = 24}, RN_ETHERNET);
}

/* As rn_attach puts them: the fault's wire between the stack and the recorder. */
static void open_behind_fault(struct suite_link *l)
{
    struct rn_dev *inner;

    open_all(l);
    inner = l->dev;
    assert_int_equal(fault_open(&l->dev, inner, NULL, NULL), 0);
}

static struct suite_device capture = {"capture", open_all}, stopped = {"stopped capture", open_stopped},
                           behind_fault = {"fault over capture", open_behind_fault};

/* ---- what is recorded ---------------------------------------------------------------------------------- */

static void both_directions_with_their_times(void **state)
{
    struct record r[8];
    struct suite_link l = {.now = 5};
    struct rn_frame f;

    (void)state;
    open_all(&l);
    suite_transmit(&l, 1, 60, 1);
    assert_int_equal(stats_of(l.dev).frames, 0);
    assert_int_equal(l.dev->ops->sync(l.dev, 1000000007), 2000000007);
    l.now = 1500000000;
    suite_peer_sends(&l, 1, 1514, 2); /* stamped at 1.5 s, lent at 1.6 s */
    assert_int_equal(l.dev->ops->burst(l.dev, &f, 1, 1600000000), 1);
    l.dev->ops->release(l.dev, 1);
    assert_int_equal(stats_of(l.dev).frames, 2);
    assert_int_equal(stats_of(l.dev).bytes, 24 + 16 + 60 + 16 + 1514);
    l.dev->ops->close(l.dev);

    assert_int_equal(read_file(1, 262144, r, 8), 2);
    assert_int_equal(r[0].seconds, 1700000001);
    assert_int_equal(r[0].nanoseconds, 7);
    assert_int_equal(r[0].kept, 60);
    suite_expect(r[0].data, r[0].len, 60, 1);
    assert_int_equal(r[1].seconds, 1700000001);
    assert_int_equal(r[1].nanoseconds, 500000000);
    assert_int_equal(r[1].kept, 1514);
    suite_expect(r[1].data, r[1].len, 1514, 2);
    l.close_peer(&l);
}

static void a_file_is_its_owners_alone(void **state)
{
    struct suite_link l = {.now = 5};
    struct stat s;

    (void)state;
    unlink(path);
    open_all(&l);
    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0600);
    l.dev->ops->close(l.dev);
    l.close_peer(&l);
}

static void snap_keeps_the_beginning(void **state)
{
    struct record r[8];
    struct suite_link l = {.now = 5};
    uint8_t want[2048];

    (void)state;
    open_with(&l, &(struct rn_capture_options){.path = path, .snap = 64}, RN_IP);
    for (uint32_t i = 0; i < 3; i++)
        suite_transmit(&l, 1, 63 + i, i);
    l.dev->ops->sync(l.dev, 9);
    l.dev->ops->close(l.dev);
    assert_int_equal(read_file(101, 64, r, 8), 3); /* LINKTYPE_RAW */
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(r[i].len, 63 + i);
        assert_int_equal(r[i].kept, i ? 64 : 63);
        suite_make(want, r[i].len, i);
        assert_memory_equal(r[i].data, want, r[i].kept);
    }
    l.close_peer(&l);
}

/* What was not sent within the second is in the file, whoever reads it. */
static void the_file_is_up_to_date_after_a_second(void **state)
{
    struct record r[8];
    struct suite_link l = {.now = 5};

    (void)state;
    open_all(&l);
    assert_int_equal(read_file(1, 262144, r, 8), 0);
    suite_transmit(&l, 1, 60, 1);
    assert_int_equal(l.dev->ops->sync(l.dev, 100), 1000000100);
    assert_int_equal(l.dev->ops->sync(l.dev, 1000000099), 1000000100);
    assert_int_equal(read_file(1, 262144, r, 8), 0);
    assert_int_equal(l.dev->ops->sync(l.dev, 1000000100), RN_FOREVER);
    assert_int_equal(read_file(1, 262144, r, 8), 1);
    assert_int_equal(l.dev->ops->sync(l.dev, 3000000100), RN_FOREVER);
    l.dev->ops->close(l.dev);
    l.close_peer(&l);
}

/* More than the buffer holds between two looks at the clock. */
static void nothing_is_lost_in_a_rush(void **state)
{
    static struct record r[2000];
    struct suite_link l = {.now = 5};
    uint8_t frame[SUITE_FRAME];

    (void)state;
    open_all(&l);
    for (uint32_t i = 0; i < 1000; i++) {
        suite_transmit(&l, 2, 1514, 2 * i);
        l.dev->ops->sync(l.dev, 77);
        assert_true(l.receive(&l, frame) && l.receive(&l, frame));
    }
    assert_int_equal(stats_of(l.dev).frames, 2000);
    l.dev->ops->close(l.dev);
    assert_int_equal(read_file(1, 262144, r, 2000), 2000);
    for (uint32_t i = 0; i < 2000; i++)
        suite_expect(r[i].data, r[i].len, 1514, i);
    l.close_peer(&l);
}

/* A merged frame with its checksum left partial and its tag taken out is three on the wire, each whole. */
static void frames_stand_as_they_are_on_the_wire(void **state)
{
    uint8_t plain[4096];
    struct record r[8];
    struct suite_link l = {.now = 5};
    uint32_t len = packet_make(plain, false, PACKET_TCP, 1000, 3);
    struct rn_frame slot;

    (void)state;
    open_all(&l);
    assert_int_equal(l.dev->ops->reserve(l.dev, &slot, 1, 5), 1);
    memcpy(slot.data, plain, len);
    packet_put16(slot.data + 14 + 20 + 16, packet_pseudo(plain + 14, false, 6, len - 34));
    slot.len = len;
    slot.flags = RN_MERGED | RN_CSUM_PARTIAL | RN_VLAN;
    slot.vlan = 0x6123;
    slot.gso_size = 400;
    slot.csum_start = 34;
    slot.csum_offset = 16;
    l.dev->ops->commit(l.dev, &slot, 1);
    assert_int_equal(l.dev->ops->reserve(l.dev, &slot, 1, 5), 1);
    memcpy(slot.data, plain, len);
    packet_put16(slot.data + 14 + 20 + 16, packet_pseudo(plain + 14, false, 6, len - 34));
    slot.len = len;
    slot.flags = RN_CSUM_PARTIAL;
    slot.csum_start = 34;
    slot.csum_offset = 16;
    l.dev->ops->commit(l.dev, &slot, 1);
    l.dev->ops->sync(l.dev, 9);
    l.dev->ops->close(l.dev);

    assert_int_equal(read_file(1, 262144, r, 8), 4);
    for (uint32_t i = 0; i < 3; i++) {
        static const uint32_t payload[] = {400, 400, 200};
        uint8_t untagged[2048];

        assert_int_equal(r[i].len, 66 + 4 + payload[i]);
        assert_memory_equal(r[i].data, plain, 12);
        assert_memory_equal(r[i].data + 12, "\x81\x00\x61\x23\x08\x00", 6);
        memcpy(untagged, r[i].data, 12);
        memcpy(untagged + 12, r[i].data + 16, r[i].len - 16);
        assert_true(packet_header_right(untagged, false));
        assert_true(packet_transport_right(untagged, r[i].len - 4, false, PACKET_TCP));
        assert_memory_equal(r[i].data + 70, plain + 66 + 400 * i, payload[i]);
    }
    assert_int_equal(r[3].len, len);
    assert_memory_equal(r[3].data, plain, len);
    l.close_peer(&l);
}

/* ---- how it ends --------------------------------------------------------------------------------------- */

static void it_stops_at_its_size(void **state)
{
    struct record r[8];
    struct suite_link l = {.now = 5};
    uint32_t each = 16 + 100;

    (void)state;
    open_with(&l, &(struct rn_capture_options){.path = path, .bytes_max = 24 + 2 * each + each - 1},
              RN_ETHERNET);
    suite_transmit(&l, 5, 100, 0);
    l.dev->ops->sync(l.dev, 9);
    suite_peer_expects(&l, 5, 100, 0);
    assert_int_equal(stats_of(l.dev).frames, 2);
    assert_int_equal(stats_of(l.dev).missed, 3);
    assert_int_equal(stats_of(l.dev).bytes, 24 + 2 * each);
    assert_int_equal(stats_of(l.dev).stopped, -EFBIG);
    assert_int_equal(read_file(1, 262144, r, 8), 2); /* at once */
    suite_transmit(&l, 1, 60, 0); /* a smaller one would fit, and does not come after a gap */
    assert_int_equal(l.dev->ops->sync(l.dev, 10), RN_FOREVER);
    assert_int_equal(stats_of(l.dev).missed, 4);
    l.dev->ops->close(l.dev);
    l.close_peer(&l);
}

/* Runs in a child, which the limit is for: a write beyond it fails as on a disk that is full. */
static void while_the_disk_is_full(void)
{
    struct rlimit limit, before;
    struct rn_capture_stats s;
    struct suite_link l = {.now = 5};
    struct record r[8];

    signal(SIGXFSZ, SIG_IGN);
    open_all(&l);
    suite_transmit(&l, 2, 100, 0);
    l.dev->ops->sync(l.dev, 0);
    l.dev->ops->sync(l.dev, 1000000000);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = (struct rlimit){24 + 300, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    suite_transmit(&l, 3, 100, 2);
    l.dev->ops->sync(l.dev, 2000000000);
    assert_int_equal(stats_of(l.dev).stopped, 0);
    l.dev->ops->sync(l.dev, 3000000000);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before),
                     0); /* there is room again, and nothing comes after a gap */
    suite_transmit(&l, 1, 100, 5);
    assert_int_equal(l.dev->ops->sync(l.dev, 4000000000), RN_FOREVER);
    suite_peer_expects(&l, 6, 100, 0);
    s = stats_of(l.dev);
    assert_int_equal(s.stopped, -EFBIG);
    assert_int_equal(s.frames, 2);
    assert_int_equal(s.bytes, 24 + 2 * 116);
    assert_int_equal(s.missed, 4);
    l.dev->ops->close(l.dev);
    assert_int_equal(read_file(1, 262144, r, 8), 2); /* and nothing of a third */
    l.close_peer(&l);
}

static void a_write_that_fails_ends_the_recording_alone(void **state)
{
    int status;
    pid_t child;

    (void)state;
    fflush(NULL);
    child = fork();
    if (child == 0) {
        while_the_disk_is_full();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void expect_refused(const struct rn_capture_options *o, int code, const char *words)
{
    struct rn_dev *ends[2], *d = NULL;
    char err[RN_ERRBUF] = "";

    assert_int_equal(pair_open(ends, NULL, NULL), 0);
    assert_int_equal(capture_open(&d, ends[0], o, err), code);
    assert_null(d);
    print_message("# %s\n", err);
    assert_true(strncmp(err, "capture", 7) == 0 && !strchr(err, '\n'));
    if (!strstr(err, words))
        fail_msg("\"%s\" does not say \"%s\"", err, words);
    assert_int_equal(capture_open(&d, ends[0], o, NULL), code);
    ends[0]->ops->close(ends[0]); /* inner is as it was */
    ends[1]->ops->close(ends[1]);
}

static void what_cannot_be_made_is_told_with_a_remedy(void **state)
{
    char fifo[96];

    (void)state;
    expect_refused(&(struct rn_capture_options){.path = NULL}, -EINVAL, "no path");
    expect_refused(&(struct rn_capture_options){.path = ""}, -EINVAL, "no path");
    expect_refused(&(struct rn_capture_options){.path = path, .snap = 262145}, -EINVAL, "snap length 262145");
    expect_refused(&(struct rn_capture_options){.path = path, .bytes_max = 23}, -EINVAL, "header alone");
    expect_refused(&(struct rn_capture_options){.path = path, .epoch = -1}, -EINVAL, "epoch");
    expect_refused(&(struct rn_capture_options){.path = "/no/such/folder/x"}, -ENOENT, "make the folder");
    expect_refused(&(struct rn_capture_options){.path = folder}, -EISDIR, "another path");
    expect_refused(&(struct rn_capture_options){.path = "/dev/full"}, -EINVAL, "a plain file");
    snprintf(fifo, sizeof fifo, "%s/fifo", folder);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    expect_refused(&(struct rn_capture_options){.path = fifo}, -ENXIO, "a plain file");
    unlink(fifo);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/frames.pcap", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    free(contents);
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUITE(&capture),
        SUITE(&stopped),
        SUITE(&behind_fault),
        cmocka_unit_test(both_directions_with_their_times),
        cmocka_unit_test(a_file_is_its_owners_alone),
        cmocka_unit_test(snap_keeps_the_beginning),
        cmocka_unit_test(the_file_is_up_to_date_after_a_second),
        cmocka_unit_test(nothing_is_lost_in_a_rush),
        cmocka_unit_test(frames_stand_as_they_are_on_the_wire),
        cmocka_unit_test(it_stops_at_its_size),
        cmocka_unit_test(a_write_that_fails_ends_the_recording_alone),
        cmocka_unit_test(what_cannot_be_made_is_told_with_a_remedy),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
