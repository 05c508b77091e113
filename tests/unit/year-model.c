/* What must be so, counted from nothing, the slow way. */
#include "year.h"

/* --- a device
 * -------------------------------------------------------------------------------------------------- */

/* No state without evidence. */
static void check_state(const Year *y, size_t i) {
        const Machine *m = &y->machines[i];
        DeviceState ladder = m->j.ladder;

        if (!m->any_evidence)
                MUST(y, ladder == DEVICE_UNKNOWN, "%s: a state without evidence", y->names[i]);
        if (ladder == DEVICE_UP)
                MUST(y, m->successes >= (m->fallen ? 2U : 1U), "%s: up after %u successes", y->names[i],
                        m->successes);
        if (ladder == DEVICE_SUSPECT)
                MUST(y, m->failures > 0 && m->failures < 2, "%s: suspect after %u", y->names[i], m->failures);
        if (ladder == DEVICE_DOWN)
                MUST(y, m->failures >= 2 || m->answered_wrongly || m->fallen, "%s: down after %u",
                        y->names[i], m->failures);
        MUST(y, (m->j.state == DEVICE_MAINTENANCE) == (m->maintenance_until > y->now), "%s: maintenance",
                y->names[i]);
}

static bool is_code_of_fall(const char *code) {
        return streq(code, "device-down") || streq(code, "device-unknown");
}

static bool is_code_of_lie(const char *code) {
        return streq(code, "wrong-signature");
}

/* How many alarms a device has of a kind; code NULL: falls and lies together. */
static size_t alarms_of(const Year *y, size_t device, const char *code) {
        size_t n = 0;

        for (size_t i = 0; i < y->book.n_active; i++) {
                const Event *e = &y->book.active[i].event;

                if (e->device != y->devices[device].number)
                        continue;
                n += code ? streq(e->code, code) : is_code_of_fall(e->code) || is_code_of_lie(e->code);
        }
        return n;
}

static bool common_cause_covers(const Year *y, const Event *e, size_t device) {
        const SituationDevice *d = &y->devices[device];

        if (!streq(e->code, "common-cause"))
                return false;
        return (e->pool == 0 || e->pool == y->pools[d->pool].number) &&
               (e->site == 0 || e->site == y->sites[d->site].number) &&
               (e->resource[0] == '\0' || same_text(d->shared_service, e->resource));
}

static bool is_covered(const Year *y, size_t device) {
        for (size_t i = 0; i < y->book.n_active; i++)
                if (common_cause_covers(y, &y->book.active[i].event, device))
                        return true;
        return false;
}

/* What is wrong with a device, and nothing else, has an alarm: its own, or one that it shares. */
static void check_falls(const Year *y, size_t i) {
        const Machine *m = &y->machines[i];
        size_t falls = alarms_of(y, i, NULL);
        bool flaps = m->j.flap.flapping;

        MUST(y, falls <= 1, "%s: %zu alarms of one fall", y->names[i], falls);
        if (m->j.state == DEVICE_DOWN && m->answered_wrongly)
                MUST(y, alarms_of(y, i, "wrong-signature") == 1, "%s: lies unseen", y->names[i]);
        else if (m->j.state == DEVICE_DOWN && !flaps)
                MUST(y, falls == 1 || is_covered(y, i), "%s: down, and no alarm", y->names[i]);
        else if (m->j.state == DEVICE_DOWN)
                MUST(y, falls == 0, "%s: flaps, and has an alarm of its fall", y->names[i]);
        if (m->judged && device_state_serves(m->j.state))
                MUST(y, falls == 0, "%s: serves, and has an alarm of a fall", y->names[i]);
        if (m->judged && m->j.state != DEVICE_MAINTENANCE)
                MUST(y, alarms_of(y, i, "flapping") == flaps, "%s: flapping", y->names[i]);
}

static void check_findings(const Year *y, size_t i) {
        const Machine *m = &y->machines[i];

        if (m->j.state == DEVICE_UP || m->j.state == DEVICE_DEGRADED)
                MUST(y, alarms_of(y, i, "key-missing") == m->key_lost, "%s: key-missing", y->names[i]);
        if (m->judged && m->j.state != DEVICE_MAINTENANCE)
                MUST(y, alarms_of(y, i, "hot") == m->hot, "%s: hot", y->names[i]);
        MUST(y, alarms_of(y, i, "bound-exceeded") == 0, "%s: found too late", y->names[i]);
        if (m->j.state != DEVICE_MAINTENANCE)
                return;
        for (size_t k = 0; k < y->book.n_active; k++)
                MUST(y, y->book.active[k].event.device != y->devices[i].number,
                        "%s: in maintenance, and alarmed", y->names[i]);
}

