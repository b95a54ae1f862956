# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/timewait.[ch], and tcp/states_test must fail
# TIME-WAIT passes over a FIN that is not the one it knows.
s/} else if (len == 0 && !(seg->flags & TCP_FIN)) {/} else if (len == 0) {/
