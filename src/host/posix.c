/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a running stack wants of its operating system. Nothing is kept between calls.
 *
 * Called by run/; the stack itself never sees an operating system.
 */
#include "posix.h"

#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { SECOND = 1000000000, HUGE_PAGE = 2 << 20, HUGE_FROM = 4 << 20 };

__attribute__((hot)) rn_time posix_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (rn_time)t.tv_sec * SECOND + t.tv_nsec;
}

rn_time posix_epoch(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (rn_time)t.tv_sec * SECOND + t.tv_nsec - posix_now();
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

/* From the beginning of a huge page on: what is used most lies there. */
static void *map_huge(size_t len)
{
    uint8_t *memory = len < SIZE_MAX - HUGE_PAGE ? map(len + HUGE_PAGE) : NULL, *at;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (!memory)
        return NULL;
    at = memory + (HUGE_PAGE - (uintptr_t)memory % HUGE_PAGE) % HUGE_PAGE;
    if (at > memory)
        munmap(memory, (size_t)(at - memory));
    munmap(at + (len + page - 1) / page * page, (size_t)(memory + HUGE_PAGE - at));
    madvise(at, len, MADV_HUGEPAGE); /* advice: it may be refused */
    return at;
}

void *posix_map(size_t len)
{
    return len >= HUGE_FROM ? map_huge(len) : map(len);
}

void posix_unmap(void *memory, size_t len)
{
    munmap(memory, len);
}

__attribute__((hot)) int posix_sleep(struct pollfd *fds, int n, rn_time until)
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

int posix_bell(void)
{
    int bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

    return bell < 0 ? -errno : bell;
}

void posix_ring(int bell)
{
    const uint64_t once = 1;

    while (write(bell, &once, sizeof once) < 0 && errno == EINTR)
        ;
}

unsigned posix_taken(int bell)
{
    uint64_t rung = 0;

    while (read(bell, &rung, sizeof rung) < 0 && errno == EINTR)
        ;
    return (unsigned)rung;
}

int posix_timer(void)
{
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

    return timer < 0 ? -errno : timer;
}

void posix_ring_at(int timer, rn_time when)
{
    const rn_time at = when == RN_FOREVER ? 0 : when;
    const struct itimerspec once = {
        .it_value = {.tv_sec = (time_t)(at / SECOND), .tv_nsec = (long)(at % SECOND)}};

    timerfd_settime(timer, TFD_TIMER_ABSTIME, &once, NULL);
}

int posix_set(void)
{
    int set = epoll_create1(EPOLL_CLOEXEC);

    return set < 0 ? -errno : set;
}

int posix_watch(int set, int fd, bool out, bool fresh)
{
    struct epoll_event what = {.events = EPOLLIN | (out ? EPOLLOUT : 0), .data = {.fd = fd}};

    return epoll_ctl(set, fresh ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &what) < 0 ? -errno : 0;
}

__attribute__((hot)) int posix_wait(int set, int ready[POSIX_READY])
{
    struct epoll_event events[POSIX_READY];
    int n = epoll_wait(set, events, POSIX_READY, -1);

    for (int i = 0; i < n; i++)
        ready[i] = events[i].data.fd;
    return n < 0 ? -errno : n;
}

void posix_close(int fd)
{
    if (fd >= 0)
        close(fd);
}
