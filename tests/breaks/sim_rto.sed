# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/timers.[ch], and sim must fail
# The retransmission timer runs out and nothing is sent again (RFC 6298 (5.4)).
/^static void rto_ran_out/,/^}/s/conn_owes(s, c, OWE_SEND);/;/
