#ifndef HSMD_CTL_WHEN_H
#define HSMD_CTL_WHEN_H
/* Instants as people write and read them, in this host's time zone. */

#include "options.h"

/* "2026-11-24 10:00", "2026-11-24 10:00:30", "2026-11-24T10:00", "2026-11-24" (its beginning), "10:00"
 * (today), "now", "today", "yesterday", "tomorrow" (each may have a time: "tomorrow 8:00"), "-90s", "-5m",
 * "-2h", "-3d",
 * "-2w" and "+2h" (from now), "@1795485600" (seconds since 1970, UTC). now and *ret are CLOCK_REALTIME,
 * microseconds. -EINVAL: it is none of these, or there is no such day or time. */
int when_parse(const char *text, usec_t now, usec_t *ret);

/* Likewise; when it is not understood, says so with what would be right. option: "--since". */
ExitCode when_take(const Options *o, const char *option, const char *text, usec_t now, usec_t *ret);

/* "2026-11-24 10:00:03" of CLOCK_REALTIME, local time. */
#define WHEN_SIZE 32
void when_text(usec_t when, char dst[static WHEN_SIZE]);

#endif
