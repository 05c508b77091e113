/* Plays hsmd to `hsmd-snmp poll` (worker-driver.h).
 *
 *   poll-driver PROGRAM [ARGUMENT...]
 *
 *   item KEY=VALUE ...    item oid walk kind type scale min max, and columns: label row_type row_scale
 *                         row_precision row_status units total
 *   agent KEY=VALUE ...   agent name address version interval_ms timeout_ms community user auth_protocol
 *                         auth_secret priv_protocol priv_secret, and items=NUMBER,NUMBER,...
 *   walk KEY=VALUE ...    agent max_rows walk
 *   start */

#include "worker-driver.h"

/* ---- what is told to the worker ---- */

static void set_items(MsgPollAgent *agent, char *value) {
        char *save = NULL;

        for (char *word = strtok_r(value, ",", &save); word && agent->n_items < POLL_ITEMS_MAX;
                word = strtok_r(NULL, ",", &save))
                agent->items[agent->n_items++] = driver_number(word);
}

static void set_column(MsgPollItem *item, const char *key, const char *value) {
        static const char *const columns[POLL_COLUMNS] = {[COLUMN_LABEL] = "label",
                [COLUMN_TYPE] = "row_type",
                [COLUMN_SCALE] = "row_scale",
                [COLUMN_PRECISION] = "row_precision",
                [COLUMN_STATUS] = "row_status",
                [COLUMN_UNITS] = "units",
                [COLUMN_TOTAL] = "total"};

        for (size_t i = 0; i < POLL_COLUMNS; i++)
                if (streq(key, columns[i])) {
                        copy_text(item->columns[i], sizeof(item->columns[i]), value);
                        return;
                }
        fprintf(stderr, "poll-driver: unknown key %s\n", key);
}

static void set_item_key(void *message, const char *key, char *value) {
        MsgPollItem *item = message;

        if (streq(key, "item"))
                item->item = driver_number(value);
        else if (streq(key, "oid"))
                copy_text(item->oid, sizeof(item->oid), value);
        else if (streq(key, "walk"))
                item->walk = driver_number(value);
        else if (streq(key, "kind"))
                item->kind = name_value(&sensor_kind_names, value);
        else if (streq(key, "type"))
                item->type = name_value(&sensor_type_names, value);
        else if (streq(key, "scale"))
                item->scale = strtod(value, NULL);
        else if (streq(key, "min"))
                item->min = strtod(value, NULL);
        else if (streq(key, "max"))
                item->max = strtod(value, NULL);
        else
                set_column(item, key, value);
}

static void set_walk_key(void *message, const char *key, char *value) {
        MsgPollWalk *walk = message;

        if (streq(key, "agent"))
                walk->agent = driver_number(value);
        else if (streq(key, "max_rows"))
                walk->max_rows = driver_number(value);
        else
                walk->walk = driver_number(value);
}

