/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The ssh session from which a program was started, which must not be the first that it takes off the network.
 */
#ifndef LIB_SESSION_H
#define LIB_SESSION_H

#include <stdbool.h>

#define FORCE_HELP "takes what it is told to even if the ssh session comes over it from which it was started"

/* It comes to that address ("10.0.0.7/24"; without an ssh session false). */
bool session_comes_to(const char *address);

/* It comes to an address of the interface that carries the device ("packet:eth0"), as the kernel has them now. */
bool session_comes_over(const char *device);

#endif
