/* A disk that fails where a test says so. Preloaded into the program under test, it counts what is written to files
 * in one folder, and at the N-th operation kills the process, fails it, or takes the power away. It is told by the
 * environment:
 *
 *   FAULT_FOLDER  absolute path; files elsewhere, sockets and the terminal are left alone
 *   FAULT_HOW     kill, torn, power, enospc, eio, short
 *   FAULT_AT      N, from 1; 0 or none: only count
 *   FAULT_ON      fails every operation from the N-th on, too
 *   FAULT_SEED    of what survives when the power goes
 *   FAULT_REPORT  file that gets "operations writes syncs" when the program ends by itself
 *
 * When the power goes, of each file a random part of what was written since its last fsync is there, in pieces of
 * 512 bytes, and the rest is as it was before: a disk owes no more, and promises no order. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define SECTOR 512

enum how { COUNT, KILL, TORN, POWER, FULL, BROKEN, SHORT };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char folder[PATH_MAX];
static size_t folder_length;
static enum how how;
static long fault_at, operations, writes, syncs;
static int fails_on;
static uint64_t state;

/* A change that no fsync has followed yet, in the order in which they were made. */
struct change {
    struct change *next, *before;
    dev_t device;
    ino_t inode;
    char *path;
    off_t offset, old_size, new_size; /* new_size < 0: a write; else a truncation */
    size_t length, old_length;
    unsigned char *bytes, *old;
};
static struct change *first, *last;

static void begin(void) {
    const char *names[] = {"count", "kill", "torn", "power", "enospc", "eio", "short"};
    const char *value = getenv("FAULT_FOLDER");
    if (value && strlen(value) < sizeof folder) strcpy(folder, value);
    folder_length = strlen(folder);
    if ((value = getenv("FAULT_HOW")))
        for (int i = 0; i < 7; i++)
            if (!strcmp(value, names[i])) how = i;
    if ((value = getenv("FAULT_AT"))) fault_at = atol(value);
    fails_on = getenv("FAULT_ON") != NULL;
    if ((value = getenv("FAULT_SEED"))) state = strtoull(value, NULL, 10);
}

