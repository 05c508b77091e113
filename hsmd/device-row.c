#include "device.h"

#include "maintenance.h"
#include "manager.h"
#include "measure.h"
#include "percentile.h"

uint32_t device_latency_p50(const Device *d) {
        return percentile_of_ring(d->latencies, LATENCIES_KEPT, d->n_latencies, 50);
}

static void show_latencies(const Device *d, DeviceRow *row) {
        if (d->n_latencies == 0)
                return;
        FIELD_SET(Device, row, latency_p50, device_latency_p50(d));
        FIELD_SET(Device, row, latency_p99,
                percentile_of_ring(d->latencies, LATENCIES_KEPT, d->n_latencies, 99));
}

static void show_steps(const Device *d, DeviceRow *row) {
        const struct {
                Step step;
                unsigned ordinal;
                uint64_t *member;
        } steps[] = {
                {STEP_LOAD, DeviceField_latency_load, &row->latency_load},
                {STEP_INITIALIZE, DeviceField_latency_initialize, &row->latency_initialize},
                {STEP_SLOT, DeviceField_latency_slot, &row->latency_slot},
                {STEP_TOKEN, DeviceField_latency_token, &row->latency_token},
                {STEP_SESSION, DeviceField_latency_session, &row->latency_session},
                {STEP_LOGIN, DeviceField_latency_login, &row->latency_login},
                {STEP_FIND, DeviceField_latency_find, &row->latency_find},
                {STEP_SIGN, DeviceField_latency_sign, &row->latency_sign},
                {STEP_VERIFY, DeviceField_latency_verify, &row->latency_verify},
                {STEP_RANDOM, DeviceField_latency_random, &row->latency_random},
                {STEP_DECRYPT, DeviceField_latency_decrypt, &row->latency_decrypt},
                {STEP_ENCRYPT, DeviceField_latency_encrypt, &row->latency_encrypt},
                {STEP_MAC, DeviceField_latency_mac, &row->latency_mac},
                {STEP_CONNECT, DeviceField_latency_connect, &row->latency_connect},
        };

        for (size_t i = 0; i < ELEMENTSOF(steps); i++) {
                if (d->latency[steps[i].step] == 0)
                        continue;
                *steps[i].member = d->latency[steps[i].step];
                field_mark(row->valid, steps[i].ordinal, true);
        }
        if (d->climbed_at != 0)
                FIELD_SET(Device, row, climb_age, d->climbed_at);
}

static void show_configuration(const Device *d, DeviceRow *row) {
        const ConfigDevice *c = d->config;
        const ConfigSite *site = &d->manager->config->sites[c->site];

        FIELD_SET(Device, row, number, c->number);
        FIELD_TEXT_SET(Device, row, name, c->name);
        FIELD_TEXT_SET(Device, row, title, c->title);
        FIELD_SET(Device, row, site, site->number);
        FIELD_TEXT_SET(Device, row, site_name, site->name);
        FIELD_SET(Device, row, pool, d->pool->number);
        FIELD_TEXT_SET(Device, row, pool_name, d->pool->name);
        if (c->address)
                FIELD_TEXT_SET(Device, row, address, c->address);
        if (c->location)
                FIELD_TEXT_SET(Device, row, location, c->location);
        if (c->contact)
                FIELD_TEXT_SET(Device, row, contact, c->contact);
        FIELD_SET(Device, row, detection_bound, detection_bound(&c->timing));
        if (c->vendor < d->manager->config->n_vendors)
                FIELD_TEXT_SET(Device, row, vendor, d->manager->config->vendors[c->vendor].name);
        if (c->shared_service)
                FIELD_TEXT_SET(Device, row, shared_service, c->shared_service);
        FIELD_SET(Device, row, virtual_slot, c->virtual_slot);
        if (c->rated_rate > 0)
                FIELD_SET(Device, row, rated_rate, c->rated_rate);
        if (device_capacity(d) > 0)
                FIELD_SET(Device, row, capacity, device_capacity(d));
}

