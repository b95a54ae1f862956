# SPDX-License-Identifier: BSD-2-Clause
# breaks src/stack/room.h, and unit/run/devices_test must fail
# A stack takes itself for a stranger with its own address, on loop as well.
s/return own >= 0 && !(.*loops);/return own >= 0;/
