#ifndef HSMD_NOTIFY_H
#define HSMD_NOTIFY_H
/* hsmd-snmp notify: the worker that sends notifications to their receivers.
 *
 * One thread, one loop, no call that waits. It is told receivers, secrets and notifications over fd
 * (protocol.h, MSG_NOTIFY_*) and nothing else; it reads no file. */

#include "notify-text.h"

/* Runs until MSG_CLOSE or the end of the stream. gb18030 is notify_text_open's, and remains the caller's. 0,
 * or a negative errno if hsmd said what cannot be or the worker could not be set up. */
int notify_main(int fd, iconv_t gb18030);

#endif
