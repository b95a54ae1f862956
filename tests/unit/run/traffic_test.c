/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One conversation over every device that there is here, opened by name, bare and behind the wrappers, with
 * the books of its buffers kept at every poll (ledger.h):
 *
 *      kernel's socket 10.9.0.1 --- interface --- device --- a stack 10.9.0.7, echo on port 7
 *
 * On loop the client is the stack's own. In a network namespace; without root and /dev/net/tun what needs an
 * interface is skipped aloud.
 */
#include "../dev/ledger.h"

#include <runnel.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BYTES = 300000, PATTERN = 251 };
#define PATIENCE (INT64_C(10) * 1000000000)

struct row {
    const char *device;
    const char *interface; /* NULL: the client is the stack's own */
    bool capture, fault;
};

static const struct row rows[] = {
    {"loop", NULL, false, false},           {"loop", NULL, true, true},
    {"tap:rntap0", "rntap0", false, false}, {"tap:rntap0", "rntap0", true, false},
    {"tap:rntap0", "rntap0", false, true},  {"tap:rntap0", "rntap0", true, true},
    {"tun:rntun0", "rntun0", false, false}, {"tun:rntun0", "rntun0", true, true},
};

/* Who talks to the echo server: a socket of the kernel's or of the stack's. */
struct client {
    struct rn_stack *net;
    rn_sock sock; /* 0: the kernel's */
    int fd;
    size_t sent, came;
};

static uint8_t pattern[BYTES + PATTERN];

static ptrdiff_t client_send(const struct client *c)
{
    const uint8_t *from = pattern + c->sent;

    return c->sock ? rn_send(c->net, c->sock, from, BYTES - c->sent)
                   : send(c->fd, from, BYTES - c->sent, MSG_NOSIGNAL);
}

static ptrdiff_t client_recv(const struct client *c, uint8_t *to, size_t len)
{
    return c->sock ? rn_recv(c->net, c->sock, to, len) : recv(c->fd, to, len, 0);
}

/* What can be moved now. */
static void talk(struct client *c)
{
    uint8_t back[4096];
    ptrdiff_t n;

    while (c->sent < BYTES && (n = client_send(c)) > 0)
        c->sent += (size_t)n;
    while ((n = client_recv(c, back, sizeof back)) > 0) {
        assert_true(c->came + (size_t)n <= BYTES);
        assert_memory_equal(back, pattern + c->came, (size_t)n);
        c->came += (size_t)n;
    }
}

static void echo(struct client *c)
{
    struct rn_event ev;

    while (rn_next(c->net, &ev)) {
        assert_false(ev.mask & RN_FAILED);
        if (ev.sock != c->sock && ev.mask & (RN_READABLE | RN_WRITABLE))
            rn_splice(c->net, ev.sock, ev.sock, RN_ALL);
    }
}

/* Begins to connect; the kernel's side of an interface gets an address and is brought up first. */
static void begin(struct client *c, const char *interface)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7)};
    char command[128];
    char err[RN_ERRBUF] = "";

    if (!interface) {
        c->sock = rn_connect(c->net, RN_TCP, "10.9.0.7:7", NULL, err);
        assert_true(c->sock > 0);
        return;
    }
    snprintf(command, sizeof command, "ip addr add 10.9.0.1/24 dev %s && ip link set %s up", interface,
             interface);
    assert_int_equal(system(command), 0);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(inet_pton(AF_INET, "10.9.0.7", &to.sin_addr), 1);
    assert_true(connect(c->fd, (struct sockaddr *)&to, sizeof to) == 0 || errno == EINPROGRESS);
}

/* The device with its wrappers, books kept of the outermost and the innermost. */
static struct rn_dev *open_row(const struct row *r, const char *path)
{
    const struct rn_fault faults = {.loss_ppm = 5000, .duplicate_ppm = 5000, .reorder_ppm = 5000};
    struct rn_dev *dev;
    char err[RN_ERRBUF] = "";

    if (rn_dev_open(&dev, r->device, err) < 0)
        fail_msg("%s", err);
    ledger_open(dev);
    if (r->capture)
        assert_int_equal(
            rn_dev_capture(&dev, dev, &(struct rn_capture_options){.path = path, .snap = 96}, err), 0);
    if (r->fault)
        assert_int_equal(
            rn_dev_fault(&dev, dev, &(struct rn_fault_options){.seed = 3, .rx = faults, .tx = faults}, err),
            0);
    if (r->capture || r->fault)
        ledger_open(dev);
    return dev;
}

static void every_byte_comes_back(void **state)
{
    const struct row *r = *state;
    struct client c = {.fd = -1};
    char path[] = "/tmp/rn-traffic-XXXXXX";
    rn_time begun = rn_now(), now = begun;
    struct rn_dev *dev;

    if (r->interface && access("/dev/net/tun", R_OK | W_OK) < 0)
        skip();
    close(mkstemp(path));
    assert_int_equal(rn_open(&c.net, NULL, NULL), 0);
    dev = open_row(r, path);
    assert_int_equal(rn_add_device(c.net, dev, NULL), 0);
    assert_int_equal(rn_add_address(c.net, "10.9.0.7/24", NULL), 0);
    assert_true(rn_listen(c.net, RN_TCP, "0.0.0.0:7", NULL) > 0);
    begin(&c, r->interface);
    while (c.came < BYTES && now - begun < PATIENCE) {
        rn_flush(c.net, now);
        talk(&c);
        now = rn_now();
        rn_poll(c.net, now);
        echo(&c);
    }
    print_message("# %s%s%s: %zu bytes in %d ms, %d polls\n", r->device, r->capture ? " capture" : "",
                  r->fault ? " fault" : "", c.came, (int)((now - begun) / 1000000),
                  (int)ledger_of(dev)->bursts);
    assert_int_equal(c.came, BYTES);
    assert_true(ledger_of(dev)->frames > 0);
    if (c.fd >= 0)
        close(c.fd);
    rn_destroy(c.net);
    unlink(path);
}

int main(void)
{
    enum { ROWS = sizeof rows / sizeof rows[0] };
    struct CMUnitTest tests[ROWS];

    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (uint8_t)(i % PATTERN);
    for (size_t i = 0; i < ROWS; i++)
        tests[i] = (struct CMUnitTest){
            .name = rows[i].device, .test_func = every_byte_comes_back, .initial_state = (void *)&rows[i]};
    if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0) {
        fprintf(stderr, "traffic_test: skipped: no network namespace of its own without root\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
