/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Results, events and errors by their names. An error that is not in the list shows as its number, so that a
 * table which expects its name does not hold.
 */
#include "words.h"

#include <stdio.h>

void words_say(struct words *w, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    w->len += (size_t)vsnprintf(w->text + w->len, sizeof w->text - w->len, format, list);
    va_end(list);
    assert_true(w->len < sizeof w->text);
}

void words_mask(struct words *w, uint32_t mask)
{
    static const char *const names[] = {"ACCEPTED",    "CONNECTED", "READABLE", "WRITABLE",
                                        "PEER_CLOSED", "URGENT",    "SENT",     "CLOSED",
                                        "FAILED",      "TROUBLE",   "POSTED"};
    const char *between = "";

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (mask >> i & 1) {
            words_say(w, "%s%s", between, names[i]);
            between = ",";
        }
}

void words_result(struct words *w, ptrdiff_t result, bool mask)
{
    static const struct {
        int code;
        const char *name;
    } errors[] = {{EBADF, "EBADF"},
                  {EINVAL, "EINVAL"},
                  {EAGAIN, "EAGAIN"},
                  {EPIPE, "EPIPE"},
                  {ENOTCONN, "ENOTCONN"},
                  {ECONNRESET, "ECONNRESET"},
                  {ECONNREFUSED, "ECONNREFUSED"},
                  {EOPNOTSUPP, "EOPNOTSUPP"},
                  {EMSGSIZE, "EMSGSIZE"},
                  {EADDRINUSE, "EADDRINUSE"},
                  {ENODEV, "ENODEV"},
                  {EADDRNOTAVAIL, "EADDRNOTAVAIL"},
                  {ENETUNREACH, "ENETUNREACH"},
                  {EPROTONOSUPPORT, "EPROTONOSUPPORT"},
                  {ENOSPC, "ENOSPC"}};

    for (unsigned i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (result == -errors[i].code) {
            words_say(w, "-%s", errors[i].name);
            return;
        }
    if (mask && result > 0)
        words_mask(w, (uint32_t)result);
    else
        words_say(w, "%td", result);
}
