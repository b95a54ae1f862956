# SPDX-License-Identifier: BSD-2-Clause
# breaks src/wire/udp.[ch], and unit/wire/udp_test must fail
# Over IPv6, too, a datagram may have no checksum (RFC 8200 8.1).
s/sum == 0 ? !addr_is4(&ip->src)/sum == 0 ? false/
