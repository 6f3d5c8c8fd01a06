/* The disk and the clock of one process, in a test's hands: to be preloaded.
 *
 * Files below the directory $FAULTS_BELOW are on a disk that fills up, fails and forgets; the rest is left alone. What
 * is to go wrong stands in the file $FAULTS_CONTROL (struct control, see disk.py), mapped, so that it can be changed
 * while the process runs. What is done to such files goes to a file in the directory $FAULTS_TRACE, with all data that was
 * written: so a test can say what would be left of a file after a loss of power, when only what was synced is on the
 * disk. Each process has a trace of its own, named so that they sort by when they began: one that is killed may leave
 * half an entry, and nothing may come after that.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct control {
    int64_t room;       /* bytes that files may still grow by; below 0: no bound */
    int64_t write_errno;/* what writes fail with; 0: they do not */
    int64_t sync_errno;
    int64_t sync_fails; /* so many syncs fail; below 0: all */
    int64_t sync_ms;    /* how long a sync takes */
    int64_t read_errno;
    int64_t clock_ms;   /* added to the wall clock */
};

struct entry { /* of the trace; followed by the path, and by the data of a write */
    int64_t op, offset, length, path;
};
enum { WRITE = 1, TRUNCATE = 2, SYNC = 3, SYNC_FAILED = 4, UNLINK = 5 };

static struct control *control;
static struct control none = {.room = -1};
static int trace = -1;
static const char *traces;
static char below[PATH_MAX];
static size_t below_length;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
    control = &none;
    const char *dir = getenv("FAULTS_BELOW"), *where = getenv("FAULTS_CONTROL"), *told = getenv("FAULTS_TRACE");
    if (!dir || !where || !told) return;
    snprintf(below, sizeof below, "%s/", dir);
    below_length = strlen(below);
    int file = open(where, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *mapped = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (mapped != MAP_FAILED) control = mapped;
    traces = told;
}

static void begin_trace(void) {
    char name[PATH_MAX + 64];
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(name, sizeof name, "%s/%010lld.%09ld.%d", traces, (long long)now.tv_sec, now.tv_nsec, (int)getpid());
    trace = open(name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
}

/* Say whether a descriptor is of a file on the disk that fails, and which. */
static int ours(int file, char *path) {
    char link[64];
    if (control == &none) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < (ssize_t)below_length) return 0;
    path[length] = 0;
    return memcmp(path, below, below_length) == 0;
}

static void note(int64_t op, const char *path, int64_t offset, const void *data, int64_t length) {
    if (trace < 0) begin_trace();
    const char *name = path + below_length;
    struct entry entry = {op, offset, length, (int64_t)strlen(name)};
    struct iovec parts[] = {
        {&entry, sizeof entry}, {(void *)name, strlen(name)}, {(void *)data, data ? (size_t)length : 0}};
    if (writev(trace, parts, 3) < 0) abort();
}

static int64_t size_of(int file) {
    struct stat found;
    return fstat(file, &found) ? 0 : found.st_size;
}

/* Take room for a file that is to reach to `end`; say whether there is so much. */
static int takes_room(int file, int64_t end) {
    int64_t more = end - size_of(file);
    if (more <= 0 || control->room < 0) return 1;
    if (more > control->room) return 0;
    control->room -= more;
    return 1;
}

static void gives_room(int64_t less) {
    if (control->room >= 0 && less > 0) control->room += less;
}

static int refused(int error) {
    errno = error;
    return -1;
}

typedef ssize_t (*writes)(int, const void *, size_t, int64_t);

