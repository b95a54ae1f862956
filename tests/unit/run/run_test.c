/* SPDX-License-Identifier: BSD-2-Clause
 *
 * run/run: when rn_wait sleeps, for how long, and what wakes it, told by a device that only counts: a pipe
 * for a descriptor, answers that the test chooses; the one descriptor for all of that; and rn_post. The stack
 * is the real one, without an address.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <cmocka.h>

#include <runnel.h>

#define MS INT64_C(1000000)

enum { PATIENCE_S = 30 };

struct counting {
    struct rn_dev dev;
    int pipe[2];
    int frames;      /* of each of so many bursts one is lent */
    int fails_after; /* that many bursts; 0: never */
    int refuses_to_sleep;
    rn_time wakes_after; /* what sync says, from the first time it is asked; 0: RN_FOREVER */
    rn_time wakes_at;
    int bursts, syncs, arms, closed;
    bool wanted_tx; /* when it was last armed */
    uint8_t bytes[64];
};

static int burst(struct rn_dev *dev, struct rn_frame *frames, int max, rn_time now)
{
    struct counting *c = (struct counting *)dev;

    (void)now;
    c->bursts++;
    if (c->fails_after && c->bursts > c->fails_after)
        return -ENODEV;
    if (max < 1 || c->frames == 0)
        return 0;
    c->frames--;
    frames[0] = (struct rn_frame){.data = c->bytes, .len = sizeof c->bytes};
    return 1;
}

static void release(struct rn_dev *dev, int n)
{
    (void)dev;
    (void)n;
}

static int reserve(struct rn_dev *dev, struct rn_frame *slots, int max, rn_time now)
{
    (void)dev;
    (void)slots;
    (void)max;
    (void)now;
    return 0;
}

static void commit(struct rn_dev *dev, const struct rn_frame *slots, int n)
{
    (void)dev;
    (void)slots;
    (void)n;
}

static rn_time push(struct rn_dev *dev, rn_time now)
{
    struct counting *c = (struct counting *)dev;

    c->syncs++;
    if (c->wakes_after && !c->wakes_at)
        c->wakes_at = now + c->wakes_after;
    return c->wakes_at > now ? c->wakes_at : RN_FOREVER;
}

static int arm(struct rn_dev *dev, bool rx, bool tx)
{
    struct counting *c = (struct counting *)dev;

    assert_true(rx);
    c->wanted_tx = tx;
    c->arms++;
    return c->refuses_to_sleep-- > 0 ? -EAGAIN : 0;
}

static void shut(struct rn_dev *dev)
{
    struct counting *c = (struct counting *)dev;

    close(c->pipe[0]);
    close(c->pipe[1]);
    c->closed++;
}

static const struct rn_dev_ops ops = {"counting", burst, release, reserve, commit, push, arm, NULL, shut, NULL};

static void make(struct counting *c)
{
    memset(c, 0, sizeof *c);
    assert_int_equal(pipe(c->pipe), 0);
    c->dev = (struct rn_dev){.ops = &ops, .fd = c->pipe[0], .mtu = 1500, .rx_slots = 8, .tx_slots = 8};
}

static struct rn_stack *start(struct counting *c)
{
    struct rn_stack *net = NULL;

    assert_int_equal(rn_open(&net, &(struct rn_options){.conflict = RN_CONFLICT_OFF}, NULL), 0);
    make(c);
    assert_int_equal(rn_add_device(net, &c->dev, NULL), 0);
    return net;
}

/* ---- sleeping and waking ------------------------------------------------------------------------------- */

static void no_time_is_one_look(void **state)
{
    struct counting c;
    struct rn_stack *net = start(&c);

    (void)state;
    assert_int_equal(rn_wait(net, 0), 0);
    assert_int_equal(c.bursts, 1);
    assert_int_equal(c.arms, 0);
    assert_true(c.syncs >= 2); /* before, and again before the limit is told */
    rn_destroy(net);
    assert_int_equal(c.closed, 1);
}

static void limit_is_waited_for_and_no_less(void **state)
{
    struct counting c;
    struct rn_stack *net = start(&c);
    rn_time before = rn_now();

    (void)state;
    assert_int_equal(rn_wait(net, 5 * MS), 0);
    assert_true(rn_now() - before >= 5 * MS);
    assert_true(c.bursts <= 2);
    rn_destroy(net);
}

