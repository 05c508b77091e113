#ifndef HSMD_DRILL_EVENT_H
#define HSMD_DRILL_EVENT_H
/* The events that tell of a drill, with their texts in English and in Chinese. */

#include "manager.h"

#include "drill.h"

/* Sent on its way; returns its number. */
uint64_t drill_tell_started(
        Manager *manager, const ConfigPool *pool, const DrillProtocol *protocol, uint32_t uid);
/* pool: NULL when it is not configured any more. uid: of who ended it, where somebody did. */
void drill_tell_ended(Manager *manager, const ConfigPool *pool, const DrillProtocol *protocol, uint32_t uid);
/* Somebody has said what the business system saw. */
void drill_tell_business(
        Manager *manager, const ConfigPool *pool, const DrillProtocol *protocol, uint32_t uid);

#endif
