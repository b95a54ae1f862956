# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/listen.[ch], and unit/stack/list_test must fail
# A half-open record that was let go of looks as if it were in use.
s/y->queue = LISTEN_FREE;//
