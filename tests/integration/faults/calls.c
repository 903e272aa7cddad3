/* Counts the calls by which a process changes files below a folder, and at one of them kills it or fails the call.
 *
 * Loaded before all other libraries, so that it sees Python, Arrow and DuckDB alike:
 *     cc -shared -fPIC -o calls.so calls.c -ldl;  LD_PRELOAD=./calls.so python3 ...
 * `calls_arm(root, at, error)`: at the call number `at` below `root` the call fails with the errno `error`; where that is
 * 0 the process is killed before it, or in the middle of it where it writes. `calls_seen` gives a letter for each call.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MOST = 1 << 20 };
static char root[PATH_MAX], seen[MOST + 1];
static long deadly;
static int fatal;
static atomic_long count;

void calls_arm(const char *below, long at, int error) {
    snprintf(root, sizeof root, "%s", below);
    deadly = at, fatal = error, atomic_store(&count, 0);
}

const char *calls_seen(void) { root[0] = 0; return seen; }

static int below(int folder, const char *path) {
    char full[PATH_MAX * 2], link[64];
    if (!root[0] || !path) return 0;
    if (path[0] != '/') {
        ssize_t size = 0;
        if (folder == AT_FDCWD) size = getcwd(full, PATH_MAX) ? (ssize_t)strlen(full) : 0;
        else {
            snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
            size = readlink(link, full, PATH_MAX);
        }
        if (size <= 0) return 0;
        snprintf(full + size, sizeof full - size, "/%s", path);
        path = full;
    }
    return !strncmp(path, root, strlen(root));
}

static int held(int file) {
    char link[64], full[PATH_MAX];
    int kept = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = root[0] ? readlink(link, full, sizeof full - 1) : 0;
    errno = kept;
    if (size <= 0) return 0;
    full[size] = 0;
    return !strncmp(full, root, strlen(root));
}

/* Whether this call is the one. */
static int is_it(char kind) {
    long number = atomic_fetch_add(&count, 1) + 1;
    if (number <= MOST) seen[number - 1] = kind;
    return number == deadly;
}

static void die(void) { kill(getpid(), SIGKILL); for (;;) pause(); }

/* Whether the call fails; it does not come back where it is deadly. */
static int fails(int is_ours, char kind) {
    if (!is_ours || !is_it(kind)) return 0;
    if (!fatal) die();
    errno = fatal;
    return 1;
}

#define REAL(type, name) static type (*real)(); if (!real) real = (type (*)())dlsym(RTLD_NEXT, name)
#define OPEN(name, declared, folder, path, ...) \
    int name declared { \
        REAL(int, #name); \
        int mode = 0; \
        if (flags & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, int); va_end(rest); } \
        char kind = flags & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR) ? 'o' : 'r'; \
        if (fails(below(folder, path), kind)) return -1; \
        return real(__VA_ARGS__, mode); \
    }
OPEN(open, (const char *path, int flags, ...), AT_FDCWD, path, path, flags)
OPEN(open64, (const char *path, int flags, ...), AT_FDCWD, path, path, flags)
OPEN(openat, (int folder, const char *path, int flags, ...), folder, path, folder, path, flags)
OPEN(openat64, (int folder, const char *path, int flags, ...), folder, path, folder, path, flags)

#define WRITE(name, declared, file, size, whole, half) \
    ssize_t name declared { \
        REAL(ssize_t, #name); \
        if (held(file) && is_it('w')) { \
            if (fatal) { errno = fatal; return -1; } \
            if ((size) > 1) half; \
            die(); \
        } \
        return whole; \
    }
WRITE(write, (int file, const void *data, size_t size), file, size, real(file, data, size), real(file, data, size / 2))
WRITE(pwrite, (int file, const void *data, size_t size, off_t at), file, size, real(file, data, size, at), real(file, data, size / 2, at))
WRITE(pwrite64, (int file, const void *data, size_t size, off64_t at), file, size, real(file, data, size, at), real(file, data, size / 2, at))
WRITE(writev, (int file, const struct iovec *parts, int size), file, size, real(file, parts, size), real(file, parts, size / 2))
WRITE(sendfile, (int file, int from, off_t *at, size_t size), file, size, real(file, from, at, size), real(file, from, at, size / 2))
WRITE(sendfile64, (int file, int from, off64_t *at, size_t size), file, size, real(file, from, at, size), real(file, from, at, size / 2))
WRITE(copy_file_range, (int from, off64_t *start, int file, off64_t *at, size_t size, unsigned flags), file, size, real(from, start, file, at, size, flags), real(from, start, file, at, size / 2, flags))

#define PLAIN(name, kind, is_ours, declared, ...) \
    int name declared { REAL(int, #name); return fails(is_ours, kind) ? -1 : real(__VA_ARGS__); }
PLAIN(fsync, 's', held(file), (int file), file)
PLAIN(fdatasync, 's', held(file), (int file), file)
PLAIN(ftruncate, 't', held(file), (int file, off_t size), file, size)
PLAIN(ftruncate64, 't', held(file), (int file, off64_t size), file, size)
PLAIN(fchmod, 'p', held(file), (int file, mode_t mode), file, mode)
PLAIN(rename, 'm', below(AT_FDCWD, new), (const char *old, const char *new), old, new)
PLAIN(renameat, 'm', below(to, new), (int from, const char *old, int to, const char *new), from, old, to, new)
PLAIN(link, 'l', below(AT_FDCWD, new), (const char *old, const char *new), old, new)
PLAIN(linkat, 'l', below(to, new), (int from, const char *old, int to, const char *new, int flags), from, old, to, new, flags)
PLAIN(unlink, 'u', below(AT_FDCWD, path), (const char *path), path)
PLAIN(unlinkat, 'u', below(folder, path), (int folder, const char *path, int flags), folder, path, flags)
PLAIN(rmdir, 'u', below(AT_FDCWD, path), (const char *path), path)
PLAIN(mkdir, 'd', below(AT_FDCWD, path), (const char *path, mode_t mode), path, mode)
PLAIN(mkdirat, 'd', below(folder, path), (int folder, const char *path, mode_t mode), folder, path, mode)
