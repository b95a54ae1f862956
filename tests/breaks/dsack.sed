# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/in.[ch], and tcp/sack_test must fail
# A duplicate is not told of (RFC 2883).
s/active->dsack_len = len;/active->dsack_len = 0;/
