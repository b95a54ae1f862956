/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every client is answered: the SYNs of the systems that one meets, and those that somebody makes by hand,
 * each a row of a table and a test of its own.
 *
 *      the SYN, its options byte by byte  ->  our SYN-ACK, with what we take up of them
 *      ACK                                ->  a connection with exactly these options
 *      1,000 bytes, ACK                   ->  ACK, two full segments
 *
 * Each row is played twice: with a record of the SYN cache, and while a flood fills that cache, so that a
 * cookie answers (RFC 4987 3.6). The cookie's number says the MSS alone, rounded down to one of eight values;
 * a timestamp says all else. Without a timestamp, therefore, the SYN-ACK of a cookie offers nothing else.
 */
#include "trace.h"

#include <stdio.h>
#include <string.h>

enum { RECORDS = 64 };

struct layout {
    const char *name;
    const char *flags; /* of the SYN, as a trace writes them */
    unsigned bytes;    /* of payload that the SYN brings */
    unsigned window;   /* of the SYN */
    const char *options;
    const char *answer;     /* the options of our SYN-ACK */
    unsigned mss[2];        /* what we then put in a segment, options included: IPv4, IPv6 */
    unsigned cookie_mss[2]; /* the same after a cookie */
    unsigned wscale;        /* the peer's, where the answer has one */
    uint32_t scaled;        /* what a window field of 1,000 then says */
};

#define MSS_1460 "020405b4"
#define MSS_1400 "02040578"
#define NOP      "01"
#define TS       "080a000003e800000000" /* 1000:0 */
#define SACK_OK  "0402"
#define WSCALE   "0303" /* and the shift */

#define LINUX      MSS_1460 SACK_OK TS NOP WSCALE "07"
#define ANDROID(n) MSS_1460 SACK_OK TS NOP WSCALE n
#define WINDOWS(n) MSS_1460 NOP WSCALE n NOP NOP SACK_OK
#define MACOS(n)   MSS_1460 NOP WSCALE n NOP NOP TS SACK_OK "0000"

#define ALL   "mss link,wscale 2,sackOK,ts 0:1000"
#define NO_TS "mss link,wscale 2,sackOK"
#define PLAIN "mss link"

/* What the link takes; what we take a peer for that says nothing (RFC 9293 3.7.1, MUST-15). */
#define FULL                                                                                                 \
    {                                                                                                        \
        1460, 1440                                                                                           \
    }
#define SILENT                                                                                               \
    {                                                                                                        \
        536, 1220                                                                                            \
    }
#define BOTH(n)                                                                                              \
    {                                                                                                        \
        n, n                                                                                                 \
    }

