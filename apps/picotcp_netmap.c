/* SPDX-License-Identifier: BSD-2-Clause
 *
 * picotcp_netmap IFNAME MAC IP PORT: a TCP echo server whose TCP/IP is Runnel's, on one interface, under an
 * address of its own that the kernel knows nothing of.
 *
 *      kernel 10.7.0.1 --- IFNAME (a tap) --- picotcp_netmap 10.7.0.7, link address MAC, echo on PORT
 *
 * This file reads the words; lib/args.c judges them, lib/serve.c does the work.
 */
#include "lib/args.h"
#include "lib/serve.h"

#include <runnel.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: picotcp_netmap IFNAME MAC IP[/LEN] PORT\n"
    "\n"
    "Echoes what TCP clients send to IP, port PORT, with a TCP/IP stack of its own.\n"
    "\n"
    "  IFNAME  the interface. In this version a tap, which is made if it is not there;\n"
    "          network cards come later\n"
    "  MAC     the link address to use on it, as in 02:00:00:00:00:07\n"
    "  IP      the IPv4 address to answer under, with its prefix length (24 unless said)\n"
    "  PORT    the TCP port to listen on, 1 to 65535\n"
    "  --help, --version\n"
    "\n"
    "By hand, the kernel being the client:\n"
    "  sudo ip tuntap add dev tap0 mode tap user $USER\n"
    "  sudo ip addr add 10.7.0.1/24 dev tap0\n"
    "  sudo ip link set tap0 up\n"
    "  picotcp_netmap tap0 02:00:00:00:00:07 10.7.0.7 7 &\n"
    "  telnet 10.7.0.7 7\n"
    "\n"
    "SIGINT (Ctrl-C) and SIGTERM end it with one line of summary and exit code 0. Exit code 2: the words\n"
    "typed are wrong; 1: the world says no (no rights, no such interface, no TUN).\n";

int main(int argc, char **argv)
{
    struct args args = {.program = "picotcp_netmap"};
    struct serve_options o = {.program = args.program};
    char device[4 + ARGS_INTERFACE_MAX + 1], address[ARGS_ADDRESS_MAX];
    uint32_t port = 0;

    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return fputs(help, stdout), 0;
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return printf("picotcp_netmap, Runnel %s\n", RN_VERSION), 0;
    if (argc != 5) {
        fprintf(stderr,
                "picotcp_netmap: %d arguments given, 4 wanted: IFNAME MAC IP[/LEN] PORT (see --help)\n",
                argc > 0 ? argc - 1 : 0);
        return ARGS_EXIT;
    }

    args_interface(&args, "IFNAME", argv[1]);
    args_mac(&args, "MAC", argv[2]);
    args_address(&args, "IP", argv[3], address);
    args_number(&args, "PORT", argv[4], 1, 65535, &port);
    if (args.wrong)
        return ARGS_EXIT;

    snprintf(device, sizeof device, "tap:%s", argv[1]);
    o.device = device;
    o.mac = argv[2];
    o.address = address;
    o.port = (uint16_t)port;
    return serve_run(&o);
}
