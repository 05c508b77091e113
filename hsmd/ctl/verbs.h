#ifndef HSMD_CTL_VERBS_H
#define HSMD_CTL_VERBS_H
/* One function a verb, one file a verb family. */

#include "options.h"

ExitCode verb_status(const Options *o);
ExitCode verb_device(const Options *o);
ExitCode verb_watch(const Options *o);
ExitCode verb_wait(const Options *o);
ExitCode verb_reload(const Options *o);
ExitCode verb_keys(const Options *o);
ExitCode verb_sensors(const Options *o);
ExitCode verb_pin(const Options *o);
ExitCode verb_measure(const Options *o);
ExitCode verb_probe(const Options *o);
ExitCode verb_alarms(const Options *o);
ExitCode verb_ack(const Options *o);
ExitCode verb_events(const Options *o);
ExitCode verb_history(const Options *o);
ExitCode verb_failovers(const Options *o);
ExitCode verb_receivers(const Options *o);
ExitCode verb_maintenance(const Options *o);
ExitCode verb_drill(const Options *o);
ExitCode verb_selftest(const Options *o);
ExitCode verb_backup(const Options *o);
ExitCode verb_restore(const Options *o);
ExitCode verb_version(const Options *o);

#endif
