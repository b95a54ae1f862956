/* SPDX-License-Identifier: BSD-2-Clause
 *
 *      sim [--connections N] [--seed S] [--jobs J] [--expert FOLDER|none]    worlds 0, 1, 2 ... until N are
 * made sim --seed S --world K [--pcap FILE]                                  one world again, alone
 *
 * Worlds depend on (seed, number) only, so each of the J jobs, a process of its own, plays the next one that
 * nobody has taken, and the sums meet in shared memory. A world that goes wrong prints one line, the one that
 * plays it again, and is played again at once with a pcap. Exit code 0: all good; 1: something went wrong; 2:
 * the words are wrong.
 */
#include "sim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS_MAX = 64, JUDGED_FROM = 50000, FAILURES_SHOWN = 20, AGAIN_EVERY = 10 };

struct choice {
    uint64_t connections, seed, world, jobs;
    bool one, slow; /* world was given; its fast path is off */
    const char *pcap, *expert, *program;
};

static void usage(const char *word, const char *value, const char *right)
{
    fprintf(stderr, "sim: %s %s: %s\n", word, value ? value : "(nothing)", right);
    exit(2);
}

static uint64_t number(const char *word, const char *value, uint64_t least, uint64_t most)
{
    char *end = NULL, right[80];
    uint64_t n = 0;

    errno = 0;
    if (value && *value >= '0' && *value <= '9')
        n = strtoull(value, &end, 0);
    snprintf(right, sizeof right, "a number from %llu to %llu is wanted", (unsigned long long)least,
             (unsigned long long)most);
    if (!end || *end || errno || n < least || n > most)
        usage(word, value, right);
    return n;
}

static struct choice parse(int argc, char **argv)
{
    struct choice c = {
        .connections = 100000, .seed = 1, .jobs = 2, .expert = "build/sim-expert", .program = argv[0]};

    for (int i = 1; i < argc; i += 2) {
        const char *word = argv[i], *value = argv[i + 1];

        if (strcmp(word, "--connections") == 0)
            c.connections = number(word, value, 1, 1000000000);
        else if (strcmp(word, "--seed") == 0)
            c.seed = number(word, value, 0, UINT64_MAX);
        else if (strcmp(word, "--world") == 0)
            c.world = number(word, value, 0, SAMPLE_FIRST + 1000), c.one = true;
        else if (strcmp(word, "--jobs") == 0)
            c.jobs = number(word, value, 1, JOBS_MAX);
        else if (strcmp(word, "--fast-path") == 0)
            c.slow = number(word, value, 0, 1) == 0;
        else if (strcmp(word, "--pcap") == 0 && value)
            c.pcap = value;
        else if (strcmp(word, "--expert") == 0 && value)
            c.expert = value;
        else
            usage(word, value,
                  "--connections N, --seed S, --world K, --pcap FILE, --jobs J, --expert FOLDER, --fast-path "
                  "0 or 1 are known");
        if (!value)
            break;
    }
    return c;
}

/* Plays a failed world once more, for its pcap, and says how to do it by hand. */
static void explain(const struct choice *c, const struct plan *p, enum verdict v, const char *why)
{
    struct totals *scratch = calloc(1, sizeof *scratch);
    char path[96];

    mkdir("build", 0777);
    snprintf(path, sizeof path, "build/sim-fail-%llu-%u.pcap", (unsigned long long)p->seed, p->number);
    printf("%s world %u: %s\n    again: %s --seed %llu --world %u%s --pcap %s\n", report_verdict(v),
           p->number, why, c->program, (unsigned long long)p->seed, p->number,
           p->slow_road ? " --fast-path 0" : "", path);
    fflush(stdout);
    if (scratch)
        world_run(p, scratch, path, NULL, NULL);
    free(scratch);
}

/* The same world without the fast path: every frame has to be the same, at the same time. */
static enum verdict take_slow_road(struct plan *p, struct totals *t, uint64_t digest, char why[320])
{
    struct totals *scratch = calloc(1, sizeof *scratch);
    uint64_t other = 0;
    enum verdict v;

