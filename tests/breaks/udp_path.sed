# SPDX-License-Identifier: BSD-2-Clause
# breaks src/stack/datagrams.c, and tcp/udp_test must fail
# A path shrinks by an error about a datagram that would fit (RFC 5927).
s/ || mtu >= sent)/)/
