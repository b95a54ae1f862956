# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/tune.c, and unit/tcp/tune_test must fail
# Buffers grow although memory is short.
s/ || conn_memory_is_short(s)//
