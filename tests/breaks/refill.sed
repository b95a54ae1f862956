# SPDX-License-Identifier: BSD-2-Clause
# breaks src/base/queue.[ch], and unit/base/queue_test must fail
# A chunk that is filled again begins where its old bytes did.
s/^    c->start = 0;$/    ;/
