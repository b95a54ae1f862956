/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A frame's owner, told by its headers alone. The first line that holds counts:
 *
 *      anything, where we want all         -> ours
 *      another VLAN                        -> theirs
 *      to another host's link address      -> theirs
 *      to ours, which nobody shares        -> ours
 *      ARP for our address                 -> ours     (only we answer)
 *      to a group                          -> common
 *      IP to our address                   -> ours     (or TCP or UDP to our ports there, and ICMP errors
 *                                                       about what went from them)
 *      ARP                                 -> common
 *      anything else                       -> theirs
 *
 * Every line is a few comparisons of numbers of at most four bytes, so that whoever writes them in the words
 * of another machine (nftables.c) has little to translate. In the program a comparison that fails skips to
 * the next line: there are four kinds of instructions, load, mask, compare, return. Called by packet.c for
 * its socket, and by who guards the kernel's side.
 */
#include "steering.h"

#include "wire/addr.h"
#include "wire/eth.h"
#include "wire/ip.h"

#include <string.h>

enum { GROUP_BIT = 1, TYPE_AT = 12, ARP_TARGET_AT = 24, IP4_DST_AT = 16, IP6_DST_AT = 24, VLAN_ID = 0xfff };
/* Of packets without options or extension headers; those with them are the other owner's. */
enum { IP4_LEN = 20, IP4_FIRST = 0x45, IP4_FRAGMENT_AT = 6, IP4_FRAGMENT = 0x1fff, IP4_PROTOCOL_AT = 9 };
enum { IP6_LEN = 40, IP6_NEXT_AT = 6, SOURCE_PORT = 0, TARGET_PORT = 2, ICMP_LEN = 8, ICMP4 = 1, ICMP6 = 58 };

enum { OTHER_LINES = 8, PORT_LINES = 3 /* of a block of ports */ };
struct list {
    struct steering_line *lines;
    int n;
};

static const struct steering_test to_group = {
    .from = STEERING_LINK, .size = 1, .mask = GROUP_BIT, .value = GROUP_BIT};
static const struct steering_test to_one = {
    .from = STEERING_LINK, .size = 1, .mask = GROUP_BIT, .value = GROUP_BIT, .differs = true};

