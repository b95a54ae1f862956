# SPDX-License-Identifier: BSD-2-Clause
# breaks src/dev/netmap_host.[ch], and unit/dev/netmap_test must fail
# A buffer is handed over, and kept as well.
s/    old->buf_idx = spare;//