static const struct layout layouts[] = {
    {"linux", "S", 0, 64240, LINUX, ALL, FULL, FULL, 7, 128000},
    {"linux_asking_for_ecn", "SEW", 0, 64240, LINUX, ALL, FULL, FULL, 7, 128000},
    {"linux_in_a_tunnel", "S", 0, 61600, MSS_1400 SACK_OK TS NOP WSCALE "07", ALL, BOTH(1400), BOTH(1360), 7,
     128000},
    {"android_wscale_8", "S", 0, 65535, ANDROID("08"), ALL, FULL, FULL, 8, 256000},
    {"android_wscale_9", "S", 0, 65535, ANDROID("09"), ALL, FULL, FULL, 9, 512000},
    {"android_wscale_10", "S", 0, 65535, ANDROID("0a"), ALL, FULL, FULL, 10, 1024000},
    {"windows_10", "S", 0, 64240, WINDOWS("08"), NO_TS, FULL, FULL, 8, 256000},
    {"windows_11", "S", 0, 65535, WINDOWS("08"), NO_TS, FULL, FULL, 8, 256000},
    {"windows_asking_for_ecn", "SEW", 0, 65535, WINDOWS("08"), NO_TS, FULL, FULL, 8, 256000},
    {"windows_7_wscale_2", "S", 0, 8192, WINDOWS("02"), NO_TS, FULL, FULL, 2, 4000},
    {"windows_7_wscale_8", "S", 0, 8192, WINDOWS("08"), NO_TS, FULL, FULL, 8, 256000},
    {"macos", "S", 0, 65535, MACOS("06"), ALL, FULL, FULL, 6, 64000},
    {"ios", "S", 0, 65535, MACOS("05"), ALL, FULL, FULL, 5, 32000},
    {"macos_asking_for_ecn", "SEW", 0, 65535, MACOS("06"), ALL, FULL, FULL, 6, 64000},
    {"freebsd", "S", 0, 65535, MSS_1460 NOP WSCALE "06" SACK_OK TS, ALL, FULL, FULL, 6, 64000},
    {"openbsd", "S", 0, 16384, MSS_1460 NOP NOP SACK_OK NOP WSCALE "06" NOP NOP TS, ALL, FULL, FULL, 6,
     64000},
    {"lwip_small", "S", 0, 2144, "02040218", PLAIN, BOTH(536), BOTH(536), 0, 0},
    {"lwip_large", "S", 0, 65535, MSS_1460, PLAIN, FULL, FULL, 0, 0},
    {"uip", "S", 0, 240, "020400f0", PLAIN, BOTH(240), BOTH(216), 0, 0},
    {"contiki", "S", 0, 1240, "020404d8", PLAIN, BOTH(1240), BOTH(1220), 0, 0},
    {"nmap_that_goes_on", "S", 0, 1024, MSS_1460, PLAIN, FULL, FULL, 0, 0},
    {"hping", "S", 0, 512, "", PLAIN, SILENT, SILENT, 0, 0},
    /* By hand, answered as if the option were absent. */
    {"end_of_options_only", "S", 0, 8192, "00000000", PLAIN, SILENT, SILENT, 0, 0},
    {"forty_bytes_of_nop", "S", 0, 8192,
     "01010101010101010101010101010101010101010101010101010101010101010101010101010101", PLAIN, SILENT,
     SILENT, 0, 0},
    {"unknown_kind", "S", 0, 8192, "c806010203040101" MSS_1460, PLAIN, FULL, FULL, 0, 0},
    {"unknown_kind_alone", "S", 0, 8192, "4f040102", PLAIN, SILENT, SILENT, 0, 0},
    {"experiment", "S", 0, 8192, "fe04f989" MSS_1460 NOP NOP SACK_OK, "mss link,sackOK", FULL, FULL, 0, 0},
    {"window_of_zero", "S", 0, 0, LINUX, ALL, FULL, FULL, 7, 128000},
    /* By hand, bounded or ignored: an MSS that leaves no room for data, a shift above 14 (RFC 7323 2.3: it is
     * 14), and the second of a kind. */
    {"mss_0", "S", 0, 8192, "02040000", PLAIN, BOTH(88), BOTH(88), 0, 0},
    {"mss_1", "S", 0, 8192, "02040001", PLAIN, BOTH(88), BOTH(88), 0, 0},
    {"mss_1_with_timestamp", "S", 0, 8192, "02040001" NOP NOP TS, "mss link,ts 0:1000", BOTH(88), BOTH(88), 0,
     0},
    {"mss_65535", "S", 0, 8192, "0204ffff", PLAIN, FULL, FULL, 0, 0},
    {"mss_twice", "S", 0, 8192, MSS_1400 MSS_1460, PLAIN, BOTH(1400), BOTH(1360), 0, 0},
    {"wscale_15", "S", 0, 8192, MSS_1460 NOP WSCALE "0f" NOP NOP TS, "mss link,wscale 2,ts 0:1000", FULL,
     FULL, 14, 16384000},
    {"wscale_255_alone", "S", 0, 8192, NOP WSCALE "ff", "mss link,wscale 2", SILENT, SILENT, 14, 16384000},
    {"sack_permitted_of_length_3", "S", 0, 8192, MSS_1460 "04030001", PLAIN, FULL, FULL, 0, 0},
    {"timestamp_of_length_9", "S", 0, 8192, MSS_1460 NOP NOP NOP "0809000003e8000000", PLAIN, FULL, FULL, 0,
     0},
    {"timestamp_of_length_11", "S", 0, 8192, MSS_1460 NOP "080b000003e80000000000", PLAIN, FULL, FULL, 0, 0},
    /* By hand, flags and payload that a SYN seldom has. The payload is not kept, so the peer sends it again.
     */
    {"syn_psh", "SP", 0, 64240, LINUX, ALL, FULL, FULL, 7, 128000},
    {"syn_psh_bare", "SP", 0, 8192, "", PLAIN, SILENT, SILENT, 0, 0},
    {"syn_urg", "SU", 0, 64240, LINUX, ALL, FULL, FULL, 7, 128000},
    {"syn_urg_bare", "SU", 0, 8192, "", PLAIN, SILENT, SILENT, 0, 0},
    {"syn_with_data", "S", 100, 64240, LINUX, ALL, FULL, FULL, 7, 128000},
    {"syn_psh_with_data_bare", "SP", 1000, 8192, "", PLAIN, SILENT, SILENT, 0, 0},
};
enum { LAYOUTS = sizeof layouts / sizeof layouts[0] };

