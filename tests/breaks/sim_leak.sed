# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/conn.[ch], and sim must fail
# A closed connection does not give its active block back.
/^void conn_fold_block/,/^}/s/slab_give(&s->actives, c->active);/if (!(c->flags \& CONN_ORPHAN))\n        slab_give(\&s->actives, c->active);/
