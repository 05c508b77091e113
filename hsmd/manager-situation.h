#ifndef HSMD_MANAGER_SITUATION_H
#define HSMD_MANAGER_SITUATION_H
/* The judgement over all machines, as the daemon feeds and shows it. */

#include "device.h"
#include "environment.h"
#include "situation.h"

Moment moment_now(void);

/* For a new configuration, whose strings it uses; *ret_config must live as long as it. */
int manager_situation_new(
        Manager *manager, const Config *config, SituationConfig **ret_config, Situation **ret);
void situation_config_free(SituationConfig *config);

/* Gives an event its number and time and sends it on its way. notify: receivers are told. */
void manager_event(Manager *manager, Event *event, bool notify);
/* What is said of the whole fleet: state, counts, texts. */
void manager_fill_fleet_event(const Manager *manager, Event *event, EventType type);

/* Whatever is known of a device, or of a site, may be other than before. */
void manager_device_judged(Manager *manager, const Device *device);
void manager_site_judged(Manager *manager, const Site *site);
/* Another configuration: all facts anew. */
void manager_situation_refresh(Manager *manager);
void manager_situation_tick(Manager *manager, usec_t now);

/* Alarms and failovers on the board, where they changed; or all, on a new one. */
void manager_situation_publish(Manager *manager);
void manager_situation_new_board(Manager *manager);
void manager_alarm_row(const Manager *manager, const Alarm *alarm, Moment now, AlarmRow *row);
/* Room for so many alarms. */
size_t manager_alarm_rows(const Config *config);

/* manager-history.c: opens history, numbers and event log before anything can happen, and gives what was kept
 * to whoever it belongs to. */
int manager_history_new(Manager *manager, const Config *config);
/* After the first configuration was applied. */
void manager_restore(Manager *manager);
/* Every second: what was kept may never be read. */
void manager_history_tick(Manager *manager, usec_t now);

#endif
