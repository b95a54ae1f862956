/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Runnel's face: a TCP/IP stack as a value. Read from top to bottom in ten minutes.
 *
 *      rn_open -> rn_attach -> rn_add_address -> rn_listen / rn_connect
 *      for ever:  rn_wait,  then rn_next until it says no:  rn_recv, rn_send, rn_splice, rn_close
 *
 * The stack works in rounds: poll takes frames in and gathers events, the application acts on them, flush
 * sends what is owed. rn_wait is flush, sleep, poll. Nothing is called back, nothing is ever re-entered.
 *
 * Rules for every call:
 *  - A stack belongs to one thread at a time, and so do all calls that take one, but for rn_post, which any
 *    thread may call. rn_need, rn_now, rn_drop_name, rn_state_name touch no stack: any thread. Different
 *    stacks share nothing. No call blocks but rn_wait.
 *  - A socket is a number. A stale one gets -EBADF, never somebody else's connection. A listener has no
 *    bytes: it gets -ENOTCONN from calls that move, count or end them, and from rn_set_user. A datagram
 *    socket has no stream: it gets -EOPNOTSUPP from calls that are about one.
 *  - A call that cannot succeed returns a negative errno and leaves its output arguments untouched.
 *  - char *err, where it stands, may be NULL; else it holds RN_ERRBUF (256) bytes and on failure gets one
 *    line that names the thing and the remedy. Other pointers may not be NULL unless it is said; NULL data
 *    goes with a length of 0. Where they are NULL nevertheless: -EINVAL, and for a stack -EBADF from a call
 *    that takes a socket, false from rn_next; only rn_poll, rn_flush and rn_stats, and rn_next's event, are
 *    not looked at.
 *  - A length may be anything up to SIZE_MAX: what is not there, or does not fit, makes a short count. With a
 *    length of 0 a call says whether it would be possible at all: 0 or an error, and changes nothing; but
 *    rn_send_to sends an empty datagram.
 *  - What is wrong is said in this order: the number, the kind of socket, the arguments, the state.
 *  - Text forms: address "10.0.0.7" or "fd00::7"; with prefix "10.0.0.7/24"; with port "10.0.0.7:80" or
 *    "[fd00::7]:80"; MAC "02:00:00:00:00:07".
 */
#ifndef RUNNEL_H
#define RUNNEL_H

#include <runnel_dev.h>
#include <runnel_host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RN_VERSION "0.1.0"

struct rn_stack;

/* Index and generation of a socket. Positive; a negative one is an errno, 0 is no socket. */
typedef int64_t rn_sock;

enum rn_protocol { RN_ICMP = 1, RN_TCP = 6, RN_UDP = 17 };

/* ---- making a stack ----------------------------------------------------------------------------------- */

/* Every field: 0 takes the default in brackets. */
struct rn_options {
    uint32_t connections; /* established or closing at once, 1 to 2^26 [1,024] */
    uint32_t listeners;   /* [16], at most 4,096 */
    uint32_t datagrams;   /* sockets of RN_UDP and RN_ICMP at once [64], at most 65,536 */
    uint32_t half_open;   /* SYNs being answered at once [connections / 4, 64 to 65,536] */
    uint32_t time_wait;   /* closed connections remembered for 2 MSL [connections, 64 to 2^20] */
    uint32_t neighbours;  /* [1,024] */
    uint32_t posts;       /* messages of rn_post that wait at once, at most 65,536 [64] */
    size_t budget_bytes;  /* for all that is queued, at true size, from 64 KiB [16 MiB + 4 KiB a connection]:
                           * docs/memory.md says who gets how much, and who has to go when it is pressed */
    uint32_t receive_bytes;     /* what a connection may leave unread at first, 1 to 2^30 [65,536] */
    uint32_t receive_bytes_max; /* ... and as far as that is tuned to the path [1 MiB, or receive_bytes] */
    uint32_t send_bytes;        /* what a connection may have queued and unacknowledged at first [65,536] */
    uint32_t send_bytes_max;    /* ... and when that was tuned [1 MiB, or send_bytes] */
    rn_time msl;                /* maximum segment lifetime [30 s] */
    rn_time rto_initial;        /* first retransmission timeout [1 s]; RFC 6298 (2.1) */
    rn_time rto_min;            /* least retransmission timeout [200 ms; RFC 6298 (2.4) says 1 s] */
    rn_time rto_max;            /* greatest [60 s]; RFC 6298 (2.5) */
    rn_time delayed_ack;        /* an ACK waits at most that long [40 ms], below 500 ms; RFC 9293 3.8.6.3 */
    rn_time spin; /* rn_wait goes on looking for so long after the last that there was, before it sleeps: up to 1 s, for
                   * a processor that is spent on it [0] */
    uint8_t no_window_scale, no_timestamps; /* 1: neither offered nor taken up; RFC 7323 */
    uint8_t no_sack;                        /* the same; RFC 2018 */
    uint8_t no_fast_path; /* 1: every segment takes the long road; nothing else changes, to the frame */
    uint8_t conflict;     /* enum rn_conflict: how an IPv4 address is looked for before it is used [quick] */

