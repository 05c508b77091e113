#include "measure.h"

#include <openssl/rand.h>

#include "answer.h"
#include "drill.h"
#include "last-member.h"
#include "manager.h"
#include "measure-limits.h"
#include "measured-file.h"
#include "second-probe.h"

/* how often a health check is made during a burst in service */
#define HEALTH_PACE (200 * USEC_PER_MSEC)
#define HEALTH_KEPT 16
#define SESSIONS_MAX 64
#define DURATION_MAX (60 * USEC_PER_SEC)

/* A burst under way. */
struct Measurement {
        Device *device;
        SecondProbe *probe;
        ControlReply *reply; /* NULL: by the configuration, or already told */
        size_t mechanism;    /* among the device's */
        uint32_t key, sessions;
        usec_t duration;
        uint64_t operations_max;
        bool out_of_service, stopping;
        bool has_half, half_sent;
        MsgMeasured half;
        usec_t began;
        uint32_t before[LATENCIES_KEPT], during[HEALTH_KEPT];
        size_t n_before, n_during;
        sd_event_source *pace;
        char by[64];
};

static const SecondProbeOps measure_ops;

/* --- asked for
 * ---------------------------------------------------------------------------------------------- */

static unsigned max_clients(const Device *d) {
        const Config *c = d->manager->config;

        return d->config->vendor < c->n_vendors ? c->vendors[d->config->vendor].max_clients : 0;
}

/* The key to sign with: the one that was named, else the first that signs and is none of the business's. */
static const ConfigKey *choose_key(const Device *d, uint32_t number) {
        const ConfigKey *business = NULL;

        for (size_t i = 0; i < d->pool->n_keys; i++) {
                const ConfigKey *k = &d->pool->keys[i];

                if (k->exercise != EXERCISE_SIGN || (number != 0 && k->number != number))
                        continue;
                if (!k->business || number != 0)
                        return k;
                business = business ? business : k;
        }
        return business;
}

static size_t mechanism_of(const Device *d, const ConfigKey *key) {
        ProbeMechanism all[PROTOCOL_MECHANISMS_MAX];
        size_t n = config_mechanisms(d->manager->config, d->config, all);
        size_t at = config_key_mechanism(key, all, n), i = 0;

        while (i < d->n_measured && (at == n || d->measured[i].index != all[at].index))
                i++;
        return i;
}

static uint32_t rated_rate(const Device *d, size_t mechanism) {
        ProbeMechanism used[PROTOCOL_MECHANISMS_MAX];
        size_t n = manager_mechanisms(d->manager->config, d->config, used);

        if (mechanism < n && used[mechanism].rated_rate > 0)
                return used[mechanism].rated_rate;
        return d->config->rated_rate;
}

static bool measured_in_pool(const Device *d) {
        for (size_t i = 0; i < d->manager->n_devices; i++)
                if (d->manager->devices[i]->pool == d->pool && d->manager->devices[i]->measurement)
                        return true;
        return false;
}

static int check_out_of_service(const Device *d, const MeasureRequest *r, char **ret_message) {
        if (device_rests(d))
                return answer(ret_message, -EPERM,
                        "%s is in maintenance and is not to be touched; end its maintenance, or start it "
                        "anew with "
                        "probing",
                        d->config->name);
        return r->force ? 0 : last_member_check(d, ", measure in service", ret_message);
}

static int check_in_service(
        const Device *d, const Measurement *m, const MeasureRequest *r, usec_t now, char **ret_message) {
        const ConfigMeasure *c = &d->config->measure;
        usec_t longest = measure_duration_max(c->share, c->period, rated_rate(d, m->mechanism));

        if (!device_serves(d))
                return answer(ret_message, -EPERM,
                        "%s is %s: in service only a machine that serves is measured; right would be "
                        "--out-of-service",
                        d->config->name, name_of(&device_state_names, d->judgement.state));
        if (max_clients(d) == 1)
                return answer(ret_message, -EPERM,
                        "%s grants one session alone (max_clients of its vendor profile): it can only be "
                        "measured with --out-of-service",
                        d->config->name);
        if (r->duration > longest)
                return answer(ret_message, -EPERM,
                        "a burst of %.1f s is more than the %.2f %% of the machine's time that are allowed; "
                        "at most %.1f s, or --out-of-service",
                        (double) r->duration / USEC_PER_SEC, c->share * 100, (double) longest / USEC_PER_SEC);
        if (now < d->measure_next && !r->force)
                return answer(ret_message, -EPERM,
                        "the share of %.2f %% of the machine's time is used up for another %llu s; wait, use "
                        "--force, or measure with --out-of-service",
                        c->share * 100,
                        (unsigned long long) (d->measure_next - now + USEC_PER_SEC) / USEC_PER_SEC);
        return 0;
}

