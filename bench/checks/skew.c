// Preloaded into a browser: its wall clock is SKEW_MS ahead, or behind. Clocks that measure durations stay as they are.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static const long NS_PER_S = 1000000000;

static long long skew_ms(void) {
  const char *text = getenv("SKEW_MS");
  return text ? atoll(text) : 0;
}

static void shift(struct timespec *time) {
  static long long skew;
  static int known;
  if (!known) {
    skew = skew_ms();
    known = 1;
  }
  time->tv_sec += skew / 1000;
  time->tv_nsec += skew % 1000 * 1000000;
  // The remainder of a negative skew is negative, too.
  if (time->tv_nsec < 0) {
    time->tv_nsec += NS_PER_S;
    time->tv_sec -= 1;
  } else if (time->tv_nsec >= NS_PER_S) {
    time->tv_nsec -= NS_PER_S;
    time->tv_sec += 1;
  }
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  // Libraries ask for the time before any constructor of this one would have run.
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(clock, time);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) shift(time);
  return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  (void)zone;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *seconds) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (seconds) *seconds = now.tv_sec;
  return now.tv_sec;
}
