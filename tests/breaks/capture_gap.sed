# SPDX-License-Identifier: BSD-2-Clause
# breaks src/dev/capture.c, and unit/dev/capture_test must fail
# A recording goes on behind a write that failed.
s/^        stop(c, c->stats.stopped);$/        (void)stop;/