    /* What sockets begin with, and may choose otherwise each for itself: see struct rn_settings. */
    const char *congestion;                             /* ["cubic"], "newreno" */
    rn_time keep_idle, keep_interval;                   /* [2 h], [75 s] */
    rn_time user_timeout, linger;                       /* [0], [0] */
    uint8_t keep_alive, keep_count;                     /* [0], [9] */
    uint8_t r1;                                         /* [3] */
    uint8_t syn_retries;                                /* [7: gives up after 183 s] */
    uint8_t data_retries;                               /* [15: 9 to 14 minutes] */
    uint8_t ttl, dscp;                                  /* [64], [0] */
    uint8_t no_delay, no_delayed_ack, ecn, soft_errors; /* [0] */
};

/* What comes before an own IPv4 address on an Ethernet device is used (RFC 5227): is it somebody else's?
 * Until that is known nobody is answered from it; a listener just begins to hear, a connection's SYN waits.
 * Nobody is asked while the device's link is down. */
enum rn_conflict {
    RN_CONFLICT_QUICK = 0, /* three probes, 100 ms apart: used after 300 ms, and announced */
    RN_CONFLICT_FULL = 1,  /* with the RFC's times: used after 4 to 7 s */
    RN_CONFLICT_OFF = 2    /* used at once, without a word */
};

/* Bytes of memory that a stack with these options needs; NULL: the defaults. 0: an option is out of range. */
size_t rn_need(const struct rn_options *options);

/* Makes a stack in memory that the caller keeps until rn_destroy. memory is aligned to 64 and zero.
 * 0, -EINVAL (an option out of range, memory not aligned), -ENOMEM (bytes < rn_need). For hosts without an
 * operating system. */
int rn_init(struct rn_stack **net, const struct rn_options *options, void *memory, size_t bytes,
            const struct rn_host *host, char *err);

/* The same where there is an operating system: maps the memory (touched only as it is used), takes random
 * bytes, logs nowhere. options may be NULL. */
int rn_open(struct rn_stack **net, const struct rn_options *options, char *err);

/* Lets go of all sockets without a word on the wire, closes the devices, unmaps what rn_open mapped.
 * NULL is allowed. */
void rn_destroy(struct rn_stack *net);

/* ---- devices and addresses ---------------------------------------------------------------------------- */

struct rn_attach_options {
    const char *mac; /* the address to use instead of the device's own; NULL: its own. Without a use where frames
                      * have no link header */
    uint32_t mtu;    /* 0: the device's own */
    uint32_t vlan;   /* 802.1Q: what is sent has this tag, what has another or none is dropped: 1 to 4,094; 0:
                      * no tag is put in, and only that of VLAN 0, a mere priority, is taken */
    uint8_t share;   /* 1: its addresses are the kernel's as well, who answers for them (ARP, ping, all other
                      * ports). Ours are the ports that are listened on, from then on, and 1,024 to connect from,
                      * found free when an address is added; all are held in the kernel by sockets that are bound, so
                      * that no other program gets them. The stack then needs some 2,050 descriptors an address, for
                      * which the process's own limit is raised. packet and xdp; without mac */
    uint8_t local;   /* 1: programs on this machine reach our IPv4 addresses there as well, which the card does not let
                      * them. It takes rights to make a tap (-EPERM); that is called rn0, or rn1 and so on, and has the
                      * kernel's way to each address, as long as the device is open; capture does not have what
                      * goes over it. Without a use where the link has no other owner; without share and vlan */
    char *local_err; /* RN_ERRBUF bytes: a tap that cannot be made is then no error, and why is written there ("": it
                      * could); NULL: it is one */
    uint8_t busy_poll; /* 1: of xdp: each look that finds no frame has the kernel look after the card at once, so that it
                        * need not interrupt; for who hardly sleeps (rn_options.spin). It takes Linux 5.11 and
                        * CAP_NET_ADMIN. Whether the card still interrupts is up to the interface's settings
                        * napi_defer_hard_irqs and gro_flush_timeout, which are the administrator's */
    const struct rn_fault_options *fault; /* a bad wire put in front of it (rn_dev_fault); NULL: none */
    const struct rn_capture_options *capture; /* what goes over it is recorded (rn_dev_capture), on the far side of
                                               * the bad wire: as the other station sees it; NULL: nothing */
};

