#ifndef HSMD_MANAGER_CONTROL_H
#define HSMD_MANAGER_CONTROL_H
/* ControlOps of the daemon; see there (control.h). */

#include "control.h"

/* manager-control-events.c */
int op_acknowledge(void *userdata, uint32_t alarm, const char *by, uint32_t uid, char **ret_message);
int op_events(void *userdata, const EventFilter *filter, ControlReply *reply, char **ret_message);
int op_wait_events(void *userdata, uint64_t after, uint32_t device, usec_t wait, ControlReply *reply);
int op_rollups(void *userdata, uint32_t device, bool hours, usec_t since, usec_t until, ControlReply *reply,
        char **ret_message);
int op_maintenance_start(void *userdata, const MaintenanceRequest *request, char **ret_message);
int op_maintenance_end(void *userdata, const char *device, const char *by, uint32_t uid, char **ret_message);
int op_drill_start(void *userdata, const char *pool, const char *by, uint32_t uid, char **ret_message);
int op_drill_cancel(void *userdata, const char *pool, const char *by, uint32_t uid, char **ret_message);
int op_drill_get(void *userdata, const char *pool, ControlReply *reply, char **ret_message);
int op_drill_business(void *userdata, const char *pool, const char *gap, const char *by, uint32_t uid,
        ControlReply *reply, char **ret_message);
int op_backup(void *userdata, int fd, const char *by, ControlReply *reply, char **ret_message);
int op_test_notifications(void *userdata, const char *by, uint32_t uid, uint32_t *ret_alarm,
        uint64_t *ret_sequence, char **ret_message);
bool op_notified(void *userdata, uint64_t sequence, char *ret_words, size_t size);

#endif
