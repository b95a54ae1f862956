# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/out.[ch], and tcp/ecn_test must fail
# The peer is not told that the window was reduced (RFC 3168 6.1.2).
s/tcp\.flags |= TCP_CWR;/tcp.flags |= 0;/