/* Opens a device by name, "tap:NAME" or an interface's name alone (runnel_dev.h has the grammar), and gives it
 * to the stack. options may be NULL. The device's number from 0 up, -EINVAL (a name or an option), -EPERM,
 * -ENODEV, -EBUSY, -ENFILE (8 at most), or the errno with which a recording cannot begin. */
int rn_attach(struct rn_stack *net, const char *device, const struct rn_attach_options *options, char *err);

/* Gives the stack a device made by the program itself; the stack closes it in rn_destroy. Device number. */
int rn_add_device(struct rn_stack *net, struct rn_dev *dev, char *err);

/* A host's address with its prefix, on the device attached last: no group's, no broadcast. It is used when
 * rn_options.conflict allows, of which RN_ADDRESS tells; when a link has come up again, it is looked for anew, and
 * its connections wait until then. They fail with -EADDRNOTAVAIL if another host has it (RFC 5227 2.1). One that
 * was found to be another host's may be added again, and is looked for again. 0, -EINVAL, -EADDRINUSE (by this stack; on
 * a device that is shared: no 1,024 ports of it are free), -ENOSPC (64 in all), or another errno of the device's. */
int rn_add_address(struct rn_stack *net, const char *address, char *err);

enum rn_address_use {
    RN_ADDRESS_TENTATIVE, /* being looked for: not used yet */
    RN_ADDRESS_USED,      /* ours; defended against others who use it, but for once in 10 s at most */
    RN_ADDRESS_TAKEN      /* another host had it first: never used */
};
struct rn_address {
    char text[56]; /* "10.0.0.7/24" */
    int device;
    int use;            /* enum rn_address_use */
    uint32_t conflicts; /* how often another host was seen to use it */
    uint8_t other[6];   /* the last such host's link address */
};

/* The own addresses by their numbers, from 0 up in the order of rn_add_address. 0; -ENOENT past the last. */
int rn_address(struct rn_stack *net, int number, struct rn_address *address);

/* The same by the address, "10.0.0.7". 0, -EINVAL, -ENOENT: the stack was not given it. */
int rn_address_state(struct rn_stack *net, const char *address, struct rn_address *state);

/* The way to hosts that are on no link of ours: prefix "0.0.0.0/0" or "fd00:1::/64", by a gateway that is, in
 * the prefix of an address that was added before. gateway NULL: they are on the device attached last, without
 * one. The longest prefix counts; an address has its own prefix on its link. 0, -EINVAL, -EEXIST (that prefix
 * has a way on that device), -ENETUNREACH (the gateway is on no link of ours), -ENOSPC (64 in all). */
int rn_add_route(struct rn_stack *net, const char *prefix, const char *gateway, char *err);

struct rn_route {
    char prefix[56], gateway[56]; /* "" gateway: none */
    int device;
};

/* The routes by their numbers, from 0 up in the order of rn_add_route. 0; -ENOENT past the last. */
int rn_route(struct rn_stack *net, int number, struct rn_route *route);

/* What the operating system has set on a network interface of its own, for defaults: its addresses are its
 * own and not to be used beside it, but prefix, gateway and MTU may be. The first of a kind counts, of IPv6
 * only one that is not link-local; "": none. */
struct rn_defaults {
    char address4[56], address6[56]; /* "10.0.0.1/24" */
    char gateway4[56], gateway6[56]; /* of the default route */
    uint32_t mtu;
    uint8_t mac[6];
    uint8_t is_ethernet; /* 1: it has link addresses and asks for them by ARP */
    uint8_t is_up;       /* 1: switched on */
    uint8_t is_running;  /* 1: and has a link */
};

/* 0, -EINVAL, -ENODEV (there is no such interface), or why the system does not tell. Any thread. */
int rn_defaults(const char *name, struct rn_defaults *defaults, char *err);

/* A neighbour that is not asked for: its link address is known and stays. On the device attached last.
 * 0, -EINVAL, -ENOSPC. IPv6 needs this until neighbour discovery comes, but from a shared address. */
