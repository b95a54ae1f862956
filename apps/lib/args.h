/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The words typed on a command line, judged before anything is opened. Every wrong one gets a line of its own
 * on stderr, `PROGRAM: NAME "VALUE": what would be right`, and is counted; a program that counts any exits
 * with ARGS_EXIT. So a person sees all mistakes at once, and a script can tell a typing error from a world
 * that says no.
 */
#ifndef LIB_ARGS_H
#define LIB_ARGS_H

#include <runnel_dev.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    ARGS_EXIT = 2,          /* the words typed are wrong */
    ARGS_EXIT_WORLD = 1,    /* the world says no: rights, interfaces, devices */
    ARGS_INTERFACE_MAX = 15 /* bytes of an interface's name on Linux */
};

struct args {
    const char *program; /* begins each line */
    int wrong;           /* how many were wrong so far */
};

/* Prints the line for one wrong argument and counts it. value may be NULL: it is missing. Bytes of value that
 * are not printable are shown as '?'. */
void args_wrong(struct args *a, const char *name, const char *value, const char *right);

/* A name that an interface may have: 1 to 15 bytes, no '/', ':' or blank. Counts and returns false if not. */
bool args_interface(struct args *a, const char *name, const char *value);

/* A device of a kind that this version has: "tap:INTERFACE". */
bool args_device(struct args *a, const char *name, const char *value);

/* A link address that one station can have: six pairs of hexadecimal digits, not a group's, not all zero. */
bool args_mac(struct args *a, const char *name, const char *value);

/* An IPv4 address that one host can have, "A.B.C.D" or "A.B.C.D/LEN", LEN from 1 to 32 and 24 unless said.
 * Writes both with LEN to out. */
enum { ARGS_ADDRESS_MAX = 24 };
bool args_address(struct args *a, const char *name, const char *value, char out[ARGS_ADDRESS_MAX]);

/* A whole number from least to most, digits only. */
bool args_number(struct args *a, const char *name, const char *value, uint32_t least, uint32_t most,
                 uint32_t *out);

/* A bad wire, "loss=5,reorder=5,duplicate=2,corrupt=1,delay=10,seed=7" in any choice and order: percent of
 * the frames of each direction, which may have decimals, and milliseconds. */
bool args_fault(struct args *a, const char *name, const char *value, struct rn_fault_options *out);

#endif
