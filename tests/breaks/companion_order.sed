# SPDX-License-Identifier: BSD-2-Clause
# breaks src/dev/companion.[ch], and unit/dev/companion_test must fail
# What is lent by the tap is given back to the card.
s/    note(c, n, true);/    note(c, n, false);/
