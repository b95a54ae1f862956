# SPDX-License-Identifier: BSD-2-Clause
# breaks src/wire/checksum.[ch], and unit/wire/checksum_test must fail
# A wrong checksum is right, on the long road (RFC 9293 MUST-3).
s/return sum_finish(.*) == 0;/return pseudo + len != 0;/