/* `offset`: where it is written; below 0: where the file stands. */
static ssize_t written(int file, const void *data, size_t length, int64_t offset, writes go) {
    char path[PATH_MAX];
    if (!ours(file, path)) return go(file, data, length, offset);
    if (control->write_errno) return refused((int)control->write_errno);
    pthread_mutex_lock(&lock);
    int64_t at = offset >= 0 ? offset : fcntl(file, F_GETFL) & O_APPEND ? size_of(file) : lseek(file, 0, SEEK_CUR);
    ssize_t done = takes_room(file, at + (int64_t)length) ? go(file, data, length, offset) : refused(ENOSPC);
    int error = errno;
    if (done > 0) note(WRITE, path, at, data, done);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

static ssize_t go_write(int file, const void *data, size_t length, int64_t offset) {
    REAL(write);
    (void)offset;
    return real(file, data, length);
}

static ssize_t go_pwrite(int file, const void *data, size_t length, int64_t offset) {
    REAL(pwrite64);
    return real(file, data, length, offset);
}

ssize_t write(int file, const void *data, size_t length) { return written(file, data, length, -1, go_write); }
ssize_t pwrite(int file, const void *data, size_t length, off_t offset) {
    return written(file, data, length, offset, go_pwrite);
}
ssize_t pwrite64(int file, const void *data, size_t length, off64_t offset) {
    return written(file, data, length, offset, go_pwrite);
}

static int synced(int file, int (*go)(int)) {
    char path[PATH_MAX];
    if (!ours(file, path)) return go(file);
    if (control->sync_ms) {
        struct timespec pause = {control->sync_ms / 1000, control->sync_ms % 1000 * 1000000};
        nanosleep(&pause, NULL);
    }
    pthread_mutex_lock(&lock);
    int fails = control->sync_errno && control->sync_fails;
    if (fails && control->sync_fails > 0) control->sync_fails--;
    int done = fails ? refused((int)control->sync_errno) : go(file);
    int error = errno;
    note(done ? SYNC_FAILED : SYNC, path, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

static int go_fsync(int file) {
    REAL(fsync);
    return real(file);
}

static int go_fdatasync(int file) {
    REAL(fdatasync);
    return real(file);
}

int fsync(int file) { return synced(file, go_fsync); }
int fdatasync(int file) { return synced(file, go_fdatasync); }

static int cut(int file, off64_t length) {
    REAL(ftruncate64);
    char path[PATH_MAX];
    if (!ours(file, path)) return real(file, length);
    pthread_mutex_lock(&lock);
    gives_room(size_of(file) - length);
    int done = real(file, length);
    if (!done) note(TRUNCATE, path, length, NULL, 0);
    pthread_mutex_unlock(&lock);
    return done;
}

int ftruncate(int file, off_t length) { return cut(file, length); }
int ftruncate64(int file, off64_t length) { return cut(file, length); }

static int allocate(int file, off64_t offset, off64_t length) {
    REAL(posix_fallocate64);
    char path[PATH_MAX];
    if (!ours(file, path)) return real(file, offset, length);
    pthread_mutex_lock(&lock);
    int error = takes_room(file, offset + length) ? real(file, offset, length) : ENOSPC;
    pthread_mutex_unlock(&lock);
    return error;
}

int posix_fallocate(int file, off_t offset, off_t length) { return allocate(file, offset, length); }
int posix_fallocate64(int file, off64_t offset, off64_t length) { return allocate(file, offset, length); }

int unlink(const char *path) {
    REAL(unlink);
    struct stat found;
    if (control != &none && strncmp(path, below, below_length) == 0 && !stat(path, &found)) {
        pthread_mutex_lock(&lock);
        gives_room(found.st_size);
        note(UNLINK, path, 0, NULL, 0);
        pthread_mutex_unlock(&lock);
    }
    return real(path);
}

static ssize_t fetched(int file, void *data, size_t length, off64_t offset) {
    REAL(pread64);
    char path[PATH_MAX];
    if (control->read_errno && ours(file, path)) return refused((int)control->read_errno);
    return real(file, data, length, offset);
}

ssize_t pread(int file, void *data, size_t length, off_t offset) { return fetched(file, data, length, offset); }
ssize_t pread64(int file, void *data, size_t length, off64_t offset) { return fetched(file, data, length, offset); }

int clock_gettime(clockid_t clock, struct timespec *now) {
    REAL(clock_gettime);
    int done = real(clock, now);
    if (!done && clock == CLOCK_REALTIME && control) now->tv_sec += control->clock_ms / 1000;
    return done;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    REAL(gettimeofday);
    int done = real(now, zone);
    if (!done && control) now->tv_sec += control->clock_ms / 1000;
    return done;
}

time_t time(time_t *where) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (where) *where = now.tv_sec;
    return now.tv_sec;
}
