/*
 * Preloaded into a Postgres server of the bench: every fsync and fdatasync takes FSYNC_DELAY_MICROS longer, as on a disk
 * that answers later. Nothing is left out: the real call follows the wait. fsync-delay.ts builds it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

typedef int (*sync_call)(int);

static void wait_first(void)
{
    const char *text = getenv("FSYNC_DELAY_MICROS");
    long micros = text == NULL ? 0 : atol(text);
    struct timespec left = {micros / 1000000, (micros % 1000000) * 1000};

    /* Postgres gets signals all the time: an interrupted wait goes on with what is left of it. */
    while (nanosleep(&left, &left) == -1 && errno == EINTR)
        ;
}

int fsync(int descriptor)
{
    static sync_call real;

    if (real == NULL)
        real = (sync_call)dlsym(RTLD_NEXT, "fsync");
    wait_first();
    return real(descriptor);
}

int fdatasync(int descriptor)
{
    static sync_call real;

    if (real == NULL)
        real = (sync_call)dlsym(RTLD_NEXT, "fdatasync");
    wait_first();
    return real(descriptor);
}