    if (!scratch)
        abort();
    p->slow_road = true;
    v = world_run(p, scratch, NULL, why, &other);
    p->slow_road = false;
    free(scratch);
    t->twice++;
    if (v == VERDICT_GOOD && other != digest) {
        snprintf(why, 320, "other frames without the fast path");
        v = VERDICT_BROKEN;
    } else if (v != VERDICT_GOOD) {
        p->slow_road = true; /* as it has to be played again */
    }
    if (v != VERDICT_GOOD) { /* it was counted as good */
        t->verdicts[VERDICT_GOOD]--;
        t->verdicts[v]++;
    }
    return v;
}

/* Each number is given to one job; those of a job grow. */
static uint32_t take_next(uint32_t *next)
{
    return __atomic_fetch_add(next, 1, __ATOMIC_RELAXED);
}

static void run_job(const struct choice *c, uint32_t *next, struct totals *t)
{
    struct plan *p = malloc(sizeof *p);
    uint64_t connections = 0, digest = 0;
    uint32_t shown = 0, mine = take_next(next);
    char why[320];

    for (uint32_t k = 0; p && connections < c->connections && k < SAMPLE_FIRST; k++) {
        enum verdict v;

        draw_world(p, c->seed, k);
        connections += p->connections;
        if (k != mine)
            continue;
        mine = take_next(next);
        t->running = k + 1;
        v = world_run(p, t, NULL, why, k % AGAIN_EVERY == 0 ? &digest : NULL);
        if (v == VERDICT_GOOD && k % AGAIN_EVERY == 0)
            v = take_slow_road(p, t, digest, why);
        if (v != VERDICT_GOOD && shown++ < FAILURES_SHOWN)
            explain(c, p, v, why);
    }
    t->running = 0;
    free(p);
}

/* What the jobs share. */
struct shared {
    uint32_t next; /* world that nobody has taken */
    struct totals of[JOBS_MAX];
};

/* Plays all worlds. False: a job died. */
static bool run_all(const struct choice *c, struct totals *sum)
{
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid[JOBS_MAX];
    bool good = true;
    struct totals *of;

    if (shared == MAP_FAILED)
        return false;
    of = shared->of;
    fflush(stdout);
    for (uint32_t j = 0; j < c->jobs; j++) {
        pid[j] = fork();
        if (pid[j] == 0) {
            run_job(c, &shared->next, &of[j]);
            fflush(stdout);
            _exit(0);
        }
    }
    for (uint32_t j = 0; j < c->jobs; j++) {
        int status = -1;

        if (pid[j] < 0 || waitpid(pid[j], &status, 0) < 0 || status != 0) {
            good = false;
            printf("DIED in world %u\n    again: %s --seed %llu --world %u\n", of[j].running - 1, c->program,
                   (unsigned long long)c->seed, of[j].running - 1);
        }
        of[j].running = 0;
        report_add(sum, &of[j]);
    }
    munmap(shared, sizeof *shared);
    return good;
}

static int run_one(const struct choice *c, struct totals *t)
{
    struct plan *p = malloc(sizeof *p);
    enum verdict v;
    char why[320];

    if (!p)
        return 1;
    draw_world(p, c->seed, (uint32_t)c->world);
    draw_print(p);
    p->slow_road = c->slow;
    v = world_run(p, t, c->pcap, why, NULL);
    printf("  %s%s%s; %llu bytes, %llu frames, %llu retransmitted, %llu turns, %llu s; R2 %llu + %llu\n",
           report_verdict(v), *why ? ": " : "", why, (unsigned long long)t->bytes,
           (unsigned long long)t->frames, (unsigned long long)t->retransmitted, (unsigned long long)t->steps,
           (unsigned long long)t->virtual_s, (unsigned long long)t->timed_out,
           (unsigned long long)t->never_heard);
    free(p);
    return v == VERDICT_GOOD ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct choice c = parse(argc, argv);
    static struct totals totals;
    bool good;

    if (c.one)
        return run_one(&c, &totals);
    good = run_all(&c, &totals);
    good &= report_judge(&totals, c.seed, c.connections >= JUDGED_FROM);
    if (strcmp(c.expert, "none") != 0)
        good &= expert_check(c.seed, &totals, c.expert);
    printf("simulator: %s\n", good ? "good" : "FAILED");
    return good ? 0 : 1;
}
