/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A packet socket on one interface, without the rings that it may have: what packet.c, xdp.c and pcap.c ask of it. kind
 * begins the line that says why something cannot be.
 */
#ifndef DEV_PACKET_SOCKET_H
#define DEV_PACKET_SOCKET_H

#include "interface.h"
#include "steering.h"

/* Why an interface will not do, and what would. 0: it will; or a negative errno. */
int packet_socket_judge(const char *kind, const struct interface *i, char *err);

/* Looks at an interface by name, and judges it. 0 or a negative errno. */
int packet_socket_check(const char *kind, const char *name, struct interface *i, char *err);

/* A socket that receives nothing yet. A descriptor or a negative errno. */
int packet_socket_open(const char *kind, const char *name, char *err);

/* Binds it to an interface: it receives frames of that protocol (ETH_P_ALL; 0: none). 0 or a negative errno. */
int packet_socket_bind(int fd, uint32_t index, uint16_t protocol);

/* The interface lets in what is for that link address, or everything, as long as the socket lives. 0 or a negative
 * errno. */
int packet_socket_let_in(int fd, uint32_t index, const uint8_t mac[6], bool everything);

/* Frames come by what steering says of them: verdicts[] has how many bytes of each. 0 or a negative errno. */
int packet_socket_filter(int fd, const struct steering *s, const uint32_t verdicts[3]);

/* The same, and lets in what is for another address than the interface's, or everything. 0 or a negative errno. */
int packet_socket_steer(int fd, uint32_t index, const struct steering *s, const uint32_t verdicts[3]);

/* Takes the error that the socket has to tell, which would end every sleep: false, there is none. */
bool packet_socket_has_error(int fd);

#endif
