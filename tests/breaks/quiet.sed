# SPDX-License-Identifier: BSD-2-Clause
# breaks src/ip/neighbour.c, and tcp/conflict_test must fail
# What is sent to a neighbour that is static does not wait for its own address.
s/e->state = quiet ? NEIGHBOUR_PAUSED : NEIGHBOUR_STATIC;/e->state = NEIGHBOUR_STATIC;/
