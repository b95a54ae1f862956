/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The words typed on a command line, judged before anything is opened. Every wrong one gets a line of its own
 * on stderr, `PROGRAM: NAME "VALUE": what would be right`, and is counted; a program that counts any exits
 * with ARGS_EXIT. So a person sees all mistakes at once, and a script can tell a typing error from a world
 * that says no.
 *
 * A word is described by a row of a table (options.h reads by it); a judge is a function that looks at a
 * value, and writes what it means to where the row says.
 */
#ifndef LIB_ARGS_H
#define LIB_ARGS_H

#include <runnel_dev.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    ARGS_EXIT = 2,       /* the words typed are wrong */
    ARGS_EXIT_WORLD = 1, /* the world says no: rights, interfaces, devices */
};

struct args {
    const char *program; /* begins each line */
    int wrong;           /* how many were wrong so far */
};

struct option;

/* Looks at a value (NULL: it is missing). True, and its meaning is in *to; false, and it was counted. */
typedef bool args_judge(struct args *a, const struct option *o, const char *value, void *to);

struct option {
    const char *name; /* "--ip", "-c"; a word that has its place: "DEVICE"; one that may be left out: "[N]" */
    const char *form; /* of an option's value, as --help shows it; NULL: it has none */
    const char *help; /* a sentence or two; NULL: --help does not show it */
    args_judge *judge;    /* NULL for an option without a value: *to is a bool, which becomes true */
    size_t at;            /* where in the command's struct *to is */
    uint32_t least, most; /* for numbers */
};

/* What --help says of words that several commands have. */
#define DEVICE_HELP                                                                                          \
    "KIND:NAME, as in tap:tap0, or an interface's name alone, for which the best kind is taken"
#define FAULT_HELP                                                                                           \
    "a bad wire, in both directions: loss=5,reorder=5,duplicate=2,corrupt=1 are percent of the frames; "     \
    "delay=10 and jitter=5 milliseconds, rate=100 Mbit/s, queue=1000 frames, seed=7"

/* Prints the line for one wrong argument and counts it; name is shown without what stands in brackets. value
 * may be NULL: it is missing. Bytes of value that are not printable are shown as '?'. */
void args_wrong(struct args *a, const char *name, const char *value, const char *right);

/* Digits, perhaps with decimals; no sign, no blanks, nothing behind. False: it is none. */
bool args_decimal(const char *text, double *out);

/* *to is a const char *: anything that is not empty; the row's help says what. */
args_judge args_text;

/* *to is a const char *: a name that an interface may have, 1 to 15 bytes without '/', ':' or blanks. */
args_judge args_interface;

/* *to is a const char *: a link address that one station can have: six pairs of hexadecimal digits, not a
 * group's, not all zero. */
args_judge args_mac;

/* *to is a const char *: the address of one host, without a prefix. */
args_judge args_host;

/* *to is a struct args_addresses: one more address that one host can have, A.B.C.D[/LEN] or an IPv6 one. */
enum { ARGS_ADDRESSES = 8, ARGS_ADDRESS_MAX = 56 };
struct args_addresses {
    char text[ARGS_ADDRESSES][ARGS_ADDRESS_MAX]; /* each with its prefix: LEN, else 24, of IPv6 64 */
    bool len_said[ARGS_ADDRESSES];
    uint32_t count;
};
args_judge args_address;

/* *to is an uint32_t: a whole number from least to most, digits only. */
args_judge args_number;

/* *to is an uint32_t: which of the words of the row's form it is, "quick|full|off", from 0 up. */
args_judge args_choice;

/* *to is an rn_time: seconds, which may have decimals, from least to most thousandths. */
args_judge args_seconds;

/* *to is a struct args_fault: a bad wire, "loss=5,reorder=5,duplicate=2,corrupt=1,delay=10,seed=7" in any
 * choice and order: percent of the frames of each direction, which may have decimals, milliseconds of delay
 * and jitter, a rate in Mbit/s and a queue in frames. */
struct args_fault {
    struct rn_fault_options options;
    bool given;
};
args_judge args_fault;

/* *to is a struct args_capture: a recording, "FILE[,snap=BYTES][,limit=MB]". */
struct args_capture {
    struct rn_capture_options options; /* its path is `path`, below */
    char path[256];
    bool given;
};
args_judge args_capture;

#endif
