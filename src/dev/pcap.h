/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Devices by libpcap: an interface, and a recording that is played.
 */
#ifndef DEV_PCAP_H
#define DEV_PCAP_H

#include "interface.h"

/* Opens an interface by its name; or, if what is named has a '/' or ends in .pcap or .pcapng, a recording. 0, -EPERM,
 * -ENODEV, -ENOENT, -ENOSYS (no libpcap), -EPROTO (no recording of frames or IP packets), -ENOMEM. */
int pcap_dev_open(struct rn_dev **out, const char *name, char *err);

/* How it works on an interface, or what helps where it does not. */
void pcap_dev_survey(const struct interface *i, struct rn_way *way);

#endif
