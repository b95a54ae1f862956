/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Why a packet was not wanted: one list for all formats and protocols, since one array counts them. A hostile
 * packet is a counted drop. The names are what statistics print.
 */
#ifndef WIRE_DROP_H
#define WIRE_DROP_H

#define DROP_LIST(X)                                                                                         \
    X(NONE, "none")           /* wanted */                                                                   \
    X(TRUNCATED, "truncated") /* shorter than its own lengths or its least header */                         \
    X(MALFORMED, "malformed") /* a field that no sender may send */                                          \
    X(CHECKSUM, "checksum")                                                                                  \
    X(NOT_OURS, "not_ours")           /* another link address, network address or protocol family */         \
    X(ETHERTYPE, "ethertype")         /* no such protocol here */                                            \
    X(PROTOCOL, "protocol")           /* no such transport here; answered by an ICMP error */                \
    X(VLAN, "vlan")                   /* of another VLAN than ours, or with two tags */                      \
    X(FRAGMENT, "fragment")           /* reassembly is to come */                                            \
    X(SOURCE, "source")               /* an address that may not send: broadcast, multicast, our own */      \
    X(EXTENSION, "extension")         /* IPv6 header chain too long, or a header we refuse */                \
    X(ARP, "arp")                     /* not an ARP packet for IPv4 over Ethernet, or a forged one */        \
    X(ICMP, "icmp")                   /* a type that we do not serve */                                      \
    X(ICMP_QUOTE, "icmp_quote")       /* an error that quotes no segment of ours in flight (RFC 5927) */     \
    X(NO_LISTENER, "no_listener")     /* answered by RST */                                                  \
    X(NO_CONNECTION, "no_connection") /* answered by RST */                                                  \
    X(SYN_FULL, "syn_full")           /* the table has no place for it */                                    \
    X(BACKLOG, "backlog")             /* too many connections not yet fetched by the application */          \
    X(CONNECTIONS_FULL, "connections_full")                                                                  \
    X(FLAGS, "flags")           /* SYN with FIN or RST, a segment without ACK where one must be */           \
    X(SEQUENCE, "sequence")     /* outside the window; answered by an ACK */                                 \
    X(TIMESTAMP, "timestamp")   /* older than one seen before, or missing (RFC 7323 5.3, 3.2) */             \
    X(RATE, "rate")             /* its answer would have been one too many this second */                    \
    X(ACK, "ack")               /* acknowledges what was never sent, or is too old */                        \
    X(RESET, "reset")           /* a RST that is not exactly in place: challenge ACK (RFC 5961) */           \
    X(SYN, "syn")               /* a SYN inside a connection: challenge ACK (RFC 5961) */                    \
    X(CLOSED, "closed")         /* data after our close: answered by RST */                                  \
    X(BUDGET, "budget")         /* no memory to keep the bytes; the peer will send them again */             \
    X(REASSEMBLY, "reassembly") /* too many holes to remember one more */                                    \
    X(TX_FULL, "tx_full")       /* a reply without a connection found no transmit slot */                    \
    X(NEIGHBOUR, "neighbour")   /* a SYN from a host whose link address is not known yet: asked for */       \
    X(NEIGHBOURS_FULL, "neighbours_full") /* no room to remember one more */                                 \
    X(NO_ROUTE, "no_route")               /* from a host that none of our links has, nor a gateway */        \
    X(TENTATIVE, "tentative")             /* for an address of which we do not know yet that it is ours */   \
    X(NO_SOCKET, "no_socket")     /* a datagram for a port that nobody has; answered by an ICMP error */     \
    X(SOCKET_FULL, "socket_full") /* a datagram for a socket whose unread ones are too many */

enum drop {
#define X(name, text) DROP_##name,
    DROP_LIST(X)
#undef X
        DROP_COUNT
};

#endif