static uint32_t word(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* ---- the lines ----------------------------------------------------------------------------------------- */

static struct steering_line *add_line(struct list *l, enum steering_of whose)
{
    struct steering_line *line = &l->lines[l->n++];

    *line = (struct steering_line){.whose = whose};
    return line;
}

static void add_test(struct steering_line *line, struct steering_test test)
{
    line->tests[line->n++] = test;
}

static struct steering_line *add_type(struct list *l, uint32_t type, enum steering_of whose)
{
    struct steering_line *line = add_line(l, whose);

    add_test(line, (struct steering_test){.from = STEERING_TYPE, .size = 2, .value = type});
    return line;
}

static bool is_any(const struct rn_steer *rule)
{
    static const uint8_t any[16];

    return memcmp(rule->address, any, sizeof any) == 0;
}

static void add_number(struct steering_line *line, int at, int size, uint32_t mask, uint32_t value)
{
    add_test(line, (struct steering_test){
                       .from = STEERING_PACKET, .at = (uint8_t)at, .size = (uint8_t)size, .mask = mask, .value = value});
}

/* The last `len` bytes of a rule's address stand there. */
static void add_address(struct steering_line *line, const struct rn_steer *rule, int at, int len)
{
    for (int part = 0; part < len; part += 4)
        add_number(line, at + part, 4, 0, word(rule->address + 16 - len + part));
}

/* A block of ports: those that are `value` under the mask. size: of the block, a power of two. */
struct block {
    uint32_t first, size;
};

/* The next block of a range from `from` on: the largest that begins there, as an address block of CIDR would. */
static struct block next_block(uint32_t from, uint32_t last)
{
    struct block b = {from, 1};

    while (from % (b.size * 2) == 0 && from + b.size * 2 - 1 <= last && b.size < 32768)
        b.size *= 2;
    return b;
}

static void add_port(struct steering_line *line, int at, struct block b)
{
    add_number(line, at, 2, b.size == 1 ? 0 : 0x10000 - b.size, b.first);
}

/* IP to a rule's address, of that protocol; a later fragment has no ports, and is not meant. */
static struct steering_line *add_packet(struct list *l, const struct rn_steer *rule, uint8_t protocol,
                                        enum steering_of whose)
{
    bool four = addr_holds4(rule->address);
    struct steering_line *line = add_type(l, four ? ETH_IP4 : ETH_IP6, whose);

    if (four) {
        add_number(line, 0, 1, 0, IP4_FIRST);
        add_number(line, IP4_FRAGMENT_AT, 2, IP4_FRAGMENT, 0);
    }
    add_number(line, four ? IP4_PROTOCOL_AT : IP6_NEXT_AT, 1, 0, protocol);
    add_address(line, rule, four ? IP4_DST_AT : IP6_DST_AT, four ? 4 : 16);
    return line;
}

/* ICMP errors of these types about what went from a block of a rule's ports. */
static void add_error(struct list *l, const struct rn_steer *rule, struct block b, uint32_t mask, uint32_t type,
                      enum steering_of whose)
{
    bool four = addr_holds4(rule->address);
    int ip = four ? IP4_LEN : IP6_LEN, inner = ip + ICMP_LEN;
    struct steering_line *line = add_packet(l, rule, four ? ICMP4 : ICMP6, whose);

    add_number(line, ip, 1, mask, type);
    if (four)
        add_number(line, inner, 1, 0, IP4_FIRST);
    add_number(line, inner + (four ? IP4_PROTOCOL_AT : IP6_NEXT_AT), 1, 0, rule->protocol);
    add_port(line, inner + ip + SOURCE_PORT, b);
}

/* The lines of a rule with ports: unreachable and time exceeded (IPv4: 3, 11; IPv6: 1 to 3), a bad parameter. */
static void add_ports(struct list *l, const struct rn_steer *rule, enum steering_of whose)
{
    bool four = addr_holds4(rule->address);
    struct block b;

    for (uint32_t from = rule->port_first; from <= rule->port_last; from = b.first + b.size) {
        b = next_block(from, rule->port_last);
        add_port(add_packet(l, rule, rule->protocol, whose), (four ? IP4_LEN : IP6_LEN) + TARGET_PORT, b);
        add_error(l, rule, b, four ? 0xf7 : 0xfc, four ? 3 : 0, whose);
        add_error(l, rule, b, 0, four ? 12 : 4, whose);
    }
}

static uint32_t count_blocks(const struct rn_steer *rule)
{
    uint32_t n = 0;
    struct block b;

    for (uint32_t from = rule->port_first; from <= rule->port_last; from = b.first + b.size, n++)
        b = next_block(from, rule->port_last);
    return n;
}

/* Packets of that type with an address of the rules at that place: the last `len` bytes of a rule's. left:
 * whose it is when a rule leaves it. */
static void add_rules(struct list *l, const struct steering *s, uint32_t type, uint8_t at, int len,
                      enum steering_of left)
{
    for (int i = 0; i < s->n; i++) {
        const struct rn_steer *rule = &s->rules[i];
        struct steering_line *line;

        if (!is_any(rule) && addr_holds4(rule->address) != (len == 4))
            continue;
        if (rule->protocol && type == ETH_ARP)
            continue; /* the address is the other owner's */
        if (rule->protocol) {
            add_ports(l, rule, rule->take ? STEERING_OURS : left);
            continue;
        }
        line = add_type(l, type, rule->take ? STEERING_OURS : left);
        if (is_any(rule))
            return;
        add_address(line, rule, at, len);
    }
}

/* To one host, and not to us: the two parts of our address, each in a line of its own. */
static void add_others(struct list *l, const uint8_t mac[6])
{
    const struct steering_test high = {.from = STEERING_LINK, .size = 4, .value = word(mac), .differs = true};
    const struct steering_test low = {
        .from = STEERING_LINK, .at = 4, .size = 2, .value = (uint32_t)mac[4] << 8 | mac[5], .differs = true};
    struct steering_line *line = add_line(l, STEERING_THEIRS);

    add_test(line, to_one);
    add_test(line, high);
    line = add_line(l, STEERING_THEIRS);
    add_test(line, to_one);
    add_test(line, low);
}

int steering_list(const struct steering *s, struct steering_line lines[STEERING_LINES])
{
    const enum steering_of left = s->n ? STEERING_THEIRS : STEERING_COMMON;
    struct list l = {.lines = lines};

    if (s->all) {
        add_line(&l, STEERING_OURS);
        return l.n;
    }
    add_test(add_line(&l, STEERING_THEIRS),
             (struct steering_test){
                 .from = STEERING_VLAN, .size = 2, .mask = VLAN_ID, .value = s->vlan, .differs = true});
    add_others(&l, s->mac);
    if (!s->shared)
        add_test(add_line(&l, STEERING_OURS), to_one);
    add_rules(&l, s, ETH_ARP, ARP_TARGET_AT, 4, STEERING_COMMON);
    add_test(add_line(&l, STEERING_COMMON), to_group);
    add_rules(&l, s, ETH_IP4, IP4_DST_AT, 4, left);
    add_rules(&l, s, ETH_IP6, IP6_DST_AT, 16, left);
    add_type(&l, ETH_ARP, STEERING_COMMON);
    add_line(&l, left);
    return l.n;
}

bool steering_can(const struct rn_steer *rules, int n)
{
    uint32_t lines = OTHER_LINES;

    if (n > STEERING_RULES)
        return false;
    for (int i = 0; i < n; i++) {
        const struct rn_steer *r = &rules[i];

        if (!r->protocol ? r->port_first || r->port_last
                         : (r->protocol != IP_TCP && r->protocol != IP_UDP) || is_any(r) || !r->port_first ||
                               r->port_first > r->port_last)
            return false;
        lines += r->protocol ? PORT_LINES * count_blocks(r) : 2;
    }
    return lines <= STEERING_LINES;
}

bool steering_takes_all(const struct rn_steer *rules, int n)
{
    return n == 1 && steering_can(rules, n) && is_any(rules) && rules->take;
}

/* ---- a frame by itself --------------------------------------------------------------------------------- */

enum { TAG_LEN = 4 };

/* The number that a test looks at; false: the frame ends before it. */
static bool number_of(const struct steering_test *t, const uint8_t *frame, uint32_t len, uint32_t *out)
{
    bool tagged = len >= ETH_LEN + TAG_LEN && frame[TYPE_AT] == 0x81 && frame[TYPE_AT + 1] == 0;
    uint32_t type_at = tagged ? TYPE_AT + TAG_LEN : TYPE_AT, size = t->size;
    uint32_t at = t->from == STEERING_VLAN   ? ETH_LEN
                  : t->from == STEERING_TYPE ? type_at
                  : t->from == STEERING_LINK ? t->at
                                             : type_at + 2 + t->at;

    *out = 0;
    if (t->from == STEERING_VLAN && !tagged)
        return true;
    if (at > len || size > len - at)
        return false;
    for (uint32_t i = 0; i < size; i++)
        *out = *out << 8 | frame[at + i];
    if (t->from == STEERING_VLAN)
        *out &= VLAN_ID;
    return true;
}

enum steering_of steering_whose(const struct steering_line *lines, int n, const uint8_t *frame, uint32_t len)
{
    for (int i = 0; i < n; i++) {
        bool holds = true;

        for (int t = 0; t < lines[i].n && holds; t++) {
            const struct steering_test *test = &lines[i].tests[t];
            uint32_t number;

            if (!number_of(test, frame, len, &number))
                return STEERING_THEIRS;
            holds = ((test->mask ? number & test->mask : number) == test->value) != test->differs;
        }
        if (holds)
            return lines[i].whose;
    }
    return STEERING_THEIRS;
}

/* ---- the program --------------------------------------------------------------------------------------- */

struct writer {
    struct sock_filter *code;
    int n;
};

static void put(struct writer *w, int what, uint32_t k)
{
    w->code[w->n++] = (struct sock_filter){.code = (uint16_t)what, .k = k};
}

/* Where a number stands in a frame. */
static uint32_t place(const struct steering_test *t)
{
    switch (t->from) {
    case STEERING_VLAN: return (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG);
    case STEERING_TYPE: return TYPE_AT;
    case STEERING_LINK: return t->at;
    default: return ETH_LEN + t->at;
    }
}

/* The jump that goes on when the test holds; where it goes else is set by land. */
static void put_test(struct writer *w, const struct steering_test *t)
{
    static const uint16_t sizes[] = {[1] = BPF_B, [2] = BPF_H, [4] = BPF_W};

    put(w, BPF_LD | BPF_ABS | (t->from == STEERING_VLAN ? BPF_W : sizes[t->size]), place(t));
    if (t->mask)
        put(w, BPF_ALU | BPF_AND | BPF_K, t->mask);
    put(w, BPF_JMP | BPF_JEQ | BPF_K, t->value);
}

static void land(struct sock_filter *jump, bool differs, int skip)
{
    if (differs)
        jump->jt = (uint8_t)skip;
    else
        jump->jf = (uint8_t)skip;
}

int steering_write(const struct steering *s, const uint32_t verdicts[3],
                   struct sock_filter code[STEERING_MAX])
{
    struct steering_line lines[STEERING_LINES];
    struct writer w = {.code = code};
    int count = steering_list(s, lines);

    for (int i = 0; i < count; i++) {
        const struct steering_line *line = &lines[i];
        int jumps[STEERING_TESTS];

        for (int t = 0; t < line->n; t++) {
            put_test(&w, &line->tests[t]);
            jumps[t] = w.n - 1;
        }
        put(&w, BPF_RET | BPF_K, verdicts[line->whose]);
        for (int t = 0; t < line->n; t++)
            land(&code[jumps[t]], line->tests[t].differs, w.n - jumps[t] - 1);
    }
    return w.n;
}
