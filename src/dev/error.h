/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The one line that a refused call leaves with its caller: it names the thing and the remedy.
 */
#ifndef DEV_ERROR_H
#define DEV_ERROR_H

#include <runnel_dev.h>

#include <stdarg.h>
#include <stdio.h>

/* Writes the line to err (RN_ERRBUF bytes, or NULL) and returns code, so that a caller can return it. */
__attribute__((format(printf, 3, 4))) static inline int error_line(char *err, int code, const char *format,
                                                                   ...)
{
    va_list args;

    if (!err)
        return code;
    va_start(args, format);
    vsnprintf(err, RN_ERRBUF, format, args);
    va_end(args);
    return code;
}

#endif
