# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/tune.[ch], and unit/tcp/tune_test must fail
# Buffers grow although memory is short.
s/ || budget_is_short(s)))$/))/
