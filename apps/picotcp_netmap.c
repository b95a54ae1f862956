/* SPDX-License-Identifier: BSD-2-Clause
 *
 * picotcp_netmap IFNAME MAC IP PORT: a TCP echo server whose TCP/IP is Runnel's, on one interface, under an
 * address of its own that the kernel knows nothing of.
 *
 *      kernel 10.7.0.1 --- IFNAME --- picotcp_netmap 10.7.0.7, link address MAC, echo on PORT
 *
 * This file has the table of its words; lib/options.c reads by it, lib/args.c judges, lib/serve.c does the
 * work.
 */
#include "lib/options.h"
#include "lib/serve.h"

#include <stddef.h>

#define AT(field) offsetof(struct serve_options, field)

static const struct option rows[] = {
    {"IFNAME", NULL,
     "the interface. The best device there is for it is taken, which is said; a tap that is not there is "
     "made",
     args_interface, AT(link.device), 0, 0},
    {"MAC", NULL, "the link address to use on it, as in 02:00:00:00:00:07", args_mac, AT(link.mac), 0, 0},
    {"IP[/LEN]", NULL, "the address to answer under, with its prefix length (unless said, that of the kernel's "
     "address on this interface if it holds this one, else 24, for IPv6 64)",
     args_address, AT(link.ip), 0, 0},
    {"PORT", NULL, "the TCP port to listen on, 1 to 65535", args_number, AT(port), 1, 65535},
    {0}};

static int run(const struct command *command, int argc, char **argv)
{
    struct serve_options o = {0};
    int code = options_read(command, argc, argv, &o);

    return code == OPTIONS_GO ? serve_run(command->name, &o) : code;
}

static const struct command self = {
    .name = "picotcp_netmap",
    .about = "Echoes what TCP clients send to IP, port PORT, with a TCP/IP stack of its own.",
    .more = "By hand, the kernel being the client:\n"
            "  sudo ip tuntap add dev tap0 mode tap user $USER\n"
            "  sudo ip addr add 10.7.0.1/24 dev tap0\n"
            "  sudo ip link set tap0 up\n"
            "  picotcp_netmap tap0 02:00:00:00:00:07 10.7.0.7 7 &\n"
            "  telnet 10.7.0.7 7\n"
            "\n"
            "SIGINT (Ctrl-C) and SIGTERM end it with one line of summary.\n",
    .rows = {rows, wire_rows},
    .run = run,
};

int main(int argc, char **argv)
{
    return self.run(&self, argc - 1, argv + 1);
}
