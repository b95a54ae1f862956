/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A reader of rn_report's text (docs/report.md): each line's first word chooses what is printed of it, and a
 * line that is not known is passed over.
 *
 *      /run/runnel/PID.sock ... -> connect -> lines -> State Recv-Q Send-Q ..., a second line with the
 * figures
 *
 * A socket's file at which nobody answers was left behind by a program that was killed, and is taken away. Called
 * by runnel.c.
 */
#include "ss.h"

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_S = 5, STATES = 16 };

#define AT(field) offsetof(struct ss_options, field)

const struct option ss_rows[] = {
    {"[PID|PATH]", NULL, "whose: a process's number, or the path of its socket; unless said, of all that run",
     args_text, AT(whose), 0, 0},
    {"-s", NULL, "a summary: how many sockets in which state, what is in use, what was dropped", NULL,
     AT(summary), 0, 0},
    {0}};

/* A report as it is read. */
struct report {
    bool summary, ended;
    char owner[64]; /* PROGRAM/PID */
    int states;
    struct {
        char name[24];
        uint64_t count;
    } state[STATES];
};

/* ---- a line */

/* The value of that key in the line; "": it has none. Its end is a blank or the line's. */
static const char *value_of(const char *line, const char *key, int *len)
{
    size_t key_len = strlen(key);

    for (const char *at = strchr(line, ' '); at; at = strchr(at + 1, ' '))
        if (strncmp(at + 1, key, key_len) == 0 && at[1 + key_len] == '=') {
            *len = (int)strcspn(at + key_len + 2, " ");
            return at + key_len + 2;
        }
    *len = 0;
    return "";
}

static uint64_t number_of(const char *line, const char *key)
{
    int len;

    return strtoull(value_of(line, key, &len), NULL, 10);
}

/* The names that ss has for them. */
static void name_state(const char *line, char name[24])
{
    int len;
    const char *state = value_of(line, "state", &len);

    if (len == 11 && strncmp(state, "ESTABLISHED", 11) == 0)
        len = 5;
    else if (len == 12 && strncmp(state, "SYN-RECEIVED", 12) == 0)
        len = 8;
    else if (len == 6 && strncmp(state, "CLOSED", 6) == 0)
        state = "UNCONN";
    snprintf(name, 24, "%.*s", len, state);
}

static void print_if(const char *line, const char *key, const char *shown)
{
    uint64_t n = number_of(line, key);

    if (n)
        printf(" %s:%" PRIu64, shown, n);
}

/* The second line of a connection: what ss -i shows of it. */
static void print_figures(const char *line)
{
    uint64_t mss = number_of(line, "mss"), ssthresh = number_of(line, "ssthresh");
    int len;
    const char *word = value_of(line, "congestion", &len);

    printf("\t%s%s%s %.*s", number_of(line, "timestamps") ? " ts" : "",
           number_of(line, "sack") ? " sack" : "", number_of(line, "ecn") ? " ecn" : "", len, word);
    printf(" wscale:%" PRIu64 ",%" PRIu64 " rto:%.6g", number_of(line, "wscale_received"),
           number_of(line, "wscale_sent"), (double)number_of(line, "rto_us") / 1e3);
    if (number_of(line, "srtt_us"))
        printf(" rtt:%.6g/%.6g", (double)number_of(line, "srtt_us") / 1e3,
               (double)number_of(line, "rttvar_us") / 1e3);
    printf(" mss:%" PRIu64 " cwnd:%" PRIu64, mss, mss ? number_of(line, "cwnd") / mss : 0);
    if (ssthresh && ssthresh < UINT32_MAX / 2 && mss)
        printf(" ssthresh:%" PRIu64, ssthresh / mss);
    print_if(line, "unacked", "unacked");
    print_if(line, "unsent", "notsent");
    print_if(line, "retransmitted", "retrans");
    print_if(line, "retries", "backoff");
    print_if(line, "pipe", "pipe");
    printf(" snd_wnd:%" PRIu64 " rcv_limit:%" PRIu64 " snd_limit:%" PRIu64, number_of(line, "window"),
           number_of(line, "receive_limit"), number_of(line, "send_limit"));
    if (number_of(line, "rtt_min_us"))
        printf(" minrtt:%.6g", (double)number_of(line, "rtt_min_us") / 1e3);
    word = value_of(line, "limited_by", &len);
    printf(" limited_by:%.*s\n", len, word);
}

static void print_socket(const struct report *r, const char *line)
{
    char state[24];
    int protocol_len, local_len, peer_len;
    const char *protocol = value_of(line, "protocol", &protocol_len);
    const char *local = value_of(line, "local", &local_len), *peer = value_of(line, "peer", &peer_len);
    bool is_connection = number_of(line, "cwnd") > 0;

    name_state(line, state);
    if (peer_len == 1 && *peer == '-')
        peer = "*";
    printf("%-5.*s %-10s %-6" PRIu64 " %-6" PRIu64 " %24.*s %24.*s  %s\n", protocol_len, protocol, state,
           number_of(line, "unread"), number_of(line, "unsent") + number_of(line, "unacked"), local_len,
           local, peer_len, peer, r->owner);
    if (is_connection)
        print_figures(line);
}

/* ---- the summary */

static void count_socket(struct report *r, const char *line)
{
    char name[24];
    int i = 0;

    name_state(line, name);
    while (i < r->states && strcmp(r->state[i].name, name) != 0)
        i++;
    if (i == STATES)
        return;
    r->states += i == r->states;
    memcpy(r->state[i].name, name, sizeof name);
    r->state[i].count++;
}

