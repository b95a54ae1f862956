# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/out.[ch], and sim must fail
# A FIN is never sent (RFC 9293 3.10.4).
s/t->fin = c->flags & CONN_FIN_WANTED && t->len == left;/t->fin = false;/