static void readable_descriptor_wakes(void **state)
{
    struct counting c;
    struct rn_stack *net = start(&c);

    (void)state;
    c.fails_after = 1;
    assert_int_equal(write(c.pipe[1], "x", 1), 1);
    assert_int_equal(rn_wait(net, RN_FOREVER), -ENODEV);
    assert_int_equal(c.bursts, 2);
    rn_destroy(net);
}

static void nobody_sleeps_while_frames_come(void **state)
{
    struct counting c;
    struct rn_stack *net = start(&c);

    (void)state;
    c.frames = 5;
    assert_int_equal(write(c.pipe[1], "x", 1), 1);
    c.fails_after = 7;
    assert_int_equal(rn_wait(net, RN_FOREVER), -ENODEV);
    assert_int_equal(c.arms, 3); /* before the first, after the first that was empty, before the last */
    rn_destroy(net);
}

/* Nobody is asked whether there may be sleep while there has been something of late. */
static void who_spins_looks_on_before_sleep(void **state)
{
    struct counting c;
    struct rn_stack *net = NULL;

    (void)state;
    assert_int_equal(rn_open(&net, &(struct rn_options){.spin = 1000 * MS}, NULL), 0);
    make(&c);
    assert_int_equal(rn_add_device(net, &c.dev, NULL), 0);
    assert_int_equal(rn_wait(net, 2 * MS), 0); /* there was nothing yet */
    assert_true(c.arms > 0);
    c.frames = 1;
    assert_int_equal(write(c.pipe[1], "x", 1), 1);
    c.fails_after = c.bursts + 1000;
    c.arms = 0;
    assert_int_equal(rn_wait(net, RN_FOREVER), -ENODEV);
    assert_int_equal(c.arms, 1); /* before the frame */
    rn_destroy(net);
}

static void device_that_is_ready_forbids_sleep(void **state)
{
    struct counting c;
    struct rn_stack *net = start(&c);

    (void)state;
    c.refuses_to_sleep = 3;
    c.fails_after = 2;
    assert_int_equal(rn_wait(net, RN_FOREVER), -ENODEV);
    assert_int_equal(c.arms, 3);
    rn_destroy(net);
}

static void devices_own_deadline_wakes(void **state)
{
    struct counting c;
    struct rn_stack *net = start(&c);
    rn_time before = rn_now();

    (void)state;
    c.wakes_after = 4 * MS;
    c.refuses_to_sleep = 0;
    c.fails_after = 1;
    rn_wait(net, 0); /* the one look that succeeds */
    assert_int_equal(rn_wait(net, RN_FOREVER), -ENODEV);
    assert_true(rn_now() - before >= 4 * MS);
    rn_destroy(net);
}

/* What is found out while sending, that nobody else has the address, is told now and not with the next frame. */
static void news_of_an_address_is_not_slept_over(void **state)
{
    struct counting c;
    struct rn_stack *net = NULL;
    struct rn_event ev;
    rn_time before;

    (void)state;
    assert_int_equal(rn_open(&net, NULL, NULL), 0);
    make(&c);
    assert_int_equal(rn_add_device(net, &c.dev, NULL), 0);
    assert_int_equal(rn_add_address(net, "10.0.0.7/24", NULL), 0);
    before = rn_now();
    assert_int_equal(rn_wait(net, 10000 * MS), 1);
    assert_in_range(rn_now() - before, 300 * MS, 1300 * MS); /* the next announcement is at 2300 */
    assert_true(rn_next(net, &ev));
    assert_int_equal(ev.mask, RN_ADDRESS);
    rn_destroy(net);
}

static void on_alarm(int number)
{
    (void)number;
}

