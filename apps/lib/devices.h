/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which devices there are here: for each interface what is known of it, and what each kind of device makes of
 * it.
 */
#ifndef LIB_DEVICES_H
#define LIB_DEVICES_H

/* Prints the table for one interface, or for all with ifname NULL, to stdout. Returns the exit code: 0; 2: what
 * was typed can be no interface's name; 1: there is none of that name, or no kind is for it; with a line on
 * stderr. */
int devices_run(const char *program, const char *ifname);

#endif
