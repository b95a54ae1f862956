# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/ack.[ch], and tcp/sack_test must fail
# A SACK block is believed for what was sent, although it names what was not.
s/if (seq_le(t->sack\[i\].right, a->board.nxt))/if (true)/
