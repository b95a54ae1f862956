# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/reclaim.[ch], and sim must fail
# Nobody is given time to take what is queued for him.
s/return now - w->since >= patience;/return patience > 0;/
