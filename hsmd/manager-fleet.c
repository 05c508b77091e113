#include <stdarg.h>
#include <systemd/sd-daemon.h>

#include "drill.h"
#include "lateness.h"
#include "manager.h"
#include "poller.h"
#include "pool.h"
#include "server.h"

/* so many devices in trouble are named in the status line */
#define TROUBLED_NAMED 4

/* *ret_judged: every member has had its first verdict. */
static PoolFacts count_members(const Manager *m, const ConfigPool *pool, bool *ret_judged) {
        PoolFacts f = {.required = pool->required};

        *ret_judged = true;

        for (size_t i = 0; i < m->n_devices; i++) {
                const Device *d = m->devices[i];

                if (d->pool != pool)
                        continue;
                f.members++;
                *ret_judged = *ret_judged && d->judged;
                f.serving += device_serves(d);
                f.unknown += d->judgement.state == DEVICE_UNKNOWN;
        }
        return f;
}

static void log_pool(
        const Manager *m, const ConfigPool *pool, PoolState before, PoolState state, const PoolFacts *f) {
        int priority = state == POOL_REDUNDANT ? LOG_NOTICE : state == POOL_LOST ? LOG_CRIT : LOG_WARNING;

        log_event(m->journal,
                &(LogEvent){.priority = priority,
                        .message_id = MESSAGE_POOL_STATE,
                        .state = name_of(&pool_state_names, state)},
                "pool %s (%s): %s, was %s; %u of %u serving, %u required", pool->name, pool->title,
                name_of(&pool_state_names, state), before ? name_of(&pool_state_names, before) : "unknown",
                f->serving, f->members, f->required);
}

static ServiceState publish_pools(Manager *m) {
        ServiceState worst = SERVICE_OK;

        for (size_t i = 0; i < m->config->n_pools; i++) {
                const ConfigPool *pool = &m->config->pools[i];
                bool judged;
                PoolFacts f = count_members(m, pool, &judged);
                PoolVerdict v = pool_judge(&f);
                PoolRow row = {0};

                FIELD_SET(Pool, &row, number, pool->number);
                FIELD_TEXT_SET(Pool, &row, name, pool->name);
                FIELD_TEXT_SET(Pool, &row, title, pool->title);
                FIELD_SET(Pool, &row, state, v.state);
                FIELD_SET(Pool, &row, members, f.members);
                FIELD_SET(Pool, &row, serving, f.serving);
                FIELD_SET(Pool, &row, required, f.required);
                FIELD_SET(Pool, &row, survivable, v.survivable);
                board_publish(m->board, BOARD_POOLS, i, &row);
                if (m->pool_states[i] != v.state) {
                        m->fleet.last_change = now_realtime();
                        m->pool_states[i] = v.state;
                }
                /* while hsmd starts, a pool goes through states that say nothing of it */
                if (judged && m->pool_told[i] != v.state) {
                        if (m->pool_told[i] != 0 || v.state != POOL_REDUNDANT)
                                log_pool(m, pool, m->pool_told[i], v.state, &f);
                        m->pool_told[i] = v.state;
                }
                worst = service_state_worse(worst, pool_state_as_service(v.state));
        }
        return worst;
}

static void publish_sites(const Manager *m) {
        for (size_t i = 0; i < m->n_sites; i++) {
                uint32_t devices = 0, serving = 0;

                for (size_t k = 0; k < m->n_devices; k++) {
                        if (m->devices[k]->config->site != i)
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
                        name_of(&pool_state_names, m->pool_states[i]));
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

static void publish_fleet(Manager *m, ServiceState state) {
        FleetRow *row = &m->fleet;
        const Config *c = m->config;
        uint32_t serving = 0;
        usec_t bound = 0;

        for (size_t i = 0; i < m->n_devices; i++) {
                serving += device_serves(m->devices[i]);
                bound = MAX_OF(bound, detection_bound(&m->devices[i]->config->timing));
        }
        FIELD_TEXT_SET(Fleet, row, version, HSMD_VERSION);
        FIELD_TEXT_SET(Fleet, row, name, c->name);
        FIELD_TEXT_SET(Fleet, row, title, c->title ? c->title : "");
        FIELD_TEXT_SET(Fleet, row, contact, c->contact ? c->contact : "");
        FIELD_TEXT_SET(Fleet, row, location, c->location ? c->location : "");
        FIELD_SET(Fleet, row, config_generation, m->generation);
        FIELD_SET(Fleet, row, state, state);
        FIELD_SET(Fleet, row, devices, (uint32_t) m->n_devices);
        FIELD_SET(Fleet, row, devices_serving, serving);
        FIELD_SET(Fleet, row, last_change, row->last_change);
        FIELD_SET(Fleet, row, counters_since, row->counters_since);
        FIELD_SET(Fleet, row, detection_bound, bound);
        FIELD_SET(Fleet, row, probe_lateness, worst_delay(m));
        FIELD_SET(Fleet, row, lateness_total, lateness_total(m->lateness));
        FIELD_SET(Fleet, row, log_dropped, journal_dropped(m->journal));
        publish_workers(m, row);
        drill_text(m, row->drill, sizeof(row->drill));
        field_mark(row->valid, FleetField_drill, row->drill[0] != '\0');
        board_publish(m->board, BOARD_FLEET, 0, row);
}

void fleet_publish(Manager *m) {
        ServiceState state;

        if (!m->board || !m->lateness)
                return;
        state = publish_pools(m);
        publish_sites(m);
        publish_fleet(m, state);
        tell_status(m);
}