static void signal_ends_it(void **state)
{
    struct sigaction a = {.sa_handler = on_alarm};
    struct itimerval soon = {{0, 20000}, {0, 2000}};
    struct counting c;
    struct rn_stack *net = start(&c);

    (void)state;
    sigaction(SIGALRM, &a, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    assert_int_equal(rn_wait(net, RN_FOREVER), -EINTR);
    signal(SIGALRM, SIG_DFL);
    alarm(PATIENCE_S); /* it is the same timer */
    rn_destroy(net);
}

/* ---- opening, descriptors ------------------------------------------------------------------------------ */

static void impossible_options_are_told(void **state)
{
    struct rn_options o = {.connections = (1u << 26) + 1};
    struct rn_stack *net = NULL;
    char err[RN_ERRBUF] = "";

    (void)state;
    assert_int_equal(rn_open(&net, &o, err), -EINVAL);
    assert_null(net);
    assert_true(strlen(err) > 0);
    rn_destroy(NULL);
}

static void destroying_unmaps(void **state)
{
    struct rn_stack *net = NULL;

    (void)state;
    assert_int_equal(rn_open(&net, NULL, NULL), 0);
    assert_int_equal(madvise(net, 1, MADV_NORMAL), 0);
    rn_destroy(net);
    assert_int_equal(madvise(net, 1, MADV_NORMAL), -1);
}

static bool is_readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    assert_in_range(poll(&p, 1, 0), 0, 1);
    return p.revents & POLLIN;
}

/* A round without a sleep, as a loop of the program's own makes it. */
static void round_of(struct rn_stack *net)
{
    rn_poll(net, rn_now());
    rn_flush(net, rn_now());
}

static void one_descriptor_stands_for_all_devices(void **state)
{
    struct rn_stack *net = NULL;
    struct counting a, b;
    int fd;

    (void)state;
    assert_int_equal(rn_open(&net, NULL, NULL), 0);
    make(&a);
    make(&b);
    assert_int_equal(rn_add_device(net, &a.dev, NULL), 0);
    fd = rn_fd(net);
    assert_true(fd >= 0);
    assert_int_equal(rn_add_device(net, &b.dev, NULL), 1);
    assert_int_equal(rn_fd(net), fd);
    assert_int_equal(a.arms, 2);
    assert_int_equal(b.arms, 1);
    assert_false(is_readable(fd));
    assert_int_equal(write(b.pipe[1], "x", 1), 1);
    assert_true(is_readable(fd));
    assert_int_equal(read(b.pipe[0], b.bytes, 1), 1);
    assert_false(is_readable(fd));
    assert_int_equal(write(a.pipe[1], "x", 1), 1);
    assert_true(is_readable(fd));
    a.refuses_to_sleep = 1;
    assert_int_equal(rn_fd(net), -EAGAIN);
    b.dev.fd = -1;
    assert_int_equal(rn_fd(net), -ENOSYS);
    rn_destroy(net);
    assert_int_equal(a.closed + b.closed, 2);
}

/* A device that can be written to, although it gives no slot: the stack sleeps until it does. */
static void descriptor_tells_of_free_slots(void **state)
{
    struct counting c;
    struct rn_stack *net = start(&c);
    int both[2], fd;
    rn_sock sock;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, both), 0);
    assert_int_equal(dup2(both[0], c.pipe[0]), c.pipe[0]);
    assert_int_equal(rn_add_address(net, "10.0.0.7/24", NULL), 0);
    assert_int_equal(rn_add_neighbour(net, "10.0.0.1", "02:00:00:00:00:01", NULL), 0);
    round_of(net);
    fd = rn_fd(net);
    assert_false(is_readable(fd)); /* nothing is to be sent: that there is room is no news */
    sock = rn_connect(net, RN_TCP, "10.0.0.1:80", NULL, NULL);
    assert_true(sock > 0);
    round_of(net); /* its SYN finds no slot */
    assert_int_equal(rn_fd(net), fd);
    assert_true(c.wanted_tx);
    assert_true(is_readable(fd));
    assert_int_equal(rn_abort(net, sock), 0);
    round_of(net);
    assert_int_equal(rn_fd(net), fd);
    assert_false(c.wanted_tx);
    assert_false(is_readable(fd));
    rn_destroy(net);
    close(both[0]);
    close(both[1]);
}

/* rn_poll does not say it, and whoever slept on the descriptor of a device that is gone would not sleep. */
static void descriptor_tells_that_a_device_has_gone(void **state)
{
    struct counting c;
    struct rn_stack *net = start(&c);

    (void)state;
    c.fails_after = 1;
    round_of(net);
    assert_true(rn_fd(net) >= 0);
    round_of(net);
    assert_int_equal(rn_fd(net), -ENODEV);
    rn_destroy(net);
}

