/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Each judge below is a chain of questions; the first that fails names what would have been right. Nothing
 * here touches the network: whether an interface exists is for the stack to find out.
 *
 * Called by the programs in apps/; uses the C library only.
 */
#include "args.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void args_wrong(struct args *a, const char *name, const char *value, const char *right)
{
    name += *name == '[';
    a->wrong++;
    fprintf(stderr, "%s: %.*s ", a->program, (int)strcspn(name, "[]"), name);
    if (!value)
        fprintf(stderr, "is missing");
    else {
        putc('"', stderr);
        for (; *value; value++)
            putc(isprint((unsigned char)*value) ? *value : '?', stderr);
        putc('"', stderr);
    }
    fprintf(stderr, ": %s\n", right);
}

/* Where a judge writes a word that is good as it stands. */
static bool keep(void *to, const char *value)
{
    *(const char **)to = value;
    return true;
}

bool args_text(struct args *a, const struct option *o, const char *value, void *to)
{
    if (value && *value)
        return keep(to, value);
    args_wrong(a, o->name, value, o->help);
    return false;
}

enum { INTERFACE_MAX = 15 }; /* bytes of an interface's name on Linux */

static bool is_interface(const char *text)
{
    size_t len = strlen(text);

    if (len == 0 || len > INTERFACE_MAX || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
        return false;
    for (; *text; text++)
        if (!isgraph((unsigned char)*text) || *text == '/' || *text == ':')
            return false;
    return true;
}

bool args_interface(struct args *a, const struct option *o, const char *value, void *to)
{
    if (value && is_interface(value))
        return keep(to, value);
    args_wrong(a, o->name, value,
               "an interface's name alone, 1 to 15 bytes without '/', ':' or blanks, as in tap0");
    return false;
}

/* Six pairs of hexadecimal digits with colons between. */
static bool read_mac(const char *text, unsigned char mac[6])
{
    if (strlen(text) != 17)
        return false;
    for (int i = 0; i < 17; i++)
        if (i % 3 == 2 ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
            return false;
    for (int i = 0; i < 6; i++)
        mac[i] = (unsigned char)strtoul(text + 3 * i, NULL, 16);
    return true;
}

bool args_mac(struct args *a, const struct option *o, const char *value, void *to)
{
    static const unsigned char zero[6];
    unsigned char mac[6];
    const char *right;

    if (!value || !read_mac(value, mac))
        right = "a link address is six pairs of hexadecimal digits, as in 02:00:00:00:00:07";
    else if (mac[0] & 1)
        right = "a multicast address; one station's has an even first pair, as in 02:00:00:00:00:07";
    else if (memcmp(mac, zero, 6) == 0)
        right = "all zero is nobody's address; choose one as in 02:00:00:00:00:07";
    else
        return keep(to, value);
    args_wrong(a, o->name, value, right);
    return false;
}

/* Digits only, no sign, no blanks; false when it is no number or above most. */
static bool read_number(const char *text, uint32_t most, uint32_t *out)
{
    uint64_t v = 0;

    if (!*text)
        return false;
    for (; *text; text++) {
        if (!isdigit((unsigned char)*text))
            return false;
        v = v * 10 + (uint64_t)(*text - '0');
        if (v > most)
            return false;
    }
    *out = (uint32_t)v;
    return true;
}

bool args_number(struct args *a, const struct option *o, const char *value, void *to)
{
    uint32_t v;
    char right[64];

    if (value && read_number(value, o->most, &v) && v >= o->least) {
        *(uint32_t *)to = v;
        return true;
    }
    snprintf(right, sizeof right, "a whole number from %u to %u", (unsigned)o->least, (unsigned)o->most);
    args_wrong(a, o->name, value, right);
    return false;
}

bool args_choice(struct args *a, const struct option *o, const char *value, void *to)
{
    size_t len = value && !strchr(value, '|') ? strlen(value) : 0;
    uint32_t number = 0;

    for (const char *word = o->form; len; word += strcspn(word, "|") + 1, number++) {
        if (strncmp(word, value, len) == 0 && (word[len] == '|' || !word[len])) {
            *(uint32_t *)to = number;
            return true;
        }
        if (!strchr(word, '|'))
            break;
    }
    args_wrong(a, o->name, value, o->form);
    return false;
}

bool args_decimal(const char *text, double *out)
{
    char *end = NULL;

    if (!isdigit((unsigned char)*text) || strspn(text, "0123456789.") != strlen(text))
        return false;
    *out = strtod(text, &end);
    return *end == 0;
}

bool args_seconds(struct args *a, const struct option *o, const char *value, void *to)
{
    double seconds;
    char right[64];

    if (value && args_decimal(value, &seconds) && seconds * 1e3 >= o->least && seconds * 1e3 <= o->most) {
        *(rn_time *)to = (rn_time)(seconds * 1e9);
        return true;
    }
    snprintf(right, sizeof right, "seconds from %g to %g are wanted", o->least / 1e3, o->most / 1e3);
    args_wrong(a, o->name, value, right);
    return false;
}

/* What is wrong with an address of one host under that prefix; NULL: nothing. */
static const char *judge_host(uint32_t ip, uint32_t prefix)
{
    uint32_t hosts = prefix == 32 ? 0 : UINT32_MAX >> prefix;

    if (ip >> 24 == 0 || ip >> 24 == 127 || ip >> 28 >= 14)
        return "an address of one host is wanted: not 0.x, 127.x (loopback), 224.x and above (multicast, "
               "broadcast), as in 10.7.0.7";
    /* RFC 3021: a prefix of 31 bits has two hosts and neither a network's nor a broadcast address. */
    if (prefix < 31 && (ip & hosts) == 0)
        return "that is the network itself; a host in it is wanted, as in 10.7.0.7";
    if (prefix < 31 && (ip & hosts) == hosts)
        return "that is the network's broadcast address; a host in it is wanted, as in 10.7.0.7";
    return NULL;
}

/* The same for IPv6. */
static const char *judge_host6(const struct in6_addr *ip)
{
    if (IN6_IS_ADDR_UNSPECIFIED(ip) || IN6_IS_ADDR_LOOPBACK(ip) || IN6_IS_ADDR_MULTICAST(ip) ||
        IN6_IS_ADDR_V4MAPPED(ip))
        return "an address of one host is wanted: not ::, ::1 (loopback), ff00::/8 (multicast) or "
               "::ffff:a.b.c.d, as in fd00::7";
    return NULL;
}

/* What is wrong with "ADDRESS" or, where there may be one, "ADDRESS/LEN"; NULL: nothing, and it is written to
 * out, in the second case with LEN. */
static const char *read_address(const char *value, bool prefixed, char out[ARGS_ADDRESS_MAX])
{
    const char *slash = strchr(value, '/'), *bad;
    size_t len = slash ? (size_t)(slash - value) : strlen(value);
    char host[ARGS_ADDRESS_MAX] = "";
    bool version6 = strchr(value, ':') != NULL;
    uint32_t most = version6 ? 128 : 32, prefix = version6 ? 64 : 24;
    struct in6_addr ip6;
    struct in_addr ip;

    if (len < INET6_ADDRSTRLEN)
        memcpy(host, value, len);
    if ((slash && !prefixed) ||
        inet_pton(version6 ? AF_INET6 : AF_INET, host, version6 ? (void *)&ip6 : &ip) != 1)
        return prefixed ? "an address is wanted, A.B.C.D[/LEN] or IPv6[/LEN], as in 10.7.0.7/24 or fd00::7/64"
                        : "an address alone is wanted, A.B.C.D or IPv6, as in 10.7.0.7 or fd00::7";
    if (slash && (!read_number(slash + 1, most, &prefix) || prefix == 0))
        return version6 ? "the prefix length behind '/' is a whole number from 1 to 128, as in fd00::7/64"
                        : "the prefix length behind '/' is a whole number from 1 to 32, as in 10.7.0.7/24";
    bad = version6 ? judge_host6(&ip6) : judge_host(ntohl(ip.s_addr), prefixed ? prefix : 32);
    if (!bad && prefixed)
        snprintf(out, ARGS_ADDRESS_MAX, "%.45s/%u", host, (unsigned)prefix);
    return bad;
}

bool args_host(struct args *a, const struct option *o, const char *value, void *to)
{
    const char *bad = value ? read_address(value, false, NULL) : "an address is wanted, as in 10.7.0.7";

    if (!bad)
        return keep(to, value);
    args_wrong(a, o->name, value, bad);
    return false;
}

bool args_address(struct args *a, const struct option *o, const char *value, void *to)
{
    struct args_addresses *list = to;
    const char *bad = "an address is wanted, as in 10.7.0.7/24";

    if (list->count == ARGS_ADDRESSES)
        bad = "8 addresses are the most";
    else if (value)
        bad = read_address(value, true, list->text[list->count]);
    if (!bad) {
        list->len_said[list->count++] = strchr(value, '/') != NULL;
        return true;
    }
    args_wrong(a, o->name, value, bad);
    return false;
}
