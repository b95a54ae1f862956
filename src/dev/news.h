/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who sleeps wakes when some interface changes: for devices whose own descriptors do not tell.
 */
#ifndef DEV_NEWS_H
#define DEV_NEWS_H

#include <stdbool.h>

/* Opens a descriptor and has an epoll descriptor watch it. addresses: of the interfaces' IPv4 addresses, too. -1: the
 * kernel does not tell. */
int news_open(int epoll, bool addresses);

/* Something was told of some interface since the last time. */
bool news_came(int fd);

#endif
