/* Plays hsmd to `hsmd-snmp notify` (worker-driver.h).
 *
 *   notify-driver PROGRAM [ARGUMENT...]
 *
 *   config KEY=VALUE ...    engine_id (hexadecimal) boots
 *   receiver KEY=VALUE ...  receiver address kind version text charset timeout_ms community user
 * auth_protocol auth_secret priv_protocol priv_secret removed notify KEY=VALUE ...    receiver repeated, and
 * fields of the event by their keys; %20 is a space heartbeat KEY=VALUE ... receiver last_sequence
 * alarms=N,N,N,N, and fields of the event start */

#include "worker-driver.h"

/* ---- what is told to the worker ---- */

static void set_config_key(void *message, const char *key, char *value) {
        MsgNotifyConfig *m = message;

        if (streq(key, "boots")) {
                m->engine_boots = driver_number(value);
                return;
        }
        for (; value[0] && value[1] && m->engine_id_size < sizeof(m->engine_id); value += 2) {
                const char octet[3] = {value[0], value[1], '\0'};

                m->engine_id[m->engine_id_size++] = (uint8_t) strtoul(octet, NULL, 16);
        }
}

static bool set_text(MsgNotifyReceiver *m, const char *key, const char *value) {
        const struct {
                const char *key;
                char *text;
                size_t size;
        } texts[] = {
                {"address", m->address, sizeof(m->address)},
                {"community", m->community, sizeof(m->community)},
                {"user", m->user, sizeof(m->user)},
                {"auth_protocol", m->auth_protocol, sizeof(m->auth_protocol)},
                {"auth_secret", m->auth_secret, sizeof(m->auth_secret)},
                {"priv_protocol", m->priv_protocol, sizeof(m->priv_protocol)},
                {"priv_secret", m->priv_secret, sizeof(m->priv_secret)},
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                if (streq(key, texts[i].key)) {
                        copy_text(texts[i].text, texts[i].size, value);
                        return true;
                }
        return false;
}

static void set_receiver_key(void *message, const char *key, char *value) {
        MsgNotifyReceiver *m = message;

        if (set_text(m, key, value))
                return;
        if (streq(key, "receiver"))
                m->receiver = driver_number(value);
        else if (streq(key, "removed"))
                m->removed = driver_number(value);
        else if (streq(key, "kind"))
                m->kind = name_value(&receiver_kind_names, value);
        else if (streq(key, "version"))
                m->version = name_value(&snmp_version_names, value);
        else if (streq(key, "text"))
                m->text = name_value(&text_language_names, value);
        else if (streq(key, "charset"))
                m->charset = name_value(&charset_names, value);
        else if (streq(key, "timeout_ms"))
                m->timeout = driver_number(value) * USEC_PER_MSEC;
        else
                fprintf(stderr, "notify-driver: unknown key %s\n", key);
}

static void unescape(char *text) {
        char *to = text;

        for (const char *from = text; *from; from++) {
                if (strncmp(from, "%20", 3) == 0) {
                        *to++ = ' ';
                        from += 2;
                } else {
                        *to++ = *from;
                }
        }
        *to = '\0';
}

static void set_field(Event *event, unsigned ordinal, char *value) {
        const Field *f = &event_table.fields[ordinal];
        char *at = (char *) event + f->offset;
        uint64_t u64 = strtoull(value, NULL, 10);
        uint32_t u32 = (uint32_t) strtol(value, NULL, 10);

        if (f->names)
                u32 = name_value(f->names, value);
        switch (f->type) {
        case FIELD_NAME:
        case FIELD_TEXT:
                unescape(value);
                copy_text(at, f->type == FIELD_NAME ? sizeof(event->code) : sizeof(event->text), value);
                break;
        case FIELD_COUNTER:
        case FIELD_INSTANT:
                memcpy(at, &u64, sizeof(u64));
                break;
        default:
                memcpy(at, &u32, sizeof(u32));
        }
        field_mark(event->valid, ordinal, true);
}

static void set_alarms(MsgNotify *m, const char *value) {
        for (size_t i = 0; i < ELEMENTSOF(m->alarms) && value; i++) {
                m->alarms[i] = driver_number(value);
                value = strchr(value, ',');
                value = value ? value + 1 : NULL;
        }
}

static void set_notify_key(void *message, const char *key, char *value) {
        MsgNotify *m = message;

        if (streq(key, "receiver")) {
                m->receiver = driver_number(value);
        } else if (streq(key, "repeated")) {
                m->repeated = driver_number(value);
        } else if (streq(key, "last_sequence")) {
                m->last_sequence = driver_number(value);
        } else if (streq(key, "alarms")) {
                set_alarms(m, value);
        } else {
                for (unsigned i = 0; i < event_table.n_fields; i++)
                        if (streq(event_table.fields[i].key, key)) {
                                set_field(&m->event, i, value);
                                return;
                        }
                fprintf(stderr, "notify-driver: unknown key %s\n", key);
        }
}

static int send_config(const WorkerDriver *d, char *words) {
        MsgNotifyConfig m = MESSAGE(MsgNotifyConfig, MSG_NOTIFY_CONFIG);

        driver_set_all(&m, words, set_config_key);
        return driver_send(d, &m.head);
}

static int send_receiver(const WorkerDriver *d, char *words) {
        MsgNotifyReceiver m = MESSAGE(MsgNotifyReceiver, MSG_NOTIFY_RECEIVER);

        m.kind = RECEIVER_INFORM;
        m.version = SNMP_VERSION_V3;
        m.text = TEXT_ZH;
        m.charset = CHARSET_UTF_8;
        m.timeout = 2 * USEC_PER_SEC;
        driver_set_all(&m, words, set_receiver_key);
        return driver_send(d, &m.head);
}

static int send_notify(const WorkerDriver *d, char *words, bool heartbeat) {
        MsgNotify m = MESSAGE(MsgNotify, MSG_NOTIFY);

        m.heartbeat = heartbeat;
        driver_set_all(&m, words, set_notify_key);
        return driver_send(d, &m.head);
}

static int command(const WorkerDriver *d, char *line) {
        if (strncmp(line, "config ", 7) == 0)
                return send_config(d, line + 7);
        if (strncmp(line, "receiver ", 9) == 0)
                return send_receiver(d, line + 9);
        if (strncmp(line, "notify ", 7) == 0)
                return send_notify(d, line + 7, false);
        if (strncmp(line, "heartbeat ", 10) == 0)
                return send_notify(d, line + 10, true);
        return streq(line, "start") ? driver_send_plain(d, MSG_NOTIFY_START, 0) : -ENOTSUP;
}

/* ---- what the worker tells ---- */

static void print_done(const MsgNotifyDone *m) {
        printf("{\"message\":\"done\",\"receiver\":%u,\"attempts\":%u,\"result\":\"%s\"", m->receiver,
                m->attempts, m->result == NOTIFY_SENT ? "sent" : "acknowledged");
        driver_print_number("sequence", m->sequence);
        driver_print_number("sent_usec", m->sent_usec);
        printf("}\n");
}

static void print_state(const MsgNotifyState *m) {
        printf("{\"message\":\"state\",\"receiver\":%u", m->receiver);
        driver_print_text("state", name_of(&receiver_state_names, m->state));
        driver_print_number("refusals", m->refusals);
        driver_print_text("detail", m->detail);
        printf("}\n");
}

static bool print(int type, const void *message) {
        if (type == MSG_NOTIFY_DONE)
                print_done(message);
        else if (type == MSG_NOTIFY_STATE)
                print_state(message);
        else
                return false;
        return true;
}

int main(int argc, char **argv) {
        static const WorkerDriverOps ops = {.name = "notify-driver", .command = command, .print = print};

        return worker_driver_main(argc, argv, &ops);
}
