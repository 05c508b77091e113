/* What the machines come to together, in the daemon: facts to the Situation, events from it, and what it came
 * to on the board. */
#include "manager-situation.h"

#include "alarm-code.h"
#include "event-log.h"
#include "manager.h"
#include "notifier.h"
#include "numbers.h"
#include "watcher.h"

#define ALARM_ROWS_MIN 256
#define HOST_FINDINGS_MAX 32
/* all machines are usually judged within one detection bound */
#define STARTED_SLACK (5 * USEC_PER_SEC)

Moment moment_now(void) {
        return (Moment){.monotonic = now_monotonic(), .realtime = now_realtime()};
}

/* --- the configuration, as the Situation is told it */

static uint32_t key_bits(const ConfigPool *pool, const ConfigService *service) {
        uint32_t bits = 0;

        for (size_t i = 0; i < service->n_keys; i++)
                for (size_t k = 0; k < pool->n_keys; k++)
                        if (pool->keys[k].number == service->keys[i])
                                bits |= UINT32_C(1) << k;
        return bits;
}

void situation_config_free(SituationConfig *c) {
        if (!c)
                return;
        free(c->devices);
        free(c->pools);
        free(c->sites);
        free(c->services);
        free(c);
}

static void fill_devices(const Config *c, SituationConfig *ret) {
        for (size_t i = 0; i < c->n_devices; i++) {
                const ConfigDevice *d = &c->devices[i];

                ret->devices[i] = (SituationDevice){.number = d->number,
                        .name = d->name,
                        .title = d->title,
                        .pool = d->pool,
                        .site = d->site,
                        .shared_service = d->shared_service,
                        .virtual_slot = d->virtual_slot,
                        .bound = detection_bound(&d->timing)};
        }
}

static void fill_others(const Config *c, SituationConfig *ret) {
        for (size_t i = 0; i < c->n_pools; i++)
                ret->pools[i] = (SituationPool){.number = c->pools[i].number,
                        .name = c->pools[i].name,
                        .title = c->pools[i].title,
                        .required = c->pools[i].required};
        for (size_t i = 0; i < c->n_sites; i++)
                ret->sites[i] = (SituationSite){
                        .number = c->sites[i].number, .name = c->sites[i].name, .title = c->sites[i].title};
        for (size_t i = 0; i < c->n_services; i++) {
                const ConfigService *s = &c->services[i];

                ret->services[i] = (SituationService){.number = s->number,
                        .name = s->name,
                        .title = s->title,
                        .pool = s->pool,
                        .keys = key_bits(&c->pools[s->pool], s),
                        .required_rate = s->required_rate,
                        .confirmed = s->confirmed};
        }
}

static SituationConfig *make_config(const Config *c) {
        SituationConfig *made = calloc(1, sizeof(*made));

        if (!made)
                return NULL;
        *made = (SituationConfig){.name = c->name,
                .title = c->title ? c->title : c->name,
                .devices = calloc(c->n_devices + 1, sizeof(*made->devices)),
                .pools = calloc(c->n_pools + 1, sizeof(*made->pools)),
                .sites = calloc(c->n_sites + 1, sizeof(*made->sites)),
                .services = calloc(c->n_services + 1, sizeof(*made->services)),
                .n_devices = c->n_devices,
                .n_pools = c->n_pools,
                .n_sites = c->n_sites,
                .n_services = c->n_services};
        if (!made->devices || !made->pools || !made->sites || !made->services) {
                situation_config_free(made);
                return NULL;
        }
        fill_devices(c, made);
        fill_others(c, made);
        return made;
}

static uint64_t on_number(void *userdata) {
        const Manager *m = userdata;

        return numbers_next(m->numbers);
}

static void on_event(const Event *event, bool notify, void *userdata) {
        Manager *m = userdata;

        event_log_add(m->events, event, notify);
}

int manager_situation_new(Manager *m, const Config *c, SituationConfig **ret_config, Situation **ret) {
        static const SituationOps ops = {.number = on_number, .event = on_event};
        SituationConfig *made = make_config(c);
        int r = made ? situation_new(made, &ops, m, ret) : -ENOMEM;

        if (r < 0)
                situation_config_free(made);
        else
                *ret_config = made;
        return r;
}

void manager_event(Manager *m, Event *event, bool notify) {
        FIELD_SET(Event, event, id, numbers_next(m->numbers));
        FIELD_SET(Event, event, when, now_realtime());
        event_log_add(m->events, event, notify);
}

/* --- facts */

