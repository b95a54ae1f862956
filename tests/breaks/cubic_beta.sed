# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/cc_cubic.[ch], and unit/tcp/cc_cubic_test must fail
# CUBIC halves its window like Reno (RFC 9438 4.6).
s/flight \* 7 \/ 10/flight * 5 \/ 10/
