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
    a->wrong++;
    fprintf(stderr, "%s: %s ", a->program, name);
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

static bool is_interface(const char *text)
{
    size_t len = strlen(text);

    if (len == 0 || len > ARGS_INTERFACE_MAX || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
        return false;
    for (; *text; text++)
        if (!isgraph((unsigned char)*text) || *text == '/' || *text == ':')
            return false;
    return true;
}

bool args_interface(struct args *a, const char *name, const char *value)
{
    if (value && is_interface(value))
        return true;
    args_wrong(a, name, value,
               "a tap interface's name alone, 1 to 15 bytes without '/', ':' or blanks, as in tap0");
    return false;
}

bool args_device(struct args *a, const char *name, const char *value)
{
    static const char *const kinds[] = {"tap:", "packet:"};

    for (size_t i = 0; value && i < sizeof kinds / sizeof *kinds; i++)
        if (strncmp(value, kinds[i], strlen(kinds[i])) == 0 && is_interface(value + strlen(kinds[i])))
            return true;
    args_wrong(a, name, value,
               "a device is KIND:NAME; the kinds are tap and packet, NAME has 1 to 15 bytes, as in tap:tap0");
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

bool args_mac(struct args *a, const char *name, const char *value)
{
    static const unsigned char zero[6];
    unsigned char mac[6];

    if (!value || !read_mac(value, mac))
        args_wrong(a, name, value,
                   "a link address is six pairs of hexadecimal digits, as in 02:00:00:00:00:07");
    else if (mac[0] & 1)
        args_wrong(a, name, value,
                   "a multicast address; one station's has an even first pair, as in 02:00:00:00:00:07");
    else if (memcmp(mac, zero, 6) == 0)
        args_wrong(a, name, value, "all zero is nobody's address; choose one as in 02:00:00:00:00:07");
    else
        return true;
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

bool args_number(struct args *a, const char *name, const char *value, uint32_t least, uint32_t most,
                 uint32_t *out)
{
    uint32_t v;
    char right[64];

    if (value && read_number(value, most, &v) && v >= least) {
        *out = v;
        return true;
    }
    snprintf(right, sizeof right, "a whole number from %u to %u", (unsigned)least, (unsigned)most);
    args_wrong(a, name, value, right);
    return false;
}

/* What is wrong with an address of one host under that prefix; NULL: nothing. */
static const char *judge_host(uint32_t ip, uint32_t prefix)
{
    uint32_t hosts = prefix == 32 ? 0 : UINT32_MAX >> prefix;

    if (ip >> 24 == 0 || ip >> 24 == 127 || ip >> 28 >= 14)
        return "an address of one host is wanted: not 0.x, 127.x (loopback), 224.x and above (multicast, "
               "broadcast); as in 10.7.0.7/24";
    /* RFC 3021: a prefix of 31 bits has two hosts and neither a network's nor a broadcast address. */
    if (prefix < 31 && (ip & hosts) == 0)
        return "that is the network itself; a host in it is wanted, as in 10.7.0.7/24";
    if (prefix < 31 && (ip & hosts) == hosts)
        return "that is the network's broadcast address; a host in it is wanted, as in 10.7.0.7/24";
    return NULL;
}

bool args_address(struct args *a, const char *name, const char *value, char out[ARGS_ADDRESS_MAX])
{
    const char *slash = value ? strchr(value, '/') : NULL, *bad;
    char host[16] = "";
    struct in_addr ip;
    uint32_t prefix = 24;

    if (value) {
        size_t len = slash ? (size_t)(slash - value) : strlen(value);

        if (len < sizeof host)
            memcpy(host, value, len);
    }
    if (inet_pton(AF_INET, host, &ip) != 1)
        bad = value && strchr(value, ':')
                  ? "IPv6 is to come; an IPv4 address is wanted, as in 10.7.0.7/24"
                  : "an IPv4 address is wanted, A.B.C.D or A.B.C.D/LEN, as in 10.7.0.7/24";
    else if (slash && (!read_number(slash + 1, 32, &prefix) || prefix == 0))
        bad = "the prefix length behind '/' is a whole number from 1 to 32, as in 10.7.0.7/24";
    else
        bad = judge_host(ntohl(ip.s_addr), prefix);
    if (!bad) {
        snprintf(out, ARGS_ADDRESS_MAX, "%s/%u", host, (unsigned)prefix);
        return true;
    }
    args_wrong(a, name, value, bad);
    return false;
}

/* One "name=number" of a bad wire; false: it is none. */
static bool read_fault(char *word, struct rn_fault_options *out)
{
    char *value = strchr(word, '='), *end = NULL;
    double n;

    if (!value || value[1] < '0' || value[1] > '9')
        return false;
    *value++ = 0;
    n = strtod(value, &end);
    if (*end)
        return false;
    if (strcmp(word, "seed") == 0)
        out->seed = (uint64_t)n;
    else if (strcmp(word, "delay") == 0 && n <= 10000)
        out->tx.delay = (rn_time)(n * 1e6);
    else if (n > 100)
        return false;
    else if (strcmp(word, "loss") == 0)
        out->tx.loss_ppm = (uint32_t)(n * 1e4);
    else if (strcmp(word, "reorder") == 0)
        out->tx.reorder_ppm = (uint32_t)(n * 1e4);
    else if (strcmp(word, "duplicate") == 0)
        out->tx.duplicate_ppm = (uint32_t)(n * 1e4);
    else if (strcmp(word, "corrupt") == 0)
        out->tx.corrupt_ppm = (uint32_t)(n * 1e4);
    else
        return false;
    return true;
}

bool args_fault(struct args *a, const char *name, const char *value, struct rn_fault_options *out)
{
    char copy[160], *rest = NULL;

    snprintf(copy, sizeof copy, "%s", value ? value : "");
    for (char *word = strtok_r(copy, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
        if (!read_fault(word, out)) {
            args_wrong(
                a, name, value,
                "percent of the frames are wanted, as in loss=5,reorder=5,duplicate=2,corrupt=1; delay=MS "
                "and seed=N may stand with them");
            return false;
        }
    }
    out->rx = out->tx;
    if (value && *value)
        return true;
    args_wrong(a, name, value, "a bad wire is wanted, as in loss=5,reorder=5");
    return false;
}
