// A disk that fails, for LD_PRELOAD: while a file of the name "read", "write" or "sync" stands in the folder EIO_FOLDER,
// such operations on the file EIO_FILE fail with EIO, in whatever way the server asks for them.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/aio_abi.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef long (*SystemCall)(long, ...);

static long call(long number, long a, long b, long c, long d, long e, long f) {
    static SystemCall real;
    if (real == NULL) real = (SystemCall)dlsym(RTLD_NEXT, "syscall");
    return real(number, a, b, c, d, e, f);
}

static int asked(const char* what) {
    const char* folder = getenv("EIO_FOLDER");
    char path[4096];
    if (folder == NULL) return 0;
    snprintf(path, sizeof(path), "%s/%s", folder, what);
    const int before = errno;
    const int there = access(path, F_OK) == 0;
    errno = before;
    return there;
}

static int fails(const char* what, int descriptor) {
    const char* file = getenv("EIO_FILE");
    struct stat wanted, is;
    if (file == NULL || !asked(what)) return 0;
    if (stat(file, &wanted) != 0 || fstat(descriptor, &is) != 0) return 0;
    if (wanted.st_dev != is.st_dev || wanted.st_ino != is.st_ino) return 0;
    errno = EIO;
    return 1;
}

ssize_t pread(int descriptor, void* into, size_t size, off_t offset) {
    if (fails("read", descriptor)) return -1;
    return call(SYS_pread64, descriptor, (long)into, (long)size, offset, 0, 0);
}
ssize_t pread64(int descriptor, void* into, size_t size, off_t offset) { return pread(descriptor, into, size, offset); }

ssize_t pwrite(int descriptor, const void* from, size_t size, off_t offset) {
    if (fails("write", descriptor)) return -1;
    return call(SYS_pwrite64, descriptor, (long)from, (long)size, offset, 0, 0);
}
ssize_t pwrite64(int descriptor, const void* from, size_t size, off_t offset) {
    return pwrite(descriptor, from, size, offset);
}

int fdatasync(int descriptor) {
    if (fails("sync", descriptor)) return -1;
    return (int)call(SYS_fdatasync, descriptor, 0, 0, 0, 0, 0);
}
int fsync(int descriptor) {
    if (fails("sync", descriptor)) return -1;
    return (int)call(SYS_fsync, descriptor, 0, 0, 0, 0, 0);
}

// The kernel's queue carries reads of devices and nothing else.
long syscall(long number, ...) {
    va_list list;
    va_start(list, number);
    long with[6];
    for (int i = 0; i < 6; ++i) with[i] = va_arg(list, long);
    va_end(list);
    const long result = call(number, with[0], with[1], with[2], with[3], with[4], with[5]);
    if (number == SYS_io_getevents && result > 0 && asked("read")) {
        struct io_event* events = (struct io_event*)with[3];
        for (long i = 0; i < result; ++i) events[i].res = -EIO;
    }
    return result;
}
