# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/in.[ch], and tcp/input_test must fail
# A RST anywhere in the window ends the connection (RFC 5961 3.2).
s/if (!seq_eq(a->seg->seq, c->rcv_nxt)) {/if (0) {/
