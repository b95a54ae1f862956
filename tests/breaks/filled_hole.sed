# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/in.[ch], and tcp/data_test must fail
# Duplicate ACKs that were owed for a hole go although it is filled (RFC 9293 MUST-59).
/c->dup_acks = 0; \/\*/d