static void show_token(const Device *d, DeviceRow *row) {
        if (!d->has_result || !d->result.has_token)
                return;
        FIELD_TEXT_SET(Device, row, manufacturer, d->result.manufacturer);
        FIELD_TEXT_SET(Device, row, model, d->result.model);
        FIELD_TEXT_SET(Device, row, serial, d->result.serial);
        FIELD_TEXT_SET(Device, row, firmware, d->result.firmware);
}

static void show_location(const Device *d, DeviceRow *row) {
        const Location *l = &d->location;

        if (l->place)
                FIELD_SET(Device, row, place, l->place);
        if (l->other)
                FIELD_SET(Device, row, other_place, l->other);
        if (l->test)
                FIELD_TEXT_SET(Device, row, separating_test, l->test);
}

static void show_judgement(const Device *d, DeviceRow *row) {
        const Judgement *j = &d->judgement;

        FIELD_SET(Device, row, state, j->state);
        FIELD_SET(Device, row, reason, j->reason);
        FIELD_SET(Device, row, state_since, d->state_since_realtime);
        FIELD_SET(Device, row, state_age, j->since);
        FIELD_SET(Device, row, failed_step, j->failed_step);
        FIELD_SET(Device, row, consecutive_failures, j->failures);
        if (device_detail(d)[0])
                FIELD_TEXT_SET(Device, row, detail, device_detail(d));
}

static void show_availability(const Device *d, DeviceRow *row) {
        usec_t now = now_realtime();
        uint32_t value;

        if (availability_of(&d->availability, now, AVAILABILITY_DAY, &value))
                FIELD_SET(Device, row, availability_day, value);
        if (availability_of(&d->availability, now, AVAILABILITY_MONTH, &value))
                FIELD_SET(Device, row, availability_month, value);
}

/* The rung on which the probe is now; the ring is hostile input. */
static Step step_under_way(const Device *d) {
        uint32_t step = d->ring && (d->phase == PROBE_CLIMBING || d->phase == PROBE_CHECKING)
                                ? atomic_load_explicit(&d->ring->step, memory_order_relaxed)
                                : 0;

        return step > STEP_NONE && step <= STEP_MAX ? (Step) step : STEP_NONE;
}

static void show_evidence(const Device *d, DeviceRow *row) {
        char buffer[24];

        if (d->has_last_call) {
                FIELD_TEXT_SET(Device, row, last_call, pkcs11_call_name(d->last_call));
                FIELD_SET(Device, row, last_call_duration, d->last_call_usec);
                if (!d->last_call_unreturned)
                        FIELD_TEXT_SET(Device, row, last_return, device_return_name(d, d->last_rv, buffer));
        }
        if (d->last_success != 0)
                FIELD_SET(Device, row, last_success_age, d->last_success);
        if (d->last_evidence != 0)
                FIELD_SET(Device, row, evidence_age, d->last_evidence);
        FIELD_SET(Device, row, probes, d->probes);
        FIELD_SET(Device, row, failures, d->failures);
        FIELD_SET(Device, row, probe_restarts, d->probe_restarts);
        FIELD_SET(Device, row, checks_skipped, d->checks_skipped);
        FIELD_SET(Device, row, start_delay_max, d->start_delay_max);
        FIELD_SET(Device, row, logins, d->logins);
        FIELD_SET(Device, row, signs, d->signs + d->signs_of_probe);
        FIELD_SET(Device, row, logins_day, day_total(&d->logins_day, now_monotonic()));
        FIELD_SET(Device, row, signs_day, day_total(&d->signs_day, now_monotonic()));
        FIELD_SET(Device, row, recycles, d->recycles);
        FIELD_SET(Device, row, unkillable,
                (uint32_t) supervisor_unkillable_of(d->manager->supervisor, d->config->name));
        FIELD_SET(Device, row, step_under_way, step_under_way(d));
        if (d->worker) {
                FIELD_SET(Device, row, probe_pid, (uint32_t) worker_pid(d->worker));
                if (d->probe_memory > 0)
                        FIELD_SET(Device, row, probe_memory, d->probe_memory);
                if (d->phase == PROBE_IDLE || d->phase == PROBE_CHECKING) {
                        FIELD_SET(Device, row, sessions_open, d->result.sessions_open);
                        FIELD_SET(Device, row, probe_fds, d->result.open_fds);
                }
        }
}

