# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/listen.[ch], and tcp/cookies_test must fail
# Any number is a SYN cookie of ours (RFC 4987 3.6).
s/|| cookie != cookie_of(/|| 0 == cookie_of(/