void model_check_device(Year *y, size_t i) {
        check_state(y, i);
        check_falls(y, i);
        check_findings(y, i);
        y->checks++;
}

/* --- a pool and its services
 * -------------------------------------------------------------------------------------------------- */

static bool holds(const Machine *m, uint32_t keys) {
        return ((m->key_lost ? KEYS & ~1u : KEYS) & keys) == keys;
}

static bool serves_with(const Machine *m, uint32_t keys) {
        return m->judged && device_state_serves(m->j.state) && holds(m, keys);
}

static bool is_unknown(const Machine *m) {
        return m->j.state == DEVICE_UNKNOWN || (!m->judged && m->j.state != DEVICE_MAINTENANCE);
}

static unsigned count_serving(const Year *y, size_t pool, uint32_t keys) {
        unsigned n = 0;

        for (size_t i = 0; i < y->n_members[pool]; i++)
                n += serves_with(&y->machines[y->members[pool][i]], keys);
        return n;
}

static unsigned count_unknown(const Year *y, size_t pool) {
        unsigned n = 0;

        for (size_t i = 0; i < y->n_members[pool]; i++)
                n += is_unknown(&y->machines[y->members[pool][i]]);
        return n;
}

/* The rate that is left when so many of the largest are gone; *ret_known: each one's is known. */
static uint64_t capacity_without(const Year *y, size_t pool, uint32_t keys, int gone, bool *ret_known) {
        uint32_t all[POOL_MAX];
        size_t n = 0;
        uint64_t sum = 0;

        *ret_known = true;
        for (size_t i = 0; i < y->n_members[pool]; i++) {
                const Machine *m = &y->machines[y->members[pool][i]];

                if (!serves_with(m, keys))
                        continue;
                *ret_known = *ret_known && m->capacity > 0;
                all[n++] = m->capacity;
        }
        for (int k = 0; k < gone; k++) {
                size_t largest = 0;

                for (size_t i = 1; i < n; i++)
                        largest = all[i] > all[largest] ? i : largest;
                if (n > 0)
                        all[largest] = all[--n];
        }
        for (size_t i = 0; i < n; i++)
                sum += all[i];
        return sum;
}

static int service_survivable(const Year *y, const SituationService *s, unsigned serving) {
        int by_members = (int) serving - (int) y->pools[s->pool].required, by_rate = -1;
        bool known;

        capacity_without(y, s->pool, s->keys, 0, &known);
        if (s->required_rate == 0 || !known)
                return by_members;
        while (by_rate < (int) serving &&
                capacity_without(y, s->pool, s->keys, by_rate + 1, &known) >= s->required_rate)
                by_rate++;
        return MIN_OF(by_members, by_rate);
}

static ServiceState expected_state(unsigned serving, unsigned unknown, unsigned required, int survivable) {
        if (serving >= required)
                return survivable < 0 ? SERVICE_DEGRADED : survivable == 0 ? SERVICE_AT_RISK : SERVICE_OK;
        if (serving + unknown >= required)
                return SERVICE_UNKNOWN;
        return serving == 0 ? SERVICE_LOST : SERVICE_DEGRADED;
}

/* Without news of what a flapping member does; those are held back. */
static bool any_flaps(const Year *y, size_t pool) {
        for (size_t i = 0; i < y->n_members[pool]; i++)
                if (y->machines[y->members[pool][i]].j.flap.flapping)
                        return true;
        return false;
}

/* A service that is lost is told to be, and one that is well again is not told to be ill. */
static void check_told(const Year *y, size_t service, ServiceState state) {
        const Event *told = &y->book.told_service[service];
        const char *name = name_of(&service_state_names, state);
        size_t pool = y->services[service].pool;

        if (!situation_pool(y->situation, pool).judged || state == SERVICE_UNKNOWN)
                return;
        if (told->id == 0)
                MUST(y, state == SERVICE_OK, "service-%zu: %s, and nobody was told", service, name);
        else if (state == SERVICE_LOST || !any_flaps(y, pool))
                MUST(y, streq(told->state, name), "service-%zu: %s, told %s", service, name, told->state);
}

