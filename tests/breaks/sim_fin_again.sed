# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/out.[ch], and sim must fail
# A FIN that was lost is not sent again.
s/t->fin = c->flags & CONN_FIN_SENT && span > t->len;/t->fin = false;/
