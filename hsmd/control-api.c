/* The methods of cn.hsmd.Manager1. */

#include <stdlib.h>

#include "control-internal.h"
#include "utf8.h"

static void unrefp(sd_bus_message **m) {
        sd_bus_message_unref(*m);
}
#define CLEANUP_MESSAGE CLEANUP(unrefp)

static int method_get_fleet(sd_bus_message *m, void *userdata, sd_bus_error *error UNUSED) {
        Connection *c = userdata;
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        const ControlOps *ops = c->control->ops;
        int r;

        if (ops->rows(c->control->userdata, BOARD_FLEET) == 0)
                return -ENODATA;
        r = sd_bus_message_new_method_return(m, &reply);
        if (r < 0)
                return r;
        r = control_append_row(reply, &board_tables[BOARD_FLEET],
                ops->row(c->control->userdata, BOARD_FLEET, 0), now_monotonic(), &c->unsent);
        if (r < 0)
                return r;
        return sd_bus_message_send(reply);
}

static int table_by_name(const char *name, BoardTable *ret) {
        for (BoardTable i = BOARD_SITES; i < BOARD_TABLES; i++)
                if (streq(board_tables[i].name, name)) {
                        *ret = i;
                        return 0;
                }
        return -ENOENT;
}

/* Where a page begins, and behind which row its table ends. In a table whose rows come and go a number says
 * nothing a moment later: there `first` is an id, and the rows that are there stand first. */
static size_t find_page(const Connection *c, BoardTable table, size_t first, size_t *ret_end) {
        const ControlOps *ops = c->control->ops;
        size_t rows = ops->rows(c->control->userdata, table), begin = 0, end = 0;
        uint32_t id;

        if (!board_comes_and_goes(table)) {
                *ret_end = rows;
                return MIN_OF(first, rows);
        }
        for (; end < rows; end++) {
                id = board_row_id(ops->row(c->control->userdata, table, end));
                if (!id)
                        break;
                begin += id <= first;
        }
        *ret_end = end;
        return begin;
}

static int append_page(Connection *c, sd_bus_message *reply, BoardTable table, size_t first) {
        const ControlOps *ops = c->control->ops;
        void *userdata = c->control->userdata;
        size_t end, begin = find_page(c, table, first, &end);
        usec_t now = now_monotonic();
        int r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "a{sv}");

        end = MIN_OF(end, begin + CONTROL_PAGE_ROWS);
        for (size_t i = begin; r >= 0 && i < end; i++) {
                r = control_append_row(
                        reply, &board_tables[table], ops->row(userdata, table, i), now, &c->unsent);
                if (now_monotonic() - now > CONTROL_PAGE_TIME)
                        break;
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int method_list(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        Connection *c = userdata;
        const char *name;
        BoardTable table;
        uint32_t first;
        int r = sd_bus_message_read(m, "su", &name, &first);

        if (r < 0)
                return r;
        if (table_by_name(name, &table) < 0)
                return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS,
                        "no such table; there are sites, pools, devices, keys, sensors, mechanisms, "
                        "pool_keys, site_sensors, services, receivers, alarms, failovers");
        r = sd_bus_message_new_method_return(m, &reply);
        if (r < 0)
                return r;
        r = append_page(c, reply, table, first);
        if (r < 0)
                return r;
        return sd_bus_message_send(reply);
}

static int no_such_device(sd_bus_error *error, const char *device) {
        return sd_bus_error_setf(error, CONTROL_ERROR_NO_SUCH_DEVICE, "there is no device %s", device);
}

static int append_attempt(sd_bus_message *reply, const AttemptRecord *a) {
        char name[24], step[32];

        name_to_camel(step, sizeof(step), name_of(&step_names, a->step));
        return sd_bus_message_append(reply, "(ttttsbts)", a->attempt, a->due, a->started, a->ended, step,
                a->climb != 0, a->rv, pkcs11_return_name(a->rv, name));
}

