/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Error lines without stdio: pieces put together, cut where the buffer ends.
 */
#include "room.h"

int error_line(char *err, int code, const char *const parts[])
{
    size_t at = 0;

    if (!err)
        return code;
    for (; *parts; parts++)
        for (const char *p = *parts; *p && at < RN_ERRBUF - 1; p++)
            err[at++] = *p;
    err[at] = 0;
    return code;
}
