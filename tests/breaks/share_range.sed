# SPDX-License-Identifier: BSD-2-Clause
# breaks src/stack/share.[ch], and tcp/share_test must fail
# Connections begin at any port, whosever it is.
s/net->conns\.ports = RANGE/net->conns.ports = 28232/
