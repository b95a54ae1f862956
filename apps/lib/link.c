/* SPDX-License-Identifier: BSD-2-Clause
 *
 *      which device -> rn_open -> rn_attach -> rn_add_address ... -> rn_add_route -> rn_report
 *
 * Each step that fails says why in one line, which the stack has written; here is added whose line it is, and
 * whether the words were wrong or the world. A report that cannot be served is told, and no more.
 *
 * Called by serve.c and ping.c.
 */
#include "link.h"
#include "session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(field) offsetof(struct link_options, field)

static const char *const default_address = "10.7.0.7/24";

const struct option link_rows[] = {
    {"--ip", "A.B.C.D[/LEN]",
     "an address of the own stack, with its prefix length (unless said, that of the kernel's address on this "
     "interface if it holds this one, else 24, for IPv6 64); up to 8 of them. Where the interface has no address "
     "of the kernel's, 10.7.0.7/24 if none is said",
     args_address, AT(ip), 0, 0},
    {"--mac", "MAC", "the link address to use instead of the device's own, as in 02:00:00:00:00:07", args_mac,
     AT(mac), 0, 0},
    {0}};

const struct option wire_rows[] = {
    {"--gateway", "A.B.C.D",
     "the way to hosts that are not on the link; unless said, that of the kernel on this interface",
     args_host, AT(gateway), 0, 0},
    {"--vlan", "ID", "puts an 802.1Q tag into what is sent, and takes only what has it; 1 to 4094",
     args_number, AT(vlan), 1, 4094},
    {"--acd", "quick|full|off",
     "how it is found out before whether another host has the address (RFC 5227): three questions 100 ms "
     "apart "
     "(quick, unless said), with the RFC's times (full, up to 7 s), not at all",
     args_choice, AT(conflict), 0, 0},
    {"--fault", "WIRE", FAULT_HELP, args_fault, AT(fault), 0, 0},
    {"--capture", "FILE[,snap=N,limit=MB]",
     "records what goes over the device, for tcpdump and Wireshark: so many bytes of each frame, and so many "
     "megabytes",
      args_capture, AT(capture), 0, 0},
    {"--no-local", NULL,
     "does without the tap (rn0, or the next that is free) by which programs on this machine reach an address of our "
     "own on a card; it goes when the program ends",
     NULL, AT(no_local), 0, 0},
    {"--force", NULL, FORCE_HELP, NULL, AT(force), 0, 0},
    {0}};

/* What the kernel has set on the interface of a device; nothing where there is none. */
static struct rn_defaults kernels_own(const char *device)
{
    struct rn_defaults d = {.mtu = 0};
    char ifname[RN_IFNAME];

    if (rn_dev_interface(device, ifname) == 0)
        rn_defaults(ifname, &d, NULL);
    return d;
}

/* "ADDRESS/LEN" as bytes. -1: it is none, else how many bits the network's are. */
static int read_network(const char *text, int family, uint8_t bytes[16])
{
    const char *slash = strchr(text, '/');
    char host[INET6_ADDRSTRLEN] = "";

    if (!slash || (size_t)(slash - text) >= sizeof host)
        return -1;
    memcpy(host, text, (size_t)(slash - text));
    return inet_pton(family, host, bytes) == 1 ? atoi(slash + 1) : -1;
}

/* Gives an own address the length of the kernel's network that holds it. */
static void take_length(char own[ARGS_ADDRESS_MAX], const struct rn_defaults *d)
{
    int family = strchr(own, ':') ? AF_INET6 : AF_INET, len;
    uint8_t host[16], network[16];
    char *slash = strchr(own, '/');

    len = read_network(family == AF_INET6 ? d->address6 : d->address4, family, network);
    if (len < 0 || read_network(own, family, host) < 0 || memcmp(host, network, (size_t)len / 8) != 0 ||
        (len % 8 && (host[len / 8] ^ network[len / 8]) >> (8 - len % 8)))
        return;
    snprintf(slash, ARGS_ADDRESS_MAX - (size_t)(slash - own), "/%d", len);
}

/* Which device a bare name means, and why; what is none stays, for rn_attach to refuse. True: there was a choice. */
static bool choose(const char *wanted, char device[RN_DEVNAME], char why[RN_ERRBUF])
{
    if (!strchr(wanted, ':') && rn_choose(wanted, device, why, NULL) == 0)
        return true;
    snprintf(device, RN_DEVNAME, "%s", wanted);
    return false;
}

/* Says that an interface is down: the device waits. */
static void look_at_interface(const char *program, const char *device)
{
    struct rn_interface facts;
    char ifname[RN_IFNAME];

    if (rn_dev_interface(device, ifname) == 0 && rn_survey(ifname, &facts, NULL, 0, NULL) >= 0 && facts.index &&
        !facts.up)
        printf("%s: %s is down: it waits until somebody says ip link set %s up\n", program, facts.name,
               facts.name);
}

/* The way out: the gateway that was named, else the interface's own where it is on our link. 0 or a negative
 * errno with err. */
static int add_gateway(struct rn_stack *net, const char *program, const struct rn_defaults *d, const char *gateway,
                       char *err)
{
    if (gateway)
        return rn_add_route(net, strchr(gateway, ':') ? "::/0" : "0.0.0.0/0", gateway, err);
    if (*d->gateway4 && rn_add_route(net, "0.0.0.0/0", d->gateway4, NULL) == 0)
        printf("%s: gateway %s, as the kernel has it\n", program, d->gateway4);
    if (*d->gateway6 && rn_add_route(net, "::/0", d->gateway6, NULL) == 0)
        printf("%s: gateway %s, as the kernel has it\n", program, d->gateway6);
    return 0;
}

