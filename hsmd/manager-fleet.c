#include <stdarg.h>
#include <systemd/sd-daemon.h>

#include "drill.h"
#include "event-log.h"
#include "event-text.h"
#include "lateness.h"
#include "manager.h"
#include "notifier.h"
#include "poller.h"
#include "server.h"

/* so many devices in trouble are named in the status line */
#define TROUBLED_NAMED 4

static void publish_pools(const Manager *m) {
        for (size_t i = 0; i < m->config->n_pools; i++) {
                const ConfigPool *pool = &m->config->pools[i];
                PoolView v = situation_pool(m->situation, i);
                PoolRow row = {0};

                FIELD_SET(Pool, &row, number, pool->number);
                FIELD_TEXT_SET(Pool, &row, name, pool->name);
                FIELD_TEXT_SET(Pool, &row, title, pool->title);
                FIELD_SET(Pool, &row, state, v.state);
                FIELD_SET(Pool, &row, members, v.members);
                FIELD_SET(Pool, &row, serving, v.serving);
                FIELD_SET(Pool, &row, required, v.required);
                FIELD_SET(Pool, &row, survivable, v.survivable);
                if (v.capacity > 0)
                        FIELD_SET(Pool, &row, capacity, v.capacity);
                FIELD_SET(Pool, &row, failover_count, v.failovers);
                if (v.last_failover != 0) {
                        FIELD_SET(Pool, &row, last_failover, v.last_failover);
                        FIELD_SET(Pool, &row, last_failover_detection, v.last_detection);
                }
                board_publish(m->board, BOARD_POOLS, i, &row);
        }
}

static void publish_services(const Manager *m) {
        for (size_t i = 0; i < m->config->n_services; i++) {
                const ConfigService *s = &m->config->services[i];
                ServiceView v = situation_service(m->situation, i);
                ServiceRow row = {0};

                FIELD_SET(Service, &row, number, s->number);
                FIELD_TEXT_SET(Service, &row, name, s->name);
                FIELD_TEXT_SET(Service, &row, title, s->title);
                FIELD_SET(Service, &row, pool, m->config->pools[s->pool].number);
                FIELD_TEXT_SET(Service, &row, pool_name, m->config->pools[s->pool].name);
                FIELD_SET(Service, &row, state, v.state);
                FIELD_SET(Service, &row, basis, v.basis);
                FIELD_SET(Service, &row, confirmed, s->confirmed);
                if (s->required_rate > 0)
                        FIELD_SET(Service, &row, required_rate, s->required_rate);
                if (v.has_headroom)
                        FIELD_SET(Service, &row, headroom, v.headroom);
                FIELD_SET(Service, &row, keys_usable, v.keys_usable);
                FIELD_SET(Service, &row, keys_required, v.keys_required);
                FIELD_SET(Service, &row, survivable, v.survivable);
                FIELD_SET(Service, &row, serving, v.serving);
                FIELD_SET(Service, &row, members, v.members);
                if (v.capacity > 0)
                        FIELD_SET(Service, &row, capacity, v.capacity);
                board_publish(m->board, BOARD_SERVICES, i, &row);
        }
}

static void publish_sites(const Manager *m) {
        for (size_t i = 0; i < m->n_sites; i++) {
                uint32_t devices = 0, serving = 0;

                for (size_t k = 0; k < m->n_devices; k++) {
                        if (m->devices[k]->config->site != i || m->devices[k]->config->virtual_slot)
                                continue;
                        devices++;
                        serving += device_serves(m->devices[k]);
                }
                site_publish(m, &m->sites[i], devices, serving);
        }
}

/* Adds to a text as much as fits; what is cut is cut on a character boundary by whoever shows it. */
static void PRINTF(3, 4) add(char *text, size_t size, const char *format, ...) {
        size_t n = strlen(text);
        va_list ap;

        va_start(ap, format);
        vsnprintf(text + n, size - n, format, ap);
        va_end(ap);
}

static void add_troubled(const Manager *m, char *text, size_t size) {
        size_t others = 0;

        for (size_t i = 0; i < m->n_devices; i++) {
                const Judgement *j = &m->devices[i]->judgement;

                if (j->state == DEVICE_UP || ++others > TROUBLED_NAMED)
                        continue;
                add(text, size, "%s %s %s (%s)", others == 1 ? ";" : ",", m->devices[i]->config->name,
                        name_of(&device_state_names, j->state),
                        j->failed_step != STEP_NONE ? name_of(&step_names, j->failed_step)
                                                    : name_of(&reason_names, j->reason));
        }
        if (others > TROUBLED_NAMED)
                add(text, size, " and %zu more", others - TROUBLED_NAMED);
}

/* "8/9 up, bureau degraded; bureau-3 down (find)": what `systemctl status` shows. */
static void tell_status(Manager *m) {
        char text[sizeof(m->status)] = "";
        size_t up = 0;

        for (size_t i = 0; i < m->n_devices; i++)
                up += m->devices[i]->judgement.state == DEVICE_UP;
        add(text, sizeof(text), "%zu/%zu up", up, m->n_devices);
        for (size_t i = 0; i < m->config->n_pools; i++)
                add(text, sizeof(text), ", %s %s", m->config->pools[i].name,
                        name_of(&pool_state_names, situation_pool(m->situation, i).state));
        add_troubled(m, text, sizeof(text));
        if (streq(text, m->status))
                return;
        copy_text(m->status, sizeof(m->status), text);
        sd_notifyf(false, "STATUS=%s", m->status);
}

