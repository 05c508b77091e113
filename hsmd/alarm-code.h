#ifndef HSMD_ALARM_CODE_H
#define HSMD_ALARM_CODE_H
/* Codes of alarms: stable words that name the journal catalog's entry and the chapter of the operations
 * handbook too. What is found has its Reason as code ("key-missing"); these are the others. */

#include "names.h"

typedef enum AlarmCode {
        ALARM_DEVICE_DOWN = 101,
        ALARM_DEVICE_UNKNOWN,
        ALARM_LAST = ALARM_DEVICE_UNKNOWN,
} AlarmCode;

/* "device-down", "key-missing". */
void alarm_code_word(uint32_t code, char *dst, size_t size);
/* 0: no such code. */
uint32_t alarm_code_of(const char *word);

/* Of a finding by itself; a service that suffers makes it worse. */
Severity alarm_code_severity(uint32_t code);

/* critical is worst; of severities that can be compared. */
Severity severity_worse(Severity a, Severity b);

/* A reason that a sensor, or the agent that tells it, is the cause of. */
bool reason_is_of_sensors(Reason reason);
/* Whether a device's finding has an alarm of its own: a room's warmth is told once, of the site. */
bool reason_is_alarm_of_device(Reason reason);

#endif
