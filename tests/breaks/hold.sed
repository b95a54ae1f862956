# SPDX-License-Identifier: BSD-2-Clause
# breaks src/dev/hold.[ch], and unit/dev/packet_test must fail
# Whoever else has the port, it is taken.
s/return error == EADDRNOTAVAIL ? NOT_THERE : -error;/return NOT_THERE;/
