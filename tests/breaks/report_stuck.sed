# SPDX-License-Identifier: BSD-2-Clause
# breaks src/run/report.[ch], and unit/run/report_test must fail
# Who does not read the report is kept for ever.
s/return now - r->since >= patience && /return now < r->since \&\& /