static bool set_text(MsgPollAgent *agent, const char *key, const char *value) {
        const struct {
                const char *key;
                char *text;
                size_t size;
        } texts[] = {
                {"name", agent->name, sizeof(agent->name)},
                {"address", agent->address, sizeof(agent->address)},
                {"community", agent->community, sizeof(agent->community)},
                {"user", agent->user, sizeof(agent->user)},
                {"auth_protocol", agent->auth_protocol, sizeof(agent->auth_protocol)},
                {"auth_secret", agent->auth_secret, sizeof(agent->auth_secret)},
                {"priv_protocol", agent->priv_protocol, sizeof(agent->priv_protocol)},
                {"priv_secret", agent->priv_secret, sizeof(agent->priv_secret)},
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                if (streq(key, texts[i].key)) {
                        copy_text(texts[i].text, texts[i].size, value);
                        return true;
                }
        return false;
}

static void set_agent_key(void *message, const char *key, char *value) {
        MsgPollAgent *agent = message;

        if (set_text(agent, key, value))
                return;
        if (streq(key, "agent"))
                agent->agent = driver_number(value);
        else if (streq(key, "version"))
                agent->version = name_value(&snmp_version_names, value);
        else if (streq(key, "interval_ms"))
                agent->interval = strtoull(value, NULL, 10) * USEC_PER_MSEC;
        else if (streq(key, "timeout_ms"))
                agent->timeout = strtoull(value, NULL, 10) * USEC_PER_MSEC;
        else if (streq(key, "items"))
                set_items(agent, value);
        else
                fprintf(stderr, "poll-driver: unknown key %s\n", key);
}

static int send_item(const WorkerDriver *d, char *words) {
        MsgPollItem item = MESSAGE(MsgPollItem, MSG_POLL_ITEM);

        item.kind = SENSOR_GAUGE;
        item.type = SENSOR_TYPE_OTHER;
        item.scale = 1;
        item.min = -1e18;
        item.max = 1e18;
        driver_set_all(&item, words, set_item_key);
        return driver_send(d, &item.head);
}

static int send_agent(const WorkerDriver *d, char *words) {
        MsgPollAgent agent = MESSAGE(MsgPollAgent, MSG_POLL_AGENT);

        driver_set_all(&agent, words, set_agent_key);
        return driver_send(d, &agent.head);
}

static int send_walk(const WorkerDriver *d, char *words) {
        MsgPollWalk walk = MESSAGE(MsgPollWalk, MSG_POLL_WALK);

        driver_set_all(&walk, words, set_walk_key);
        return driver_send(d, &walk.head);
}

static int command(const WorkerDriver *d, char *line) {
        if (strncmp(line, "agent ", 6) == 0)
                return send_agent(d, line + 6);
        if (strncmp(line, "item ", 5) == 0)
                return send_item(d, line + 5);
        if (strncmp(line, "walk ", 5) == 0)
                return send_walk(d, line + 5);
        return streq(line, "start") ? driver_send_plain(d, MSG_POLL_START, 0) : -ENOTSUP;
}

/* ---- what the worker tells ---- */

static void print_sample(const MsgSample *m) {
        printf("{\"message\":\"sample\",\"agent\":%u,\"item\":%u,\"value\":%.9g,\"precision\":%d", m->agent,
                m->item, m->value, m->precision);
        driver_print_number("poll", m->poll);
        driver_print_text("status", name_of(&sensor_status_names, m->status));
        driver_print_text("reason", name_of(&sensor_reason_names, m->reason));
        driver_print_text("type", name_of(&sensor_type_names, m->type));
        driver_print_number("counter_bits", m->counter_bits);
        driver_print_number("counter", m->counter);
        driver_print_text("index", m->index);
        driver_print_text("label", m->label);
        driver_print_text("units", m->units);
        driver_print_number("when", m->when);
        printf("}\n");
}

static void print_state(const MsgAgentState *m) {
        printf("{\"message\":\"agent_state\",\"agent\":%u", m->agent);
        driver_print_text("state", name_of(&agent_state_names, m->state));
        driver_print_number("poll", m->poll);
        driver_print_number("start_delay", m->start_delay);
        driver_print_number("requests", m->requests);
        driver_print_number("cut", m->cut);
        if (m->has_uptime)
                driver_print_number("uptime", m->uptime);
        driver_print_text("engine_id", m->engine_id);
        driver_print_text("detail", m->detail);
        driver_print_number("when", m->when);
        printf("}\n");
}

static void print_found(const MsgPollFound *m) {
        printf("{\"message\":\"found\",\"agent\":%u,\"last\":%u", m->agent, m->last);
        driver_print_number("walk", m->walk);
        driver_print_text("error", name_of(&agent_state_names, m->error));
        driver_print_text("detail", m->detail);
        printf(",\"found\":[");
        for (size_t i = 0; i < m->n; i++) {
                printf("%s{\"type\":%u", i > 0 ? "," : "", m->found[i].type);
                driver_print_text("oid", m->found[i].oid);
                driver_print_text("value", m->found[i].value);
                printf("}");
        }
        printf("]}\n");
}

static bool print(int type, const void *message) {
        switch (type) {
        case MSG_SAMPLE:
                print_sample(message);
                return true;
        case MSG_AGENT_STATE:
                print_state(message);
                return true;
        case MSG_POLL_FOUND:
                print_found(message);
                return true;
        default:
                return false;
        }
}

int main(int argc, char **argv) {
        static const WorkerDriverOps ops = {.name = "poll-driver", .command = command, .print = print};

        return worker_driver_main(argc, argv, &ops);
}
