/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What one echoed request costs the stack, with N connections open: from an Ethernet frame in to an Ethernet
 * frame out, checksums verified and computed, and nothing else.
 *
 *      forged clients --frames--> memory device --> rn_poll, rn_next, rn_splice, rn_flush --> frames -->
 * judged (lib/clients.c)            (lib/memory.c)    |<------------- measured ------------->|
 * (lib/clients.c)
 *
 * Requests of 64 bytes come in batches of 32 from a random permutation of the connections, so that the
 * connections of a batch are distinct. The ACK of a reply rides on the client's next request; from 100,000
 * connections on, where that would come after the retransmission timeout, the client sends it apart and it is
 * not measured. Every reply is judged, outside the measurement.
 *
 * The clock that the stack sees is virtual. In time mode it advances by what was measured; in instructions
 * mode by 100 us a batch, so that a run is the same every time. Either way a run spans several retransmission
 * timeouts, so that lazy timers do come due.
 */
#include "lib/calibrate.h"
#include "lib/clients.h"
#include "lib/memory.h"

#include <runnel.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_TOGGLE_COLLECT ((void)0)
#endif

enum { APART_FROM = 100000, BATCH = 32 };
static const rn_time batch_time = 100000, warm_span = 250000000, span = 700000000;

struct bench {
    uint32_t count, batch;
    bool instructions, copy, apart;
    uint64_t seed;
    struct memory memory;
    struct clients clients;
    struct rn_stack *net;
    void *stack_memory; /* NULL: rn_open's own */
    size_t memory_bytes;
    rn_time now;
    uint32_t *order, order_at; /* the permutation, and how much of it is used */
    float *samples;            /* ns a request, one for each batch */
    size_t sample_count, sample_room;
    uint64_t requests;
    double total_ns;
    bool measuring;
};

/* Something that must not be: says what and ends the bench, since no figure would be worth anything. */
static _Noreturn void fail(const struct bench *b, const char *what, const char *detail)
{
    fprintf(stderr, "echo: %" PRIu32 " connections, after %" PRIu64 " requests: %s%s%s\n", b->count,
            b->requests, what, detail ? ": " : "", detail ? detail : "");
    exit(1);
}

