#ifndef HSMD_PIN_RETRY_H
#define HSMD_PIN_RETRY_H
/* An operator's word that a blocked PIN may be sent once more. */

#include "manager.h"

/* Allows exactly one more attempt on that device with its present PIN, whatever the notes of it and of its
 * pool say, and makes it at once. by: who says so, as stated. -ENOENT (no such device), or 0, -EBUSY or
 * -EPERM with words for the operator in *ret_message, which the caller frees (NULL without memory). */
int pin_retry(Manager *manager, const char *device, const char *by, char **ret_message);

#endif
