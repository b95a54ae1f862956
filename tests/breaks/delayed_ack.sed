# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/conn.[ch], and tcp/data_test must fail
# Not every second segment is acknowledged at once (RFC 9293 SHLD-19).
s/sum >= 2u \* c->rcv_mss/sum >= 3u * c->rcv_mss/