static void check_service(const Year *y, size_t i) {
        const SituationService *s = &y->services[i];
        ServiceView v = situation_service(y->situation, i);
        unsigned serving = count_serving(y, s->pool, s->keys);
        int survivable = service_survivable(y, s, serving);
        ServiceState state =
                expected_state(serving, count_unknown(y, s->pool), y->pools[s->pool].required, survivable);

        MUST(y, v.serving == serving, "service-%zu: %u serve, counted %u", i, v.serving, serving);
        MUST(y, v.survivable == survivable, "service-%zu: survivable %d, counted %d", i, v.survivable,
                survivable);
        MUST(y, v.state == state, "service-%zu: %s, counted %s", i, name_of(&service_state_names, v.state),
                name_of(&service_state_names, state));
        check_told(y, i, state);
}

/* As bad as the worst service, where nothing is held back. */
static void check_severity(const Year *y, size_t pool) {
        ServiceState worst = SERVICE_OK;
        bool any = false;

        for (size_t i = 0; i < y->config.n_services; i++)
                if (y->services[i].pool == pool) {
                        worst = service_state_worse(worst, situation_service(y->situation, i).state);
                        any = true;
                }
        for (size_t i = 0; any && i < y->book.n_active; i++) {
                const Event *e = &y->book.active[i].event;

                if (e->pool != y->pools[pool].number || !streq(e->code, "device-down"))
                        continue;
                if (worst == SERVICE_LOST)
                        MUST(y, e->severity == SEVERITY_CRITICAL, "a service is lost: %s", e->text);
                if (worst == SERVICE_OK && !any_flaps(y, pool))
                        MUST(y, e->severity == SEVERITY_MINOR, "all services are ok: %s", e->text);
        }
}

void model_check_pool(Year *y, size_t pool) {
        PoolView v = situation_pool(y->situation, pool);
        unsigned serving = count_serving(y, pool, KEYS), required = y->pools[pool].required;
        ServiceState state =
                expected_state(serving, count_unknown(y, pool), required, (int) serving - (int) required);

        MUST(y, v.members == y->n_members[pool], "pool-%zu: members", pool);
        MUST(y, v.serving == serving, "pool-%zu: %u serve, counted %u", pool, v.serving, serving);
        MUST(y, v.survivable == (int) serving - (int) required, "pool-%zu: survivable", pool);
        MUST(y, pool_state_as_service(v.state) == state, "pool-%zu: %s", pool,
                name_of(&pool_state_names, v.state));
        for (size_t i = 0; i < y->config.n_services; i++)
                if (y->services[i].pool == pool)
                        check_service(y, i);
        if (v.judged)
                check_severity(y, pool);
        y->checks++;
}

/* --- all
 * -------------------------------------------------------------------------------------------------- */

/* Each common cause is about somebody who is away and has no alarm of his own. */
static void check_common_causes(const Year *y) {
        for (size_t i = 0; i < y->book.n_active; i++) {
                const Event *e = &y->book.active[i].event;
                size_t away = 0;

                for (size_t d = 0; d < N_DEVICES; d++) {
                        const Machine *m = &y->machines[d];
                        bool serves = m->judged && device_state_serves(m->j.state);

                        away += common_cause_covers(y, e, d) && !serves && m->j.state != DEVICE_MAINTENANCE &&
                                alarms_of(y, d, NULL) == 0;
                }
                if (streq(e->code, "common-cause"))
                        MUST(y, away > 0, "about nobody: %s", e->text);
        }
}

void model_check_all(Year *y) {
        book_check(y);
        for (size_t i = 0; i < N_DEVICES; i++)
                model_check_device(y, i);
        for (size_t i = 0; i < y->config.n_pools; i++)
                model_check_pool(y, i);
        check_common_causes(y);
        for (size_t i = 0; i < N_DEVICES; i++) {
                const Machine *m = &y->machines[i];
                bool serves = serves_with(m, KEYS);

                MUST(y, !m->reported || !serves, "%s: serves, and is in the ledger as away", y->names[i]);
        }
}