static int check(const Device *d, const MeasureRequest *r, char **ret_message) {
        if (r->sessions > SESSIONS_MAX)
                return answer(
                        ret_message, -EINVAL, "%u sessions are too many; 1 to %d", r->sessions, SESSIONS_MAX);
        if (r->duration > DURATION_MAX)
                return answer(ret_message, -EINVAL, "a burst lasts at most %llu s",
                        (unsigned long long) (DURATION_MAX / USEC_PER_SEC));
        if (measured_in_pool(d))
                return answer(ret_message, -EBUSY,
                        "a member of pool %s is being measured; one at a time, try again when it is done",
                        d->pool->name);
        if (drill_is_on(d->manager, d->pool->name))
                return answer(ret_message, -EBUSY,
                        "a drill is on in pool %s, and a burst would falsify it; measure when it is over",
                        d->pool->name);
        if (d->successor)
                return answer(ret_message, -EBUSY,
                        "the probe of %s is just being replaced; try again in a moment", d->config->name);
        return 0;
}

/* --- beginning and end
 * --------------------------------------------------------------------------------------- */

static Measurement *measurement_free(Measurement *m) {
        if (!m)
                return NULL;
        second_probe_free(m->probe);
        sd_event_source_disable_unref(m->pace);
        free(m);
        return NULL;
}

