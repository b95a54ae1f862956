# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/fast.[ch], and sim must fail
# The fast path acknowledges at once what the other puts off.
s/conn_took_in(s, c, seg->len, took, 0, false)/conn_took_in(s, c, seg->len, took, 0, true)/
