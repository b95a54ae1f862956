/* SPDX-License-Identifier: BSD-2-Clause
 *
 * runnel COMMAND ...: Runnel's own program. A command is a row of a table: its name and the function that
 * reads its words. lib/args.c judges the words, lib/serve.c and lib/demo.c do the work.
 */
#include "lib/args.h"
#include "lib/demo.h"
#include "lib/devices.h"
#include "lib/serve.h"

#include <runnel.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: runnel COMMAND ...\n"
    "\n"
    "  echo DEVICE [--ip A.B.C.D[/LEN]] [--mac MAC] [--port PORT]\n"
    "        a TCP echo server with a TCP/IP stack of its own. DEVICE is tap:NAME, which is made if it is\n"
    "        not there. Unless said: --ip 10.7.0.7/24, --port 7, and the device's own link address.\n"
    "        --no-window-scale, --no-timestamps, --no-sack: does without these TCP options.\n"
    "        --keep-alive SECONDS: a silent client is asked after so long whether it is still there\n"
    "        --budget KIB, --connections N: how much memory all connections share, and how many there can "
    "be\n"
    "        --fault loss=5,reorder=5,duplicate=2,corrupt=1,delay=10,seed=7: a bad wire, in both "
    "directions;\n"
    "        percent of the frames, and milliseconds\n"
    "  demo [MEGABYTES]\n"
    "        two stacks in this process, joined back to back: a client sends 64 megabytes through the\n"
    "        other's echo server and compares what comes back. Needs no rights and no interface\n"
    "  devices [IFNAME]\n"
    "        which kinds of devices there are for an interface, or for each: how they work, or what helps; "
    "a\n"
    "        star stands at the one that the interface's name alone takes\n"
    "  --help, --version\n"
    "\n"
    "Exit code 2: the words typed are wrong; 1: the world says no (no rights, no such interface, no TUN).\n";

/* One "--name VALUE" or "--name=VALUE": true when argv[*i] is it; *value is NULL when there is none. */
static bool is_option(const char *name, int argc, char **argv, int *i, const char **value)
{
    size_t len = strlen(name);

    if (strncmp(argv[*i], name, len) != 0)
        return false;
    if (argv[*i][len] == '=')
        *value = argv[*i] + len + 1;
    else if (argv[*i][len] == 0)
        *value = *i + 1 < argc ? argv[++*i] : NULL;
    else
        return false;
    return true;
}

static int run_echo(struct args *args, int argc, char **argv)
{
    struct serve_options o = {.program = "runnel echo"};
    struct rn_fault_options fault = {.seed = 1};
    char address[ARGS_ADDRESS_MAX] = "10.7.0.7/24";
    const char *value = NULL;
    uint32_t port = 7;

    args->program = o.program;
    for (int i = 0; i < argc; i++) {
        if (is_option("--ip", argc, argv, &i, &value))
            args_address(args, "--ip", value, address);
        else if (is_option("--mac", argc, argv, &i, &o.mac))
            args_mac(args, "--mac", o.mac);
        else if (is_option("--port", argc, argv, &i, &value))
            args_number(args, "--port", value, 1, 65535, &port);
        else if (is_option("--keep-alive", argc, argv, &i, &value))
            args_number(args, "--keep-alive", value, 1, 86400, &o.keep_alive_s);
        else if (is_option("--budget", argc, argv, &i, &value))
            args_number(args, "--budget", value, 64, 1 << 26, &o.budget_kib);
        else if (is_option("--connections", argc, argv, &i, &value))
            args_number(args, "--connections", value, 1, 1 << 20, &o.connections);
        else if (is_option("--fault", argc, argv, &i, &value))
            o.fault = args_fault(args, "--fault", value, &fault) ? &fault : NULL;
        else if (strcmp(argv[i], "--no-window-scale") == 0)
            o.no_window_scale = true;
        else if (strcmp(argv[i], "--no-timestamps") == 0)
            o.no_timestamps = true;
        else if (strcmp(argv[i], "--no-sack") == 0)
            o.no_sack = true;
        else if (argv[i][0] == '-')
            args_wrong(args, "option", argv[i],
                       "the options are --ip, --mac, --port, --fault and those that --help tells of");
        else if (o.device)
            args_wrong(args, "argument", argv[i], "one DEVICE is wanted, and it stands there already");
        else
            o.device = argv[i];
    }
    args_device(args, "DEVICE", o.device);
    if (args->wrong)
        return ARGS_EXIT;
    o.address = address;
    o.port = (uint16_t)port;
    return serve_run(&o);
}

static int run_demo(struct args *args, int argc, char **argv)
{
    uint32_t megabytes = 64;

    args->program = "runnel demo";
    if (argc > 0)
        args_number(args, "MEGABYTES", argv[0], 1, 65536, &megabytes);
    for (int i = 1; i < argc; i++)
        args_wrong(args, "argument", argv[i], "nothing may stand behind MEGABYTES");
    return args->wrong ? ARGS_EXIT : demo_run(args->program, (uint64_t)megabytes * 1000000);
}

static int run_devices(struct args *args, int argc, char **argv)
{
    args->program = "runnel devices";
    for (int i = 1; i < argc; i++)
        args_wrong(args, "argument", argv[i], "nothing may stand behind IFNAME");
    return args->wrong ? ARGS_EXIT : devices_run(args->program, argc > 0 ? argv[0] : NULL);
}

static int print_help(struct args *args, int argc, char **argv)
{
    (void)args, (void)argc, (void)argv;
    fputs(help, stdout);
    return 0;
}

static int print_version(struct args *args, int argc, char **argv)
{
    (void)args, (void)argc, (void)argv;
    printf("runnel %s\n", RN_VERSION);
    return 0;
}

static const struct command {
    const char *name;
    int (*run)(struct args *args, int argc, char **argv); /* the words behind the name */
} commands[] = {{"echo", run_echo}, {"demo", run_demo},   {"devices", run_devices},    {"--help", print_help},
                {"-h", print_help}, {"help", print_help}, {"--version", print_version}};

int main(int argc, char **argv)
{
    struct args args = {.program = "runnel"};
    const char *name = argc > 1 ? argv[1] : NULL;

    if (argc > 2 && strcmp(argv[2], "--help") == 0)
        name = argv[2];
    for (size_t i = 0; name && i < sizeof commands / sizeof *commands; i++)
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].run(&args, argc - 2, argv + 2);
    args_wrong(&args, "COMMAND", name, "the commands are echo, demo and devices (see runnel --help)");
    return ARGS_EXIT;
}
