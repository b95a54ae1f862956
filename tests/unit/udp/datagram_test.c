/* SPDX-License-Identifier: BSD-2-Clause
 *
 * udp/datagram: what one costs, lists of them, and how one goes, over UDP and as an echo request.
 */
#include "udp/datagram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { BUDGET = 4096, POOLS = 4 };

struct rig {
    struct slabs slabs;
    struct queue_pools queues;
    struct datagrams m;
    void *memory;
};

static int set_up(void **state)
{
    struct rig *r = calloc(1, sizeof *r);

    assert_non_null(r);
    r->memory = aligned_alloc(64, slab_need(BUDGET, POOLS));
    assert_non_null(r->memory);
    slab_init(&r->slabs, r->memory, BUDGET, POOLS);
    queue_pools_init(&r->queues, &r->slabs);
    datagram_init(&r->m, &r->slabs, &r->queues);
    *state = r;
    return 0;
}

static int tear_down(void **state)
{
    struct rig *r = *state;

    assert_int_equal(r->slabs.used_bytes, 0);
    free(r->memory);
    free(r);
    return 0;
}

static uint32_t take(struct rig *r, const char *text)
{
    return datagram_take(&r->m, &(struct datagram){.peer_port = 9}, view_of(text, strlen(text)));
}

static void one_costs_its_record_and_its_chunks(void **state)
{
    static const uint8_t bytes[2000];
    struct rig *r = *state;
    uint32_t empty = take(r, ""), small = take(r, "abc"), large;

    large = datagram_take(&r->m, &(struct datagram){0}, view_of(bytes, sizeof bytes));
    assert_int_equal(datagram_charge(datagram_at(&r->m, empty)), 128);
    assert_int_equal(datagram_charge(datagram_at(&r->m, small)), 128 + 256);
    assert_int_equal(datagram_charge(datagram_at(&r->m, large)), 128 + 2048);
    assert_int_equal(r->slabs.used_bytes, 3 * 128 + 256 + 2048);
    datagram_give(&r->m, empty);
    datagram_give(&r->m, small);
    datagram_give(&r->m, large);
}

/* A payload that does not fit takes nothing. */
static void it_is_all_or_nothing(void **state)
{
    static const uint8_t bytes[5000];
    struct rig *r = *state;

    assert_int_equal(datagram_take(&r->m, &(struct datagram){0}, view_of(bytes, sizeof bytes)), 0);
    assert_int_equal(r->slabs.used_bytes, 0);
}

static void lists_keep_their_order(void **state)
{
    struct rig *r = *state;
    struct datagram_list a = {0}, b = {0};
    uint32_t id[4];

    assert_int_equal(datagram_pop(&r->m, &a), 0);
    datagram_join(&r->m, &a, &b);
    assert_int_equal(a.count, 0);
    for (int i = 0; i < 4; i++)
        datagram_push(&r->m, i < 2 ? &a : &b, id[i] = take(r, ""));
    datagram_join(&r->m, &a, &b); /* in front */
    assert_int_equal(b.count, 0);
    assert_int_equal(a.count, 4);
    assert_int_equal(datagram_pop(&r->m, &a), id[2]);
    datagram_join(&r->m, &b, &a); /* to an empty one */
    datagram_push(&r->m, &b, id[2]);
    assert_int_equal(datagram_pop(&r->m, &b), id[3]);
    assert_int_equal(datagram_pop(&r->m, &b), id[0]);
    assert_int_equal(datagram_pop(&r->m, &b), id[1]);
    assert_int_equal(datagram_pop(&r->m, &b), id[2]);
    assert_int_equal(datagram_pop(&r->m, &b), 0);
    for (int i = 0; i < 4; i++)
        datagram_give(&r->m, id[i]);
}

static const struct addr A4 = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1}};
static const struct addr B4 = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 7}};
static const struct addr A6 = {{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
static const struct addr B6 = {{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}};

/* The bytes that it goes as. */
static void goes_as(struct rig *r, const struct datagram *what, const char *payload, const uint8_t *bytes)
{
    uint8_t is[64] = {0};
    size_t len = strlen(payload);
    uint32_t id = datagram_take(&r->m, what, view_of(payload, len));

    datagram_encode(&r->m, datagram_at(&r->m, id), is);
    assert_memory_equal(is, bytes, DATAGRAM_HEADER + len + 1);
    datagram_give(&r->m, id);
}

static void each_kind_has_its_header(void **state)
{
    /* The first two as Linux 6 sent them; the others as wire/icmp4's and icmp6's tests have them. */
    static const uint8_t udp4[] = {0xeb, 0x2e, 0, 9, 0, 11, 0x3c, 0x36, 'a', 'b', 'c', 0};
    static const uint8_t udp6[] = {0xcd, 0x77, 0, 9, 0, 11, 0x73, 0xeb, 'a', 'b', 'c', 0};
    static const uint8_t echo4[] = {8, 0, 0xbc, 0xa8, 0x12, 0x34, 0x29, 0x23, 0};
    struct rig *r = *state;

    goes_as(
        r,
        &(struct datagram){.protocol = IP_UDP, .local = A4, .peer = B4, .local_port = 60206, .peer_port = 9},
        "abc", udp4);
    goes_as(
        r,
        &(struct datagram){.protocol = IP_UDP, .local = A6, .peer = B6, .local_port = 52599, .peer_port = 9},
        "abc", udp6);
    goes_as(r,
            &(struct datagram){
                .protocol = IP_ICMP4, .local = A4, .peer = B4, .local_port = 0x1234, .sequence = 0x2923},
            "", echo4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_costs_its_record_and_its_chunks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_is_all_or_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lists_keep_their_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_kind_has_its_header, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
