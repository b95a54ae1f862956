# SPDX-License-Identifier: BSD-2-Clause
# breaks src/run/devices.c, and unit/run/devices_test must fail
# A name that exists whole is taken for another one's queue.
s/if_nametoindex(name) ? strlen(name) : //
