# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/timers.[ch], and tcp/retransmit_test must fail
# The retransmission timeout does not double (RFC 6298 (5.5)).
s/^\( *\)c->backoff++;/\1;/