/* ---- playing a row ------------------------------------------------------------------------------------- */

static void listen_with(bool ecn, bool flooded)
{
    trace_options(&(struct rn_options){.connections = 64,
                                       .half_open = RECORDS,
                                       .receive_bytes = 200000,
                                       .receive_bytes_max = 200000,
                                       .ecn = ecn});
    reach(LISTEN);
    for (unsigned i = 0; flooded && i < RECORDS; i++) {
        trace_flow((uint16_t)(1000 + i), LOCAL_PORT);
        in("S 0:0 <mss 1000>");
        out("S. 0:0 ack 1 <mss link>");
    }
    trace_flow(PEER_PORT, LOCAL_PORT);
}

/* The connection goes, and the flood is forgotten. */
static void finish(void)
{
    if (trace_sock())
        app_abort();
    advance(70000);
    trace_skip();
}

static struct rn_info info(void)
{
    struct rn_info i;

    assert_int_equal(rn_info(trace_net(), trace_sock(), &i), 0);
    return i;
}

static uint64_t cookies_taken(void)
{
    struct rn_stats stats;

    rn_stats(trace_net(), &stats);
    return stats.cookies_taken;
}

static uint64_t half_open(void)
{
    struct rn_stats stats;

    rn_stats(trace_net(), &stats);
    for (int i = 0; i < RN_POOLS && stats.use[i].name; i++)
        if (strcmp(stats.use[i].name, "half_open") == 0)
            return stats.use[i].used;
    fail_msg("there is no pool half_open");
    return 0;
}

/* The peer's SYN and what it is answered, then its ACK; the application has a connection. */
static void shake_hands(const struct layout *l, const char *answer, bool stamped, unsigned window)
{
    in("%s 0:%u win %u%s <raw %s>", l->flags, l->bytes, l->window, strchr(l->flags, 'U') ? " urg 1" : "",
       l->options);
    out("S. 0:0 ack 1 win 65535 <%s>", answer); /* a SYN's window is never scaled, RFC 7323 2.2 */
    quiet();
    advance(20);
    in(". 1:1 ack 1 win %u%s", window, stamped ? " <ts 1020:+0>" : "");
    quiet();
    app_accept();
}

/* 1,000 bytes come and two full segments go. */
static void talk(unsigned mss, bool stamped, bool scaled, unsigned window)
{
    unsigned len = stamped ? mss - 12 : mss;

    in("P. 1:1001 ack 1 win %u%s", window, stamped ? " <ts 1040:+0>" : "");
    app_recv(1000);
    app_read_nothing();
    within(500, ". 1:1 ack 1001 win %u%s", scaled ? 50000 : 65535, stamped ? " <ts *:1040>" : "");
    app_send(2 * len);
    out(". 1:%u ack 1001%s", 1 + len, stamped ? " <ts *:1040>" : "");
    out("P. %u:%u ack 1001%s", 1 + len, 1 + 2 * len, stamped ? " <ts *:1040>" : "");
    in(". 1001:1001 ack %u win %u%s", 1 + 2 * len, window, stamped ? " <ts 1060:+20>" : "");
    quiet();
    assert_int_equal(info().unacked, 0);
}

static void play(const struct layout *l, bool cookie)
{
    /* What the number of a cookie cannot say, and no timestamp does, is not offered. */
    const char *answer = cookie && !strstr(l->answer, "ts ") ? PLAIN : l->answer;
    bool stamped = strstr(answer, "ts ") != NULL, scaled = strstr(answer, "wscale ") != NULL;
    unsigned window = scaled ? 1000 : 4000, mss = (cookie ? l->cookie_mss : l->mss)[v6()];
    struct rn_info i;

    listen_with(false, cookie);
    shake_hands(l, answer, stamped, window);
    assert_int_equal(cookies_taken(), cookie ? 1 : 0);
    i = info();
    assert_int_equal(i.mss, mss);
    assert_int_equal(i.timestamps, stamped);
    assert_int_equal(i.sack, strstr(answer, "sackOK") != NULL);
    assert_int_equal(i.ecn, 0);
    assert_int_equal(i.wscale_sent, scaled ? 2 : 0);
    assert_int_equal(i.wscale_received, scaled ? l->wscale : 0);
    assert_int_equal(i.window_bytes, scaled ? l->scaled : 4000);
    talk(mss, stamped, scaled, window);
    finish();
}

