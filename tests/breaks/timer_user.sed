# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/timers.[ch], and tcp/settings_test must fail
# A user timeout is forgotten by the first deadline (RFC 9293 3.9.1.2).
s/ || c->careful & CAREFUL_TIMEOUT//