static void settle(Manager *m) {
        situation_settle(m->situation, moment_now());
        manager_situation_publish(m);
}

void manager_device_judged(Manager *m, const Device *d) {
        DeviceFacts facts;

        if (!m->situation)
                return;
        device_facts(d, &facts);
        situation_device(m->situation, d->index, &facts);
        settle(m);
}

void manager_site_judged(Manager *m, const Site *site) {
        if (!m->situation)
                return;
        situation_site(m->situation, (size_t) (site - m->sites), site->findings, site->n_findings,
                environment_is_known(site->set));
        settle(m);
}

static size_t add_finding(Finding *list, size_t n, Reason reason, const char *detail) {
        if (n >= HOST_FINDINGS_MAX)
                return n;
        list[n] = (Finding){.reason = reason};
        copy_text(list[n].detail, sizeof(list[n].detail), detail);
        return n + 1;
}

static void host_facts(Manager *m) {
        Finding found[HOST_FINDINGS_MAX];
        size_t n = 0;

        if (m->history_trouble != REASON_NONE)
                n = add_finding(found, n, m->history_trouble, m->history_detail);
        if (event_log_disk_slow(m->events) && m->history_trouble != REASON_DISK_SLOW)
                n = add_finding(found, n, REASON_DISK_SLOW, "events are told before they are on disk");
        if (m->history_was_damaged && m->history_trouble != REASON_HISTORY_DAMAGED)
                n = add_finding(found, n, REASON_HISTORY_DAMAGED, m->history_damage);
        n += watcher_findings(m, found + n, HOST_FINDINGS_MAX - n);
        /* last: there may be more of them than have room here */
        n += notifier_findings(m->notifier, found + n, HOST_FINDINGS_MAX - n);
        situation_host(m->situation, found, n);
}

static void tell_started(Manager *m, usec_t now) {
        bool all = true;
        usec_t bound = 0;
        Event e = {0};

        for (size_t i = 0; i < m->n_devices; i++) {
                /* nobody asks one that rests */
                all = all && (m->devices[i]->judged || device_rests(m->devices[i]));
                bound = MAX_OF(bound, detection_bound(&m->devices[i]->config->timing));
        }
        if (!all && now < m->started + bound + STARTED_SLACK)
                return;
        m->told_started = true;
        manager_fill_fleet_event(m, &e, EVENT_STARTED);
        manager_event(m, &e, true);
}

static void devices_facts(Manager *m) {
        for (size_t i = 0; i < m->n_devices; i++) {
                DeviceFacts facts;

                device_facts(m->devices[i], &facts);
                situation_device(m->situation, i, &facts);
        }
}

void manager_situation_refresh(Manager *m) {
        devices_facts(m);
        for (size_t i = 0; i < m->n_sites; i++)
                manager_site_judged(m, &m->sites[i]);
        settle(m);
}

void manager_situation_tick(Manager *m, usec_t now) {
        devices_facts(m);
        host_facts(m);
        situation_tick(m->situation, moment_now());
        settle(m);
        event_log_tick(m->events, now);
        if (!m->told_started && !m->stopping)
                tell_started(m, now);
}

/* --- on the board */

static void publish_alarms(const Manager *m) {
        size_t n;
        const Alarm *const *alarms = situation_alarms(m->situation, &n);
        CLEANUP_FREE AlarmRow *rows = calloc(n + 1, sizeof(*rows));
        Moment now = moment_now();

        for (size_t i = 0; rows && i < n; i++)
                manager_alarm_row(m, alarms[i], now, &rows[i]);
        if (rows)
                board_arrange(m->board, BOARD_ALARMS, rows, n);
}

