/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/addr: any text is read as the C library reads it, and any address that is printed is read back.
 */
#include "wire/addr.h"

#include <arpa/inet.h>
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What inet_pton makes of it. */
static bool read_by_libc(const char *text, struct addr *a)
{
    uint8_t four[4];

    if (inet_pton(AF_INET, text, four) == 1) {
        *a = addr_of4(four);
        return true;
    }
    return inet_pton(AF_INET6, text, a->b) == 1;
}

static void read_text(const char *text)
{
    struct addr ours = {{0}}, theirs = {{0}};
    unsigned bits = 0;
    uint16_t port = 0;
    uint8_t mac[6];
    bool read = addr_parse(text, &ours);

    assert(read == read_by_libc(text, &theirs));
    assert(!read || addr_eq(&ours, &theirs));
    if (addr_parse_prefix(text, &ours, &bits)) {
        assert(bits <= 128 && !read);
        assert(!addr_is4(&ours) || bits >= 96);
    }
    if (addr_parse_port(text, &ours, &port)) {
        char again[ADDR_TEXT];
        struct addr back;
        uint16_t number;

        addr_print(again, &ours, port);
        if (text[0] == '[' && addr_is4(&ours)) /* "[::ffff:10.0.0.7]:80" is printed without brackets */
            assert(again[0] != '[');
        assert(addr_parse_port(again, &back, &number) && addr_eq(&back, &ours) && number == port);
    }
    if (addr_parse_mac(text, mac)) {
        char again[18];
        uint8_t back[6];

        assert(addr_print_mac(again, mac) == 17 && addr_parse_mac(again, back) && memcmp(back, mac, 6) == 0);
    }
}

/* The first 16 bytes as an address. */
static void print_address(const uint8_t *data)
{
    struct addr a, back;
    char text[ADDR_TEXT];

    memcpy(a.b, data, 16);
    assert(addr_print(text, &a, -1) == strlen(text));
    assert(addr_parse(text, &back) && addr_eq(&a, &back));
    assert(addr_is_any(&a) + addr_is_multicast(&a) + addr_is_loopback(&a) + addr_is_unicast(&a) <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[64];

    if (size >= 16)
        print_address(data);
    if (size >= sizeof text)
        size = sizeof text - 1;
    memcpy(text, data, size);
    text[size] = '\0';
    read_text(text);
    return 0;
}
