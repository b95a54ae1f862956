/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The four things that a running stack wants of its operating system. Nothing is kept between calls.
 *
 * Called by run/; the stack itself never sees an operating system.
 */
#include "posix.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>

enum { SECOND = 1000000000 };
static const size_t huge_page = (size_t)2 << 20;

rn_time posix_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (rn_time)t.tv_sec * SECOND + t.tv_nsec;
}

int posix_random(void *bytes, size_t len)
{
    uint8_t *at = bytes;

    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);

        if (got < 0 && errno != EINTR)
            return -errno;
        if (got > 0) {
            at += got;
            len -= (size_t)got;
        }
    }
    return 0;
}

static void *map(size_t len)
{
    void *memory =
        mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

/* Memory that pays for huge pages: mapped with a huge page to spare, and what sticks out on both sides of the
 * aligned part given back. len is a multiple of huge_page. */
static void *map_huge(size_t len)
{
    uint8_t *memory = len + huge_page < len ? NULL : map(len + huge_page);
    size_t skip;

    if (!memory)
        return NULL;
    skip = (huge_page - (uintptr_t)memory % huge_page) % huge_page;
    if (skip)
        munmap(memory, skip);
    if (skip < huge_page)
        munmap(memory + skip + len, huge_page - skip);
    madvise(memory + skip, len, MADV_HUGEPAGE); /* advice: it may be refused */
    return memory + skip;
}

/* What a request really maps: whole huge pages from two on. */
static size_t round_up(size_t len)
{
    if (len < 2 * huge_page || len > SIZE_MAX - huge_page)
        return len;
    return (len + huge_page - 1) / huge_page * huge_page;
}

void *posix_map(size_t len)
{
    size_t whole = round_up(len);

    return whole < 2 * huge_page ? map(whole) : map_huge(whole);
}

void posix_unmap(void *memory, size_t len)
{
    munmap(memory, round_up(len));
}

int posix_sleep(struct pollfd *fds, int n, rn_time until)
{
    rn_time left = until == RN_FOREVER ? 0 : until - posix_now();
    struct timespec limit;
    int ready;

    if (left < 0)
        left = 0;
    limit.tv_sec = (time_t)(left / SECOND);
    limit.tv_nsec = (long)(left % SECOND);
    ready = ppoll(fds, (nfds_t)n, until == RN_FOREVER ? NULL : &limit, NULL);
    return ready < 0 ? -errno : ready;
}
