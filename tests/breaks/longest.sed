# SPDX-License-Identifier: BSD-2-Clause
# breaks src/ip/route.[ch], and unit/ip/route_test must fail
# The first route counts, not the longest prefix.
s/if (at->bits <= best ||/if (best >= 0 ||/
