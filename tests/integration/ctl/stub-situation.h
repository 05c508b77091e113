#ifndef STUB_SITUATION_H
#define STUB_SITUATION_H
/* The stub's services, alarms, failovers, receivers, events, roll-ups, maintenance and drill. All are made up
 * by commands; without any there are none. */

#include <systemd/sd-event.h>

#include "control.h"

typedef struct StubSituation StubSituation;

int stub_situation_new(sd_event *event, StubSituation **ret);
StubSituation *stub_situation_free(StubSituation *situation);

/* -ENOSYS: it is not one of its commands. devices: of the stub, n of them. */
int stub_situation_command(StubSituation *situation, char *const *args, int n);

size_t stub_situation_rows(const StubSituation *situation, BoardTable table);
const void *stub_situation_row(const StubSituation *situation, BoardTable table, size_t i);

/* Its part of the operations; they are given what get_situation makes of the userdata. */
void stub_situation_ops(ControlOps *ops, StubSituation *(*get_situation)(void *userdata));

#define STUB_SINCE ((usec_t) 1795485600 * USEC_PER_SEC) /* 2026-11-24 02:00:00 UTC */

#endif
