# SPDX-License-Identifier: BSD-2-Clause
# breaks src/dev/steering.[ch], and unit/dev/steering_test must fail
# A block of ports is larger than the range.
s/from + b.size \* 2 - 1 <= last/from + b.size <= last/
