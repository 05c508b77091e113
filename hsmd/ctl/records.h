#ifndef HSMD_CTL_RECORDS_H
#define HSMD_CTL_RECORDS_H
/* A device's last attempts and calls as JSON, for the vendor. */

#include <systemd/sd-bus.h>

#include "json.h"

/* Write the members "attempts" and "calls" into an object that is open, from the answers of GetAttempts and
 * GetCalls (hsmd/control.h). Instants are CLOCK_MONOTONIC of hsmd's host, in microseconds: good for
 * differences. Negative errno when an answer is not understood; what was written is well-formed all the same.
 */
int json_attempts(Json *j, sd_bus_message *reply);
int json_calls(Json *j, sd_bus_message *reply);

#endif