static usec_t worst_delay(const Manager *m) {
        usec_t worst = 0;

        for (size_t i = 0; i < ELEMENTSOF(m->delay_maxima); i++)
                worst = MAX_OF(worst, m->delay_maxima[i]);
        return worst;
}

static void publish_workers(Manager *m, FleetRow *row) {
        if (m->poller)
                FIELD_SET(Fleet, row, poll_restarts, poller_restarts(m->poller));
        if (!m->server)
                return;
        FIELD_SET(Fleet, row, serve_restarts, server_restarts(m->server));
        if (server_engine_boots(m->server) > 0) {
                FIELD_TEXT_SET(Fleet, row, serve_engine_id, server_engine_id(m->server));
                FIELD_SET(Fleet, row, serve_engine_boots, server_engine_boots(m->server));
        }
}

static void publish_events(const Manager *m, FleetRow *row) {
        FIELD_SET(Fleet, row, alarms_critical, situation_alarms_of(m->situation, SEVERITY_CRITICAL));
        FIELD_SET(Fleet, row, alarms_major, situation_alarms_of(m->situation, SEVERITY_MAJOR));
        FIELD_SET(Fleet, row, alarms_minor, situation_alarms_of(m->situation, SEVERITY_MINOR));
        FIELD_SET(Fleet, row, alarms_warning, situation_alarms_of(m->situation, SEVERITY_WARNING));
        FIELD_SET(Fleet, row, last_notify_sequence, event_log_last_sequence(m->events));
        FIELD_SET(Fleet, row, heartbeat_interval, m->config->heartbeat_interval);
        FIELD_SET(Fleet, row, events_waiting, (uint32_t) history_waiting(m->history));
        FIELD_SET(Fleet, row, commit_p99, history_commit_p99(m->history));
        FIELD_SET(Fleet, row, told_p99, event_log_told_p99(m->events));
        FIELD_SET(Fleet, row, sent_p99, event_log_sent_p99(m->events));
}

static void publish_notifier(const Manager *m, FleetRow *row) {
        FIELD_SET(Fleet, row, notify_restarts, notifier_restarts(m->notifier));
        if (notifier_engine_boots(m->notifier) == 0)
                return;
        FIELD_TEXT_SET(Fleet, row, notify_engine_id, notifier_engine_id(m->notifier));
        FIELD_SET(Fleet, row, notify_engine_boots, notifier_engine_boots(m->notifier));
}

/* Real machines: a virtual slot is none of its own. */
static void count_devices(const Manager *m, uint32_t *ret_devices, uint32_t *ret_serving) {
        *ret_devices = *ret_serving = 0;
        for (size_t i = 0; i < m->n_devices; i++) {
                if (m->devices[i]->config->virtual_slot)
                        continue;
                (*ret_devices)++;
                *ret_serving += device_serves(m->devices[i]);
        }
}

static void publish_fleet(Manager *m) {
        FleetRow *row = &m->fleet;
        const Config *c = m->config;
        uint32_t devices, serving;
        usec_t bound = 0;

        count_devices(m, &devices, &serving);
        for (size_t i = 0; i < m->n_devices; i++)
                bound = MAX_OF(bound, detection_bound(&m->devices[i]->config->timing));
        FIELD_TEXT_SET(Fleet, row, version, HSMD_VERSION);
        FIELD_TEXT_SET(Fleet, row, name, c->name);
        FIELD_TEXT_SET(Fleet, row, title, c->title ? c->title : "");
        FIELD_TEXT_SET(Fleet, row, contact, c->contact ? c->contact : "");
        FIELD_TEXT_SET(Fleet, row, location, c->location ? c->location : "");
        FIELD_SET(Fleet, row, config_generation, m->generation);
        FIELD_SET(Fleet, row, state, situation_fleet(m->situation));
        FIELD_SET(Fleet, row, devices, devices);
        FIELD_SET(Fleet, row, devices_serving, serving);
        FIELD_SET(Fleet, row, last_change, row->last_change);
        FIELD_SET(Fleet, row, counters_since, row->counters_since);
        FIELD_SET(Fleet, row, detection_bound, bound);
        FIELD_SET(Fleet, row, probe_lateness, worst_delay(m));
        FIELD_SET(Fleet, row, lateness_total, lateness_total(m->lateness));
        FIELD_SET(Fleet, row, log_dropped, journal_dropped(m->journal));
        drill_text(m, row->drill, sizeof(row->drill));
        field_mark(row->valid, FleetField_drill, row->drill[0] != '\0');
        publish_events(m, row);
        publish_workers(m, row);
        publish_notifier(m, row);
        board_publish(m->board, BOARD_FLEET, 0, row);
}

void fleet_publish(Manager *m) {
        if (!m->board || !m->lateness || m->filling_board)
                return;
        publish_pools(m);
        publish_services(m);
        publish_sites(m);
        publish_fleet(m);
        notifier_publish(m->notifier);
        tell_status(m);
}

void manager_fill_fleet_event(const Manager *m, Event *e, EventType type) {
        ServiceState state = situation_fleet(m->situation);
        uint32_t devices, serving;

        count_devices(m, &devices, &serving);
        FIELD_SET(Event, e, type, type);
        FIELD_TEXT_SET(Event, e, state, name_of(&service_state_names, state));
        FIELD_SET(Event, e, serving, serving);
        FIELD_SET(Event, e, total, devices);
        event_text(e, &(EventWords){0});
}
