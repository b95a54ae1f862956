# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/in.[ch], and unit/tcp/in_test must fail
# What lies outside of the window is taken as if it lay in it (RFC 9293 3.4).
s/if (!first_in && !(space/if (space > 1u << 30 \&\& !(space/
