# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/loss.[ch], and unit/tcp/loss_test must fail
# Reordering makes nobody patient (RFC 8985 6.2).
s/l->reo_mult + 1 : 2/1 : 1/
