# SPDX-License-Identifier: BSD-2-Clause
# breaks src/dev/xqueue.[ch], and unit/dev/xqueue_test must fail
# A frame of several pages is not told to be one.
s/(len > part ? MORE_FOLLOWS : 0)/0/
