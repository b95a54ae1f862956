/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/vlan: every tag, and a tag at the end of a frame.
 */
#include "wire/vlan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void takes_the_tag_off(void **state)
{
    static const uint8_t bytes[] = {0xb0, 0x05, 0x08, 0x06, 0xaa};
    struct view v = view_of(bytes, sizeof bytes);
    struct vlan tag;

    (void)state;
    assert_int_equal(vlan_decode(&v, &tag), DROP_NONE);
    assert_int_equal(tag.id, 5);
    assert_int_equal(tag.priority, 5);
    assert_true(tag.drop_eligible);
    assert_int_equal(tag.type, 0x0806);
    assert_ptr_equal(v.at, bytes + VLAN_LEN);
    assert_int_equal(v.len, 1);
}

/* All 65,536, of which those with identifier 4095 may not be sent. */
static void every_tag_comes_back_as_it_went(void **state)
{
    (void)state;
    for (unsigned control = 0; control < 65536; control++) {
        const uint8_t bytes[VLAN_LEN] = {(uint8_t)(control >> 8), (uint8_t)control, 0x86, 0xdd};
        bool reserved = (control & 0xfff) == 0xfff;
        struct view v = view_of(bytes, sizeof bytes);
        uint8_t again[VLAN_LEN];
        struct vlan tag;

        assert_int_equal(vlan_decode(&v, &tag), reserved ? DROP_MALFORMED : DROP_NONE);
        assert_int_equal(v.len, reserved ? VLAN_LEN : 0);
        if (reserved)
            continue;
        assert_int_equal(vlan_encode(again, &tag), VLAN_LEN);
        assert_memory_equal(again, bytes, VLAN_LEN);
    }
}

static void a_tag_cut_short_stays_whole(void **state)
{
    static const uint8_t bytes[VLAN_LEN] = {0, 5, 8, 0};

    (void)state;
    for (size_t len = 0; len < VLAN_LEN; len++) {
        struct view v = view_of(bytes, len);
        struct vlan tag;

        assert_int_equal(vlan_decode(&v, &tag), DROP_TRUNCATED);
        assert_int_equal(v.len, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_tag_off),
        cmocka_unit_test(every_tag_comes_back_as_it_went),
        cmocka_unit_test(a_tag_cut_short_stays_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