/* Health checks come quicker while a burst runs, because they are what tells that the business suffers. */
static int on_pace(sd_event_source *source, uint64_t usec UNUSED, void *userdata) {
        Measurement *m = userdata;

        if (m->device->phase == PROBE_IDLE)
                device_probe_now(m->device, false);
        sd_event_source_set_time(source, now_monotonic() + HEALTH_PACE);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int plan(Device *d, const MeasureRequest *r, const ConfigKey *key, Measurement *m) {
        const ConfigMeasure *c = &d->config->measure;

        m->device = d;
        m->key = key->number;
        m->mechanism = mechanism_of(d, key);
        m->sessions = r->sessions ? r->sessions : c->sessions ? c->sessions : 4;
        m->duration = r->duration ? r->duration : c->duration ? c->duration : 2 * USEC_PER_SEC;
        m->out_of_service = r->out_of_service;
        if (m->mechanism == d->n_measured)
                return -ENOENT;
        if (!r->out_of_service) {
                m->operations_max = measure_operations_max(c->share, c->period, rated_rate(d, m->mechanism));
                m->duration = MIN_OF(
                        m->duration, measure_duration_max(c->share, c->period, rated_rate(d, m->mechanism)));
        }
        m->n_before = (size_t) MIN_OF(d->n_latencies, (uint64_t) LATENCIES_KEPT);
        memcpy(m->before, d->latencies, m->n_before * sizeof(*m->before));
        return 0;
}

static int begin(Device *d, Measurement *m) {
        int r;

        m->began = now_monotonic();
        d->measurement = m;
        if (m->out_of_service) {
                device_set_maintenance(d, MAINTENANCE_OF_BURST, true);
                if (max_clients(d) == 1)
                        device_drop_probe(d, false);
        }
        r = second_probe_start(d, true, &measure_ops, m, &m->probe);
        if (r >= 0 && !m->out_of_service)
                r = sd_event_add_time(d->manager->event, &m->pace, CLOCK_MONOTONIC, m->began + HEALTH_PACE,
                        USEC_PER_MSEC, on_pace, m);
        return r;
}

/* The device is as it was; m is gone. */
static void end(Measurement *m) {
        Device *d = m->device;
        const ConfigMeasure *c = &d->config->measure;
        usec_t now = now_monotonic();

        if (m->out_of_service)
                device_set_maintenance(d, MAINTENANCE_OF_BURST, false);
        else
                d->measure_next = measure_next(c->share, m->began, now - m->began);
        d->measurement = NULL;
        measurement_free(m);
        if (d->phase == PROBE_NONE || d->phase == PROBE_IDLE)
                device_probe_now(d, false);
        measure_publish(d);
}

static void end_badly(Measurement *m, const char *how) {
        char text[256];

        snprintf(text, sizeof(text), "%s was not measured: %s", m->device->config->name, how);
        log_event(m->device->manager->journal,
                &(LogEvent){.priority = LOG_WARNING,
                        .message_id = MESSAGE_MEASURED,
                        .device = m->device->config->name},
                "%s", text);
        if (m->reply)
                control_reply(m->reply, -EIO, text);
        m->reply = NULL;
        end(m);
}

static void note(Measurement *m, const MsgMeasured *full) {
        Device *d = m->device;
        Measured *k = &d->measured[m->mechanism];
        uint32_t rate = (uint32_t) MIN_OF((full->rate_milli + 500) / 1000, (uint64_t) INT32_MAX);

        if (m->out_of_service)
                k->baseline = rate;
        else
                k->spare_rate = rate;
        k->limited_by = measure_limited_by(m->has_half ? &m->half : NULL, full);
        k->p50 = full->p50;
        k->p95 = full->p95;
        k->p99 = full->p99;
        k->max = full->max;
        k->sessions = full->sessions;
        k->when = now_realtime();
        k->operations += full->operations + (m->has_half ? m->half.operations : 0);
        k->errors += full->errors + (m->has_half ? m->half.errors : 0);
        measured_write(
                d->manager->disk, d->manager->options.state, d->config->name, d->measured, d->n_measured);
        log_event(d->manager->journal,
                &(LogEvent){.priority = LOG_NOTICE,
                        .message_id = MESSAGE_MEASURED,
                        .device = d->config->name,
                        .operator_name = m->by[0] ? m->by : NULL},
                "%s: %s %u operations/s with %u sessions, limited by %s; %llu operations, %llu errors, %llu "
                "signatures verified, %llu wrong",
                d->config->name, m->out_of_service ? "out of service" : "in service", rate, full->sessions,
                name_of(&limited_by_names, k->limited_by), (unsigned long long) full->operations,
                (unsigned long long) full->errors, (unsigned long long) full->verified,
                (unsigned long long) full->wrong);
}

static void end_well(Measurement *m, const MsgMeasured *full) {
        Device *d = m->device;
        size_t row = d->mechanism_index + m->mechanism;
        ControlReply *reply = m->reply;

        if (full->operations == 0) {
                end_badly(m, full->detail[0] ? full->detail : "no operation succeeded");
                return;
        }
        note(m, full);
        m->reply = NULL;
        end(m);
        if (reply)
                control_reply_measured(
                        reply, &(MeasureOutcome){
                                       .mechanism = board_published(d->manager->board, BOARD_MECHANISMS, row),
                                       .measured = full});
}

/* --- the burst, in two halves
 * -------------------------------------------------------------------------------- */

static void send_burst(Measurement *m) {
        bool half = !m->half_sent && m->sessions > 1;
        MsgMeasure burst = MESSAGE(MsgMeasure, MSG_MEASURE);
        usec_t each = m->sessions > 1 ? m->duration / 2 : m->duration;

        m->half_sent = true;
        burst.key = m->key;
        burst.sessions = half ? m->sessions / 2 : m->sessions;
        burst.duration = each;
        burst.max_operations = m->sessions > 1 ? (m->operations_max + 1) / 2 : m->operations_max;
        burst.sample = 16;
        if (second_probe_send(m->probe, &burst.head) < 0) {
                end_badly(m, "its probe cannot be told what to do");
                return;
        }
        second_probe_expect(m->probe, now_monotonic() + each + m->device->config->timing.deadline);
}

static void on_climbed(SecondProbe *s UNUSED, const MsgProbeResult *result UNUSED, void *userdata) {
        send_burst(userdata);
}

static void on_failed(SecondProbe *s UNUSED, const char *how, void *userdata) {
        end_badly(userdata, how);
}

static bool on_measured(SecondProbe *s UNUSED, int type, const void *message, void *userdata) {
        Measurement *m = userdata;
        MsgMeasured measured;

        if (type != MSG_MEASURED || !m->half_sent)
                return false;
        measured = *(const MsgMeasured *) message;
        PROTOCOL_TEXT(measured.detail);
        if (m->sessions > 1 && !m->has_half && !measured.stopped && measured.operations > 0) {
                m->half = measured;
                m->has_half = true;
                send_burst(m);
        } else {
                end_well(m, &measured);
        }
        return true;
}

static const SecondProbeOps measure_ops = {
        .climbed = on_climbed, .failed = on_failed, .message = on_measured};

void measure_health(Device *d, uint32_t usec) {
        Measurement *m = d->measurement;
        MsgPlain stop = MESSAGE(MsgPlain, MSG_MEASURE_STOP);

        if (!m || m->out_of_service || m->stopping || !m->half_sent)
                return;
        m->during[m->n_during++ % HEALTH_KEPT] = usec;
        if (!measure_health_suffers(
                    m->before, m->n_before, m->during, MIN_OF(m->n_during, (size_t) HEALTH_KEPT)))
                return;
        m->stopping = true;
        second_probe_send(m->probe, &stop.head);
}

int measure_request(Manager *manager, const MeasureRequest *request, const char *by, ControlReply *reply,
        char **ret_message) {
        Device *d = manager_find_device(manager, request->device);
        const ConfigKey *key = d ? choose_key(d, request->key) : NULL;
        Measurement *m;
        int r;

        if (!d)
                return -ENOENT;
        if (!key && request->key)
                return answer(ret_message, -EINVAL,
                        "key %u of pool %s is not one that signs; `hsmctl keys` shows them", request->key,
                        d->pool->name);
        if (!key)
                return answer(ret_message, -EINVAL, "pool %s has no key that is exercised by signing",
                        d->pool->name);
        r = check(d, request, ret_message);
        if (r < 0)
                return r;
        m = calloc(1, sizeof(*m));
        if (!m)
                return -ENOMEM;
        r = plan(d, request, key, m);
        if (r == 0)
                r = request->out_of_service ? check_out_of_service(d, request, ret_message)
                                            : check_in_service(d, m, request, now_monotonic(), ret_message);
        if (r < 0) {
                measurement_free(m);
                return r;
        }
        copy_text(m->by, sizeof(m->by), by);
        r = begin(d, m);
        if (r < 0) {
                end(m);
                return answer(ret_message, r == -EAGAIN ? -EPERM : r, "%s cannot be measured: %s",
                        d->config->name, r == -EAGAIN ? "no PIN has succeeded on it yet" : strerror(-r));
        }
        m->reply = reply;
        return 1;
}

/* --- by the configuration
 * ------------------------------------------------------------------------------------ */

static usec_t jittered(usec_t period) {
        uint16_t r = 0;

        (void) RAND_bytes((uint8_t *) &r, sizeof(r));
        return period + (usec_t) ((double) period * 0.1 * r / UINT16_MAX);
}

void measure_tick(Manager *m, usec_t now) {
        for (size_t i = 0; i < m->n_devices; i++) {
                Device *d = m->devices[i];
                usec_t period = d->config->measure.period;
                MeasureRequest request = {.device = d->config->name};
                char *message = NULL;

                if (period == 0)
                        continue;
                if (d->measure_due == 0)
                        d->measure_due = now + jittered(period);
                /* a neighbour that is being measured goes first */
                if (now < d->measure_due || measured_in_pool(d) || !device_serves(d))
                        continue;
                d->measure_due = now + jittered(period);
                if (measure_request(m, &request, "", NULL, &message) < 0 && message)
                        log_event(m->journal,
                                &(LogEvent){.priority = LOG_INFO,
                                        .message_id = MESSAGE_MEASURED,
                                        .device = d->config->name},
                                "%s", message);
                free(message);
        }
}

void measure_extend(Device *d, usec_t lateness) {
        if (d->measurement && d->measurement->probe)
                second_probe_extend(d->measurement->probe, lateness);
}

/* --- a device comes and goes
 * ---------------------------------------------------------------------------------- */

static void on_read(const Measured *lines, size_t n, void *userdata) {
        Device *d = userdata;

        d->measured_read = NULL;
        for (size_t i = 0; i < d->n_measured; i++)
                for (size_t k = 0; k < n; k++)
                        if (d->measured[i].index == lines[k].index && d->measured[i].when == 0)
                                d->measured[i] = lines[k];
        measure_publish(d);
}

int measure_attach(Device *d) {
        ProbeMechanism used[PROTOCOL_MECHANISMS_MAX];

        d->n_measured = manager_mechanisms(d->manager->config, d->config, used);
        d->measured = calloc(d->n_measured + 1, sizeof(*d->measured));
        if (!d->measured)
                return -ENOMEM;
        for (size_t i = 0; i < d->n_measured; i++)
                d->measured[i].index = used[i].index;
        return measured_read(
                d->manager->disk, d->manager->options.state, d->config->name, on_read, d, &d->measured_read);
}

void measure_detach(Device *d) {
        measured_drop(d->measured_read);
        d->measured_read = NULL;
        if (d->measurement && d->measurement->reply)
                control_reply(
                        d->measurement->reply, -ECANCELED, "the device was taken out of the configuration");
        d->measurement = measurement_free(d->measurement);
        free(d->measured);
        d->measured = NULL;
        d->n_measured = 0;
}

/* --- shown
 * -------------------------------------------------------------------------------------------------- */

static void show_measured(const Measured *k, MechanismRow *row) {
        usec_t age = now_realtime() > k->when ? now_realtime() - k->when : 0, now = now_monotonic();

        if (k->when == 0)
                return;
        if (k->spare_rate > 0)
                FIELD_SET(Mechanism, row, spare_rate, k->spare_rate);
        if (k->baseline > 0)
                FIELD_SET(Mechanism, row, baseline, k->baseline);
        FIELD_SET(Mechanism, row, limited_by, k->limited_by);
        FIELD_SET(Mechanism, row, latency_p50, k->p50);
        FIELD_SET(Mechanism, row, latency_p95, k->p95);
        FIELD_SET(Mechanism, row, latency_p99, k->p99);
        FIELD_SET(Mechanism, row, latency_max, k->max);
        FIELD_SET(Mechanism, row, sessions, k->sessions);
        /* from before this machine was started it is as old as that */
        FIELD_SET(Mechanism, row, measured_age, now > age ? now - age : 1);
}

static void show_counts(const Device *d, const Measured *k, MechanismRow *row) {
        ProbeMechanism all[PROTOCOL_MECHANISMS_MAX];
        size_t n = config_mechanisms(d->manager->config, d->config, all);
        uint64_t operations = k->operations, errors = k->errors;

        for (size_t i = 0; i < d->pool->n_keys; i++) {
                size_t at = config_key_mechanism(&d->pool->keys[i], all, n);

                if (d->pool->keys[i].exercise == EXERCISE_PRESENT || at == n || all[at].index != k->index)
                        continue;
                operations += d->key_operations[i];
                errors += d->key_errors[i];
        }
        FIELD_SET(Mechanism, row, operations, operations);
        FIELD_SET(Mechanism, row, errors, errors);
}

void measure_publish(const Device *d) {
        ProbeMechanism used[PROTOCOL_MECHANISMS_MAX], all[PROTOCOL_MECHANISMS_MAX];
        size_t n = manager_mechanisms(d->manager->config, d->config, used);
        size_t n_all = config_mechanisms(d->manager->config, d->config, all);

        for (size_t i = 0; i < MIN_OF(n, d->n_measured); i++) {
                MechanismRow row = {0};
                bool missing = false;

                FIELD_SET(Mechanism, &row, device, d->config->number);
                FIELD_SET(Mechanism, &row, index, used[i].index);
                FIELD_TEXT_SET(Mechanism, &row, name, used[i].name);
                FIELD_SET(Mechanism, &row, number, (uint32_t) used[i].number);
                FIELD_SET(Mechanism, &row, use, used[i].use);
                if (rated_rate(d, i) > 0)
                        FIELD_SET(Mechanism, &row, rated_rate, rated_rate(d, i));
                for (size_t k = 0; k < n_all; k++)
                        missing = missing ||
                                  (all[k].index == used[i].index && (d->result.missing_mechanisms >> k & 1));
                if (d->has_result)
                        FIELD_SET(Mechanism, &row, offered, !missing);
                FIELD_SET(Mechanism, &row, measuring, d->measurement && d->measurement->mechanism == i);
                show_measured(&d->measured[i], &row);
                show_counts(d, &d->measured[i], &row);
                board_publish(d->manager->board, BOARD_MECHANISMS, d->mechanism_index + i, &row);
        }
}