int rn_add_neighbour(struct rn_stack *net, const char *address, const char *mac, char *err);

/* ---- rounds ------------------------------------------------------------------------------------------- */

/* Takes in at most one burst (64 frames) of each device and at most 256 due timers; gathers events, sends
 * nothing. now never runs backwards. Returns how many frames it took: 0 means that all is quiet. */
int rn_poll(struct rn_stack *net, rn_time now);

/* Sends what is owed. Returns when the stack next needs rn_poll although nothing arrives (<= now: at once).
 */
rn_time rn_flush(struct rn_stack *net, rn_time now);

/* Flush, sleep until something happens or limit nanoseconds have passed, poll; until there is an event.
 * limit: 0 to RN_FOREVER. Returns the number of sockets with events, posted messages being one more, 0 at the
 * limit, -EINTR on a signal, else a device's error. */
int rn_wait(struct rn_stack *net, rn_time limit);

/* The clock that rn_wait uses: CLOCK_MONOTONIC. */
rn_time rn_now(void);

/* For a loop of the program's own (epoll, libuv, GLib): a descriptor that is readable when a device has
 * frames or rn_post was called. Each time before the loop sleeps: rn_flush, then rn_fd, which arms the
 * devices for this one sleep; no longer than rn_flush said; then rn_poll. It is the same number each time,
 * and the stack's: it is not to be read or closed. -EAGAIN: do not sleep, something is there already.
 * -ENOSYS: a device has no descriptor, or the stack was made by rn_init and has not just one device. -EMFILE
 * and the like. A device's error as of rn_wait: it has gone, and its descriptor would end every sleep. */
int rn_fd(struct rn_stack *net);

/* From any thread: hands the stack's thread a message, which it gets from rn_next as RN_POSTED; what it
 * points to is between the two. Messages of one thread come in their order. Wakes rn_wait and rn_fd. 0;
 * -EAGAIN: as many as rn_options.posts says wait already. It never waits, takes no lock, and may not be
 * called once rn_destroy has begun. */
int rn_post(struct rn_stack *net, void *message);

/* ---- sockets ------------------------------------------------------------------------------------------ */

/* What a single socket can choose. Unlike in rn_options each field says what it says: 0 is 0. */
struct rn_settings {
    const char *congestion; /* "cubic" (RFC 9438), "newreno" (RFC 5681, 6582) */
    rn_time keep_idle;      /* silence before the first keep-alive probe, 1 s to 1 day; RFC 9293 3.8.4 */
    rn_time keep_interval;  /* between probes, 1 s to 1 day */
    rn_time user_timeout;   /* unacknowledged or unsendable for that long: -ETIMEDOUT, 0 or 1 ms to 1 day; 0:
                             * after   data_retries; RFC 9293 3.9.1.2 */
    rn_time linger; /* after rn_close: RST if the peer has not acknowledged all by then, 0 or 1 ms to 1 day;
                     * 0: as long as retransmission goes on */
    uint8_t keep_alive; /* 1: on */
    uint8_t keep_count; /* probes in vain before -ETIMEDOUT, from 1 */
    uint8_t r1;         /* retransmissions before RN_TROUBLE and new doubts in the neighbour, from 1; 3.8.3 */
    uint8_t syn_retries;    /* R2 for SYNs, from 1; 3.8.3 */
    uint8_t data_retries;   /* R2 of anything else, from 1 */
    uint8_t ttl;            /* IPv4 TTL and IPv6 hop limit, from 1 */
    uint8_t dscp;           /* 0 to 63; RFC 2474 */
    uint8_t no_delay;       /* 1: Nagle's algorithm off; RFC 9293 3.7.4 */
    uint8_t no_delayed_ack; /* 1: every segment is acknowledged at once */
    uint8_t ecn;            /* 1: asked for and agreed to; counts before the connection stands; RFC 3168 */
    uint8_t soft_errors;    /* 1: RN_TROUBLE is told; RFC 9293 3.9.1.8 */
};

/* Copies out what holds for a socket now, be it a listener. 0 or -EBADF. */
int rn_get_settings(struct rn_stack *net, rn_sock sock, struct rn_settings *settings);

/* From now on these hold; of a listener, for the connections that it accepts from now on. All or nothing: 0,
 * -EBADF, -EINVAL (something is out of range), -ENOSPC (more than 255 different sets of settings at once). */
