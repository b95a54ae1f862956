/* SPDX-License-Identifier: BSD-2-Clause
 *
 * runnel COMMAND ...: Runnel's own program. A command is a row of a table: its name, tables of its words, and
 * the function that has them read and does the work. lib/options.c reads, lib/args.c judges; the rest of lib/
 * has a file for each command.
 */
#include "lib/bridge.h"
#include "lib/demo.h"
#include "lib/devices.h"
#include "lib/options.h"
#include "lib/ping.h"
#include "lib/serve.h"
#include "lib/ss.h"

#include <runnel.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static int run_echo(const struct command *command, int argc, char **argv)
{
    struct serve_options o = {.port = 7};
    int code = options_read(command, argc, argv, &o);

    return code == OPTIONS_GO ? serve_run(command->name, &o) : code;
}

static int run_ping(const struct command *command, int argc, char **argv)
{
    struct ping_options o = {.bytes = 56, .interval = 1000000000, .timeout = 10000000000};
    int code = options_read(command, argc, argv, &o);

    return code == OPTIONS_GO ? ping_run(command->name, &o) : code;
}

static int run_bridge(const struct command *command, int argc, char **argv)
{
    struct bridge_options o = {0};
    int code = options_read(command, argc, argv, &o);

    return code == OPTIONS_GO ? bridge_run(command->name, &o) : code;
}

static int run_ss(const struct command *command, int argc, char **argv)
{
    struct ss_options o = {0};
    int code = options_read(command, argc, argv, &o);

    return code == OPTIONS_GO ? ss_run(command->name, &o) : code;
}

static int run_devices(const struct command *command, int argc, char **argv)
{
    const char *ifname = NULL;
    int code = options_read(command, argc, argv, &ifname);

    return code == OPTIONS_GO ? devices_run(command->name, ifname) : code;
}

static int run_demo(const struct command *command, int argc, char **argv)
{
    uint32_t megabytes = 64;
    int code = options_read(command, argc, argv, &megabytes);

    return code == OPTIONS_GO ? demo_run(command->name, (uint64_t)megabytes * 1000000) : code;
}

static const struct option echo_rows[] = {
    {"DEVICE", NULL, DEVICE_HELP, args_text, offsetof(struct serve_options, link.device), 0, 0},
    {"--port", "PORT", "the port to listen on; 7 unless said", args_number,
     offsetof(struct serve_options, port), 1, 65535},
    {"--share", NULL,
     "shares the kernel's own address on the interface (--ip says another than the first) and takes only the port from "
     "it: all else, ssh too, goes on. Programs on this machine reach the kernel there, not this one",
     NULL, offsetof(struct serve_options, link.share), 0, 0},
    {0}};

static const struct option demo_rows[] = {
    {"[MEGABYTES]", NULL, "how many it sends; 64 unless said", args_number, 0, 1, 65536}, {0}};

static const struct option devices_rows[] = {
    {"[IFNAME]", NULL, "the interface; unless said, each that there is", args_text, 0, 0, 0}, {0}};

static const struct command commands[] = {
    {.name = "runnel echo",
     .about = "A TCP echo server with a TCP/IP stack of its own.",
     .more =
         "SIGINT (Ctrl-C) and SIGTERM end it: connections have two seconds to close, a second signal resets\n"
         "them at once; then one line sums up.\n",
     .rows = {echo_rows, link_rows, serve_rows, wire_rows},
     .run = run_echo},
    {.name = "runnel ping",
     .about = "Asks a host whether it is there, from a stack of its own, and prints what ping(8) prints.",
     .rows = {ping_rows, link_rows, wire_rows},
     .run = run_ping},
    {.name = "runnel bridge",
     .about = "Joins two devices to one wire, a bad one if asked for.",
     .more = "Whatever arrives at one device is sent on by the other; a merged frame is cut before, and a "
             "partial\n"
             "checksum completed. SIGINT (Ctrl-C) and SIGTERM end it with a line for each direction.\n",
     .rows = {bridge_rows},
     .run = run_bridge},
    {.name = "runnel ss",
     .about = "Lists what is open in running programs, as ss(8) does for the kernel.",
     .rows = {ss_rows},
     .run = run_ss},
    {.name = "runnel devices",
     .about = "Tells which kinds of devices there are for an interface: how they work, or what helps. A star "
              "stands "
              "at the one that the interface's name alone takes.",
     .rows = {devices_rows},
     .run = run_devices},
    {.name = "runnel demo",
     .about =
         "Two stacks in this process, joined back to back: a client sends bytes through the other's echo "
         "server and compares what comes back. Needs no rights and no interface.",
     .rows = {demo_rows},
     .run = run_demo},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

/* The word behind "runnel". */
static const char *name_of(const struct command *c)
{
    return strchr(c->name, ' ') + 1;
}

static int help(void)
{
    printf("usage: runnel COMMAND ...\n\n");
    for (int i = 0; i < COMMANDS; i++)
        options_line(&commands[i]);
    printf("\n`runnel COMMAND --help` tells the words of a command; --version tells that of Runnel.\n"
           "Exit code 2: the words typed are wrong; 1: the world says no.\n");
    return 0;
}

static int unknown(const char *name)
{
    struct args a = {.program = "runnel"};
    char right[256] = "the commands are ";
    size_t at = strlen(right);

    for (int i = 0; i < COMMANDS && at < sizeof right; i++)
        at += (size_t)snprintf(right + at, sizeof right - at, "%s%s", name_of(&commands[i]),
                               i < COMMANDS - 2    ? ", "
                               : i == COMMANDS - 2 ? " and "
                                                   : " (see runnel --help)");
    args_wrong(&a, "COMMAND", name, right);
    return ARGS_EXIT;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;

    if (!name)
        return unknown(name);
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(name, name_of(&commands[i])) == 0)
            return commands[i].run(&commands[i], argc - 2, argv + 2);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
        return help();
    if (strcmp(name, "--version") == 0)
        return printf("runnel %s\n", RN_VERSION), 0;
    return unknown(name);
}
