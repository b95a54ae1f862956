/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is held goes by whole rules: one that is there already stays, one that is new is held before any other is let
 * go. A range of ports is as many descriptors, for which the process may have to raise its own limit up to what it is
 * allowed. Called by ours.c.
 */
#include "hold.h"

#include "wire/addr.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_same(const struct rn_steer *a, const struct rn_steer *b)
{
    return memcmp(a->address, b->address, sizeof a->address) == 0 && a->port_first == b->port_first &&
           a->port_last == b->port_last && a->protocol == b->protocol;
}

static bool may_have_more(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max)
        return false;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static int bind_to(int fd, const struct rn_steer *rule, uint16_t port)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};

    memcpy(&six.sin6_addr, rule->address, 16);
    memcpy(&four.sin_addr, rule->address + 12, 4);
    return addr_holds4(rule->address) ? bind(fd, (struct sockaddr *)&four, sizeof four)
                     : bind(fd, (struct sockaddr *)&six, sizeof six);
}

enum { NOT_THERE = -4096 }; /* no errno */

/* A descriptor, NOT_THERE: the kernel has no such address; or a negative errno. */
static int hold_port(const struct rn_steer *rule, uint16_t port)
{
    int family = addr_holds4(rule->address) ? AF_INET : AF_INET6;
    int type = rule->protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
    int fd = socket(family, type | SOCK_CLOEXEC, 0), least = 0, error;

    if (fd < 0 && errno == EMFILE && may_have_more())
        fd = socket(family, type | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof least); /* for what comes from this machine itself */
    if (bind_to(fd, rule, port) == 0)
        return fd;
    error = errno;
    close(fd);
    return error == EADDRNOTAVAIL ? NOT_THERE : -error;
}

static void let_go(struct held *at)
{
    for (int i = 0; i < at->count; i++)
        close(at->sockets[i]);
    free(at->sockets);
}

/* 0 or a negative errno; then nothing is held. */
static int hold_rule(struct held *at, const struct rn_steer *rule)
{
    *at = (struct held){.rule = *rule};
    at->sockets = calloc((size_t)rule->port_last - rule->port_first + 1, sizeof *at->sockets);
    if (!at->sockets)
        return -ENOMEM;
    for (uint32_t port = rule->port_first; port <= rule->port_last; port++) {
        int fd = hold_port(rule, (uint16_t)port);

        if (fd >= 0)
            at->sockets[at->count++] = fd;
        else if (fd != NOT_THERE) {
            let_go(at);
            return fd;
        }
    }
    return 0;
}

/* The place of a rule in the list; -1: it is not there. */
static int find(const struct hold *h, const struct rn_steer *rule)
{
    for (int i = 0; i < h->count; i++)
        if (is_same(&h->list[i].rule, rule))
            return i;
    return -1;
}

static bool is_wanted(const struct rn_steer *rule, const struct rn_steer *rules, int n)
{
    for (int i = 0; i < n; i++)
        if (rules[i].take && is_same(&rules[i], rule))
            return true;
    return false;
}

int hold_ports(struct hold *h, const struct rn_steer *rules, int n)
{
    int before = h->count, kept = 0;

    for (int i = 0; i < n; i++) {
        int error;

        if (!rules[i].protocol || !rules[i].take || find(h, &rules[i]) >= 0)
            continue;
        error = h->count == HOLD_RULES ? -ENOSPC : hold_rule(&h->list[h->count], &rules[i]);
        if (error < 0) {
            while (h->count > before)
                let_go(&h->list[--h->count]);
            return error;
        }
        h->count++;
    }
    for (int i = 0; i < h->count; i++) {
        if (is_wanted(&h->list[i].rule, rules, n))
            h->list[kept++] = h->list[i];
        else
            let_go(&h->list[i]);
    }
    h->count = kept;
    return 0;
}

void hold_nothing(struct hold *h)
{
    hold_ports(h, NULL, 0);
}