void manager_alarm_row(const Manager *m, const Alarm *a, Moment now, AlarmRow *row) {
        const Config *c = m->config;
        char code[64];
        size_t pool = a->pool == SIZE_MAX && a->device != SIZE_MAX ? c->devices[a->device].pool : a->pool;
        size_t site = a->site == SIZE_MAX && a->device != SIZE_MAX ? c->devices[a->device].site : a->site;
        usec_t age = now.realtime > a->since.realtime ? now.realtime - a->since.realtime : 0;

        alarm_code_word(a->code, code, sizeof(code));
        FIELD_SET(Alarm, row, id, a->id);
        FIELD_TEXT_SET(Alarm, row, code, code);
        FIELD_SET(Alarm, row, severity, a->severity);
        FIELD_SET(Alarm, row, cause, a->cause);
        FIELD_SET(Alarm, row, device, a->device == SIZE_MAX ? 0 : c->devices[a->device].number);
        FIELD_SET(Alarm, row, pool, pool == SIZE_MAX ? 0 : c->pools[pool].number);
        FIELD_SET(Alarm, row, service, a->service == SIZE_MAX ? 0 : c->services[a->service].number);
        FIELD_SET(Alarm, row, site, site == SIZE_MAX ? 0 : c->sites[site].number);
        FIELD_TEXT_SET(Alarm, row, device_name, a->device == SIZE_MAX ? "" : c->devices[a->device].name);
        FIELD_TEXT_SET(Alarm, row, pool_name, pool == SIZE_MAX ? "" : c->pools[pool].name);
        FIELD_TEXT_SET(Alarm, row, service_name, a->service == SIZE_MAX ? "" : c->services[a->service].name);
        FIELD_TEXT_SET(Alarm, row, site_name, site == SIZE_MAX ? "" : c->sites[site].name);
        FIELD_TEXT_SET(Alarm, row, resource, a->resource);
        FIELD_SET(Alarm, row, since, a->since.realtime);
        FIELD_SET(Alarm, row, age,
                a->since.monotonic != 0 ? a->since.monotonic : now.monotonic - MIN_OF(age, now.monotonic));
        FIELD_TEXT_SET(Alarm, row, text, a->text);
        FIELD_TEXT_SET(Alarm, row, text_local, a->text_local);
        FIELD_SET(Alarm, row, acknowledged, a->acknowledged);
        FIELD_TEXT_SET(Alarm, row, acknowledged_by, a->acknowledged_by);
        if (a->acknowledged)
                FIELD_SET(Alarm, row, acknowledged_when, a->acknowledged_when);
        FIELD_SET(Alarm, row, correlated, a->correlated);
        if (a->place != 0)
                FIELD_SET(Alarm, row, place, a->place);
        if (a->other_place != 0)
                FIELD_SET(Alarm, row, other_place, a->other_place);
}

static void failover_row(const Config *c, const Failover *f, FailoverRow *row) {
        FIELD_SET(Failover, row, id, f->id);
        FIELD_SET(Failover, row, pool, c->pools[f->pool].number);
        FIELD_TEXT_SET(Failover, row, pool_name, c->pools[f->pool].name);
        FIELD_SET(Failover, row, device, c->devices[f->device].number);
        FIELD_TEXT_SET(Failover, row, device_name, c->devices[f->device].name);
        if (f->last_good != 0)
                FIELD_SET(Failover, row, last_good, f->last_good);
        if (f->first_failure != 0)
                FIELD_SET(Failover, row, first_failure, f->first_failure);
        FIELD_SET(Failover, row, declared, f->declared);
        FIELD_SET(Failover, row, detection, f->detection);
        FIELD_SET(Failover, row, survivors, f->survivors);
        if (f->returned != 0)
                FIELD_SET(Failover, row, returned, f->returned);
        if (f->latency_before != 0)
                FIELD_SET(Failover, row, latency_before, f->latency_before);
        if (f->latency_after != 0)
                FIELD_SET(Failover, row, latency_after, f->latency_after);
}

static void publish_failovers(const Manager *m) {
        FailoverRow rows[FAILOVERS_KEPT] = {0};
        size_t n, shown = 0;
        const Failover *failovers = situation_failovers(m->situation, &n);

        for (size_t i = n > FAILOVERS_KEPT ? n - FAILOVERS_KEPT : 0; i < n; i++)
                if (failovers[i].pool != SIZE_MAX && failovers[i].device != SIZE_MAX)
                        failover_row(m->config, &failovers[i], &rows[shown++]);
        board_arrange(m->board, BOARD_FAILOVERS, rows, shown);
}

void manager_situation_publish(Manager *m) {
        uint64_t alarms = situation_alarms_version(m->situation);
        uint64_t failovers = situation_failovers_version(m->situation);

        if (!m->board || m->filling_board)
                return;
        if (alarms != m->alarms_shown) {
                m->alarms_shown = alarms;
                publish_alarms(m);
        }
        if (failovers != m->failovers_shown) {
                m->failovers_shown = failovers;
                publish_failovers(m);
        }
}

void manager_situation_new_board(Manager *m) {
        m->alarms_shown = m->failovers_shown = UINT64_MAX;
        manager_situation_publish(m);
}

size_t manager_alarm_rows(const Config *c) {
        return MAX_OF((size_t) ALARM_ROWS_MIN, 4 * (c->n_devices + c->n_sites));
}
