/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Writes the lines of steering.c as rules of nftables, and asks the kernel for them in one batch, which it
 * carries out whole or not at all:
 *
 *      begin | table, which goes with our socket | chain, first at the interface's entry | rules ... | end
 *
 *      a line                             its rule
 *      type, or so many bytes there       meta protocol, or payload: into register 1
 *      of which a mask                    bitwise
 *      is that, or differs                cmp                 (else the next rule)
 *      ours                               immediate: drop
 *      anything else                      immediate: accept   (the chain ends here, others go on)
 *
 * A message is a header and attributes, an attribute { length, type, bytes, padding to 4 } or others nested
 * in it; numbers within are in network order, those of the headers in the machine's. The kernel reads what is
 * sent before send returns, so its answers are there then. To ask whether it would, the end is left out.
 *
 * The socket is the guard's descriptor: with its last holder goes the table (NFT_TABLE_F_OWNER), killed or
 * not. Its number in the kernel's books is in the table's name, which so is nobody else's. Called by guard.c.
 */
#include "nftables.h"

#include "base/be.h"
#include "wire/eth.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OWNER = 2 /* NFT_TABLE_F_OWNER, which headers before Linux 5.12 do not have */ };
enum {
    LINES = STEERING_LINES + 3, /* that of the VLAN becomes up to three */
    LINE_BYTES = 2048,          /* more than a rule has */
    OTHER_BYTES = 1024
};
enum { TAG_TYPE_AT = 12, TAG_AT = 14 };
static const char chain[] = "ingress";

/* Messages one behind the other. */
struct batch {
    uint8_t *bytes;
    uint32_t len, room;
    uint32_t message; /* where the last one begins */
    uint32_t count;
    char table[40];
};

/* ---- messages and attributes --------------------------------------------------------------------------- */

static void put(struct batch *b, const void *data, size_t len)
{
    assert(len <= b->room - b->len);
    memcpy(b->bytes + b->len, data, len);
    b->len += NLMSG_ALIGN((uint32_t)len); /* the bytes between are zero already */
}

static void begin(struct batch *b, unsigned type, unsigned flags, uint8_t family, uint16_t resource)
{
    const struct nlmsghdr head = {.nlmsg_type = (uint16_t)type,
                                  .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
                                  .nlmsg_seq = b->count++};
    const be16 id = be16_of(resource);
    struct nfgenmsg family_head = {.nfgen_family = family, .version = NFNETLINK_V0};

    memcpy(&family_head.res_id, id.b, sizeof id.b);
    b->message = b->len;
    put(b, &head, sizeof head);
    put(b, &family_head, sizeof family_head);
}

static void end(struct batch *b)
{
    const uint32_t len = b->len - b->message;

    memcpy(b->bytes + b->message + offsetof(struct nlmsghdr, nlmsg_len), &len, sizeof len);
}

static void put_attribute(struct batch *b, unsigned type, const void *data, size_t len)
{
    const struct nlattr head = {.nla_len = (uint16_t)(NLA_HDRLEN + len), .nla_type = (uint16_t)type};

    put(b, &head, sizeof head);
    put(b, data, len);
}

static void put_text(struct batch *b, unsigned type, const char *text)
{
    put_attribute(b, type, text, strlen(text) + 1);
}

static void put_number(struct batch *b, unsigned type, uint32_t value)
{
    const be32 v = be32_of(value);

    put_attribute(b, type, v.b, sizeof v.b);
}

/* What is put from here on stands in that attribute, until leave. */
static uint32_t enter(struct batch *b, unsigned type)
{
    const struct nlattr head = {.nla_type = (uint16_t)(NLA_F_NESTED | type)};
    const uint32_t at = b->len;

    put(b, &head, sizeof head);
    return at;
}

static void leave(struct batch *b, uint32_t at)
{
    const uint16_t len = (uint16_t)(b->len - at);

    memcpy(b->bytes + at + offsetof(struct nlattr, nla_len), &len, sizeof len);
}

/* ---- a rule -------------------------------------------------------------------------------------------- */

/* An expression of that name; its particulars follow, until both are left. */
struct expression {
    uint32_t all, data;
};

static struct expression express(struct batch *b, const char *name)
{
    struct expression e = {.all = enter(b, NFTA_LIST_ELEM)};

