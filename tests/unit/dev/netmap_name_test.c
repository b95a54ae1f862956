/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dev/netmap_name: which rings a name means, and where a wrong one goes wrong. In a namespace with the interface of
 * the name eth-7 alone, if there may be one.
 */
#include "dev/netmap_name.h"

#include <errno.h>
#include <net/netmap.h>
#include <runnel_dev.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void names_are_read(void **state)
{
    static const struct {
        const char *text;
        struct netmap_name want;
    } rows[] = {
        {"eth0", {.port = "eth0", .base = "eth0", .mode = NR_REG_ALL_NIC}},
        {"eth0-1", {.port = "eth0", .base = "eth0", .mode = NR_REG_ONE_NIC, .ring = 1}},
        {"eth0-0", {.port = "eth0", .base = "eth0", .mode = NR_REG_ONE_NIC}},
        {"a-b-12", {.port = "a-b", .base = "a-b", .mode = NR_REG_ONE_NIC, .ring = 12}},
        {"a-b", {.port = "a-b", .base = "a-b", .mode = NR_REG_ALL_NIC}},
        {"eth0^", {.port = "eth0", .base = "eth0", .mode = NR_REG_SW}},
        {"eth0^3", {.port = "eth0", .base = "eth0", .mode = NR_REG_ONE_SW, .ring = 3}},
        {"eth0*", {.port = "eth0", .base = "eth0", .mode = NR_REG_NIC_SW}},
        {"eth0@7", {.port = "eth0", .base = "eth0", .mode = NR_REG_ALL_NIC, .memory = 7}},
        {"eth0-2@7/x",
         {.port = "eth0", .base = "eth0", .mode = NR_REG_ONE_NIC, .ring = 2, .memory = 7, .flags = NR_EXCLUSIVE}},
        {"eth0/xx", {.port = "eth0", .base = "eth0", .mode = NR_REG_ALL_NIC, .flags = NR_EXCLUSIVE}},
        {"vale0:a", {.port = "vale0:a", .mode = NR_REG_ALL_NIC}},
        {"valeX:one", {.port = "valeX:one", .mode = NR_REG_ALL_NIC}},
        {"vale7:p-1@2", {.port = "vale7:p-1", .mode = NR_REG_ALL_NIC, .memory = 2}},
        {"x{3", {.port = "x{3", .base = "x", .mode = NR_REG_ALL_NIC, .pipe = NR_REG_PIPE_MASTER, .pipe_id = 3}},
        {"x}12", {.port = "x}12", .base = "x", .mode = NR_REG_ALL_NIC, .pipe = NR_REG_PIPE_SLAVE, .pipe_id = 12}},
        {"vale0:a}1", {.port = "vale0:a}1", .mode = NR_REG_ALL_NIC, .pipe = NR_REG_PIPE_SLAVE, .pipe_id = 1}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct netmap_name *w = &rows[i].want;
        struct netmap_name n;
        char err[RN_ERRBUF] = "";

        if (netmap_name_read(&n, rows[i].text, err) < 0)
            fail_msg("%s: %s", rows[i].text, err);
        assert_string_equal(n.port, w->port);
        assert_string_equal(n.base, w->base);
        assert_int_equal(n.mode, w->mode);
        assert_int_equal(n.ring, w->ring);
        assert_int_equal(n.pipe, w->pipe);
        assert_int_equal(n.pipe_id, w->pipe_id);
        assert_int_equal(n.memory, w->memory);
        assert_int_equal(n.flags, w->flags);
    }
}

/* Each line has the place from which on it is wrong, and what could be there. */
static void wrong_ones_are_told_with_the_place(void **state)
{
    static const char *const rows[][3] = {
        {"", "at ''", "missing"},
        {"*", "at '*'", "missing"},
        {"eth 0", "at ' 0'", "character"},
        {"eth:0", "at ':0'", "character"},
        {"a-name-of-20-letters", "at 'a-name-of-20-letters'", "too long"},
        {"eth0x", "", ""}, /* right, so that the rows are known to be judged */
        {"eth0^x", "at 'x'", "end here"},
        {"eth0*2", "at '2'", "end here"},
        {"eth0-70000", "at '", "up to 4095"},
        {"eth0@", "at ''", "a memory has a number"},
        {"eth0@70000", "at '", "up to 65535"},
        {"eth0/z", "at 'z'", "x is the only flag"},
        {"eth0/xR", "at 'R'", "x is the only flag"},
        {"x{", "at ''", "a pipe has a number"},
        {"x}a", "at 'a'", "a pipe has a number"},
        {"x{1*", "at '*'", "no rings of the kernel"},
        {"vale0:", "at ''", "missing"},
        {"eth0@1@2", "at '@2'", "end here"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct netmap_name n;
        char err[RN_ERRBUF] = "";
        int rc = netmap_name_read(&n, rows[i][0], err);

        assert_int_equal(rc, *rows[i][2] ? -EINVAL : 0);
        if (rc && (!strstr(err, rows[i][1]) || !strstr(err, rows[i][2]) || !strstr(err, "write netmap:NAME")))
            fail_msg("%s: %s", rows[i][0], err);
    }
}

static void name_that_exists_whole_is_the_name(void **state)
{
    struct netmap_name n;

    (void)state;
    if (unshare(CLONE_NEWNET) < 0 || system("ip link add eth-7 type dummy 2>/dev/null || ip tuntap add eth-7 mode tap"))
        skip();
    assert_int_equal(netmap_name_read(&n, "eth-7", NULL), 0);
    assert_string_equal(n.port, "eth-7");
    assert_int_equal(n.mode, NR_REG_ALL_NIC);
    assert_int_equal(netmap_name_read(&n, "eth-7-2", NULL), 0);
    assert_string_equal(n.port, "eth-7");
    assert_int_equal(n.ring, 2);
    assert_int_equal(netmap_name_read(&n, "eth-8", NULL), 0);
    assert_string_equal(n.port, "eth");
    assert_int_equal(n.ring, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_read),
        cmocka_unit_test(wrong_ones_are_told_with_the_place),
        cmocka_unit_test(name_that_exists_whole_is_the_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
