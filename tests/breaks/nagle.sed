# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/out.[ch], and tcp/settings_test must fail
# Small segments go although others are in flight (RFC 9293 3.7.4).
s/(idle || c->flags & (CONN_NO_DELAY/(true || c->flags \& (CONN_NO_DELAY/
