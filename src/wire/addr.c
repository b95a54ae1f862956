/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What an address is and how it is written. Both families are 16 bytes, so most questions are asked of the
 * bytes from 12 on (IPv4) or from 0 on (IPv6).
 *
 * Texts are read by small readers that each take what is theirs off the front of a text and say whether it
 * was there: a number, a dotted address, a colon one. A whole text is right when the readers succeed in turn
 * and nothing is left. Numbers have no leading zeros, since some would read those as octal.
 *
 * Called by stack/ for addresses and by whoever reads a command line. Names, zones (%eth0) and shortened
 * IPv4 forms are not read.
 */
#include "addr.h"

enum { GROUPS = 8 }; /* of 16 bits each in an IPv6 address */

/* ---- kinds -------------------------------------------------------------------------------------------- */

/* The first n bytes are zero. */
static bool all_zero(const uint8_t *b, size_t n)
{
    uint8_t any = 0;

    for (size_t i = 0; i < n; i++)
        any |= b[i];
    return any == 0;
}

static bool all_ones(const uint8_t *b, size_t n)
{
    uint8_t every = 0xff;

    for (size_t i = 0; i < n; i++)
        every &= b[i];
    return every == 0xff;
}

bool addr_is_any(const struct addr *a)
{
    return addr_is4(a) ? all_zero(a->b + 12, 4) : all_zero(a->b, 16);
}

bool addr_is_multicast(const struct addr *a)
{
    return addr_is4(a) ? a->b[12] >> 4 == 14 : a->b[0] == 0xff;
}

bool addr_is_loopback(const struct addr *a)
{
    return addr_is4(a) ? a->b[12] == 127 : all_zero(a->b, 15) && a->b[15] == 1;
}

bool addr_is_unicast(const struct addr *a)
{
    if (addr_is4(a)) /* 224/4 and all above it is multicast, reserved or the limited broadcast */
        return a->b[12] != 0 && a->b[12] != 127 && a->b[12] < 224;
    return !addr_is_any(a) && !addr_is_loopback(a) && !addr_is_multicast(a);
}

bool addr_same_prefix(const struct addr *a, const struct addr *b, unsigned bits)
{
    unsigned bytes = bits / 8, rest = bits % 8;

    if (memcmp(a->b, b->b, bytes) != 0)
        return false;
    return rest == 0 || (a->b[bytes] ^ b->b[bytes]) >> (8 - rest) == 0;
}

bool addr_is_broadcast(const struct addr *a, const struct addr *net, unsigned bits)
{
    unsigned bytes = bits / 8, rest = bits % 8;

    if (!addr_is4(a))
        return false;
    if (all_ones(a->b + 12, 4))
        return true;
    /* RFC 3021 2.1: a prefix of 31 bits has two hosts and no broadcast. */
    if (bits < 96 || bits > 126 || !addr_same_prefix(a, net, bits))
        return false;
    if (rest != 0 && (a->b[bytes++] | (uint8_t)(0xff00 >> rest)) != 0xff)
        return false;
    return all_ones(a->b + bytes, 16 - bytes);
}

/* ---- reading ------------------------------------------------------------------------------------------ */

static bool skip(const char **text, char c)
{
    if (**text != c)
        return false;
    (*text)++;
    return true;
}

/* The value of a digit, 16 when it is none in any base up to 16. */
static unsigned digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A') + 10;
    return 16;
}

/* A decimal number without leading zeros, at most max. */
static bool read_decimal(const char **text, unsigned max, unsigned *value)
{
    const char *at = *text;
    unsigned n = 0;

    if (digit_of(*at) > 9 || (at[0] == '0' && digit_of(at[1]) <= 9))
        return false;
    for (; digit_of(*at) <= 9; at++) {
        n = n * 10 + digit_of(*at);
        if (n > max)
            return false;
    }
    *text = at;
    *value = n;
    return true;
}

/* One to four hexadecimal digits. */
static bool read_group(const char **text, unsigned *value)
{
    const char *at = *text;
    unsigned n = 0;

    for (; digit_of(*at) < 16; at++) {
        if (at - *text == 4)
            return false;
        n = n << 4 | digit_of(*at);
    }
    if (at == *text)
        return false;
    *text = at;
    *value = n;
    return true;
}

static bool read_dotted(const char **text, uint8_t b[4])
{
    const char *at = *text;

    for (int i = 0; i < 4; i++) {
        unsigned value;

        if ((i > 0 && !skip(&at, '.')) || !read_decimal(&at, 255, &value))
            return false;
        b[i] = (uint8_t)value;
    }
    *text = at;
    return true;
}

/* Bytes 0 to *len of an IPv6 address up to where it ends, and in *gap the byte before which "::" stands (or
 * -1). Reads groups from the one at *text on; a dotted end counts as two of them. */
static bool read_groups(const char **text, uint8_t b[16], int *len, int *gap)
{
    for (;;) {
        const char *group = *text;
        unsigned value;

        if (*len <= 12 && read_dotted(text, b + *len)) {
            *len += 4;
            return true;
        }
        if (*len > 14 || !read_group(text, &value))
            return false;
        b[(*len)++] = (uint8_t)(value >> 8);
        b[(*len)++] = (uint8_t)value;
        if (**text == '.') { /* a dotted end that was none: the group was its first number */
            *text = group;
            return false;
        }
        if (!skip(text, ':'))
            return true;
        if (!skip(text, ':'))
            continue;
        if (*gap >= 0)
            return false;
        *gap = *len;
        if (digit_of(**text) == 16)
            return true;
    }
}

