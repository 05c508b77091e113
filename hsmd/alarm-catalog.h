#ifndef HSMD_ALARM_CATALOG_H
#define HSMD_ALARM_CATALOG_H
/* Journal catalog entries of alarms: each code has a message id of its own, an entry in systemd/hsmd.catalog
 * and hsmd.zh_CN.catalog, and a chapter of the code's name in docs/operations.md and operations.zh-CN.md. */

#include "alarm-code.h"

/* The message id of an alarm's journal lines, 32 hexadecimal digits: the same when it is raised, changed and
 * cleared. NULL: no alarm has this code. */
const char *alarm_catalog_id(uint32_t code);

#endif
