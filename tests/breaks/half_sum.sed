# SPDX-License-Identifier: BSD-2-Clause
# breaks src/dev/half_sum.c, and unit/dev/half_sum_test must fail
# Half a checksum is looked for without the length.
s/p.ip.protocol, len));/p.ip.protocol, 0));/
