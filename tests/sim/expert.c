/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A second opinion: two stacks written by one hand share one misreading, so a sample of worlds that went well
 * is given to tshark, whose expert analysis knows TCP from others. What it remarks must stand in the table
 * below, with the reason why it is no fault in such a world; anything else fails. Checksums are checked as
 * well.
 *
 * The sample worlds are small and nearly clean (at most 3 % lost), of both families and both media; their
 * numbers begin at SAMPLE_FIRST. The router wrote the pcap, so what is lost between a stack and the router
 * was not seen. Called by main.c. Without tshark it is left out, aloud.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct explained {
    const char *summary; /* how the remark begins */
    const char *reason;
} explained[] = {
    {"Connection establish request (SYN)", "says what it is"},
    {"Connection establish acknowledge (SYN+ACK)", "says what it is"},
    {"The SYN packet does not contain a SACK PERM option", "a share of the stacks does without"},
    {"Connection finish (FIN)", "says what it is"},
    {"This frame initiates the connection closing", "says what it is"},
    {"This frame undergoes the connection closing", "says what it is"},
    {"Connection reset (RST)", "aborts, abandoned connections, and answers to what comes after them"},
    {"This frame is a (suspected) retransmission", "the wire loses and doubles"},
    {"This frame is a (suspected) spurious retransmission", "an ACK was lost, or the frame was doubled"},
    {"This frame is a (suspected) out-of-order segment", "the wire reorders; a lost one comes after others"},
    {"This frame is a (suspected) fast retransmission", "what RACK, or the third duplicate ACK, found lost"},
    {"Previous segment(s) not captured", "lost between its stack and the router"},
    {"ACKed segment that wasn't captured", "tshark does not count new bytes behind repeated ones in one "
                                           "segment; router.c does, and checks every ACK"},
    {"D-SACK Sequence", "of what came twice (RFC 2883)"},
    {"Duplicate ACK", "of what came out of order, and doubled by the wire"},
    {"TCP window update", "small buffers"},
    {"TCP window specified by the receiver is now completely full", "small buffers"},
    {"TCP Zero Window segment", "small buffers, slow readers"},
    {"TCP Zero Window Probe", "and what it is answered by"},
    {"ACK to a TCP Zero Window Probe", "small buffers, slow readers"},
    {"TCP keep-alive segment", "one byte sent again looks like one"},
    {"ACK to a TCP keep-alive segment", "and so does its ACK"},
    {"Duplicate IP address configured",
     "the file holds both links, and on each the router answers for the other"},
    {"Destination unreachable (Fragmentation needed)", "the path MTU shrinks"},
    {"A new tcp session is started with the same ports",
     "a doubled SYN comes late, when the server has ended, and is answered anew"},
};

static bool is_explained(const char *summary)
{
    for (size_t i = 0; i < sizeof explained / sizeof explained[0]; i++)
        if (strncmp(summary, explained[i].summary, strlen(explained[i].summary)) == 0)
            return true;
    return false;
}

/* Reads tshark's tables: "FREQUENCY GROUP PROTOCOL SUMMARY" with blanks between. Returns what was
 * unexplained. */
static int read_remarks(FILE *from, const char *path)
{
    char line[512], group[32], protocol[32];
    unsigned long times;
    int unexplained = 0, at;

    while (fgets(line, sizeof line, from)) {
        line[strcspn(line, "\n")] = 0;
        at = 0;
        if (sscanf(line, " %lu %31s %31s %n", &times, group, protocol, &at) < 3 || at == 0)
            continue;
        if (is_explained(line + at))
            continue;
        printf("  %s: unexplained, %lu times: %s, %s: %s\n", path, times, group, protocol, line + at);
        unexplained++;
    }
    return unexplained;
}

static bool ask_tshark(const char *path)
{
    char command[640];
    FILE *from;
    int unexplained, status;

    snprintf(
        command, sizeof command,
        "tshark -r '%s' -q -z expert,chat -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE 2>'%s.err'",
        path, path);
    from = popen(command, "r");
    if (!from)
        return false;
    unexplained = read_remarks(from, path);
    status = pclose(from);
    if (status != 0)
        printf("  tshark fails on %s, see %s.err\n", path, path);
    return unexplained == 0 && status == 0;
}

bool expert_check(uint64_t seed, struct totals *t, const char *folder)
{
    struct plan *p = malloc(sizeof *p);
    bool good = p != NULL;

    if (system("tshark --version >/dev/null 2>&1") != 0) {
        printf("  SKIPPED: tshark is not installed, so nobody else looked at the sample\n");
        free(p);
        return true;
    }
    mkdir("build", 0777);
    mkdir(folder, 0777);
    for (uint32_t i = 0; good && i < SAMPLES; i++) {
        char path[256], why[320];
        enum verdict v;

        snprintf(path, sizeof path, "%s/sample-%u.pcap", folder, i);
        draw_world(p, seed, SAMPLE_FIRST + i);
        v = world_run(p, t, path, why, NULL);
        if (v != VERDICT_GOOD)
            printf("  sample world %u: %s: %s\n", p->number, report_verdict(v), why);
        good &= v == VERDICT_GOOD && ask_tshark(path);
    }
    printf("  %u sample worlds read by tshark: %s\n", SAMPLES, good ? "nothing unexplained" : "FAILED");
    free(p);
    return good;
}