static uint64_t draw(struct bench *b)
{
    uint64_t z = b->seed += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* ---- the application ---------------------------------------------------------------------------------- */

static void echo_by_copy(struct rn_stack *net, rn_sock sock)
{
    uint8_t data[2048];
    ptrdiff_t n;

    while ((n = rn_recv(net, sock, data, sizeof data)) > 0)
        rn_send(net, sock, data, (size_t)n);
}

static void act(struct bench *b)
{
    struct rn_event ev;

    while (rn_next(b->net, &ev)) {
        if (!(ev.mask & RN_READABLE))
            continue;
        if (b->copy)
            echo_by_copy(b->net, ev.sock);
        else
            rn_splice(b->net, ev.sock, ev.sock, RN_ALL);
    }
}

/* One round of the stack: the only part that is ever measured. Returns how long it took. */
static rn_time go_round(struct bench *b)
{
    rn_time start = rn_now();

    if (b->measuring && b->instructions)
        CALLGRIND_TOGGLE_COLLECT;
    rn_poll(b->net, b->now);
    act(b);
    rn_flush(b->net, b->now);
    if (b->measuring && b->instructions)
        CALLGRIND_TOGGLE_COLLECT;
    return rn_now() - start;
}

/* ---- batches ------------------------------------------------------------------------------------------ */

/* Judges all that the stack sent; there must be that many of the wanted kind. */
static void judge(struct bench *b, enum clients_verdict wanted, uint32_t many)
{
    uint32_t seen = 0;

    for (uint32_t i = 0; i < b->memory.sent_count; i++) {
        const struct memory_frame *f = &b->memory.sent[i];
        enum clients_verdict v = clients_judge(&b->clients, f->data, f->len);

        if (v == CLIENTS_WRONG)
            fail(b, "a frame that is wrong", b->clients.why);
        seen += v == wanted;
    }
    if (seen != many)
        fail(b, "a frame that is missing, or one too many", NULL);
    if (!memory_clear(&b->memory))
        fail(b, "the stack broke the device's contract, or did not take a frame", NULL);
}

static void pass_time(struct bench *b, rn_time took)
{
    b->now += b->instructions ? batch_time : took;
    b->clients.ts_now = (uint32_t)(b->now / 1000000);
}

typedef uint32_t forge(struct clients *cs, uint32_t i, uint8_t *at);

/* Each of those clients sends one frame, the stack goes round, what it sends is judged. Returns the time. */
static rn_time exchange(struct bench *b, forge *make, const uint32_t *who, uint32_t many,
                        enum clients_verdict wanted)
{
    rn_time took;

    for (uint32_t i = 0; i < many; i++)
        memory_put(&b->memory, make(&b->clients, who[i], memory_room(&b->memory)));
    took = go_round(b);
    judge(b, wanted, wanted == CLIENTS_OTHER ? b->memory.sent_count : many);
    pass_time(b, took);
    return took;
}

static void shuffle(struct bench *b)
{
    for (uint32_t i = b->count - 1; i > 0; i--) {
        uint32_t j = (uint32_t)(draw(b) % (i + 1)), at_i = b->order[i];

        b->order[i] = b->order[j];
        b->order[j] = at_i;
    }
    b->order_at = 0;
}

static void keep_sample(struct bench *b, double ns)
{
    if (b->sample_count == b->sample_room) {
        b->sample_room = b->sample_room ? b->sample_room * 2 : 1 << 16;
        b->samples = realloc(b->samples, b->sample_room * sizeof *b->samples);
        if (!b->samples)
            fail(b, "out of memory", NULL);
    }
    b->samples[b->sample_count++] = (float)ns;
}

/* One batch of requests from the permutation; a rest that fills no batch is left for the next one. */
static void request_batch(struct bench *b, bool measured)
{
    const uint32_t *who;
    rn_time took;

    if (b->count - b->order_at < b->batch)
        shuffle(b);
    who = b->order + b->order_at;
    b->order_at += b->batch;
    b->measuring = measured;
    took = exchange(b, clients_request, who, b->batch, CLIENTS_REPLY);
    b->measuring = false;
    if (b->apart)
        exchange(b, clients_ack, who, b->batch, CLIENTS_OTHER);
    if (measured) {
        b->requests += b->batch;
        b->total_ns += (double)took;
        keep_sample(b, (double)took / b->batch);
    }
}

/* ---- a run -------------------------------------------------------------------------------------------- */

/* As rn_open, but with a seed that is always the same: hashes hang on it, and so do instructions. */
static int open_repeatable(struct bench *b, const struct rn_options *options, char *err)
{
    struct rn_host host = {.seed = {(uint8_t)b->seed}};

    b->memory_bytes = rn_need(options);
    b->stack_memory = mmap(NULL, b->memory_bytes, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (b->stack_memory == MAP_FAILED)
        fail(b, "out of memory", NULL);
    return rn_init(&b->net, options, b->stack_memory, b->memory_bytes, &host, err);
}

static void open_stack(struct bench *b)
{
    struct rn_options options = {.connections = b->count,
                                 .neighbours = clients_addresses(b->count) + 16,
                                 .budget_bytes = ((size_t)16 << 20) + (size_t)b->count * 1024,
                                 .conflict = RN_CONFLICT_OFF};
    char err[RN_ERRBUF] = "out of memory", ip[16], mac[18];

    if (!memory_open(&b->memory) ||
        (b->instructions ? open_repeatable(b, &options, err) : rn_open(&b->net, &options, err)) < 0 ||
        rn_add_device(b->net, &b->memory.dev, err) < 0 || rn_add_address(b->net, "10.0.0.1/8", err) < 0)
        fail(b, "the stack does not open", err);
    for (uint32_t k = 0; k < clients_addresses(b->count); k++) {
        clients_address(k * CLIENTS_PORTS, ip, mac);
        if (rn_add_neighbour(b->net, ip, mac, err) < 0)
            fail(b, "a client's link address", err);
    }
    if (rn_listen(b->net, RN_TCP, "0.0.0.0:7", err) < 0)
        fail(b, "listening", err);
}

/* All clients connect, by traffic. */
static void connect_all(struct bench *b)
{
    for (uint32_t i = 0; i < b->count; i++)
        b->order[i] = i;
    for (uint32_t i = 0; i < b->count; i += b->batch) {
        uint32_t many = b->count - i < b->batch ? b->count - i : b->batch;

        exchange(b, clients_syn, b->order + i, many, CLIENTS_SYN_ACK);
        exchange(b, clients_ack, b->order + i, many, CLIENTS_OTHER);
    }
    shuffle(b);
}

/* Requests for that span of the stack's time, and one of each client at least. */
static void run_for(struct bench *b, rn_time duration, bool measured)
{
    rn_time until = b->now + duration;

    for (uint64_t asked = 0; b->now < until || asked < b->count; asked += b->batch)
        request_batch(b, measured);
}

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

static void print_row(struct bench *b)
{
    const float *s = b->samples;
    size_t n = b->sample_count;

    if (b->instructions) {
        printf("connections %" PRIu32 " batch %" PRIu32 " requests %" PRIu64 " pure_acks %" PRIu64
               " repeats %" PRIu64 "\n",
               b->count, b->batch, b->requests, b->clients.pure_acks, b->clients.repeats);
        return;
    }
    qsort(b->samples, n, sizeof *b->samples, compare_floats);
    printf("%10" PRIu32 " %5" PRIu32 "  %-5s %10" PRIu64 " %8.1f %8.1f %8.1f %8.1f %8.1f %9" PRIu64
           " %8" PRIu64 "\n",
           b->count, b->batch, b->apart ? "apart" : "rides", b->requests, (double)s[0], (double)s[n / 10],
           (double)s[n / 2], (double)s[n - 1 - n / 100], b->total_ns / (double)b->requests,
           b->clients.pure_acks, b->clients.repeats);
    fflush(stdout);
}

/* One row: opens, connects, warms up, measures, prints, closes. settings: what the command line said. */
static void run(const struct bench *settings, uint32_t count)
{
    struct bench *b = malloc(sizeof *b);

    if (!b)
        fail(settings, "out of memory", NULL);
    *b = *settings;
    b->count = count;
    b->batch = b->batch < count ? b->batch : count;
    b->apart = b->apart || count >= APART_FROM;
    b->now = 1000000000;
    b->order = malloc(count * sizeof *b->order);
    b->clients.count = count;
    b->clients.all = calloc(count, sizeof *b->clients.all);
    if (!b->order || !b->clients.all)
        fail(b, "out of memory", NULL);
    open_stack(b);
    memcpy(b->clients.server_mac, b->memory.dev.mac, 6);
    connect_all(b);
    run_for(b, warm_span, false);
    b->clients.pure_acks = b->clients.repeats = 0;
    run_for(b, span, true);
    print_row(b);
    rn_destroy(b->net);
    if (b->stack_memory)
        munmap(b->stack_memory, b->memory_bytes);
    free(b->samples);
    free(b->clients.all);
    free(b->order);
    free(b);
}

/* ---- the words ---------------------------------------------------------------------------------------- */

static const char help[] =
    "usage: echo [--count N | --clients N] [--batch B] [--copy] [--apart] [--timestamps] [--instructions]\n"
    "  --count N        rows for 10, 32, 1,000, 10,000 ... up to N connections [10,000]\n"
    "  --clients N      one row, for N\n"
    "  --batch B        requests that come at once, 1 to 64 [32]\n"
    "  --copy           the application copies (rn_recv, rn_send) instead of rn_splice\n"
    "  --apart          clients acknowledge apart, not measured, at any N\n"
    "  --timestamps     clients offer timestamps (RFC 7323)\n"
    "  --seed S         of the permutation [1]\n"
    "  --instructions   a run to be counted: valgrind --tool=callgrind --collect-atstart=no\n"
    "  --compiler       prints the compiler and its major version\n";

static int print_compiler(void)
{
#ifdef __clang__
    printf("clang %d\n", __clang_major__);
#else
    printf("gcc %d\n", __GNUC__);
#endif
    return 0;
}

/* The number behind an option; ends the bench with code 2 when it is none. */
static uint32_t number(char **argv, int *i, uint32_t least, uint32_t most)
{
    const char *name = argv[*i], *text = argv[*i + 1];
    char *end = NULL;
    unsigned long v = text ? strtoul(text, &end, 10) : 0;

    if (!text || *text < '0' || *text > '9' || *end || v < least || v > most) {
        fprintf(stderr, "echo: %s \"%s\": a whole number from %" PRIu32 " to %" PRIu32 "\n", name,
                text ? text : "", least, most);
        exit(2);
    }
    ++*i;
    return (uint32_t)v;
}

static void print_calibration(const char *when)
{
    struct calibration c = calibrate();

    printf("%s: empty system call %.0f ns, memcpy of 1,448 bytes %.1f ns, load from memory %.0f ns\n", when,
           c.syscall_ns, c.copy_ns, c.miss_ns);
}

/* A table in time mode: the ladder up to `most`, or the one row. */
static void run_table(const struct bench *settings, uint32_t one, uint32_t most)
{
    static const uint32_t ladder[] = {10, 32, 1000, 10000, 100000, 1000000, 10000000};

    print_calibration("before");
    printf("ns a request of %d bytes, %s; ACKs ride on the next request or come apart\n"
           "%10s %5s  %-5s %10s %8s %8s %8s %8s %8s %9s %8s\n",
           CLIENTS_REQUEST, settings->copy ? "rn_recv and rn_send" : "rn_splice", "N", "batch", "ACK",
           "requests", "min", "p10", "median", "p99", "mean", "pure ACKs", "repeats");
    if (one)
        run(settings, one);
    for (size_t i = 0; !one && i < sizeof ladder / sizeof *ladder && ladder[i] <= most; i++)
        run(settings, ladder[i]);
    print_calibration("after");
}

int main(int argc, char **argv)
{
    static struct bench settings = {.batch = BATCH, .seed = 1};
    uint32_t one = 0, most = 10000;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--count") == 0)
            most = number(argv, &i, 10, 1 << 26);
        else if (strcmp(argv[i], "--clients") == 0)
            one = number(argv, &i, 1, 1 << 26);
        else if (strcmp(argv[i], "--batch") == 0)
            settings.batch = number(argv, &i, 1, MEMORY_BURST);
        else if (strcmp(argv[i], "--seed") == 0)
            settings.seed = number(argv, &i, 0, UINT32_MAX);
        else if (strcmp(argv[i], "--copy") == 0)
            settings.copy = true;
        else if (strcmp(argv[i], "--apart") == 0)
            settings.apart = true;
        else if (strcmp(argv[i], "--timestamps") == 0)
            settings.clients.timestamps = true;
        else if (strcmp(argv[i], "--instructions") == 0)
            settings.instructions = true;
        else if (strcmp(argv[i], "--compiler") == 0)
            return print_compiler();
        else
            return fputs(help, strcmp(argv[i], "--help") == 0 ? stdout : stderr),
                   strcmp(argv[i], "--help") ? 2 : 0;
    }
    if (settings.instructions)
        run(&settings, one ? one : BATCH);
    else
        run_table(&settings, one, most);
    return 0;
}