/* An address with colons (RFC 4291 2.2). */
static bool read_colons(const char **text, struct addr *a)
{
    const char *at = *text;
    struct addr parts = {{0}};
    int len = 0, gap = -1;
    size_t tail;

    if (at[0] == ':') {
        if (at[1] != ':')
            return false;
        at += 2;
        gap = 0;
    }
    if ((gap < 0 || digit_of(*at) < 16) && !read_groups(&at, parts.b, &len, &gap))
        return false;
    if ((gap < 0) != (len == 16)) /* "::" stands for at least one group, and without it all are there */
        return false;
    memset(a, 0, sizeof *a);
    tail = gap < 0 ? 0 : (size_t)(len - gap);
    memcpy(a->b, parts.b, (size_t)len - tail);
    memcpy(a->b + 16 - tail, parts.b + (size_t)len - tail, tail);
    *text = at;
    return true;
}

/* Either family; *dotted tells which way it was written. */
static bool read_address(const char **text, struct addr *a, bool *dotted)
{
    uint8_t b[4];

    *dotted = read_dotted(text, b);
    if (!*dotted)
        return read_colons(text, a);
    *a = addr_of4(b);
    return true;
}

bool addr_parse(const char *text, struct addr *a)
{
    struct addr read;
    bool dotted;

    if (!read_address(&text, &read, &dotted) || *text != '\0')
        return false;
    *a = read;
    return true;
}

bool addr_parse_prefix(const char *text, struct addr *a, unsigned *bits)
{
    struct addr read;
    unsigned value;
    bool dotted;

    if (!read_address(&text, &read, &dotted) || !skip(&text, '/') ||
        !read_decimal(&text, dotted ? 32 : 128, &value) || *text != '\0')
        return false;
    if (dotted)
        value += 96;
    else if (addr_is4(&read) && value < 96) /* "::ffff:10.0.0.7/24" is neither family's */
        return false;
    *a = read;
    *bits = value;
    return true;
}

bool addr_parse_port(const char *text, struct addr *a, uint16_t *port)
{
    struct addr read;
    unsigned value;
    bool dotted, brackets = skip(&text, '[');

    if (!read_address(&text, &read, &dotted) || dotted == brackets || (brackets && !skip(&text, ']')))
        return false;
    if (!skip(&text, ':') || !read_decimal(&text, 65535, &value) || *text != '\0')
        return false;
    *a = read;
    *port = (uint16_t)value;
    return true;
}

bool addr_parse_mac(const char *text, uint8_t mac[6])
{
    uint8_t read[6];

    for (int i = 0; i < 6; i++) {
        if (i > 0 && !skip(&text, ':'))
            return false;
        if (digit_of(text[0]) == 16 || digit_of(text[1]) == 16)
            return false;
        read[i] = (uint8_t)(digit_of(text[0]) << 4 | digit_of(text[1]));
        text += 2;
    }
    if (*text != '\0')
        return false;
    memcpy(mac, read, sizeof read);
    return true;
}

/* ---- writing ------------------------------------------------------------------------------------------ */

static char *put_decimal(char *at, unsigned value)
{
    char digits[10];
    int n = 0;

    do
        digits[n++] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    while (n > 0)
        *at++ = digits[--n];
    return at;
}

/* At least so many digits. */
static char *put_hex(char *at, unsigned value, int digits)
{
    for (int shift = 12; shift >= 0; shift -= 4) {
        if (value >> shift || shift < 4 * digits)
            *at++ = "0123456789abcdef"[value >> shift & 15];
    }
    return at;
}

static char *put_dotted(char *at, const uint8_t b[4])
{
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            *at++ = '.';
        at = put_decimal(at, b[i]);
    }
    return at;
}

/* The first of the longest runs of two or more zero groups (RFC 5952 4.2): its length, 0 for none. */
static int longest_run(const unsigned group[GROUPS], int *start)
{
    int best = 1;

    *start = GROUPS;
    for (int i = 0, run = 0; i < GROUPS; i++) {
        run = group[i] == 0 ? run + 1 : 0;
        if (run > best) {
            best = run;
            *start = i - run + 1;
        }
    }
    return best > 1 ? best : 0;
}

static char *put_colons(char *at, const uint8_t b[16])
{
    unsigned group[GROUPS];
    int start, run;

    for (int i = 0; i < GROUPS; i++)
        group[i] = (unsigned)b[2 * i] << 8 | b[2 * i + 1];
    run = longest_run(group, &start);
    for (int i = 0; i < GROUPS; i++) {
        if (i == start) { /* one colon of "::", the other belongs to the group or the end that follows */
            *at++ = ':';
            i += run - 1;
            if (i == GROUPS - 1)
                *at++ = ':';
            continue;
        }
        if (i > 0)
            *at++ = ':';
        at = put_hex(at, group[i], 1);
    }
    return at;
}

size_t addr_print(char text[ADDR_TEXT], const struct addr *a, int port)
{
    bool brackets = port >= 0 && !addr_is4(a);
    char *at = text;

    if (brackets)
        *at++ = '[';
    at = addr_is4(a) ? put_dotted(at, a->b + 12) : put_colons(at, a->b);
    if (brackets)
        *at++ = ']';
    if (port >= 0) {
        *at++ = ':';
        at = put_decimal(at, (unsigned)port);
    }
    *at = '\0';
    return (size_t)(at - text);
}

size_t addr_print_mac(char text[18], const uint8_t mac[6])
{
    char *at = text;

    for (int i = 0; i < 6; i++) {
        if (i > 0)
            *at++ = ':';
        at = put_hex(at, mac[i], 2);
    }
    *at = '\0';
    return (size_t)(at - text);
}
