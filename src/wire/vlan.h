/* SPDX-License-Identifier: BSD-2-Clause
 *
 *      OFFSET SIZE MEANING                     802.1Q tag, behind an EtherType of 0x8100
 *       0      2   priority (3 bits), drop eligible (1), VLAN identifier (12)
 *       2      2   the EtherType of what follows
 */
#ifndef WIRE_VLAN_H
#define WIRE_VLAN_H

#include "base/be.h"
#include "base/view.h"
#include "drop.h"

#include <stdbool.h>

enum { VLAN_LEN = 4, VLAN_IDS = 0x0fff, VLAN_LAST = 4094 /* that a network may have */ };

struct vlan {
    uint16_t id; /* 0 to 4095; 0 is priority only, 4095 reserved */
    uint8_t priority;
    bool drop_eligible;
    uint16_t type;
};

/* DROP_NONE, DROP_TRUNCATED, or DROP_MALFORMED for identifier 4095. */
enum drop vlan_decode(struct view *v, struct vlan *out);
size_t vlan_encode(uint8_t *at, const struct vlan *h);

#endif
