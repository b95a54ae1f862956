/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Writes what the router saw as a pcap file (nanosecond form, in this machine's byte order, as the format
 * allows): tcpdump, tshark and Wireshark read it. Called by world.c and router.c.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

enum { LINK_ETHERNET = 1, LINK_RAW_IP = 101, SNAP = 65535 };

struct pcap {
    FILE *file;
};

struct file_header {
    uint32_t magic;
    uint16_t major, minor;
    uint32_t zone, accuracy, snap, link;
};

struct frame_header {
    uint32_t seconds, nanoseconds, kept, len;
};

struct pcap *pcap_open(const char *path, bool ethernet)
{
    struct file_header h = {0xa1b23c4d, 2, 4, 0, 0, SNAP, ethernet ? LINK_ETHERNET : LINK_RAW_IP};
    struct pcap *p = malloc(sizeof *p);

    if (!p)
        return NULL;
    p->file = fopen(path, "wb");
    if (!p->file || fwrite(&h, sizeof h, 1, p->file) != 1) {
        perror(path);
        if (p->file)
            fclose(p->file);
        free(p);
        return NULL;
    }
    return p;
}

void pcap_write(struct pcap *p, rn_time now, const uint8_t *frame, size_t len)
{
    struct frame_header h;

    if (!p)
        return;
    h.seconds = (uint32_t)(now / TIME_S);
    h.nanoseconds = (uint32_t)(now % TIME_S);
    h.kept = h.len = (uint32_t)len;
    fwrite(&h, sizeof h, 1, p->file);
    fwrite(frame, 1, len, p->file);
}

void pcap_close(struct pcap *p)
{
    if (!p)
        return;
    fclose(p->file);
    free(p);
}
