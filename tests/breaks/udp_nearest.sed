# SPDX-License-Identifier: BSD-2-Clause
# breaks src/udp/socket.[ch], and unit/udp/socket_test must fail
# A datagram of a connected peer goes to the bound socket.
s/int i = look_up(s, key);/int i = -1;/
