# SPDX-License-Identifier: BSD-2-Clause
# breaks src/ip/conflict.[ch], and tcp/conflict_test must fail
# An address is defended as often as somebody says that it is his (RFC 5227 2.4 (c)).
s/if (now < c->defend_from)/if (0)/
