/* The methods GetEvents, WaitEvents and GetHistory, and their answers. */

#include "control-internal.h"

#define WAIT_MAX_MS 60000

static void unrefp(sd_bus_message **m) {
        sd_bus_message_unref(*m);
}
#define CLEANUP_MESSAGE CLEANUP(unrefp)

/* Where a key of a filter goes, and its type on the bus. */
typedef struct FilterKey {
        const char *name;
        char type;
        size_t offset;
} FilterKey;

static const FilterKey filter_keys[] = {
        {"after", 't', offsetof(EventFilter, after)},
        {"before", 't', offsetof(EventFilter, before)},
        {"since", 't', offsetof(EventFilter, since)},
        {"until", 't', offsetof(EventFilter, until)},
        {"device", 'u', offsetof(EventFilter, device)},
        {"alarm", 'u', offsetof(EventFilter, alarm)},
        {"limit", 'u', offsetof(EventFilter, limit)},
        {"newest", 'b', offsetof(EventFilter, newest)},
};

static int read_key_value(sd_bus_message *m, const FilterKey *key, EventFilter *filter) {
        const char contents[2] = {key->type, '\0'};
        uint8_t *at = (uint8_t *) filter + key->offset;
        uint32_t narrow;
        int flag, r;

        switch (key->type) {
        case 't':
                return sd_bus_message_read(m, "v", contents, at);
        case 'b':
                r = sd_bus_message_read(m, "v", contents, &flag);
                if (r >= 0)
                        *(bool *) (void *) at = flag;
                return r;
        default:
                r = sd_bus_message_read(m, "v", contents, &narrow);
                if (r < 0)
                        return r;
                if (streq(key->name, "limit"))
                        filter->limit = narrow;
                else
                        memcpy(at, &narrow, sizeof(narrow));
                return r;
        }
}

static int read_filter_entry(sd_bus_message *m, EventFilter *filter, sd_bus_error *error) {
        const FilterKey *key = NULL;
        const char *name;
        int r = sd_bus_message_read_basic(m, SD_BUS_TYPE_STRING, &name);

        if (r < 0)
                return r;
        for (size_t i = 0; i < ELEMENTSOF(filter_keys); i++)
                if (streq(filter_keys[i].name, name))
                        key = &filter_keys[i];
        if (!key)
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
                        "there is no filter \"%s\"; there are after, before, since, until, device, alarm, "
                        "limit, "
                        "newest",
                        name);
        r = read_key_value(m, key, filter);
        if (r < 0)
                return sd_bus_error_setf(
                        error, SD_BUS_ERROR_INVALID_ARGS, "the filter \"%s\" is of type %c", name, key->type);
        return 0;
}

static int read_filter(sd_bus_message *m, EventFilter *ret, sd_bus_error *error) {
        EventFilter filter = {.limit = CONTROL_PAGE_ROWS};
        int r = sd_bus_message_enter_container(m, SD_BUS_TYPE_ARRAY, "{sv}");

        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, SD_BUS_TYPE_DICT_ENTRY, "sv")) > 0) {
                r = read_filter_entry(m, &filter, error);
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;
        if (filter.limit < 1 || filter.limit > CONTROL_PAGE_ROWS)
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
                        "limit is %zu; right is 1 to %d, and then on from the last id", filter.limit,
                        CONTROL_PAGE_ROWS);
        if (filter.since && filter.until && filter.since > filter.until)
                return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS,
                        "since is later than until; right is the other way");
        *ret = filter;
        return sd_bus_message_exit_container(m);
}

int control_method_get_events(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        CLEANUP_FREE char *message = NULL;
        Connection *c = userdata;
        ControlReply *reply;
        EventFilter filter;
        int r = read_filter(m, &filter, error);

        if (r < 0)
                return r;
        if (!c->control->ops->events)
                return control_not_supported(error);
        reply = control_reply_new(c, m, error);
        if (!reply)
                return -ENOMEM;
        r = c->control->ops->events(c->control->userdata, &filter, reply, &message);
        return control_reply_kept(reply, r, error, "event", "", message);
}

int control_method_wait_events(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Connection *c = userdata;
        ControlReply *reply;
        uint32_t device, wait_ms;
        uint64_t after;
        int r = sd_bus_message_read(m, "tuu", &after, &device, &wait_ms);

        if (r < 0)
                return r;
        if (!c->control->ops->wait_events)
                return control_not_supported(error);
        if (wait_ms > WAIT_MAX_MS)
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
                        "wait_ms is %u; right is at most %d, and then to ask again", wait_ms, WAIT_MAX_MS);
        reply = control_reply_new(c, m, error);
        if (!reply)
                return -ENOMEM;
        r = c->control->ops->wait_events(c->control->userdata, after, device, wait_ms * USEC_PER_MSEC, reply);
        return control_reply_kept(reply, r, error, "event", "", NULL);
}

int control_method_get_history(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        CLEANUP_FREE char *message = NULL;
        Connection *c = userdata;
        ControlReply *reply;
        uint64_t since, until;
        uint32_t device;
        int hours, r = sd_bus_message_read(m, "ubtt", &device, &hours, &since, &until);

        if (r < 0)
                return r;
        if (!c->control->ops->rollups)
                return control_not_supported(error);
        reply = control_reply_new(c, m, error);
        if (!reply)
                return -ENOMEM;
        r = c->control->ops->rollups(c->control->userdata, device, hours, since, until, reply, &message);
        return control_reply_kept(reply, r, error, "device", "", message);
}

/* A page ends early rather than keep the judge waiting; at least one row is there, or nobody would get on. */
static int append_rows(
        sd_bus_message *m, const TableInfo *table, const void *rows, size_t n, size_t *ret_size) {
        usec_t now = now_monotonic();
        int r = sd_bus_message_open_container(m, SD_BUS_TYPE_ARRAY, "a{sv}");

        for (size_t i = 0; r >= 0 && i < n; i++) {
                r = control_append_row(m, table, (const uint8_t *) rows + i * table->row_size, now, ret_size);
                if (now_monotonic() - now > CONTROL_PAGE_TIME)
                        break;
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static void reply_rows(ControlReply *reply, int error, const TableInfo *table, const void *rows, size_t n) {
        CLEANUP_MESSAGE sd_bus_message *m = NULL;
        size_t size = 0;
        int r = error;

        if (r >= 0)
                r = sd_bus_message_new_method_return(control_reply_call(reply), &m);
        if (r >= 0)
                r = append_rows(m, table, rows, MIN_OF(n, (size_t) CONTROL_PAGE_ROWS), &size);
        if (r >= 0)
                r = sd_bus_message_send(m);
        if (r < 0) {
                control_reply(reply, r, NULL);
                return;
        }
        control_reply_count(reply, size);
        control_reply_drop(reply);
}

void control_reply_events(ControlReply *reply, int error, const Event *events, size_t n) {
        reply_rows(reply, error, &event_table, events, n);
}

void control_reply_rollups(ControlReply *reply, int error, const RollupRow *rows, size_t n) {
        reply_rows(reply, error, &rollup_table, rows, n);
}