static int method_get_attempts(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        AttemptRecord records[CONTROL_RECORDS];
        Connection *c = userdata;
        const char *device;
        int n, r = sd_bus_message_read(m, "s", &device);

        if (r < 0)
                return r;
        n = c->control->ops->attempts(c->control->userdata, device, records, ELEMENTSOF(records));
        if (n < 0)
                return n == -ENOENT ? no_such_device(error, device) : n;
        r = sd_bus_message_new_method_return(m, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "(ttttsbts)");
        for (int i = 0; r >= 0 && i < MIN_OF(n, CONTROL_RECORDS); i++)
                r = append_attempt(reply, &records[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        c->unsent += (size_t) n * 96;
        return r < 0 ? r : sd_bus_message_send(reply);
}

static int append_call(sd_bus_message *reply, const RingRecord *call) {
        char name[24];

        return sd_bus_message_append(reply, "(tsutttts)", call->sequence, pkcs11_call_name(call->call),
                call->thread, call->session, call->started, call->ended, call->rv,
                pkcs11_return_name(call->rv, name));
}

static int method_get_calls(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        RingRecord records[CONTROL_RECORDS];
        Connection *c = userdata;
        const char *device;
        int n, r = sd_bus_message_read(m, "s", &device);

        if (r < 0)
                return r;
        n = c->control->ops->calls(c->control->userdata, device, records, ELEMENTSOF(records));
        if (n < 0)
                return n == -ENOENT ? no_such_device(error, device) : n;
        r = sd_bus_message_new_method_return(m, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "(tsutttts)");
        for (int i = 0; r >= 0 && i < MIN_OF(n, CONTROL_RECORDS); i++)
                r = append_call(reply, &records[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        c->unsent += (size_t) n * 112;
        return r < 0 ? r : sd_bus_message_send(reply);
}

/* Nothing in it may break a line of the journal or drive a terminal. */
void control_stated_name(char dst[static CONTROL_BY_SIZE], const char *by) {
        copy_text(dst, CONTROL_BY_SIZE, by);
        for (char *p = dst; *p; p++)
                if ((unsigned char) *p < ' ' || *p == 0x7f)
                        *p = '?';
}

bool connection_may_change(const Connection *c, sd_bus_error *error) {
        if (c->uid == 0 || c->uid == c->control->own_uid)
                return true;
        sd_bus_error_set(
                error, SD_BUS_ERROR_ACCESS_DENIED, "only root and hsmd's own user may change anything");
        return false;
}

/* A message may quote the configuration, or a token. */
static int utf8_repaired(const char *message, char **ret) {
        size_t size = 3 * strlen(message) + 1;
        char *text = malloc(size);

        if (!text)
                return -ENOMEM;
        utf8_repair(text, size, message);
        *ret = text;
        return 0;
}

int control_refuse(sd_bus_error *error, const char *name, const char *message) {
        CLEANUP_FREE char *text = NULL;
        int r = utf8_repaired(message, &text);

        return r < 0 ? r : sd_bus_error_set(error, name, text);
}

/* The verdict on a call as an error, or 0. */
static int verdict(sd_bus_error *error, sd_bus_message *call, int r, const char *message) {
        if (r >= 0)
                return 0;
        if (r == -EINVAL && message && sd_bus_message_is_method_call(call, NULL, "Reload") > 0)
                return control_refuse(error, CONTROL_ERROR_CONFIG_REFUSED, message);
        if (r == -ENOENT && message)
                return control_refuse(error, CONTROL_ERROR_NO_SUCH_DEVICE, message);
        return message ? control_refuse(error, CONTROL_ERROR_REFUSED, message)
                       : sd_bus_error_set_errno(error, r);
}

void control_reply(ControlReply *reply, int r, const char *message) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        CLEANUP_FREE char *words = NULL;

        if (r >= 0 && message && *message && (r = utf8_repaired(message, &words)) < 0)
                message = NULL;
        if (verdict(&error, control_reply_call(reply), r, message) < 0)
                sd_bus_reply_method_error(control_reply_call(reply), &error);
        else
                sd_bus_reply_method_return(control_reply_call(reply), "s", words ? words : "");
        control_reply_count(reply, words ? strlen(words) : 0);
        sd_bus_error_free(&error);
        control_reply_drop(reply);
}

static int method_reload(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        CLEANUP_FREE char *message = NULL;
        ControlReply *reply;
        Connection *c = userdata;
        char name[CONTROL_BY_SIZE];
        const char *by;
        int r = sd_bus_message_read(m, "s", &by);

        if (r < 0)
                return r;
        if (!connection_may_change(c, error))
                return -EACCES;
        control_stated_name(name, by);
        reply = control_reply_new(c, m, error);
        if (!reply)
                return -ENOMEM;
        r = c->control->ops->reload(c->control->userdata, c->uid, name, reply, &message);
        if (r == 1)
                return 1;
        control_reply_drop(reply);
        r = verdict(error, m, r, message);
        return r < 0 ? r : sd_bus_reply_method_return(m, "s", "");
}

static const sd_bus_vtable manager_vtable[] = {SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("GetFleet", SD_BUS_NO_ARGS, SD_BUS_RESULT("a{sv}", fleet), method_get_fleet,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("List", SD_BUS_ARGS("s", table, "u", first), SD_BUS_RESULT("aa{sv}", rows),
                method_list, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetAttempts", SD_BUS_ARGS("s", device),
                SD_BUS_RESULT("a(ttttsbts)", attempts), method_get_attempts, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetCalls", SD_BUS_ARGS("s", device), SD_BUS_RESULT("a(tsutttts)", calls),
                method_get_calls, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Reload", SD_BUS_ARGS("s", by), SD_BUS_RESULT("s", message), method_reload,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ConfirmKeys", SD_BUS_ARGS("s", pool, "u", key, "s", by),
                SD_BUS_RESULT("s", message), control_method_confirm_keys, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("RetryPin", SD_BUS_ARGS("s", device, "s", by), SD_BUS_RESULT("s", message),
                control_method_retry_pin, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Measure",
                SD_BUS_ARGS("s", device, "u", key, "u", sessions, "t", duration, "b", out_of_service, "b",
                        force, "s", by),
                SD_BUS_RESULT("a{sv}", measured), control_method_measure, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Probe", SD_BUS_ARGS("s", device, "b", climb), SD_BUS_RESULT("t", attempt),
                control_method_probe, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("DiscoverSensors", SD_BUS_ARGS("s", agent, "s", by),
                SD_BUS_RESULT("u", found, "s", early), control_method_discover_sensors,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetDiscovered", SD_BUS_ARGS("s", agent, "u", first),
                SD_BUS_RESULT("a(sus)", found), control_method_get_discovered, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Acknowledge", SD_BUS_ARGS("u", alarm, "s", by), SD_BUS_RESULT("s", message),
                control_method_acknowledge, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetEvents", SD_BUS_ARGS("a{sv}", filter), SD_BUS_RESULT("aa{sv}", events),
                control_method_get_events, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("WaitEvents", SD_BUS_ARGS("t", after, "u", device, "u", wait_ms),
                SD_BUS_RESULT("aa{sv}", events), control_method_wait_events, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetHistory", SD_BUS_ARGS("u", device, "b", hours, "t", since, "t", until),
                SD_BUS_RESULT("aa{sv}", rollups), control_method_get_history, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("StartMaintenance",
                SD_BUS_ARGS(
                        "s", device, "t", until, "s", reason, "s", ticket, "b", probing, "b", force, "s", by),
                SD_BUS_RESULT("s", message), control_method_start_maintenance, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("EndMaintenance", SD_BUS_ARGS("s", device, "s", by),
                SD_BUS_RESULT("s", message), control_method_end_maintenance, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("StartDrill", SD_BUS_ARGS("s", pool, "s", by), SD_BUS_RESULT("s", message),
                control_method_start_drill, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("CancelDrill", SD_BUS_ARGS("s", pool, "s", by), SD_BUS_RESULT("s", message),
                control_method_cancel_drill, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetDrill", SD_BUS_ARGS("s", pool), SD_BUS_RESULT("s", protocol),
                control_method_get_drill, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("StateGap", SD_BUS_ARGS("s", pool, "s", gap, "s", by),
                SD_BUS_RESULT("s", protocol), control_method_state_gap, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Backup", SD_BUS_ARGS("h", file, "s", by), SD_BUS_RESULT("s", message),
                control_method_backup, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("TestNotifications", SD_BUS_ARGS("s", by),
                SD_BUS_RESULT("u", alarm, "t", sequence), control_method_test_notifications,
                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetNotified", SD_BUS_ARGS("t", sequence),
                SD_BUS_RESULT("b", done, "s", rest), control_method_get_notified, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END};

int control_api_add(Connection *c) {
        return sd_bus_add_object_vtable(c->bus, NULL, CONTROL_PATH, CONTROL_INTERFACE, manager_vtable, c);
}
