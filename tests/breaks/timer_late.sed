# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/timers.[ch], and tcp/retransmit_test must fail
# What is worked out late is ten times as long as it should be (RFC 6298 2).
s/((rn_time)wait - (/((rn_time)wait * 10 - (/