/* The kernel would be cut off the interface by which the ssh session comes. */
static bool takes_card(const char *device)
{
    return strncmp(device, "netmap:", 7) == 0 && !strpbrk(device, "*^") && session_comes_over(device);
}

/* The addresses that were said, or the one that is used where nothing is. The kernel's own on a card is not ours to
 * use; that on a tap is the other end's. 0 or a negative errno with err. */
static int add_addresses(struct rn_stack *net, const char *device, const struct rn_defaults *d,
                         const struct link_options *l, char *err)
{
    bool tap = strncmp(device, "tap:", 4) == 0 || strncmp(device, "tun:", 4) == 0;
    struct args_addresses ip = l->ip;
    int rc = 0;

    if (!ip.count && l->share) {
        snprintf(ip.text[ip.count++], sizeof ip.text[0], "%s", *d->address4 ? d->address4 : d->address6);
        ip.len_said[0] = true;
    }
    if (l->share && !*ip.text[0]) {
        snprintf(err, RN_ERRBUF, "%s has no address of the kernel's that could be shared: ip addr add gives it one",
                 device);
        return -EADDRNOTAVAIL;
    }
    if (!ip.count && *d->address4 && !tap) {
        snprintf(err, RN_ERRBUF, "%s has %s, which is the kernel's: say --ip and a free address of that network", device,
                 d->address4);
        return -EINVAL;
    }
    if (!ip.count)
        return rn_add_address(net, default_address, err);
    for (uint32_t i = 0; rc >= 0 && i < ip.count; i++) {
        if (!ip.len_said[i])
            take_length(ip.text[i], d);
        if (!l->share && !l->force && session_comes_to(ip.text[i])) {
            snprintf(err, RN_ERRBUF,
                     "this would cut the ssh session, which comes to %.*s: take another address; with --share, runnel "
                     "echo takes a port of it alone; --force takes it all the same",
                     (int)strcspn(ip.text[i], "/"), ip.text[i]);
            return -EADDRINUSE;
        }
        rc = rn_add_address(net, ip.text[i], err);
    }
    return rc;
}

/* The steps behind rn_open. 0 or a negative errno with err. */
static int furnish(struct rn_stack *net, const char *program, const char *device,
                   const struct link_options *l, char *err)
{
    char why[RN_ERRBUF] = "";
    struct rn_attach_options attach = {.mac = l->mac,
                                       .vlan = l->vlan,
                                       .share = l->share,
                                       .local = !l->share && !l->vlan && !l->no_local,
                                       .local_err = why,
                                       .busy_poll = l->busy_poll,
                                       .fault = l->fault.given ? &l->fault.options : NULL,
                                       .capture = l->capture.given ? &l->capture.options : NULL};
    const struct rn_defaults d = kernels_own(device);
    int rc;

    if (!l->force && takes_card(device)) {
        snprintf(err, RN_ERRBUF,
                 "this would cut the ssh session, which comes over that card: %s* leaves the kernel its network; --force "
                 "takes it all the same",
                 device);
        return -EADDRINUSE;
    }
    rc = rn_attach(net, device, &attach, err);
    if (rc >= 0 && *why)
        printf("%s: programs on this machine do not reach it: %s\n", program, why);
    if (rc >= 0)
        rc = add_addresses(net, device, &d, l, err);
    if (rc >= 0)
        rc = add_gateway(net, program, &d, l->gateway, err);
    return rc < 0 ? rc : 0;
}

struct rn_stack *link_open(const char *program, const struct rn_options *options,
                           const struct link_options *l, int *status)
{
    char device[RN_DEVNAME], why[RN_ERRBUF], err[RN_ERRBUF] = "";
    struct rn_options o = *options;
    struct rn_stack *net = NULL;
    bool chosen = choose(l->device, device, why);
    int rc;

    o.conflict = (uint8_t)l->conflict;
    rc = rn_open(&net, &o, err);
    if (rc == 0)
        rc = furnish(net, program, device, l, err);
    if (rc < 0) {
        fprintf(stderr, "%s: %s\n", program, err);
        rn_destroy(net);
        *status = rc == -EINVAL ? ARGS_EXIT : ARGS_EXIT_WORLD;
        return NULL;
    }
    if (chosen)
        printf("%s: %s is taken as %s: %s\n", program, l->device, device, why);
    look_at_interface(program, device);
    if (rn_report(net, NULL, err) < 0)
        printf("%s: nothing for runnel ss: %s\n", program, err);
    return net;
}

/* Of an own address. */
static bool tell_address(const char *program, struct rn_stack *net, const struct rn_event *ev)
{
    struct rn_address a;

    if (ev->error == 0 || rn_address(net, ev->address, &a) < 0)
        return true;
    fprintf(stderr, "%s: %s is used by another host, %02x:%02x:%02x:%02x:%02x:%02x: %s\n", program, a.text,
            a.other[0], a.other[1], a.other[2], a.other[3], a.other[4], a.other[5],
            a.use == RN_ADDRESS_TAKEN ? "choose another address"
                                      : "one of the two has to have another address");
    return a.use != RN_ADDRESS_TAKEN;
}

bool link_event(const char *program, struct rn_stack *net, const struct rn_event *ev)
{
    if (ev->mask & RN_LINK)
        fprintf(stderr, "%s: the interface %s\n", program,
                ev->error == -ENETDOWN ? "is down: it waits until it is up again"
                : ev->error            ? "is gone: it waits until there is one of that name again"
                                       : "is up");
    return !(ev->mask & RN_ADDRESS) || tell_address(program, net, ev);
}