static void with_a_record(const void *row)
{
    play(row, false);
}

static void with_a_cookie(const void *row)
{
    play(row, true);
}

/* ---- what is not answered, or not as above --------------------------------------------------------------
 */

/* nmap -sS only wants to know whether the port is open. */
static void nmap_takes_its_syn_back(void)
{
    listen_with(false, false);
    in("S 0:0 win 1024 <mss 1460>");
    out("S. 0:0 ack 1 <mss link>");
    assert_int_equal(half_open(), 1);
    in("R 1:1 win 1024");
    assert_int_equal(half_open(), 0);
    advance(70000);
    quiet();
    app_no_event();
}

static void nmap_takes_a_cookie_back(void)
{
    listen_with(false, true);
    in("S 0:0 win 1024 <mss 1460>");
    out("S. 0:0 ack 1 <mss link>");
    assert_int_equal(half_open(), RECORDS);
    in("R 1:1 win 1024");
    quiet();
    app_no_event();
    finish();
}

static void drops_syns_that_contradict_themselves(bool flooded)
{
    static const char *const flags[] = {"SF", "SR", "SFR", "SFP", "SFPUEW", "SFRP.UEW", "SF.", "SR."};
    static const char *const options[] = {LINUX, WINDOWS("08"), MSS_1460, ""};
    uint64_t waiting;

    listen_with(false, flooded);
    waiting = half_open();
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        for (size_t k = 0; k < sizeof options / sizeof options[0]; k++) {
            in("%s 0:0%s <raw %s>", flags[i], strchr(flags[i], '.') ? " ack 1" : "", options[k]);
            quiet();
            assert_int_equal(trace_drops("flags"), 1 + k + i * (sizeof options / sizeof options[0]));
        }
    assert_int_equal(half_open(), waiting);
    app_no_event();
    finish();
}

static void syn_with_fin_or_rst_is_dropped(void)
{
    drops_syns_that_contradict_themselves(false);
}

static void syn_with_fin_or_rst_gets_no_cookie(void)
{
    drops_syns_that_contradict_themselves(true);
}

/* RFC 7323 2.2: the option means something in a SYN only. */
static void window_scale_outside_a_syn(bool cookie)
{
    listen_with(false, cookie);
    in("S 0:0 <mss 1460>");
    out("S. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1 win 1000 <nop,wscale 7>");
    app_accept();
    assert_int_equal(info().window_bytes, 1000);
    in("P. 1:11 ack 1 win 2000 <nop,wscale 7>");
    app_recv(10);
    within(500, ". 1:1 ack 11 win 65535");
    assert_int_equal(info().window_bytes, 2000);
    assert_int_equal(info().wscale_sent, 0);
    finish();
}

static void window_scale_outside_a_syn_is_nothing(void)
{
    window_scale_outside_a_syn(false);
}

static void window_scale_outside_a_syn_is_nothing_to_a_cookie(void)
{
    window_scale_outside_a_syn(true);
}

static void window_scale_of_a_syn_stays(void)
{
    listen_with(false, false);
    in("S 0:0 <mss 1460,nop,wscale 2>");
    out("S. 0:0 ack 1 <mss link,wscale 2>");
    in(". 1:1 ack 1 win 1000 <nop,wscale 7>");
    app_accept();
    assert_int_equal(info().window_bytes, 4000);
    finish();
}

/* ---- ECN (RFC 3168 6.1.1) -------------------------------------------------------------------------------
 */

/* The two bits of the IP header of the next frame sent. */
static unsigned next_ecn_bits(void)
{
    size_t len;
    const uint8_t *frame = trace_taken(&len);

    assert_non_null(frame);
    return v6() ? frame[15] >> 4 & 3 : frame[15] & 3;
}

