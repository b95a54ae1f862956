/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A name in the file system is given to a socket only when it listens: it is bound and listens under another
 * name, which is then renamed. So a socket's file that nobody answers at is one that was left behind, always,
 * and may be replaced, which rename does in one step.
 *
 *      PATH.new: bind -> listen -> rename to PATH
 *
 * Called by run/report.c.
 */
#include "local.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 8, SWEEP = 256 /* files looked at */ };

static const char suffix[] = ".new";

/* What stands there: 0: nothing; 1: a socket's file; -EEXIST: something else, which is somebody's. */
static int look(const char *path)
{
    struct stat s;

    if (lstat(path, &s) < 0)
        return errno == ENOENT ? 0 : -errno;
    return S_ISSOCK(s.st_mode) ? 1 : -EEXIST;
}

/* A socket's file is free to be replaced: 0. */
static int look_for_others(const struct sockaddr_un *at)
{
    int error = look(at->sun_path), fd;

    if (error <= 0)
        return error;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    error =
        connect(fd, (const struct sockaddr *)at, sizeof *at) == 0 || errno == EAGAIN ? -EADDRINUSE : -errno;
    close(fd);
    return error == -ECONNREFUSED || error == -ENOENT ? 0 : error;
}

/* Binds, listens and shows itself. 0 or a negative errno. */
static int appear(int fd, const struct sockaddr_un *at, struct local_file *file)
{
    struct sockaddr_un first = *at;
    struct stat s;
    int error;

    memcpy(first.sun_path + strlen(first.sun_path), suffix, sizeof suffix);
    error = look(first.sun_path);
    if (error < 0)
        return error;
    unlink(first.sun_path); /* of one who ended in between */
    /* The file gets the socket's own mode, so that nobody else can connect in between. */
    if (fchmod(fd, S_IRUSR | S_IWUSR) < 0 || bind(fd, (struct sockaddr *)&first, sizeof first) < 0)
        return -errno;
    if (listen(fd, BACKLOG) < 0 || lstat(first.sun_path, &s) < 0 ||
        rename(first.sun_path, at->sun_path) < 0) {
        error = -errno;
        unlink(first.sun_path);
        return error;
    }
    *file = (struct local_file){.device = s.st_dev, .inode = s.st_ino};
    return 0;
}

int local_listen(const char *path, struct local_file *file)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd, error;

    if (strlen(path) + sizeof suffix > sizeof at.sun_path)
        return -ENAMETOOLONG;
    memcpy(at.sun_path, path, strlen(path));
    error = look_for_others(&at);
    if (error < 0)
        return error;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    error = appear(fd, &at, file);
    if (error < 0)
        close(fd);
    return error < 0 ? error : fd;
}

void local_remove(const char *path, const struct local_file *file)
{
    struct stat s;

    if (lstat(path, &s) == 0 && s.st_dev == file->device && s.st_ino == file->inode)
        unlink(path);
}

static int next(int listener)
{
    int fd;

    do
        fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    return fd < 0 ? -errno : fd;
}

int local_spare(int listener)
{
    return fcntl(listener, F_DUPFD_CLOEXEC, 0);
}

int local_accept(int listener, int *spare)
{
    int fd = next(listener);

    if ((fd != -EMFILE && fd != -ENFILE) || *spare < 0)
        return fd;
    close(*spare);
    fd = next(listener);
    if (fd >= 0) {
        close(fd);
        fd = -ECONNABORTED;
    }
    *spare = local_spare(listener);
    return fd;
}

int local_send(int fd, const void *data, size_t len)
{
    ssize_t n;

    do
        n = send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : (int)n;
}

int local_watch(int set, int fd)
{
    struct epoll_event what = {.events = EPOLLOUT}; /* what it says to us is not read */

    return epoll_ctl(set, EPOLL_CTL_ADD, fd, &what) < 0 ? -errno : 0;
}

int local_default_path(char *path, size_t size)
{
    const char *top = geteuid() == 0 ? "/run" : secure_getenv("XDG_RUNTIME_DIR");
    int len;

    if (!top || !*top)
        return -ENOENT;
    len = snprintf(path, size, "%s/runnel", top);
    if (len < 0 || (size_t)len >= size)
        return -ENAMETOOLONG;
    if (mkdir(path, S_IRWXU) < 0 && errno != EEXIST)
        return -errno;
    len = snprintf(path, size, "%s/runnel/%ld.sock", top, (long)getpid());
    return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : 0;
}

/* The file is called after a process that is no more. A process that cannot be seen from here may still serve. */
static bool is_of_the_dead(const char *name)
{
    char *rest;
    long pid = strtol(name, &rest, 10);

    return rest > name && (strcmp(rest, ".sock") == 0 || strcmp(rest, ".sock.new") == 0) && pid > 0 &&
           kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

void local_sweep(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int folder_len = (int)(strrchr(path, '/') - path);
    struct dirent *e;
    DIR *folder;

    snprintf(at.sun_path, sizeof at.sun_path, "%.*s", folder_len, path);
    folder = opendir(at.sun_path);
    if (!folder)
        return;
    for (int i = 0; i < SWEEP && (e = readdir(folder)) != NULL; i++) {
        int len = snprintf(at.sun_path, sizeof at.sun_path, "%.*s/%s", folder_len, path, e->d_name);

        if (len < (int)sizeof at.sun_path && is_of_the_dead(e->d_name) && look_for_others(&at) == 0)
            unlink(at.sun_path);
    }
    closedir(folder);
}
