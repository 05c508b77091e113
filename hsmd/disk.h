#ifndef HSMD_DISK_H
#define HSMD_DISK_H
/* The disk has a thread of its own: a stalled disk delays neither a probe, an alarm nor an SNMP answer. A job
 * runs in that thread, one after the other; its completion runs on the loop. */

#include <systemd/sd-event.h>

#include "macro.h"

typedef struct Disk Disk;

/* Runs in the disk's thread: may block, touches nothing but the job's own data. */
typedef void (*DiskWork)(void *job);
/* Runs on the loop when the work is done, or in disk_free (cancelled is true and the work may not have run):
 * frees the job in any case. */
typedef void (*DiskDone)(void *job, bool cancelled);

int disk_new(sd_event *event, Disk **ret);
/* Waits for the job in hand at most `grace`; if the disk stalls longer the thread is left behind with its
 * job. */
Disk *disk_free(Disk *disk, usec_t grace);

/* Takes over the job, also when it fails (done is then called with cancelled). */
int disk_submit(Disk *disk, void *job, DiskWork work, DiskDone done);

/* Writes a small file durably: a temporary file, fsync, rename, fsync of the directory. Mode 0600. Negative
 * errno. */
int write_file_durably(const char *path, const void *content, size_t size);

/* Reads a small file whole into a buffer of size octets, terminated by a zero octet. -EFBIG if it does not
 * fit. */
int read_small_file(const char *path, char *buffer, size_t size, size_t *ret_size);

#endif
