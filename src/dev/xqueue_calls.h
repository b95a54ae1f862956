/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a queue asks of libxdp, as a table, so that a test can stand in for rings that lie. The functions are the
 * library's of the names xsk_umem__..., xsk_socket__...
 */
#ifndef DEV_XQUEUE_CALLS_H
#define DEV_XQUEUE_CALLS_H

#include <stddef.h>
#include <xdp/xsk.h>

/* struct xsk_umem_opts of libxdp 1.5. */
struct xqueue_area_options {
    size_t sz;
    int fd;
    uint64_t size;
    uint32_t fill_size, comp_size, frame_size, frame_headroom, flags, tx_metadata_len;
};

struct xqueue_calls {
    int (*umem_create)(struct xsk_umem **, void *, __u64, struct xsk_ring_prod *, struct xsk_ring_cons *,
                       const struct xsk_umem_config *);
    struct xsk_umem *(*umem_create_opts)(void *, struct xsk_ring_prod *, struct xsk_ring_cons *,
                                         struct xqueue_area_options *); /* NULL: it is older than 1.5 */
    int (*umem_delete)(struct xsk_umem *);
    int (*create)(struct xsk_socket **, const char *, __u32, struct xsk_umem *, struct xsk_ring_cons *,
                  struct xsk_ring_prod *, const struct xsk_socket_config *);
    void (*delete)(struct xsk_socket *);
    int (*fd)(const struct xsk_socket *);
};

#endif