    put_text(b, NFTA_EXPR_NAME, name);
    e.data = enter(b, NFTA_EXPR_DATA);
    return e;
}

static void expressed(struct batch *b, struct expression e)
{
    leave(b, e.data);
    leave(b, e.all);
}

/* The last size bytes of a number, as it is on the wire. */
static void put_value(struct batch *b, unsigned type, uint32_t value, uint8_t size)
{
    const be32 v = be32_of(value);
    const uint32_t data = enter(b, type);

    put_attribute(b, NFTA_DATA_VALUE, v.b + sizeof v.b - size, size);
    leave(b, data);
}

static void put_load(struct batch *b, const struct steering_test *t)
{
    const bool type = t->from == STEERING_TYPE;
    const struct expression e = express(b, type ? "meta" : "payload");

    if (type) {
        put_number(b, NFTA_META_DREG, NFT_REG_1);
        put_number(b, NFTA_META_KEY, NFT_META_PROTOCOL);
    } else {
        put_number(b, NFTA_PAYLOAD_DREG, NFT_REG_1);
        put_number(b, NFTA_PAYLOAD_BASE,
                   t->from == STEERING_LINK ? NFT_PAYLOAD_LL_HEADER : NFT_PAYLOAD_NETWORK_HEADER);
        put_number(b, NFTA_PAYLOAD_OFFSET, t->at);
        put_number(b, NFTA_PAYLOAD_LEN, t->size);
    }
    expressed(b, e);
}

static void put_mask(struct batch *b, const struct steering_test *t)
{
    const struct expression e = express(b, "bitwise");

    put_number(b, NFTA_BITWISE_SREG, NFT_REG_1);
    put_number(b, NFTA_BITWISE_DREG, NFT_REG_1);
    put_number(b, NFTA_BITWISE_LEN, t->size);
    put_value(b, NFTA_BITWISE_MASK, t->mask, t->size);
    put_value(b, NFTA_BITWISE_XOR, 0, t->size);
    expressed(b, e);
}

static void put_compare(struct batch *b, const struct steering_test *t)
{
    const struct expression e = express(b, "cmp");

    put_number(b, NFTA_CMP_SREG, NFT_REG_1);
    put_number(b, NFTA_CMP_OP, t->differs ? NFT_CMP_NEQ : NFT_CMP_EQ);
    put_value(b, NFTA_CMP_DATA, t->value, t->size);
    expressed(b, e);
}

