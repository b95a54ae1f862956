# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/in.[ch], and tcp/timestamps_test must fail
# A segment with an old timestamp is taken (RFC 7323 5.3).
s/if (.*ts_value - c->ts_recent) >= 0 || is_aged.*/if (1)/
