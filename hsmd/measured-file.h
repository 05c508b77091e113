#ifndef HSMD_MEASURED_FILE_H
#define HSMD_MEASURED_FILE_H
/* STATE/measured/DEVICE: what bursts measured, a line a mechanism, so that a restart forgets nothing. All of
 * it happens in the disk's thread; a file that cannot be read is as good as none and is written anew at the
 * next measurement. */

#include "disk.h"
#include "measure.h"

typedef struct MeasuredRead MeasuredRead;

/* On the loop: the lines that were read, in the file's order. */
typedef void (*MeasuredDone)(const Measured *measured, size_t n, void *userdata);

int measured_read(Disk *disk, const char *state_directory, const char *device, MeasuredDone done,
        void *userdata, MeasuredRead **ret);
/* The answer is not wanted any more. */
void measured_drop(MeasuredRead *read);

int measured_write(
        Disk *disk, const char *state_directory, const char *device, const Measured *measured, size_t n);

#endif
