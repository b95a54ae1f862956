# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/out.[ch], and tcp/window_test must fail
# A closed window is not probed (RFC 9293 3.8.6.1).
s/return probe(t, out);/return false;/
