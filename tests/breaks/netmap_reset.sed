# SPDX-License-Identifier: BSD-2-Clause
# breaks src/dev/nring.[ch], and unit/dev/netmap_test must fail
# A ring that was set back goes on from where it was.
s/        r->head = head;/        nring_tell(r, r->head);/