/* A stack in memory of the program's own has nothing but its device to sleep on. */
static void descriptor_of_a_stack_made_by_rn_init(void **state)
{
    struct rn_host host = {.seed = {1}};
    struct rn_options o = {.connections = 4, .budget_bytes = 1 << 16};
    struct rn_stack *net = NULL;
    size_t bytes = rn_need(&o);
    void *memory = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
    struct counting a, b;

    (void)state;
    assert_non_null(memory);
    memset(memory, 0, bytes);
    assert_int_equal(rn_init(&net, &o, memory, bytes, &host, NULL), 0);
    assert_int_equal(rn_fd(net), -ENOSYS);
    make(&a);
    make(&b);
    assert_int_equal(rn_add_device(net, &a.dev, NULL), 0);
    assert_int_equal(rn_fd(net), a.pipe[0]);
    assert_int_equal(rn_add_device(net, &b.dev, NULL), 1);
    assert_int_equal(rn_fd(net), -ENOSYS);
    rn_destroy(net);
    free(memory);
}

/* ---- messages from other threads ----------------------------------------------------------------------- */

static void expect_message(struct rn_stack *net, void *message)
{
    struct rn_event ev;

    assert_true(rn_next(net, &ev));
    assert_int_equal(ev.mask, RN_POSTED);
    assert_int_equal(ev.sock, 0);
    assert_ptr_equal(ev.user, message);
}

