/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The names of netmap's ports: which rings of what.
 *
 *      netmap:eth0         all rings of the card          netmap:vale0:a, vale0:a   a port of a switch
 *      netmap:eth0-1       ring 1 alone                   netmap:x{3, netmap:x}3    the two ends of a pipe
 *      netmap:eth0^        the kernel's ("host") rings    ...@5                     of memory 5
 *      netmap:eth0*        the card's and the kernel's    .../x                     nobody else's
 */
#ifndef DEV_NETMAP_NAME_H
#define DEV_NETMAP_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NETMAP_NAME = 64 };

struct netmap_name {
    char port[NETMAP_NAME]; /* as the module takes it: "eth0", "vale0:a", "x{3" */
    char base[16];          /* the interface's, or the pipe's without its number; of a switch's port "" */
    uint32_t mode;          /* NR_REG_ALL_NIC, NR_REG_NIC_SW, NR_REG_SW, NR_REG_ONE_NIC, NR_REG_ONE_SW */
    uint32_t pipe;          /* 0, or NR_REG_PIPE_MASTER, NR_REG_PIPE_SLAVE with ... */
    uint16_t pipe_id;       /* ... its number */
    uint16_t ring;          /* of the modes for one */
    uint16_t memory;        /* 0: the module's choice */
    uint64_t flags;         /* NR_EXCLUSIVE */
};

/* Reads what stands behind "netmap:", or a whole "valeX:PORT". 0, or -EINVAL with a line that has the place of the
 * fault and the grammar. */
int netmap_name_read(struct netmap_name *n, const char *text, char *err);

/* Bytes at the beginning of what stands behind "netmap:" that are the interface's name. */
size_t netmap_name_base(const char *text);

/* The whole of a device's name is one of a switch's port. */
bool netmap_name_is_switch(const char *device);

/* A link address for a port that has no card: the same each time, and another for another port. */
void netmap_name_mac(uint8_t mac[6], const struct netmap_name *n);

#endif
