# SPDX-License-Identifier: BSD-2-Clause
# breaks src/dev/xqueue.[ch], and unit/dev/xqueue_test must fail
# A completion is believed of a buffer that was never sent.
s/        if (is_true(q, addr, 0, SENT) && (buffer/        if (buffer < q->buffers \&\& (buffer/
