/* SPDX-License-Identifier: BSD-2-Clause
 *
 * run/report: a reader gets the whole report within rn_wait and within a loop of rn_fd, whatever he does in
 * between; what stands where the socket's file should be; and that the file goes. The reader is this test
 * itself, with a socket that does not block.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <runnel.h>

#define MS INT64_C(1000000)

struct place {
    char folder[64], path[96];
    struct rn_stack *net;
};

static void begin(struct place *p, uint32_t listeners)
{
    char err[RN_ERRBUF] = "";

    snprintf(p->folder, sizeof p->folder, "/tmp/runnel-report-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->path, sizeof p->path, "%s/sock", p->folder);
    assert_int_equal(rn_open(&p->net, &(struct rn_options){.listeners = listeners}, err), 0);
}

static void end(struct place *p)
{
    struct stat s;

    rn_destroy(p->net);
    assert_true(lstat(p->path, &s) < 0 && errno == ENOENT);
    assert_int_equal(rmdir(p->folder), 0);
}

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    return at;
}

/* A reader whose socket holds little, so that the report does not fit it. */
static int join(const char *path)
{
    struct sockaddr_un at = address_of(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

/* Reads what is there, at most so much; false: the end. */
static bool read_some(int fd, char *text, size_t size, size_t *len, size_t most)
{
    ssize_t n;

    assert_true(*len + most < size);
    n = read(fd, text + *len, most);
    assert_true(n >= 0 || errno == EAGAIN);
    *len += n > 0 ? (size_t)n : 0;
    text[*len] = 0;
    return n != 0;
}

static int count(const char *text, const char *line)
{
    int n = 0;

    for (const char *at = text; (at = strstr(at, line)); at += strlen(line))
        n++;
    return n;
}

static void expect_whole(const char *text, int listeners)
{
    static const char first[] = "runnel version=" RN_VERSION " pid=", last[] = "\nend\n";

    assert_memory_equal(text, first, sizeof first - 1);
    assert_string_equal(text + strlen(text) - (sizeof last - 1), last);
    assert_int_equal(count(text, "\ncounts rx_frames=0 tx_frames=0 rx_bytes=0 "), 1);
    assert_int_equal(count(text, " datagrams_in=0 datagrams_out=0 datagrams_unsent=0 unreachables_out=0 "), 1);
    assert_int_equal(count(text, "\nentered CLOSED="), 1);
    assert_int_equal(count(text, "\ndrops\n"), 1);
    assert_int_equal(count(text, "\npool name=connections used=0 limit=1024 peak=0 full=0\n"), 1);
    assert_int_equal(count(text, "\ndevice number=0 kind=pair mac="), 1);
    assert_int_equal(count(text, "\naddress address=10.7.0.7/24 device=0 use=used conflicts=0\n"), 1);
    assert_int_equal(count(text, "\nroute prefix=0.0.0.0/0 device=0 gateway=10.7.0.1\n"), 1);
    assert_int_equal(count(text, "\nsocket protocol=tcp state=LISTEN local=0.0.0.0:"), listeners);
    assert_int_equal(count(text, "\nend\n"), 1);
}

/* A device, an address, a route, and so many listeners. */
static void furnish(struct place *p, int listeners)
{
    struct rn_dev *ends[2];
    char where[32];

    assert_int_equal(rn_dev_pair(ends, NULL, NULL), 0);
    ends[0]->ops->close(ends[0]);
    assert_int_equal(rn_add_device(p->net, ends[1], NULL), 0);
    assert_int_equal(rn_add_address(p->net, "10.7.0.7/24", NULL), 0);
    assert_int_equal(rn_add_route(p->net, "0.0.0.0/0", "10.7.0.1", NULL), 0);
    for (int i = 0; i < listeners; i++) {
        snprintf(where, sizeof where, "0.0.0.0:%d", i + 1);
        assert_true(rn_listen(p->net, RN_TCP, where, NULL) > 0);
    }
}

static void begin_off(struct place *p, uint32_t listeners)
{
    struct rn_options o = {.listeners = listeners, .conflict = RN_CONFLICT_OFF};

    begin(p, 1);
    rn_destroy(p->net);
    assert_int_equal(rn_open(&p->net, &o, NULL), 0);
    furnish(p, (int)listeners);
}

/* One that reads 100 bytes at a time, and one who takes all: both get the same whole report. */
static void readers_get_it_whole(void **state)
{
    static char texts[2][1 << 20];
    struct place p;
    size_t len[2] = {0};
    bool open[2] = {true, true};
    int fd[2];

    (void)state;
    begin_off(&p, 300);
    assert_int_equal(rn_report(p.net, p.path, NULL), 0);
    fd[0] = join(p.path);
    fd[1] = join(p.path);
    for (int i = 0; i < 100000 && (open[0] || open[1]); i++) {
        assert_true(rn_wait(p.net, MS / 10) >= 0);
        open[0] = open[0] && read_some(fd[0], texts[0], sizeof texts[0], &len[0], 1000);
        open[1] = open[1] && read_some(fd[1], texts[1], sizeof texts[1], &len[1], 100000);
    }
    assert_false(open[0] || open[1]);
    expect_whole(texts[0], 300);
    assert_string_equal(texts[0], texts[1]);
    close(fd[0]);
    close(fd[1]);
    end(&p);
}

static void it_is_served_in_a_loop_of_ones_own(void **state)
{
    static char text[1 << 16];
    struct place p;
    size_t len = 0;
    bool open = true;
    int reader, set;

    (void)state;
    begin(&p, 16);
    assert_int_equal(rn_report(p.net, p.path, NULL), 0);
    set = rn_fd(p.net);
    assert_true(set >= 0);
    assert_int_equal(poll(&(struct pollfd){.fd = set, .events = POLLIN}, 1, 0), 0);
    reader = join(p.path);
    assert_int_equal(poll(&(struct pollfd){.fd = set, .events = POLLIN}, 1, 1000), 1);
    for (int i = 0; i < 100 && open; i++) {
        rn_poll(p.net, rn_now());
        rn_flush(p.net, rn_now());
        assert_int_equal(rn_fd(p.net), set);
        open = read_some(reader, text, sizeof text, &len, 10000);
    }
    assert_false(open);
    assert_non_null(strstr(text, "\nend\n"));
    /* He has gone: nothing wakes the sleeper any more. */
    close(reader);
    assert_int_equal(poll(&(struct pollfd){.fd = set, .events = POLLIN}, 1, 0), 0);
    end(&p);
}

/* The same, asked for after rn_fd. */
static void it_can_come_after_rn_fd(void **state)
{
    struct place p;
    int reader, set;

    (void)state;
    begin(&p, 16);
    set = rn_fd(p.net);
    assert_true(set >= 0);
    assert_int_equal(rn_report(p.net, p.path, NULL), 0);
    reader = join(p.path);
    assert_int_equal(poll(&(struct pollfd){.fd = set, .events = POLLIN}, 1, 1000), 1);
    close(reader);
    end(&p);
}

/* A reader who is not there when nothing happens costs no wake-up: rn_wait sleeps until its limit, and no
 * longer than 5 s does it keep one who reads nothing of a report that does not fit his socket. */
static void one_who_reads_nothing_is_let_go(void **state)
{
    struct timespec before, after;
    struct place p;
    char byte[65536];
    rn_time begun;
    ssize_t n;
    int fd;

    (void)state;
    begin_off(&p, 4000);
    assert_int_equal(rn_report(p.net, p.path, NULL), 0);
    fd = join(p.path);
    begun = rn_now();
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    assert_int_equal(rn_wait(p.net, 6000 * MS), 0);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    assert_true(rn_now() - begun >= 6000 * MS);
    assert_true((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 < 1000);
    while ((n = read(fd, byte, sizeof byte)) > 0)
        assert_null(memmem(byte, (size_t)n, "\nend\n", 5));
    assert_int_equal(n, 0);
    close(fd);
    end(&p);
}

/* Four have a place; a fifth is turned away at once, and has one when another has gone. */
static void a_fifth_reader_is_turned_away(void **state)
{
    struct place p;
    char byte;
    int fd[5];

    (void)state;
    begin_off(&p, 4000);
    assert_int_equal(rn_report(p.net, p.path, NULL), 0);
    for (int i = 0; i < 5; i++)
        fd[i] = join(p.path);
    rn_wait(p.net, 10 * MS);
    assert_int_equal(read(fd[0], &byte, 1), 1);
    assert_int_equal(read(fd[3], &byte, 1), 1);
    assert_int_equal(read(fd[4], &byte, 1), 0);
    close(fd[0]);
    close(fd[4]);
    rn_wait(p.net, 10 * MS);
    fd[0] = join(p.path);
    rn_wait(p.net, 10 * MS);
    assert_int_equal(read(fd[0], &byte, 1), 1);
    for (int i = 0; i < 4; i++)
        close(fd[i]);
    end(&p);
}

/* What he says is not read, and does not keep the stack awake. */
static void one_who_talks_is_not_listened_to(void **state)
{
    static char text[1 << 16];
    struct place p;
    size_t len = 0;
    int fd;

    (void)state;
    begin(&p, 16);
    assert_int_equal(rn_report(p.net, p.path, NULL), 0);
    fd = join(p.path);
    assert_int_equal(write(fd, "GET / HTTP/1.0\r\n\r\n", 18), 18);
    rn_wait(p.net, 20 * MS);
    while (read_some(fd, text, sizeof text, &len, 10000))
        if (strstr(text, "\nend\n"))
            break;
    assert_non_null(strstr(text, "\nend\n"));
    close(fd);
    end(&p);
}

static void the_file_is_for_its_owner(void **state)
{
    struct place p;
    struct stat s;

    (void)state;
    begin(&p, 16);
    assert_int_equal(rn_report(p.net, p.path, NULL), 0);
    assert_int_equal(lstat(p.path, &s), 0);
    assert_int_equal(s.st_mode & 07777, 0600);
    assert_true(S_ISSOCK(s.st_mode));
    end(&p);
}

static void expect_refused(struct rn_stack *net, const char *path, int code, const char *words)
{
    char err[RN_ERRBUF] = "";

    assert_int_equal(rn_report(net, path, err), code);
    print_message("# %s\n", err);
    if (!strstr(err, words))
        fail_msg("\"%s\" does not say \"%s\"", err, words);
    assert_int_equal(rn_report(net, path, NULL), code);
}

static void a_living_programs_file_is_left_alone(void **state)
{
    struct rn_stack *other = NULL;
    struct place p;
    int fd;

    (void)state;
    begin(&p, 16);
    assert_int_equal(rn_report(p.net, p.path, NULL), 0);
    assert_int_equal(rn_open(&other, NULL, NULL), 0);
    expect_refused(other, p.path, -EADDRINUSE, "another program serves its report there");
    expect_refused(p.net, p.path, -EALREADY, "already");
    rn_destroy(other);
    fd = join(p.path);
    close(fd);
    end(&p);
}

static void allow_no_more_descriptors(bool is_so)
{
    struct rlimit limit;
    int next = dup(0); /* -1: it is so already */

    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = is_so ? (rlim_t)next : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* He must not end every sleep, either. */
static void who_finds_no_descriptor_is_turned_away(void **state)
{
    struct place p;
    int fds[3];
    char c;

    (void)state;
    begin(&p, 16);
    assert_int_equal(rn_report(p.net, p.path, NULL), 0);
    assert_int_equal(rn_wait(p.net, 0), 0);
    for (int i = 0; i < 3; i++)
        fds[i] = join(p.path);
    allow_no_more_descriptors(true);
    assert_int_equal(rn_wait(p.net, 10 * MS), 0);
    allow_no_more_descriptors(false);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(read(fds[i], &c, 1), 0);
        close(fds[i]);
    }
    fds[0] = join(p.path); /* the next is served as ever */
    assert_int_equal(rn_wait(p.net, 10 * MS), 0);
    assert_int_equal(read(fds[0], &c, 1), 1);
    close(fds[0]);
    end(&p);
}

static void a_dead_programs_file_is_replaced(void **state)
{
    struct sockaddr_un at;
    struct place p;
    int dead = socket(AF_UNIX, SOCK_STREAM, 0), fd;

    (void)state;
    begin(&p, 16);
    at = address_of(p.path);
    assert_int_equal(bind(dead, (struct sockaddr *)&at, sizeof at), 0);
    close(dead);
    assert_int_equal(rn_report(p.net, p.path, NULL), 0);
    fd = join(p.path);
    close(fd);
    end(&p);
}

/* Somebody has put another one there in the meantime: it is his. */
static void only_the_own_file_is_removed(void **state)
{
    struct sockaddr_un at;
    struct place p;
    struct stat s;
    int other = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    begin(&p, 16);
    assert_int_equal(rn_report(p.net, p.path, NULL), 0);
    assert_int_equal(unlink(p.path), 0);
    at = address_of(p.path);
    assert_int_equal(bind(other, (struct sockaddr *)&at, sizeof at), 0);
    rn_destroy(p.net);
    assert_int_equal(lstat(p.path, &s), 0);
    close(other);
    unlink(p.path);
    rmdir(p.folder);
}

static void what_cannot_be_is_refused(void **state)
{
    char longest[200] = "/tmp/", first[100];
    struct place p;
    int file;

    (void)state;
    begin(&p, 16);
    memset(longest + 5, 'x', sizeof longest - 6);
    expect_refused(p.net, longest, -ENAMETOOLONG, "shorter");
    expect_refused(p.net, "/nowhere/at/all", -ENOENT, "/nowhere/at/all: no socket can be made there");
    file = open(p.path, O_CREAT | O_RDWR, 0600);
    assert_true(file >= 0);
    close(file);
    expect_refused(p.net, p.path, -EEXIST, "something else is there");
    assert_int_equal(unlink(p.path), 0);
    snprintf(first, sizeof first, "%s.new", p.path); /* somebody's own, and not to be lost */
    assert_true((file = open(first, O_CREAT | O_RDWR, 0600)) >= 0);
    close(file);
    expect_refused(p.net, p.path, -EEXIST, ".new");
    assert_int_equal(unlink(first), 0);
    expect_refused(NULL, p.path, -EINVAL, "rn_open");
    end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_get_it_whole),
        cmocka_unit_test(it_is_served_in_a_loop_of_ones_own),
        cmocka_unit_test(it_can_come_after_rn_fd),
        cmocka_unit_test(one_who_reads_nothing_is_let_go),
        cmocka_unit_test(a_fifth_reader_is_turned_away),
        cmocka_unit_test(one_who_talks_is_not_listened_to),
        cmocka_unit_test(the_file_is_for_its_owner),
        cmocka_unit_test(a_living_programs_file_is_left_alone),
        cmocka_unit_test(who_finds_no_descriptor_is_turned_away),
        cmocka_unit_test(a_dead_programs_file_is_replaced),
        cmocka_unit_test(only_the_own_file_is_removed),
        cmocka_unit_test(what_cannot_be_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
