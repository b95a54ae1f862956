# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/scoreboard.[ch], and tcp/retransmit_test must fail
# What was sent twice is measured (RFC 6298 3).
s/news->timed = !(s->flags & (SPAN_AGAIN | SPAN_UNTIMED));/news->timed = true;/