int rn_set_settings(struct rn_stack *net, rn_sock sock, const struct rn_settings *settings);

enum rn_mask {
    RN_ACCEPTED = 1,     /* a new connection, of ev.listener; the first event of its socket */
    RN_CONNECTED = 2,    /* rn_connect succeeded; RN_WRITABLE comes with it */
    RN_READABLE = 4,     /* bytes, or the end, arrived since the last read */
    RN_WRITABLE = 8,     /* room came after a send or splice that was cut short */
    RN_PEER_CLOSED = 16, /* the peer's FIN arrived; information only: the read tells the end */
    RN_URGENT = 32,      /* the peer's urgent mark moved: rn_urgent says how far it is; RFC 9293 3.8.5 */
    RN_SENT = 64,        /* memory lent by rn_send_ref is free again: ev.sent pieces, in their order */
    RN_CLOSED = 128,     /* closed in order; the socket is gone: its last event */
    RN_FAILED = 256,     /* failed, ev.error says why; the socket is gone: its last event, maybe its first */
    RN_TROUBLE = 512, /* a soft error, ev.error: -ETIMEDOUT after R1 retransmissions, -EHOSTUNREACH by ICMP;
                       * the connection goes on. Only with soft_errors */
    RN_POSTED = 1024, /* ev.user is a message of rn_post; there is no socket, ev.sock is 0 */
    RN_ADDRESS = 2048, /* of an own address, ev.address its number for rn_address, there is no socket: it can
                        * be used now (ev.error 0); or another host uses it (-EADDRINUSE), be it ours or not */
    RN_LINK = 4096     /* of a device, ev.device its number, there is no socket: it carries no frames for now, as
                        * its interface is down (ev.error -ENETDOWN) or gone (-ENODEV); or does so again (0) */
};

struct rn_event {
    rn_sock sock;
    rn_sock listener; /* with RN_ACCEPTED, else 0 */
    void *user;       /* what rn_set_user hung on the socket; with RN_POSTED the message */
    uint32_t mask;    /* enum rn_mask, all that happened since the socket was last returned */
    int error;     /* with RN_FAILED: -ECONNRESET, -ECONNREFUSED, -ETIMEDOUT, -EHOSTUNREACH, -ENOBUFS (memory
                    * was pressed, and for 10 s the peer took less than an eighth of what was queued for it),
                    * -EADDRNOTAVAIL (another host has its own address); else with RN_TROUBLE, RN_ADDRESS, RN_LINK */
    uint32_t sent; /* with RN_SENT: how many pieces are free; with the last event all are */
    int address;   /* with RN_ADDRESS */
    int device;    /* with RN_LINK */
};

/* The next socket that something happened to; false: none. A socket stands in the queue once at most. */
bool rn_next(struct rn_stack *net, struct rn_event *ev);

/* Listens on "ADDRESS:PORT"; "0.0.0.0:P" and "[::]:P" mean every address of that family. The socket, or
 * -EINVAL, -EADDRINUSE, -EADDRNOTAVAIL, -ENOSPC, -EPROTONOSUPPORT (RN_ICMP). Connections not yet fetched by
 * rn_next count against the backlog (1,024). With RN_UDP the socket itself gets the datagrams of any peer,
 * and RN_READABLE; port 0: one is chosen. */
rn_sock rn_listen(struct rn_stack *net, int protocol, const char *where, char *err);

/* Begins to connect to "ADDRESS:PORT"; RN_CONNECTED or RN_FAILED follows. from is a local "ADDRESS:PORT" or
 * NULL; port 0: one is chosen (RFC 6056). The socket, or -EINVAL, -ENETUNREACH (rn_add_route says where a
 * gateway is), -EADDRNOTAVAIL, -EADDRINUSE, -ENOBUFS, -EPROTONOSUPPORT. With RN_UDP nothing is sent, and
 * RN_CONNECTED comes at once: from here on the socket has that peer and no other. With RN_ICMP to and from
 * have no port, and the socket pings: what it sends are echo requests, what it gets are the replies to them.
 */
rn_sock rn_connect(struct rn_stack *net, int protocol, const char *to, const char *from, char *err);

/* Copies at most len received bytes out. Their number; 0: the peer has finished (or len is 0, which does not
 * tell the end); -EAGAIN: none now, RN_READABLE will come; -EBADF; -ENOTCONN before the connection stands;
 * after a failure that rn_next has not told yet, its error. Of a datagram socket: as rn_recv_from. */
