# SPDX-License-Identifier: BSD-2-Clause
# breaks src/base/fifo.[ch], and unit/base/fifo_test must fail
# Queues that are joined keep their chunks as they are.
s/if (held + more > FIFO_CHUNK_IDS)/if (held + more > 0)/
