# SPDX-License-Identifier: BSD-2-Clause
# breaks src/stack/neighbours.[ch], and tcp/share_test must fail
# Who has the address is answered twice, by its owner as well.
s/ && !net->devices\[device\]\.dev->shared//