ptrdiff_t rn_recv(struct rn_stack *net, rn_sock sock, void *data, size_t len);

/* Copies at most len bytes in, to be sent. Their number, a short one or -EAGAIN: full, RN_WRITABLE will
 * come; -EBADF; -EPIPE after rn_shutdown; -ENOTCONN; an untold failure's error. Of a connected datagram
 * socket: as rn_send_to, but that a length of 0 sends nothing. */
ptrdiff_t rn_send(struct rn_stack *net, rn_sock sock, const void *data, size_t len);

/* What is known of a datagram, or what is to be. Addresses are IPv6, or IPv4 as ::ffff:a.b.c.d. */
struct rn_datagram {
    uint8_t peer[16];    /* received: who sent it; to be sent: to whom, not looked at if connected */
    uint8_t local[16];   /* received: which own address it was for; to be sent: from which, if not connected
                          * (all zero: the socket's own, or the one on the peer's link) */
    uint16_t peer_port;  /* RN_UDP: the same for ports */
    uint16_t local_port; /* received: the socket's, RN_ICMP: its identifier; to be sent: not looked at */
    uint16_t sequence;   /* RN_ICMP: of the request, and of the reply to it */
    uint8_t ttl, tos;    /* received: of its packet; to be sent: not looked at, see struct rn_settings */
    uint32_t device;     /* received: number of the device; to be sent: not looked at, local says it */
    uint32_t len;        /* received: all its bytes, though fewer fitted; to be sent: not looked at */
    rn_time stamp;       /* received: when, on the clock of rn_poll; to be sent: not looked at */

    /* With an error that ICMP told: peer, ports and sequence are then those of what we had sent, and ... */
    uint8_t router[16];           /* ... who told it; our own address: nobody on the link answers for peer */
    uint8_t icmp_type, icmp_code; /* ... with that message, of RFC 792 or RFC 4443 */
    uint32_t mtu;                 /* ... with -EMSGSIZE: what the path takes */
};

/* The next datagram that came to an RN_UDP or RN_ICMP socket: copies at most len of its bytes out and drops
 * the rest. Their number, an empty datagram being 0 (there is no end); -EAGAIN: none, RN_READABLE will come;
 * -EBADF; -EOPNOTSUPP: a stream. *d, if d is not NULL, is what is known of it, so that the same *d given to
 * rn_send_to answers it, from the address that was asked. With a length of 0 it stays, and *d tells of it.
 * While others are unread RN_READABLE comes again after each.
 * A connected socket gets in their order, too, the ICMP errors about what it sent: -ECONNREFUSED (nobody has
 * that port or protocol), -ENETUNREACH, -EHOSTUNREACH (all others), -EMSGSIZE (rn_send will say the same for
 * 10 minutes). These write *d although they are errors, and end nothing. */
ptrdiff_t rn_recv_from(struct rn_stack *net, rn_sock sock, void *data, size_t len, struct rn_datagram *d);

/* Sends len bytes as one datagram, an empty one, too. All or nothing: len; -EAGAIN: full, RN_WRITABLE will
 * come; -EBADF; -EOPNOTSUPP: a stream; -EINVAL: peer is no host; -EMSGSIZE: it does not fit the path's MTU
 * (nothing is cut in fragments); -ENETUNREACH; -EADDRNOTAVAIL: local is not ours, or not this socket's;
 * -ENOBUFS: memory is short (docs/memory.md), or no room for one more neighbour: it counts as lost. d may be
 * NULL if the socket is connected, else -ENOTCONN; an RN_ICMP socket then counts the sequence on from the
 * last one. */
ptrdiff_t rn_send_to(struct rn_stack *net, rn_sock sock, const void *data, size_t len,
                     const struct rn_datagram *d);

/* Receiving without a copy. Lends the bytes that lie together at the front of what was received: their
 * number, *data where they are, good until rn_consume, rn_recv, rn_splice, rn_close or the next rn_poll.
 * Errors as rn_recv. */
ptrdiff_t rn_peek(struct rn_stack *net, rn_sock sock, const void **data);

/* At most len received bytes have been read: their number; errors as rn_recv. */
ptrdiff_t rn_consume(struct rn_stack *net, rn_sock sock, size_t len);

/* Sending without a copy. Lends room for up to len bytes that lies together: how much (0: len is 0), *room
 * where it is, good until any other call on this socket or the next rn_poll. Errors as rn_send. */
ptrdiff_t rn_reserve(struct rn_stack *net, rn_sock sock, size_t len, void **room);

