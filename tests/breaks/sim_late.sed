# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/timers.[ch], and sim must fail
# The retransmission timer runs for three times as long as the timeout (RFC 6298 (5.1)).
s/\(within_user_timeout(s, c, \)\(rtt_timeout_us(s, c)\)/\13 * \2/