static uint64_t random_bits(void) { /* splitmix64 */
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static int is_inside(const char *path) {
    return folder_length && !strncmp(path, folder, folder_length) &&
           (path[folder_length] == '/' || path[folder_length] == 0);
}

/* Whether a descriptor is of a file in the folder, or the folder itself. */
static int is_tracked(int fd, char *path) {
    char name[40];
    pthread_once(&once, begin);
    if (!folder_length) return 0;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, path, PATH_MAX - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return is_inside(path);
}

static _Noreturn void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

static void note_change(int fd, const char *path, const void *bytes, size_t length, off_t offset, off_t new_size) {
    struct stat file;
    if (how != POWER || fstat(fd, &file) || !S_ISREG(file.st_mode)) return;
    struct change *c = calloc(1, sizeof *c);
    c->device = file.st_dev, c->inode = file.st_ino, c->path = strdup(path);
    c->old_size = file.st_size, c->new_size = new_size;
    if (new_size >= 0) { /* what a truncation cuts off */
        offset = new_size;
        length = file.st_size > new_size ? file.st_size - new_size : 0;
    } else {
        c->bytes = malloc(length);
        memcpy(c->bytes, bytes, length);
    }
    c->offset = offset, c->length = length;
    c->old = malloc(length + 1);
    ssize_t old = length ? pread(fd, c->old, length, offset) : 0;
    c->old_length = old > 0 ? old : 0;
    c->before = last;
    if (last) last->next = c; else first = c;
    last = c;
}

static void drop(struct change *c) {
    if (c->before) c->before->next = c->next; else first = c->next;
    if (c->next) c->next->before = c->before; else last = c->before;
    free(c->path), free(c->bytes), free(c->old), free(c);
}

static void note_sync(int fd) {
    struct stat file;
    if (how != POWER || fstat(fd, &file)) return;
    for (struct change *c = first, *next; c; c = next) {
        next = c->next;
        if (c->device == file.st_dev && c->inode == file.st_ino) drop(c);
    }
}

static int open_again(const struct change *c) {
    struct stat file;
    int fd = open(c->path, O_RDWR);
    /* Another file has its name by now, or none: what became of this one nobody will see. */
    if (fd >= 0 && (fstat(fd, &file) || file.st_ino != c->inode)) close(fd), fd = -1;
    return fd;
}

static void put(int fd, const void *bytes, size_t length, off_t offset) {
    if (length && syscall(SYS_pwrite64, fd, bytes, length, offset) != (ssize_t)length) abort();
}

static void cut(int fd, off_t size) {
    if (syscall(SYS_ftruncate, fd, size)) abort();
}

/* Everything goes back to what was synced, then a part of what was not is done again. */
static void lose_power(void) {
    static const unsigned survives[] = {0, 16, 128, 240, 256};
    unsigned part = survives[random_bits() % 5];
    for (struct change *c = last; c; c = c->before) {
        int fd = open_again(c);
        if (fd < 0) continue;
        put(fd, c->old, c->old_length, c->offset);
        cut(fd, c->old_size);
        close(fd);
    }
    for (struct change *c = first; c; c = c->next) {
        int fd = open_again(c);
        if (fd < 0) continue;
        if (c->new_size >= 0) {
            if (random_bits() % 256 < part) cut(fd, c->new_size);
        } else
            for (size_t from = 0; from < c->length;) {
                size_t to = from + SECTOR - (c->offset + from) % SECTOR;
                if (to > c->length) to = c->length;
                if (random_bits() % 256 < part) put(fd, c->bytes + from, to - from, c->offset + from);
                from = to;
            }
        close(fd);
    }
}

/* Counts an operation, and says whether it is to fail: 0, or an errno; -1 for a write that stops halfway. */
static int next_operation(int is_write) {
    long number = ++operations;
    if (!fault_at || number < fault_at) return 0;
    if (how == SHORT) {
        if (number == fault_at && is_write) return -1;
        return fails_on || number <= fault_at + 1 ? ENOSPC : 0;
    }
    if (number > fault_at && !fails_on) return 0;
    switch (how) {
    case KILL: die();
    case TORN: if (is_write) return -1; die();
    case POWER: lose_power(); die();
    case FULL: return ENOSPC;
    case BROKEN: return EIO;
    default: return 0;
    }
}

static ssize_t do_write(int fd, const void *bytes, size_t length, off_t offset, int at_offset) {
    return at_offset ? syscall(SYS_pwrite64, fd, bytes, length, offset) : syscall(SYS_write, fd, bytes, length);
}

static ssize_t any_write(int fd, const void *bytes, size_t length, off_t offset, int at_offset) {
    char path[PATH_MAX];
    if (!is_tracked(fd, path)) return do_write(fd, bytes, length, offset, at_offset);
    pthread_mutex_lock(&lock);
    int fault = next_operation(1);
    ssize_t written = -1;
    if (fault > 0)
        errno = fault;
    else {
        if (fault < 0 && length > 1) length /= 2;
        writes++;
        note_change(fd, path, bytes, length, at_offset ? offset : lseek(fd, 0, SEEK_CUR), -1);
        written = do_write(fd, bytes, length, offset, at_offset);
        if (fault < 0 && how == TORN) die();
    }
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return written;
}

ssize_t write(int fd, const void *bytes, size_t length) { return any_write(fd, bytes, length, 0, 0); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return any_write(fd, bytes, length, at, 1); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t at) { return any_write(fd, bytes, length, at, 1); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
    char path[PATH_MAX];
    if (!is_tracked(fd, path)) return syscall(SYS_writev, fd, parts, count);
    ssize_t written = 0;
    for (int i = 0; i < count; i++) {
        ssize_t now = any_write(fd, parts[i].iov_base, parts[i].iov_len, 0, 0);
        if (now < 0) return written ? written : now;
        written += now;
        if ((size_t)now < parts[i].iov_len) break;
    }
    return written;
}

static int any_sync(int fd, long call) {
    char path[PATH_MAX];
    if (!is_tracked(fd, path)) return syscall(call, fd);
    pthread_mutex_lock(&lock);
    int fault = next_operation(0), done = -1;
    if (fault)
        errno = fault;
    else if (!(done = syscall(call, fd))) {
        syncs++;
        note_sync(fd);
    }
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

int fsync(int fd) { return any_sync(fd, SYS_fsync); }
int fdatasync(int fd) { return any_sync(fd, SYS_fdatasync); }

static int any_truncate(int fd, off_t size) {
    char path[PATH_MAX];
    if (!is_tracked(fd, path)) return syscall(SYS_ftruncate, fd, size);
    pthread_mutex_lock(&lock);
    int fault = next_operation(0), done = -1;
    if (fault)
        errno = fault;
    else {
        note_change(fd, path, NULL, 0, 0, size);
        done = syscall(SYS_ftruncate, fd, size);
    }
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

int ftruncate(int fd, off_t size) { return any_truncate(fd, size); }
int ftruncate64(int fd, off_t size) { return any_truncate(fd, size); }

/* Of names only the counting: SQLite syncs the folder itself where it needs to. */
static int name_fails(const char *path) {
    pthread_once(&once, begin);
    if (!is_inside(path)) return 0;
    pthread_mutex_lock(&lock);
    int fault = next_operation(0);
    pthread_mutex_unlock(&lock);
    if (fault) errno = fault;
    return fault != 0;
}

int unlink(const char *path) { return name_fails(path) ? -1 : syscall(SYS_unlinkat, AT_FDCWD, path, 0); }
int rename(const char *from, const char *to) {
    return name_fails(to) ? -1 : syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

__attribute__((destructor)) static void report(void) {
    const char *name = getenv("FAULT_REPORT");
    FILE *file = name ? fopen(name, "w") : NULL;
    if (!file) return;
    fprintf(file, "%ld %ld %ld\n", operations, writes, syncs);
    fclose(file);
}
