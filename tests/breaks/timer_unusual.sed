# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/timers.[ch], and unit/tcp/fast_test must fail
# That a timer made a connection unusual is not noted.
s/^    conn_note_usual(s, c);$/    ;/
