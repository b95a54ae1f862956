/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kinds of devices there are, by name, the better one first: what rn_dev_open opens, what rn_survey asks,
 * and what rn_choose chooses from.
 *
 *      "tap:tap0-0"  ->  kinds[]: "tap"  ->  interface tap0  ->  tap_open
 *
 * A new kind is a file in dev/ and a line in the table. Called by the application and by attach.c; it keeps
 * nothing.
 */
#include "dev/error.h"
#include "dev/interface.h"
#include "dev/netmap.h"
#include "dev/netmap_name.h"
#include "dev/null.h"
#include "dev/packet.h"
#include "dev/pair.h"
#include "dev/pcap.h"
#include "dev/tap.h"
#include "dev/vde.h"
#include "dev/xdp.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

struct kind {
    const char *name;
    bool named; /* it is one of an interface */
    bool only;  /* an interface of its own making is no other kind's */
    int (*open)(struct rn_dev **out, const char *name, char *err);
    int (*open_queue)(struct rn_dev **out, const char *name, int queue, char *err); /* of several; -1: all */
    void (*survey)(const struct interface *i, struct rn_way *way);
    const char *bare; /* what is added to an interface's name that was said alone; NULL: it never means this kind */
    size_t (*base)(const char *name); /* how much of what stands behind the colon is an interface's name, for a kind that
                                       * reads that by itself; NULL: "NAME-N" is all that it may be */
};

/* pcap: all of it, if it is one. */
static size_t whole(const char *name)
{
    return strlen(name);
}

/* vde: none of it. */
static size_t nothing(const char *name)
{
    (void)name;
    return 0;
}

/* In the order in which a bare name tries them: a TAP or TUN is its kind's and nobody else's, so that these
 * come first; then what takes any interface, the best first; last what needs none. */
