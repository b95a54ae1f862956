# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/loss.[ch], and tcp/ecn_test must fail
# The window is reduced by each ECE (RFC 3168 6.1.2).
s/|| is_reduced(c, l))/|| 0)/
