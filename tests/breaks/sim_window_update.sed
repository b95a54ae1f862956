# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/conn.[ch], and sim must fail
# Whoever reads does not tell the peer of the room (RFC 9293 3.8.6.2.2).
s/if (offered >= c->mss && limit < offered + worth)/if (offered <= limit || limit < worth)/