/* The first len bytes of what was reserved are sent. len; -EINVAL: so much was not reserved, or it is not
 * good any more; errors as rn_send. */
ptrdiff_t rn_commit(struct rn_stack *net, rn_sock sock, size_t len);

/* Sends the program's own memory, 1 to send_bytes_max bytes, without a copy. It may not change until RN_SENT
 * has counted it, in the order of the calls, or the socket's last event has come; after rn_close or rn_abort,
 * until rn_flush has returned and the connection has gone: use rn_shutdown where memory is lent. All or
 * nothing: 0, -EAGAIN (full: RN_WRITABLE will come), -EMSGSIZE (more than send_bytes_max), errors as rn_send.
 */
int rn_send_ref(struct rn_stack *net, rn_sock sock, const void *data, size_t len);

/* As rn_send, and the last byte taken is where urgent data ends (RFC 9293 3.8.5, RFC 6093: new programs
 * should not use it). */
ptrdiff_t rn_send_urgent(struct rn_stack *net, rn_sock sock, const void *data, size_t len);

/* Unread bytes up to the peer's urgent mark; 0: there is none ahead, or no connection yet; -EBADF. */
ptrdiff_t rn_urgent(struct rn_stack *net, rn_sock sock);

/* Moves at most len received bytes of one socket to be sent by another, which may be the same one. Their
 * number; 0: the end of from; -EAGAIN: nothing there (from's RN_READABLE will come) or no room (to's
 * RN_WRITABLE will come); errors as rn_recv on from and rn_send on to. RN_ALL: as many as there are. */
ptrdiff_t rn_splice(struct rn_stack *net, rn_sock from, rn_sock to, size_t len);
#define RN_ALL SIZE_MAX

/* A FIN after what is queued; receiving goes on. 0, also when that was done before; -EBADF; -ENOTCONN before
 * the connection stands and after a failure. */
int rn_shutdown(struct rn_stack *net, rn_sock sock);

/* A FIN after what is queued; if received bytes were not read, or more arrive, a RST (RFC 9293 3.6.1,
 * SHLD-3). The number is stale from here on, and no further event comes; the connection closes by itself,
 * for which it has 60 s once the peer has acknowledged our FIN. A listener: its connections not yet fetched
 * are reset. A datagram socket: what it was given to send is sent. 0 or -EBADF. */
int rn_close(struct rn_stack *net, rn_sock sock);

/* A RST; queued bytes are dropped. The number is stale from here on. Sockets without a connection: as
 * rn_close. 0 or -EBADF. */
int rn_abort(struct rn_stack *net, rn_sock sock);

/* The present level: RN_READABLE (a read says something else than -EAGAIN) and RN_WRITABLE as they are now,
 * RN_PEER_CLOSED; -EBADF. */
int rn_ready(struct rn_stack *net, rn_sock sock);

/* Hangs a pointer on a socket; it comes with each event. New sockets have NULL. 0 or -EBADF. */
int rn_set_user(struct rn_stack *net, rn_sock sock, void *user);

/* ---- what is going on --------------------------------------------------------------------------------- */

enum { RN_DROPS = 64, RN_STATES = 12, RN_POOLS = 10 };

struct rn_use {
    const char *name;                 /* NULL: past the last */
    uint64_t used, limit, peak, full; /* items or bytes; full: how often there was none left */
};

struct rn_stats {
    uint64_t rx_frames, tx_frames, rx_bytes, tx_bytes;
    uint64_t segments_in, segments_out, retransmitted, duplicate_acks_out, resets_in, resets_out;
    uint64_t opened_passive, opened_active, closed, failed, timed_out;
    uint64_t cookies_sent, cookies_taken; /* SYN cookies; RFC 4987 */
    uint64_t datagrams_in, datagrams_out; /* of RN_UDP and RN_ICMP sockets */
    uint64_t datagrams_unsent;            /* their neighbour did not answer, or too many waited for it; or their
                                           * own address was found to be another host's */
    uint64_t unreachables_out;            /* ICMP errors that we sent: no such port or protocol here */
    uint64_t evicted;         /* failed with -ENOBUFS: the budget was pressed, and their peers did not read */
    uint64_t islands_dropped; /* how often what a connection held out of order was dropped for the same */
    uint64_t entered[RN_STATES]; /* how often each state was entered, by rn_state_name */
    uint64_t drops[RN_DROPS];    /* packets not wanted, by rn_drop_name */
    struct rn_use use[RN_POOLS]; /* connections, half_open, time_wait, ..., budget */
};

