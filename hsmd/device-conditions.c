#include <stdarg.h>

#include "manager.h"

/* What degrades, with the words for the most telling of it. */
typedef struct Found {
        Conditions conditions;
        char *text;
        size_t size;
} Found;

static void PRINTF(3, 4) add(Found *f, Reason reason, const char *format, ...) {
        Reason before = conditions_worst(&f->conditions);
        bool news = !conditions_have(&f->conditions, reason);
        va_list ap;

        conditions_add(&f->conditions, reason);
        if (!news || conditions_worst(&f->conditions) == before)
                return;
        va_start(ap, format);
        vsnprintf(f->text, f->size, format, ap);
        va_end(ap);
}

static void look_at_certificate(const Device *d, size_t i, const char *name, Found *f) {
        int64_t expires = d->keys[i].certificate_expires, now = (int64_t) (now_realtime() / USEC_PER_SEC);
        int64_t warning = (int64_t) (d->config->certificate_warning / USEC_PER_SEC);

        if (expires == 0 || expires - now > warning)
                return;
        if (expires > now)
                add(f, REASON_CERTIFICATE_EXPIRING, "the certificate of key %u (%s) expires in %lld days",
                        d->pool->keys[i].number, name, (long long) (expires - now) / 86400);
        else
                add(f, REASON_CERTIFICATE_EXPIRING, "the certificate of key %u (%s) expired %lld days ago",
                        d->pool->keys[i].number, name, (long long) (now - expires) / 86400);
}

static bool nothing_pinned(const Device *d, size_t i) {
        PinOrigin origin;

        (void) matrix_pinned(d->manager, d->pool, i, &origin);
        return origin == PIN_ORIGIN_NONE;
}

/* A key that cannot be used while another one can. */
static void look_at_failing(const Device *d, size_t i, const char *name, Found *f) {
        const ProbeKeyResult *r = &d->keys[i];
        uint32_t number = d->pool->keys[i].number;
        char buffer[24];

        if (r->reason == REASON_PROFILE_MISMATCH || r->reason == REASON_MECHANISM_MISSING)
                add(f, r->reason, "key %u (%s): %s", number, name,
                        d->result.detail[0] ? d->result.detail : name_of(&reason_names, r->reason));
        else if (r->state == KEY_FAILING && r->rv != 0)
                add(f, REASON_KEY_FAILING, "key %u (%s) cannot be used: %s", number, name,
                        device_return_name(d, r->rv, buffer));
        else if (r->state == KEY_FAILING)
                add(f, REASON_KEY_FAILING, "key %u (%s) cannot be used: %s", number, name,
                        name_of(&reason_names, r->reason));
}

static void look_at_keys(const Device *d, Found *f) {
        for (size_t i = 0; i < d->pool->n_keys; i++) {
                const ConfigKey *k = &d->pool->keys[i];
                const char *name = k->label ? k->label : "by id";
                KeyState state = device_key_state(d, i);

                if (state == KEY_MISSING)
                        add(f, REASON_KEY_MISSING, "key %u (%s) is missing", k->number, name);
                else if (state == KEY_MISMATCH)
                        add(f, REASON_KEY_MISMATCH,
                                "key %u (%s) is another one than the pinned public key says", k->number,
                                name);
                else if (state != KEY_UNKNOWN &&
                         matrix_verdict(d->manager, d->pool, i)->state == MATRIX_DIFFERENT &&
                         nothing_pinned(d, i))
                        add(f, REASON_KEY_MISMATCH, "key %u (%s) is not the same on all members of the pool",
                                k->number, name);
                look_at_failing(d, i, name, f);
                look_at_certificate(d, i, name, f);
        }
}

static void look_at_sensor(const Sensor *s, const ConfigSensor *k, Found *f) {
        if (s->known && s->sample.status != SENSOR_OK)
                add(f, REASON_SENSOR_LOST, "sensor %s: %s", k->name,
                        name_of(&sensor_reason_names, s->sample.reason));
        else if (s->has_value && k->has_high_warning && s->value >= k->high_warning)
                add(f, REASON_HOT, "%s %.1f degrees Celsius, warning at %.1f", k->name, s->value / 10.0,
                        k->high_warning / 10.0);
}

static void look_at_sensors(const Device *d, Found *f) {
        const ConfigProfile *p = &d->manager->config->profiles[d->config->snmp.profile];

        if (!d->config->snmp.address || d->agent_state == AGENT_UNKNOWN)
                return;
        if (d->agent_state == AGENT_SILENT || d->agent_state == AGENT_REFUSED) {
                add(f, REASON_SENSOR_LOST, "its SNMP agent is %s",
                        name_of(&agent_state_names, d->agent_state));
                return;
        }
        for (size_t i = 0; i < p->n_sensors; i++)
                look_at_sensor(&d->sensors[i], &p->sensors[i], f);
}

void device_conditions(Device *d, usec_t now) {
        Found f = {.text = d->condition, .size = sizeof(d->condition)};
        DeviceState before = d->judgement.state;
        Reason reason_before = d->judgement.reason;
        bool changed;

        d->condition[0] = '\0';
        look_at_keys(d, &f);
        if (d->has_result && d->result.random_state == REASON_RANDOM_WEAK)
                add(&f, REASON_RANDOM_WEAK, "%s", d->result.detail[0] ? d->result.detail : "random_weak");
        if (d->manager->config->n_profiles > 0)
                look_at_sensors(d, &f);
        changed = judge_conditions(&d->judgement, &f.conditions, now);
        device_judged(d, changed, before, reason_before);
}

/* What is said beside state and reason: of the condition while that is what makes the state. */
const char *device_detail(const Device *d) {
        return d->judgement.state == DEVICE_DEGRADED ? d->condition : d->detail;
}