struct ecn_client {
    const char *name, *options, *answer;
};
static const struct ecn_client ecn_clients[] = {
    {"linux", LINUX, ALL}, {"windows", WINDOWS("08"), NO_TS}, {"macos", MACOS("06"), ALL}};
enum { ECN_CLIENTS = sizeof ecn_clients / sizeof ecn_clients[0] };

/* Where ECN is on we agree, by ECE alone, and our data is marked as capable; after a cookie only if its
 * timestamp remembers it. Who was not told so by the SYN-ACK must not get such data. */
static void agree_on_ecn(const struct ecn_client *c, bool cookie)
{
    bool stamped = strstr(c->answer, "ts ") != NULL, agreed = stamped || !cookie;

    listen_with(true, cookie);
    in("SEW 0:0 win 65535 <raw %s>", c->options);
    out("%s 0:0 ack 1 win 65535 <%s>", agreed ? "S.E" : "S.", agreed ? c->answer : PLAIN);
    advance(20);
    in(". 1:1 ack 1 win 4000%s", stamped ? " <ts 1020:+0>" : "");
    app_accept();
    assert_int_equal(cookies_taken(), cookie ? 1 : 0);
    assert_int_equal(info().ecn, agreed);
    app_send(100);
    assert_int_equal(next_ecn_bits(), agreed ? 2 : 0);
    in(". 1:1 ack 101 win 4000%s", stamped ? " <ts 1040:+20>" : "");
    finish();
}

static void ecn_with_a_record(const void *row)
{
    agree_on_ecn(row, false);
}

static void ecn_with_a_cookie(const void *row)
{
    agree_on_ecn(row, true);
}

static void half_a_request_for_ecn_is_none(void)
{
    static const char *const flags[] = {"S", "SE", "SW"};

    listen_with(true, false);
    for (uint16_t i = 0; i < 3; i++) {
        trace_flow((uint16_t)(PEER_PORT + i), LOCAL_PORT);
        in("%s 0:0 <raw %s>", flags[i], LINUX);
        out("S. 0:0 ack 1 <" ALL ">");
        in(". 1:1 ack 1 <ts 1020:+0>");
        app_accept();
        assert_int_equal(info().ecn, 0);
        app_send(100);
        assert_int_equal(next_ecn_bits(), 0);
        app_abort();
        trace_skip();
    }
}

/* ---- running ------------------------------------------------------------------------------------------- */

static const struct trace_test others[] = {
    TRACE(nmap_takes_its_syn_back),
    TRACE(nmap_takes_a_cookie_back),
    TRACE(syn_with_fin_or_rst_is_dropped),
    TRACE(syn_with_fin_or_rst_gets_no_cookie),
    TRACE(window_scale_outside_a_syn_is_nothing),
    TRACE(window_scale_outside_a_syn_is_nothing_to_a_cookie),
    TRACE(window_scale_of_a_syn_stays),
    TRACE(half_a_request_for_ecn_is_none),
};
enum { OTHERS = sizeof others / sizeof others[0], ALL_TESTS = 2 * (LAYOUTS + ECN_CLIENTS) + OTHERS };

/* A row is two tests. */
static void add(struct trace_test two[2], char names[2][80], const char *what, const char *name,
                const void *row, void (*record)(const void *), void (*cookie)(const void *))
{
    snprintf(names[0], 80, "%s%s_with_a_record", what, name);
    snprintf(names[1], 80, "%s%s_with_a_cookie", what, name);
    two[0] = (struct trace_test){.name = names[0], .run_with = record, .with = row};
    two[1] = (struct trace_test){.name = names[1], .run_with = cookie, .with = row};
}

int main(void)
{
    static struct trace_test tests[ALL_TESTS];
    static char names[ALL_TESTS][80];
    size_t n = 0;

    for (size_t i = 0; i < LAYOUTS; i++, n += 2)
        add(tests + n, names + n, "", layouts[i].name, &layouts[i], with_a_record, with_a_cookie);
    for (size_t i = 0; i < ECN_CLIENTS; i++, n += 2)
        add(tests + n, names + n, "ecn_agreed_with_", ecn_clients[i].name, &ecn_clients[i], ecn_with_a_record,
            ecn_with_a_cookie);
    memcpy(&tests[n], others, sizeof others);
    return trace_main("syn layouts", tests, ALL_TESTS);
}