/* Copies the counters. */
void rn_stats(const struct rn_stack *net, struct rn_stats *stats);

/* "checksum", "no_listener", ...; NULL past the last. */
const char *rn_drop_name(int drop);

/* "CLOSED", "LISTEN", ... by RFC 9293 3.3.2; NULL past the last. */
const char *rn_state_name(int state);

/* One socket, as ss -i shows it. */
struct rn_info {
    char local[56], peer[56];            /* "10.0.0.7:80" */
    int state;                           /* rn_state_name */
    uint32_t unread, unsent, unacked;    /* bytes */
    uint32_t mss;                        /* most bytes in a segment, options included; RFC 6691 */
    uint32_t cwnd_bytes, ssthresh_bytes; /* RFC 5681 */
    uint32_t window_bytes;               /* the peer's */
    uint32_t srtt_us, rttvar_us, rto_us; /* RFC 6298; srtt_us 0: not measured yet */
    uint32_t rtt_min_us;    /* of RACK (RFC 8985 6.1): since the connection was last idle; 0: none */
    uint32_t pipe_bytes;    /* in the network, as far as we know; RFC 6675, RFC 6937 */
    uint32_t retries;       /* retransmissions in a row that nothing answered */
    uint32_t retransmitted; /* segments, since the connection began */
    uint32_t receive_limit, send_limit;   /* bytes, as they are tuned now */
    const char *congestion;               /* the algorithm */
    uint8_t timestamps, sack, ecn;        /* 1: both sides have it */
    uint8_t wscale_sent, wscale_received; /* shifts of the windows that we and the peer send */
    /* What holds the sender back now: "application" (it has given all), "send buffer" (it has more than
     * that takes), "budget", "peer's window", "network", "recovery" (of what was lost). */
    const char *limited_by;
    int protocol; /* enum rn_protocol */
    rn_sock sock; /* its number; 0: the program has let go of it, or not heard of it yet */
};
/* 0 or -EBADF. A listener has local, state and congestion; the rest is 0 and "". A datagram socket has local,
 * peer if it is connected (its state is ESTABLISHED then, else CLOSED), unread, unsent and the two limits,
 * and in mss the most bytes in a datagram (0: that hangs on the peer); the rest is 0 and "". RN_ICMP shows
 * the identifier as local's port. */
int rn_info(struct rn_stack *net, rn_sock sock, struct rn_info *info);

/* Where a walk over all that is open stands: {0} at first. */
struct rn_cursor {
    uint64_t at;
    uint32_t looks; /* records that it may still look at, used or not; the caller gives it more as it likes, as a
                     * rule 1,024 a round: a stack may have millions */
};

/* The next of all that is open: listeners, datagram sockets, connections, also those that close by themselves,
 * and what is half open or in TIME-WAIT, of which only state and addresses are known. 1 and *info; 0: that
 * was all; -EAGAIN: no looks are left; -EINVAL. What changes between two calls may be missed, or be told
 * twice. */
int rn_next_socket(struct rn_stack *net, struct rn_cursor *cursor, struct rn_info *info);

/* Ends what the program has let go of and what goes on by itself: connections that are closing are reset, which
 * rn_flush sends, and those in TIME-WAIT are forgotten before their time (RFC 9293 3.6.1 asks for two MSL): for
 * a program's end. cursor as for rn_next_socket. 0: all was looked at; -EAGAIN: no looks are left; -EINVAL. */
int rn_forget(struct rn_stack *net, struct rn_cursor *cursor);

/* Serves a report on what is going on, on a UNIX stream socket at that path, to whoever connects and may open
 * the file (mode 0600): lines of text as docs/report.md describes them, which `runnel ss` reads. It is served
 * within rn_wait and rn_fd, a bounded piece a round, to at most four readers at once; one that does not read is
 * let go after 5 s. path NULL: $XDG_RUNTIME_DIR/runnel/PID.sock, or /run/runnel/PID.sock for root, where
 * `runnel ss` looks. What a program left behind that is gone is replaced, and in NULL's folder what others have
 * left is taken away; rn_destroy takes the file away. 0; -EADDRINUSE (a living program serves there), -EALREADY
 * (this stack does), -ENOSYS (it was made by rn_init), -EINVAL, or why there can be no such file. */
int rn_report(struct rn_stack *net, const char *path, char *err);

#ifdef __cplusplus
}
#endif
#endif