static void put_verdict(struct batch *b, uint32_t verdict)
{
    const struct expression e = express(b, "immediate");
    const uint32_t data = enter(b, NFTA_IMMEDIATE_DATA), code = enter(b, NFTA_DATA_VERDICT);

    put_number(b, NFTA_VERDICT_CODE, verdict);
    leave(b, code);
    leave(b, data);
    put_number(b, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
    expressed(b, e);
}

static void put_rule(struct batch *b, const struct steering_line *line)
{
    uint32_t list;

    begin(b, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, NFPROTO_NETDEV, 0);
    put_text(b, NFTA_RULE_TABLE, b->table);
    put_text(b, NFTA_RULE_CHAIN, chain);
    list = enter(b, NFTA_RULE_EXPRESSIONS);
    for (int i = 0; i < line->n; i++) {
        put_load(b, &line->tests[i]);
        if (line->tests[i].mask)
            put_mask(b, &line->tests[i]);
        put_compare(b, &line->tests[i]);
    }
    put_verdict(b, line->whose == STEERING_OURS ? NF_DROP : NF_ACCEPT);
    leave(b, list);
    end(b);
}

/* Tags cannot be asked for their ID: the link header is read with its tag in it, if it has one. */
static void put_vlan(struct batch *b, const struct steering_test *id)
{
    struct steering_line tagged = {
        .whose = STEERING_THEIRS,
        .n = 2,
        .tests = {{.from = STEERING_LINK, .at = TAG_TYPE_AT, .size = 2}, *id},
    };
    struct steering_line untagged = {.whose = STEERING_THEIRS, .n = 2};
    static const uint32_t types[] = {ETH_VLAN, ETH_QINQ};

    tagged.tests[1].from = STEERING_LINK;
    tagged.tests[1].at = TAG_AT;
    for (int i = 0; i < 2; i++) {
        tagged.tests[0].value = types[i];
        put_rule(b, &tagged);
        untagged.tests[i] = tagged.tests[0];
        untagged.tests[i].differs = true;
    }
    if (id->value)
        put_rule(b, &untagged);
}

/* ---- the batch ----------------------------------------------------------------------------------------- */

static void put_table(struct batch *b)
{
    begin(b, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK,
          NFPROTO_NETDEV, 0);
    put_text(b, NFTA_TABLE_NAME, b->table);
    put_number(b, NFTA_TABLE_FLAGS, OWNER);
    end(b);
}

static void put_chain(struct batch *b, const char *interface)
{
    uint32_t hook;

    begin(b, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN, NLM_F_CREATE, NFPROTO_NETDEV, 0);
    put_text(b, NFTA_CHAIN_TABLE, b->table);
    put_text(b, NFTA_CHAIN_NAME, chain);
    put_text(b, NFTA_CHAIN_TYPE, "filter");
    put_number(b, NFTA_CHAIN_POLICY, NF_ACCEPT);
    hook = enter(b, NFTA_CHAIN_HOOK);
    put_number(b, NFTA_HOOK_HOOKNUM, NF_NETDEV_INGRESS);
    put_number(b, NFTA_HOOK_PRIORITY, (uint32_t)INT_MIN);
    put_text(b, NFTA_HOOK_DEV, interface);
    leave(b, hook);
    end(b);
}

static void put_all(struct batch *b, const char *interface, const struct steering *s, bool whole)
{
    struct steering_line lines[STEERING_LINES];
    int n = steering_list(s, lines);

    begin(b, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
    end(b);
    put_table(b);
    put_chain(b, interface);
    for (int i = 0; i < n; i++)
        if (lines[i].n && lines[i].tests[0].from == STEERING_VLAN)
            put_vlan(b, &lines[i].tests[0]);
        else
            put_rule(b, &lines[i]);
    if (whole) {
        begin(b, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
        end(b);
    }
}

/* The table alone has asked for an answer; every message that is refused gets one. 0: all was taken. */
static int read_answers(int s)
{
    struct {
        struct nlmsghdr head;
        struct nlmsgerr said; /* and, cut off here, what it is about */
    } answer;
    int error = -EPROTO; /* none */

    while (recv(s, &answer, sizeof answer, MSG_DONTWAIT) >= (ssize_t)sizeof answer) {
        if (answer.head.nlmsg_type != NLMSG_ERROR)
            continue;
        if (answer.said.error)
            return answer.said.error;
        error = 0;
    }
    return error;
}

/* Sends the batch. 0 or a negative errno. */
static int ask(int s, unsigned interface, const struct steering *steering, bool whole)
{
    struct batch b = {.room = LINES * LINE_BYTES + OTHER_BYTES};
    struct sockaddr_nl self = {.nl_family = AF_NETLINK};
    socklen_t len = sizeof self;
    char name[IF_NAMESIZE];
    int error;

    if (!if_indextoname(interface, name))
        return -ENODEV;
    if (bind(s, (const struct sockaddr *)&self, len) < 0 ||
        getsockname(s, (struct sockaddr *)&self, &len) < 0)
        return -errno;
    snprintf(b.table, sizeof b.table, "runnel-%u-%u", interface, (unsigned)self.nl_pid);
    b.bytes = calloc(1, b.room);
    if (!b.bytes)
        return -ENOMEM;
    put_all(&b, name, steering, whole);
    error = send(s, b.bytes, b.len, 0) < 0 ? -errno : 0;
    free(b.bytes);
    return error ? error : read_answers(s);
}

static int set(unsigned interface, const struct steering *steering, bool whole)
{
    int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER), error;

    if (s < 0)
        return -errno;
    error = ask(s, interface, steering, whole);
    if (error) {
        close(s);
        return error;
    }
    return s;
}

int nftables_open(unsigned interface, const struct steering *s)
{
    return set(interface, s, true);
}

bool nftables_works(unsigned interface)
{
    static const uint8_t mac[6];
    int fd = set(interface, &(struct steering){.mac = mac}, false);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}
