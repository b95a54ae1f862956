# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/timewait.[ch], and tcp/close_test must fail
# TIME-WAIT lasts one MSL (RFC 9293 MUST-13).
s/2 \* s->config\.msl/1 * s->config.msl/
