# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/budget.[ch], and unit/tcp/budget_test must fail
# One queue may have all that is left before its line.
s/BUDGET_SHARE = 4,/BUDGET_SHARE = 1,/
