/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The grammar of netmap's port names, read from left to right:
 *
 *      PORT  [{ID or }ID]  [-N or ^[N] or *]  [@MEMORY]  [/FLAGS]
 *
 * A name that exists whole is the name, so that eth-0 is an interface's where there is one. Of the flags x alone makes
 * sense for a stack; monitors, and rings of one direction, do not. Called by netmap.c and by run/devices.c.
 */
#include "netmap_name.h"

#include "base/hash.h"
#include "error.h"

#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <net/netmap.h>
#include <stdlib.h>
#include <string.h>

#define SWITCH "vale"

/* Says where it stopped. -EINVAL */
static int wrong(const char *text, const char *at, const char *what, char *err)
{
    return error_line(err, -EINVAL,
                      "netmap: '%.40s', at '%.24s': %s: write netmap:NAME[-N|^[N]|*][@MEMORY][/x], vale0:PORT, "
                      "netmap:NAME{ID or NAME}ID",
                      text, at, what);
}

/* Digits at *at, up to most; false: none, or more. */
static bool number(const char **at, uint32_t most, uint16_t *out)
{
    uint32_t n = 0;
    const char *from = *at;

    for (; isdigit((unsigned char)**at) && n <= most; ++*at)
        n = n * 10 + (uint32_t)(**at - '0');
    *out = (uint16_t)n;
    return *at > from && n <= most;
}

bool netmap_name_is_switch(const char *device)
{
    return strncmp(device, SWITCH, sizeof SWITCH - 1) == 0 && strchr(device, ':');
}

size_t netmap_name_base(const char *text)
{
    size_t len = strcspn(text, "{}^*@/");
    const char *dash = NULL;
    char whole[IF_NAMESIZE];

    if (len < sizeof whole) {
        memcpy(whole, text, len);
        whole[len] = 0;
        if (if_nametoindex(whole))
            return len;
    }
    for (size_t i = 1; i + 1 < len; i++)
        if (text[i] == '-')
            dash = text + i;
    return dash && dash + 1 + strspn(dash + 1, "0123456789") == text + len ? (size_t)(dash - text) : len;
}

/* The port, up to its rings. Returns behind it; NULL: with err. */
static const char *read_port(struct netmap_name *n, const char *text, char *err)
{
    bool vale = netmap_name_is_switch(text);
    size_t len = vale ? strcspn(text, "{}^*@/") : netmap_name_base(text);
    const char *at = text + len;

    for (size_t i = 0; i < len; i++)
        if (!isgraph((unsigned char)text[i]) || (text[i] == ':' && !vale))
            return wrong(text, text + i, "a character that no name has", err), NULL;
    if (len == 0 || (vale && at[-1] == ':'))
        return wrong(text, at, "a port's name is missing", err), NULL;
    if (len >= (vale ? sizeof n->port - 8 : sizeof n->base))
        return wrong(text, text, "the name is too long", err), NULL;
    if (!vale)
        memcpy(n->base, text, len);
    memcpy(n->port, text, len);
    if (*at == '{' || *at == '}') {
        n->pipe = *at++ == '{' ? NR_REG_PIPE_MASTER : NR_REG_PIPE_SLAVE;
        if (!number(&at, NETMAP_REQ_MAXSIZE - 1, &n->pipe_id))
            return wrong(text, at, "a pipe has a number, up to 4095", err), NULL;
        snprintf(n->port + len, sizeof n->port - len, "%c%u", n->pipe == NR_REG_PIPE_MASTER ? '{' : '}',
                 (unsigned)n->pipe_id);
    }
    return at;
}

/* Which rings. Returns behind it; NULL: with err. */
static const char *read_rings(struct netmap_name *n, const char *text, const char *at, char *err)
{
    n->mode = NR_REG_ALL_NIC;
    if (*at == '*') {
        n->mode = NR_REG_NIC_SW;
        return at + 1;
    }
    if (*at != '-' && *at != '^')
        return at;
    n->mode = *at == '-' ? NR_REG_ONE_NIC : NR_REG_ONE_SW;
    if (*at++ == '^' && !isdigit((unsigned char)*at)) {
        n->mode = NR_REG_SW;
        return at;
    }
    if (!number(&at, 4095, &n->ring))
        return wrong(text, at, "a ring has a number, up to 4095", err), NULL;
    return at;
}

int netmap_name_read(struct netmap_name *n, const char *text, char *err)
{
    const char *at;

    memset(n, 0, sizeof *n);
    at = read_port(n, text, err);
    at = at ? read_rings(n, text, at, err) : NULL;
    if (!at)
        return -EINVAL;
    if (n->pipe && n->mode != NR_REG_ALL_NIC && n->mode != NR_REG_ONE_NIC)
        return wrong(text, at - 1, "a pipe has no rings of the kernel's", err);
    if (*at == '@' && (at++, !number(&at, 65535, &n->memory)))
        return wrong(text, at, "a memory has a number, up to 65535", err);
    if (*at == '/')
        for (at++; *at == 'x'; at++)
            n->flags |= NR_EXCLUSIVE;
    if (*at)
        return wrong(text, at,
                     strchr("ztrRT", *at) && at[-1] != '@'
                         ? "a stack sends and receives, and is no monitor: x is the only flag for it"
                         : "it should end here",
                     err);
    return 0;
}

void netmap_name_mac(uint8_t mac[6], const struct netmap_name *n)
{
    static const struct hash_key nobodys;
    uint64_t h = hash_sip(&nobodys, n->port, strlen(n->port));

    memcpy(mac, &h, 6);
    mac[0] = (uint8_t)((mac[0] & 0xfc) | 2);
}
