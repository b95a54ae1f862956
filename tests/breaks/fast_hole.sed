# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/conn.[ch], and unit/tcp/fast_test must fail
# The fast path does not look whether there is a hole.
s/a->ahead\.islands\.count | //
