/* SPDX-License-Identifier: Apache-2.0 */
/* slow-sync.c: preloaded into a program, adds LTHUB_SYNC_MS (default 5) milliseconds to every fsync() and fdatasync() (P8). */
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void
wait_a_little(void)
{
    const char *text = getenv("LTHUB_SYNC_MS");
    struct timespec time = { 0, (text == NULL ? 5 : atol(text)) * 1000000 };

    nanosleep(&time, NULL);
}

int
fsync(int fd)
{
    int (*real)(int) = (int (*)(int)) dlsym(RTLD_NEXT, "fsync");

    wait_a_little();
    return real(fd);
}

int
fdatasync(int fd)
{
    int (*real)(int) = (int (*)(int)) dlsym(RTLD_NEXT, "fdatasync");

    wait_a_little();
    return real(fd);
}