static const struct kind kinds[] = {
    {"tap", true, true, tap_open, NULL, tap_survey, "", NULL},
    {"tun", true, true, tap_open_tun, NULL, tap_survey_tun, "", NULL},
    {"netmap", true, false, netmap_open, NULL, netmap_survey, "*", netmap_name_base},
    {"xdp", true, false, NULL, xdp_open, xdp_survey, "", NULL},
    {"packet", true, false, packet_open, NULL, packet_survey, "", NULL},
    {"pcap", true, false, pcap_dev_open, NULL, pcap_dev_survey, NULL, whole},
    {"vde", false, false, vde_dev_open, NULL, vde_dev_survey, NULL, nothing},
    {"loop", false, false, pair_open_loop, NULL, pair_survey_loop, NULL, NULL},
    {"null", false, false, null_open, NULL, null_survey, NULL, NULL},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* ---- the grammar --------------------------------------------------------------------------------------- */

/* The table as one line, for those who guess. */
static void list_kinds(char *line, size_t size)
{
    size_t at = 0;

    line[0] = 0;
    for (int i = 0; i < KINDS && at < size; i++)
        at += (size_t)snprintf(line + at, size - at, "%s%s%s", i ? ", " : "", kinds[i].name,
                               kinds[i].named || kinds[i].base ? ":NAME" : "");
}

/* The line for a name that is wrong from `at` on. -EINVAL. */
static int wrong(const char *device, const char *at, const char *what, char *err)
{
    char known[96];

    list_kinds(known, sizeof known);
    return error_line(err, -EINVAL, "device '%.40s', at '%.24s': %s: write KIND[:NAME][-QUEUE], there is %s",
                      device, at, what, known);
}

/* Where a queue's "-N" begins at the end of a word, or its end: there is none. */
static const char *queue_of(const char *word)
{
    const char *dash = strrchr(word, '-');

    return dash && dash > word && dash[1] && !dash[1 + strspn(dash + 1, "0123456789")] ? dash
                                                                                       : word + strlen(word);
}

/* The kind of which the first len bytes are the name; NULL: none. */
static const struct kind *kind_of(const char *word, size_t len)
{
    for (int i = 0; i < KINDS; i++)
        if (strlen(kinds[i].name) == len && memcmp(kinds[i].name, word, len) == 0)
            return &kinds[i];
    return NULL;
}

/* A kind that has but one queue. */
static int check_queue(const char *device, const char *dash, char *err)
{
    if (!*dash || !dash[1 + strspn(dash + 1, "0")])
        return 0;
    return error_line(err, -EINVAL, "device '%.40s', at '%.24s': there is one queue, 0: write '%.*s'", device,
                      dash, (int)(dash - device < 40 ? dash - device : 40), device);
}

/* The interface of a name that is len bytes long. 0; -EINVAL: it is none that could be. */
static int interface_of(const char *name, size_t len, char ifname[RN_IFNAME])
{
    if (len == 0 || len >= RN_IFNAME)
        return -EINVAL;
    memcpy(ifname, name, len);
    ifname[len] = 0;
    return 0;
}

/* Bytes of "NAME" or "NAME-N" that are the interface's name. */
static size_t name_of(const char *name)
{
    return if_nametoindex(name) ? strlen(name) : (size_t)(queue_of(name) - name);
}

int rn_dev_interface(const char *device, char ifname[RN_IFNAME])
{
    const char *colon = strchr(device, ':'), *name = colon ? colon + 1 : device;
    const struct kind *k = colon ? kind_of(device, (size_t)(colon - device)) : NULL;

    return interface_of(name, k && k->base ? k->base(name) : name_of(name), ifname);
}

/* One queue of an interface that may have several, or all of them. */
static int open_queue(struct rn_dev **out, const struct kind *k, const char *device, const char *ifname,
                      const char *dash, char *err)
{
    if (strlen(dash) > sizeof "-65535" - 1)
        return error_line(err, -EINVAL, "device '%.40s', at '%.24s': there is no such queue", device, dash);
    return k->open_queue(out, ifname, *dash ? atoi(dash + 1) : -1, err);
}

/* Opens "KIND:NAME" or "KIND:NAME-N". */
static int open_named(struct rn_dev **out, const struct kind *k, const char *device, const char *name,
                      char *err)
{
    char ifname[RN_IFNAME];

    if (k->base)
        return k->open(out, name, err);
    if (interface_of(name, name_of(name), ifname) < 0) /* they say what is wrong with it */
        return k->open ? k->open(out, name, err) : k->open_queue(out, name, -1, err);
    if (!k->open)
        return open_queue(out, k, device, ifname, name + strlen(ifname), err);
    if (check_queue(device, name + strlen(ifname), err) < 0)
        return -EINVAL;
    return k->open(out, ifname, err);
}

/* Opens an interface's name alone. */
static int open_bare(struct rn_dev **out, const char *device, char *err)
{
    char chosen[RN_DEVNAME], why[RN_ERRBUF];
    int error = rn_choose(device, chosen, why, err);

    return error < 0 ? error : rn_dev_open(out, chosen, err);
}

int rn_dev_open(struct rn_dev **out, const char *device, char *err)
{
    const char *colon, *dash;
    const struct kind *k;

    if (!out || !device || !*device)
        return error_line(err, -EINVAL, "no device was named: write it as tap:tap0");
    colon = strchr(device, ':');
    dash = queue_of(device);
    k = kind_of(device, (size_t)((colon ? colon : dash) - device));
    if (!k && netmap_name_is_switch(device))
        return netmap_open(out, device, err);
    if (!k && !colon)
        return open_bare(out, device, err);
    if (!k)
        return wrong(device, device, "no such kind of device", err);
    if (k->named || k->base)
        return colon && colon[1]
                   ? open_named(out, k, device, colon + 1, err)
                   : wrong(device, colon ? colon : device,
                           k->named ? "an interface's name is missing" : "a name is missing", err);
    if (colon)
        return wrong(device, colon, "this kind has no name", err);
    return check_queue(device, dash, err) < 0 ? -EINVAL : k->open(out, "", err);
}

/* ---- what works where ---------------------------------------------------------------------------------- */

/* Looks at an interface and asks each kind, in the order of the table. 0 or a negative errno. */
static int survey(const char *ifname, struct interface *i, struct rn_way ways[KINDS], char *err)
{
    int error;

    if (!ifname || !*ifname)
        return error_line(err, -EINVAL, "no interface was named: ip link shows which there are");
    if (interface_check("interface", ifname, err) < 0)
        return -EINVAL;
    error = interface_look(ifname, i);
    if (error < 0)
        return error_line(err, error, "%s: the kernel says nothing of its interfaces: %s", ifname,
                          strerror(-error));
    for (int k = 0; k < KINDS; k++) {
        ways[k] = (struct rn_way){.kind = kinds[k].name, .named = kinds[k].named};
        kinds[k].survey(i, &ways[k]);
    }
    return 0;
}

int rn_survey(const char *ifname, struct rn_interface *facts, struct rn_way *out, int max, char *err)
{
    struct rn_way ways[KINDS];
    struct interface i;
    int error = survey(ifname, &i, ways, err);

    if (error < 0)
        return error;
    *facts = i.facts;
    for (int k = 0; k < KINDS && k < max; k++)
        out[k] = ways[k];
    return KINDS;
}

/* The row that makes interfaces and whose name with a number behind it this is: tap0, tun12. -1: none. */
static int row_by_name(const struct rn_way ways[KINDS], const char *ifname)
{
    for (int k = 0; k < KINDS; k++) {
        size_t len = strlen(kinds[k].name);

        if (kinds[k].only && ways[k].fit != RN_UNFIT && strncmp(ifname, kinds[k].name, len) == 0 &&
            ifname[len] && !ifname[len + strspn(ifname + len, "0123456789")])
            return k;
    }
    return -1;
}

/* The first row that works, but for one that says that a later one is better; else the last that would with some help,
 * which takes the least; -1: none. */
static int row_by_fit(const struct rn_way ways[KINDS])
{
    int second = -1, blocked = -1;

    for (int k = 0; k < KINDS; k++) {
        if (!kinds[k].bare || ways[k].fit == RN_UNFIT)
            continue;
        if (kinds[k].only || (ways[k].fit == RN_WORKS && !ways[k].second))
            return k;
        if (ways[k].fit == RN_WORKS && second < 0)
            second = k;
        if (ways[k].fit == RN_BLOCKED)
            blocked = k;
    }
    return second >= 0 ? second : blocked;
}

/* Writes "; not KIND: why" for each of the first n rows that are kinds of interfaces. */
static void why_not(char *line, size_t size, const struct rn_way *ways, int n)
{
    size_t at = strlen(line);

    for (int k = 0; k < n && at < size; k++)
        if (ways[k].named)
            at += (size_t)snprintf(line + at, size - at, "%snot %s: %s", at ? "; " : "", ways[k].kind,
                                   ways[k].remedy);
}

int rn_choose(const char *ifname, char device[RN_DEVNAME], char why[RN_ERRBUF], char *err)
{
    struct rn_way ways[KINDS];
    char reason[RN_ERRBUF] = "";
    struct interface i;
    int error = survey(ifname, &i, ways, err), row;

    if (error < 0)
        return error;
    row = i.facts.index ? row_by_fit(ways) : row_by_name(ways, ifname);
    if (row < 0 && !i.facts.index)
        return error_line(err, -ENODEV,
                          "%s: there is no interface of that name: ip link shows which there are; tap:%s "
                          "makes one",
                          ifname, ifname);
    if (row < 0) {
        for (int k = 0; k < KINDS; k++)
            if (kinds[k].bare) /* the last is the one with the least demands */
                snprintf(reason, sizeof reason, "%s", ways[k].remedy);
        return error_line(err, -ENODEV, "%s: no kind of device is for it: %.200s", ifname, reason);
    }
    snprintf(device, RN_DEVNAME, "%s:%s%s", kinds[row].name, ifname, kinds[row].bare);
    snprintf(why, RN_ERRBUF, "%s", ways[row].fit == RN_WORKS ? ways[row].mode : ways[row].remedy);
    if (i.facts.index)
        why_not(why, RN_ERRBUF, ways, row);
    return 0;
}