static void messages_are_events(void **state)
{
    struct rn_stack *net = NULL;
    struct rn_event ev;
    struct rn_stats stats;
    int m[5];

    (void)state;
    assert_int_equal(rn_open(&net, &(struct rn_options){.posts = 4}, NULL), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(rn_post(net, &m[i]), 0);
    assert_int_equal(rn_post(net, &m[4]), -EAGAIN);
    rn_stats(net, &stats);
    assert_string_equal(stats.use[7].name, "posts");
    assert_int_equal(stats.use[7].used, 4);
    assert_int_equal(stats.use[7].limit, 4);
    assert_int_equal(stats.use[7].full, 1);
    assert_int_equal(rn_wait(net, RN_FOREVER), 1);
    expect_message(net, &m[0]);
    assert_int_equal(rn_post(net, &m[4]), 0);
    for (int i = 1; i < 4; i++)
        expect_message(net, &m[i]);
    /* Four a round, so that who is told of a message and posts one cannot keep everybody else waiting. */
    assert_false(rn_next(net, &ev));
    assert_int_equal(rn_wait(net, RN_FOREVER), 1);
    expect_message(net, &m[4]);
    assert_false(rn_next(net, &ev));
    assert_int_equal(rn_wait(net, 0), 0);
    rn_destroy(net);
    assert_int_equal(rn_need(&(struct rn_options){.posts = 65537}), 0);
}

/* Nobody may sleep beside a message, and when all were taken the descriptor is quiet. */
static void messages_wake_a_loop_of_the_programs_own(void **state)
{
    struct rn_stack *net = NULL;
    struct counting a;
    int fd, m;

    (void)state;
    assert_int_equal(rn_open(&net, NULL, NULL), 0);
    make(&a);
    assert_int_equal(rn_add_device(net, &a.dev, NULL), 0);
    for (int i = 0; i < 3; i++) {
        rn_time now = rn_now();

        round_of(net);
        fd = rn_fd(net);
        assert_false(is_readable(fd));
        assert_int_equal(rn_post(net, &m), 0);
        assert_true(is_readable(fd));
        assert_int_equal(rn_post(net, &m), 0);
        rn_poll(net, now);
        assert_false(is_readable(fd));
        expect_message(net, &m);
        assert_int_equal(rn_flush(net, now), now); /* one is left */
        rn_poll(net, now);
        expect_message(net, &m);
        assert_true(rn_flush(net, now) > now);
        assert_false(is_readable(fd));
        assert_int_equal(rn_post(net, &m), 0);
        assert_int_equal(rn_flush(net, now), now); /* a flush that comes after it, and is not the last */
        assert_int_equal(rn_post(net, &m), 0);
        rn_poll(net, now);
        assert_false(is_readable(fd));
        expect_message(net, &m);
        expect_message(net, &m);
    }
    rn_destroy(net);
}

struct poster {
    struct rn_stack *net;
    int count, first;
    int messages[2000];
};

static void *post_all(void *of)
{
    struct poster *p = of;

    for (int i = 0; i < p->count; i++) {
        p->messages[i] = p->first + i;
        while (rn_post(p->net, &p->messages[i]) == -EAGAIN)
            sched_yield();
        if (i % 64 == 0)
            usleep(100); /* now and then the other side has time to fall asleep */
    }
    return NULL;
}

/* A sleep in a loop of the program's own, and the poll after it. */
static void sleep_on_descriptor(struct rn_stack *net)
{
    rn_time now = rn_now(), due = rn_flush(net, now);
    struct pollfd p = {.fd = rn_fd(net), .events = POLLIN};

    assert_true(p.fd >= 0);
    assert_true(due <= now || due == RN_FOREVER);
    assert_in_range(poll(&p, 1, due <= now ? 0 : -1), 0, 1);
    rn_poll(net, rn_now());
}

static void sleep_in_rn_wait(struct rn_stack *net)
{
    assert_true(rn_wait(net, RN_FOREVER) > 0);
}

/* Every message comes, in its thread's order; who sleeps beside one would sleep until the alarm. */
static void hear_two_threads(struct rn_stack *net, void (*sleep_once)(struct rn_stack *net))
{
    static struct poster posters[2];
    int next[2] = {0, 10000}, left = 4000;
    pthread_t threads[2];
    struct rn_event ev;

    for (int i = 0; i < 2; i++) {
        posters[i] = (struct poster){.net = net, .count = 2000, .first = next[i]};
        assert_int_equal(pthread_create(&threads[i], NULL, post_all, &posters[i]), 0);
    }
    while (left > 0) {
        sleep_once(net);
        while (rn_next(net, &ev)) {
            int number = *(const int *)ev.user;

            assert_int_equal(ev.mask, RN_POSTED);
            assert_int_equal(number, next[number >= 10000]++);
            left--;
        }
    }
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(rn_wait(net, 0), 0);
    assert_false(is_readable(rn_fd(net)));
}

static void two_threads_wake_rn_wait(void **state)
{
    struct counting a;
    struct rn_stack *net = start(&a);

    (void)state;
    hear_two_threads(net, sleep_in_rn_wait);
    rn_destroy(net);
}

static void two_threads_wake_a_loop_of_the_programs_own(void **state)
{
    struct counting a;
    struct rn_stack *net = start(&a);

    (void)state;
    hear_two_threads(net, sleep_on_descriptor);
    rn_destroy(net);
}

static void two_threads_wake_a_stack_without_devices(void **state)
{
    struct rn_stack *net = NULL;

    (void)state;
    assert_int_equal(rn_open(&net, NULL, NULL), 0);
    hear_two_threads(net, sleep_in_rn_wait);
    hear_two_threads(net, sleep_on_descriptor);
    rn_destroy(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_time_is_one_look),
        cmocka_unit_test(limit_is_waited_for_and_no_less),
        cmocka_unit_test(readable_descriptor_wakes),
        cmocka_unit_test(nobody_sleeps_while_frames_come),
        cmocka_unit_test(who_spins_looks_on_before_sleep),
        cmocka_unit_test(device_that_is_ready_forbids_sleep),
        cmocka_unit_test(devices_own_deadline_wakes),
        cmocka_unit_test(news_of_an_address_is_not_slept_over),
        cmocka_unit_test(signal_ends_it),
        cmocka_unit_test(impossible_options_are_told),
        cmocka_unit_test(destroying_unmaps),
        cmocka_unit_test(one_descriptor_stands_for_all_devices),
        cmocka_unit_test(descriptor_tells_of_free_slots),
        cmocka_unit_test(descriptor_tells_that_a_device_has_gone),
        cmocka_unit_test(descriptor_of_a_stack_made_by_rn_init),
        cmocka_unit_test(messages_are_events),
        cmocka_unit_test(messages_wake_a_loop_of_the_programs_own),
        cmocka_unit_test(two_threads_wake_rn_wait),
        cmocka_unit_test(two_threads_wake_a_loop_of_the_programs_own),
        cmocka_unit_test(two_threads_wake_a_stack_without_devices),
    };

    alarm(PATIENCE_S); /* a sleep that never ends is a failure too */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