static void show_agent(const SensorSet *set, DeviceRow *row) {
        const SensorAgent *a = set->n_agents > 0 ? &set->agents[0] : NULL;

        FIELD_SET(Device, row, agent_state, a ? a->state : AGENT_NOT_CONFIGURED);
        if (!a)
                return;
        if (a->detail[0])
                FIELD_TEXT_SET(Device, row, agent_detail, a->detail);
        if (a->engine_id[0])
                FIELD_TEXT_SET(Device, row, agent_engine_id, a->engine_id);
}

/* A machine's own uptime says when it booted. */
static void show_boot(const SensorSet *set, DeviceRow *row) {
        const Sensor *s = sensor_set_uptime(set);
        double now = (double) now_realtime() / USEC_PER_SEC, up;

        if (!s || !sensor_is_ok(s))
                return;
        up = s->verdict.value + (double) (now_monotonic() - s->verdict.value_when) / USEC_PER_SEC;
        if (up >= 0 && up < now)
                FIELD_SET(Device, row, booted, (uint64_t) (now - up) * USEC_PER_SEC);
}

static void show_sensors(const Device *d, DeviceRow *row) {
        const SensorSet *set = d->sensors;
        const Sensor *t = sensor_set_temperature(set), *room = environment_room(d);
        uint32_t bad = 0;

        show_agent(set, row);
        show_boot(set, row);
        for (size_t i = 0; i < set->n_sensors; i++)
                bad += sensor_is_missed(&set->sensors[i]) || set->sensors[i].verdict.finding != FINDING_NONE;
        FIELD_SET(Device, row, sensors, (uint32_t) set->n_sensors);
        FIELD_SET(Device, row, sensors_bad, bad);
        if (!t || !t->track.known)
                return;
        FIELD_SET(Device, row, temperature_status, t->verdict.status);
        if (t->verdict.has_value)
                FIELD_SET(Device, row, temperature_age, t->verdict.value_when);
        /* a broken sensor is not a cold one */
        if (!sensor_is_ok(t))
                return;
        FIELD_SET(Device, row, temperature, sensor_tenths(t->verdict.value));
        if (room)
                FIELD_SET(Device, row, above_room, sensor_tenths(t->verdict.value - room->verdict.value));
}

static void show_maintenance(const Device *d, DeviceRow *row) {
        const Maintenance *m = d->maintenance;

        if (!m)
                return;
        FIELD_SET(Device, row, maintenance_until, m->time.until);
        FIELD_TEXT_SET(Device, row, maintenance_reason, m->reason);
        FIELD_TEXT_SET(Device, row, maintenance_by, m->by);
}

void device_publish(Device *d) {
        DeviceRow row = {0};

        if (!d->manager->board)
                return;
        show_configuration(d, &row);
        show_token(d, &row);
        show_judgement(d, &row);
        show_location(d, &row);
        show_maintenance(d, &row);
        show_evidence(d, &row);
        show_latencies(d, &row);
        show_availability(d, &row);
        show_steps(d, &row);
        show_sensors(d, &row);
        board_publish(d->manager->board, BOARD_DEVICES, d->index, &row);
        device_publish_keys(d);
        measure_publish(d);
}

/* While it is suspect, a failed attempt says nothing of its keys yet: what it held at the last success
 * counts, or a single failure would cost the pool a member and `fall` would mean nothing. */
bool device_serves(const Device *d) {
        if (!device_state_serves(d->judgement.state))
                return false;
        return d->judgement.state == DEVICE_SUSPECT ? d->held_keys : device_holds_keys(d);
}
