# SPDX-License-Identifier: BSD-2-Clause
# breaks src/wire/quick.h, and tcp/tx_csum_test must fail
# What a device is left to fill in begins without the length and the protocol.
s/uint64_t sum = quick_swap4(tcp_len + IP_TCP);/uint64_t sum = tcp_len - tcp_len;/
