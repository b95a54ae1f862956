# SPDX-License-Identifier: BSD-2-Clause
# breaks src/stack/control.c, and tcp/udp_test must fail
# ICMP errors are sent without a limit (RFC 1812 4.3.2.8).
s/if (!reply_is_within_rate(net, &net->refusals))/if (0)/
