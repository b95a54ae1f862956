# SPDX-License-Identifier: BSD-2-Clause
# breaks src/dev/pcap.[ch], and unit/dev/pcap_test must fail
# A recording is played all at once.
s/ || p->due > now)/)/