static void print_device(const char *line)
{
    int kind_len, mac_len;
    const char *kind = value_of(line, "kind", &kind_len), *mac = value_of(line, "mac", &mac_len);

    printf("  device %" PRIu64 ": %.*s %.*s mtu %" PRIu64 ", received %" PRIu64 " frames, %" PRIu64
           " bytes, dropped %" PRIu64 "; sent %" PRIu64 " frames, %" PRIu64 " bytes, dropped %" PRIu64 "\n",
           number_of(line, "number"), kind_len, kind, mac_len, mac, number_of(line, "mtu"),
           number_of(line, "rx_frames"), number_of(line, "rx_bytes"), number_of(line, "rx_drops"),
           number_of(line, "tx_frames"), number_of(line, "tx_bytes"), number_of(line, "tx_drops"));
}

static void print_pool(const char *line)
{
    int len;
    const char *name = value_of(line, "name", &len);

    printf("  in use: %.*s %" PRIu64 "/%" PRIu64 ", at most %" PRIu64 ", full %" PRIu64 " times\n", len, name,
           number_of(line, "used"), number_of(line, "limit"), number_of(line, "peak"),
           number_of(line, "full"));
}

static void print_states(const struct report *r)
{
    printf("  sockets:");
    for (int i = 0; i < r->states; i++)
        printf("%s %s %" PRIu64, i ? "," : "", r->state[i].name, r->state[i].count);
    printf("%s\n", r->states ? "" : " none");
}

/* ---- a report */

static bool is_word(const char *line, const char *word)
{
    size_t len = strlen(word);

    return strncmp(line, word, len) == 0 && (line[len] == ' ' || !line[len]);
}

static void take_line(struct report *r, const char *line)
{
    int len, pid_len;
    const char *name = value_of(line, "program", &len), *pid = value_of(line, "pid", &pid_len);

    if (is_word(line, "runnel")) {
        snprintf(r->owner, sizeof r->owner, "%.*s/%.*s", len, name, pid_len, pid);
        if (r->summary)
            printf("%s\n", r->owner);
    } else if (is_word(line, "end")) {
        r->ended = true;
    } else if (is_word(line, "socket")) {
        r->summary ? count_socket(r, line) : print_socket(r, line);
    } else if (r->summary && is_word(line, "pool")) {
        print_pool(line);
    } else if (r->summary && is_word(line, "device")) {
        print_device(line);
    } else if (r->summary && (is_word(line, "drops") || is_word(line, "address") || is_word(line, "route"))) {
        printf("  %s\n", line);
    }
}

/* Connects to a report. NULL and errno. */
static FILE *dial(const char *path)
{
    struct timeval patience = {.tv_sec = PATIENCE_S};
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    FILE *file;
    int fd;

    if (snprintf(at.sun_path, sizeof at.sun_path, "%s", path) >= (int)sizeof at.sun_path)
        return errno = ENAMETOOLONG, NULL;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return NULL;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience); /* of connect, to one who is stopped */
    file = connect(fd, (struct sockaddr *)&at, sizeof at) == 0 ? fdopen(fd, "r") : NULL;
    if (!file)
        close(fd);
    return file;
}

/* Prints one. 0; -errno: nobody is there; 1: it was cut short. */
static int print_report(const char *path, bool summary)
{
    struct report r = {.summary = summary};
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    FILE *file = dial(path);

    if (!file)
        return -errno;
    while ((len = getline(&line, &room, file)) > 0) {
        line[len - 1] = 0;
        take_line(&r, line);
    }
    free(line);
    fclose(file);
    if (summary)
        print_states(&r);
    return r.ended ? 0 : 1;
}

static int complain(const char *program, const char *path, int result)
{
    if (result)
        fprintf(stderr, "%s: %s: %s\n", program, path,
                result > 0 ? "the report was cut short; its program does not serve it, or has ended"
                           : strerror(-result));
    return result ? ARGS_EXIT_WORLD : 0;
}

/* A socket of the default folder at which nobody answers, if the process that it is called after is no more. */
static void clear_away(const char *path)
{
    long pid = strtol(strrchr(path, '/') + 1, NULL, 10);
    struct stat s;

    if (pid > 0 && kill((pid_t)pid, 0) < 0 && errno == ESRCH && lstat(path, &s) == 0 && S_ISSOCK(s.st_mode))
        unlink(path);
}

int ss_run(const char *program, const struct ss_options *o)
{
    const char *top = geteuid() == 0 ? "/run" : getenv("XDG_RUNTIME_DIR");
    bool is_path = o->whose && strchr(o->whose, '/');
    char pattern[256];
    glob_t found;
    int status = 0;

    snprintf(pattern, sizeof pattern, "%s/runnel/%s.sock", top ? top : "/run", o->whose ? o->whose : "*");
    if (!o->summary)
        printf("%-5s %-10s %-6s %-6s %24s %24s  %s\n", "Netid", "State", "Recv-Q", "Send-Q",
               "Local Address:Port", "Peer Address:Port", "Process");
    if (o->whose) {
        const char *path = is_path ? o->whose : pattern;

        return complain(program, path, print_report(path, o->summary));
    }
    if (glob(pattern, 0, NULL, &found) != 0)
        return 0;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        int result = print_report(found.gl_pathv[i], o->summary);

        if (result == -ECONNREFUSED)
            clear_away(found.gl_pathv[i]);
        else
            status |= complain(program, found.gl_pathv[i], result);
    }
    globfree(&found);
    return status;
}
