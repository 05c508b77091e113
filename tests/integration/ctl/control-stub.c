/* A stand-in for hsmd: its real control socket (hsmd/control.c) over rows that this program makes up and that
 * commands on its standard input change.
 *
 *     control-stub SOCKET [DEVICES [GROUP]]
 *
 * With STUB_BARE in its environment it can do nothing but show.
 * Prints "ready" when it listens, and a line for each action. Commands, a line each, answered with "ok":
 *
 *     device NAME STATE REASON STEP CALL RETURN     ("-" for what is not known)
 *     temperature NAME TENTHS                       ("-": not known)
 *     above NAME TENTHS                             beside its room, likewise
 *     agent NAME STATE                              its SNMP agent
 *     sensor NAME NUMBER FIELD VALUE                a field of a sensor of a device or site: status, reason,
 *                                                   level, finding, word, value, rise, limit_in (seconds)
 *     room NAME REASON TENTHS                       a monitored room ("-": it is not)
 *     hostile NAME                                  strings that no terminal, D-Bus or JSON should see
 *     key NAME NUMBER STATE REASON                  a key of a device; on mismatch with another public key
 *     pool_key POOL NUMBER STATE ORIGIN             a pool's key
 *     certificate NAME NUMBER DAYS                  of a device's key, from now
 *     under_way NAME STEP                           where its probe is
 *     ended NAME STEP RETURN                        the attempt that was asked for ended, RETURN a CK_RV
 *     measured LIMIT                                a burst that was asked for is over
 *     walked N                                      a walk found the first N of what is made up; 0: nothing
 *                                                   is known of it any more
 *     stops WORDS                                   either came to nothing
 *     fleet STATE
 *     maintenance NAME SECONDS BY                   it is out of service, so long from now; 0: it is not
 *     place NAME PLACE OTHER TEST                   where its fault is suspected
 *     drilled WORDS                                 the fleet's line about a drill
 *
 * and what stub-situation.c knows: services, alarms, failovers, receivers, events, roll-ups and a drill.
 *     quit
 *
 * Who asks in the name of "refuse" is refused. */

#include <stdarg.h>
#include <systemd/sd-event.h>

#include "control.h"
#include "stub-situation.h"

#define SENSORS 6

typedef struct Stub {
        FleetRow fleet;
        SiteRow sites[2];
        PoolRow pools[2];
        DeviceRow *devices;
        KeyRow *keys;       /* two a device */
        SensorRow *sensors; /* SENSORS a device */
        SiteSensorRow site_sensors[3];
        MechanismRow *mechanisms;
        PoolKeyRow pool_keys[4]; /* two a pool */
        AttemptRecord attempt;   /* the last one, which somebody asked for */
        ControlReply *owed;      /* a burst or a walk */
        PollFound *found;
        size_t n_found;
        StubSituation *situation;
        size_t n;
        char line[256];
        size_t filled;
} Stub;

/* hsmd's journal is not part of this program. */
void log_event(Journal *journal UNUSED, const LogEvent *event UNUSED, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        vfprintf(stderr, format, ap);
        va_end(ap);
        fputc('\n', stderr);
}

static size_t stub_rows(void *userdata, BoardTable table) {
        const Stub *s = userdata;
        const size_t n[BOARD_TABLES] = {
                [BOARD_FLEET] = 1,
                [BOARD_SITES] = ELEMENTSOF(s->sites),
                [BOARD_POOLS] = ELEMENTSOF(s->pools),
                [BOARD_DEVICES] = s->n,
                [BOARD_KEYS] = 2 * s->n,
                [BOARD_SENSORS] = SENSORS * s->n,
                [BOARD_SITE_SENSORS] = ELEMENTSOF(s->site_sensors),
                [BOARD_MECHANISMS] = s->n,
                [BOARD_POOL_KEYS] = ELEMENTSOF(s->pool_keys),
        };

        return n[table] ? n[table] : stub_situation_rows(s->situation, table);
}

static const void *stub_row(void *userdata, BoardTable table, size_t i) {
        const Stub *s = userdata;

        switch (table) {
        case BOARD_FLEET:
                return &s->fleet;
        case BOARD_SITES:
                return &s->sites[i];
        case BOARD_POOLS:
                return &s->pools[i];
        case BOARD_DEVICES:
                return &s->devices[i];
        case BOARD_KEYS:
                return &s->keys[i];
        case BOARD_MECHANISMS:
                return &s->mechanisms[i];
        case BOARD_POOL_KEYS:
                return &s->pool_keys[i];
        case BOARD_SITE_SENSORS:
                return &s->site_sensors[i];
        case BOARD_SENSORS:
                return &s->sensors[i];
        default:
                return stub_situation_row(s->situation, table, i);
        }
}

static DeviceRow *find_device(Stub *s, const char *name) {
        for (size_t i = 0; i < s->n; i++)
                if (streq(s->devices[i].name, name))
                        return &s->devices[i];
        return NULL;
}

static int stub_attempts(void *userdata, const char *device, AttemptRecord *ret, size_t n) {
        if (!find_device(userdata, device))
                return -ENOENT;
        for (size_t i = 0; i < n; i++)
                ret[i] = (AttemptRecord){.attempt = i + 1,
                        .due = 1000 * i,
                        .started = 1000 * i + 7,
                        .ended = 1000 * i + 500,
                        .step = i + 1 == n ? STEP_SIGN : STEP_NONE,
                        .climb = i == 0,
                        .rv = i + 1 == n ? 0x30 : 0};
        if (((Stub *) userdata)->attempt.ended)
                ret[n - 1] = ((Stub *) userdata)->attempt;
        return (int) n;
}

static int stub_calls(void *userdata, const char *device, RingRecord *ret, size_t n) {
        if (!find_device(userdata, device))
                return -ENOENT;
        for (size_t i = 0; i < n; i++)
                ret[i] = (RingRecord){.sequence = i + 1,
                        .call = CALL_SIGN,
                        .session = 3,
                        .rv = i + 1 == n ? 0x30 : 0,
                        .started = 1000 * i,
                        .ended = 1000 * i + 450};
        return (int) n;
}

static int stub_reload(
        void *userdata UNUSED, uid_t uid, const char *by, ControlReply *reply UNUSED, char **ret_message) {
        printf("reload uid=%u by=%s\n", (unsigned) uid, by);
        fflush(stdout);
        if (!streq(by, "refuse"))
                return 0;
        *ret_message =
                strdup("/etc/hsmd/hsmd.conf:12: unknown key \"intervall\"; did you mean \"interval\"?\n"
                       "/etc/hsmd/hsmd.conf:40: pool \"burea\" is not defined; did you mean \"bureau\"?");
        return *ret_message ? -EINVAL : -ENOMEM;
}

static int refused(const char *by, char **ret_message) {
        if (!streq(by, "refuse"))
                return 0;
        *ret_message = strdup("that would be wrong; right is something else");
        return *ret_message ? -EPERM : -ENOMEM;
}

static int stub_confirm(
        void *userdata UNUSED, const char *pool, uint32_t key, const char *by, char **ret_message) {
        printf("confirm pool=%s key=%u by=%s\n", pool, key, by);
        fflush(stdout);
        if (refused(by, ret_message) < 0)
                return -EPERM;
        *ret_message = strdup("2 keys confirmed");
        return *ret_message ? 0 : -ENOMEM;
}

static int stub_retry_pin(void *userdata, const char *device, const char *by, char **ret_message) {
        if (!find_device(userdata, device))
                return -ENOENT;
        printf("retry device=%s by=%s\n", device, by);
        fflush(stdout);
        return refused(by, ret_message);
}

static int stub_measure(void *userdata, const MeasureRequest *request, const char *by, ControlReply *reply,
        char **ret_message) {
        Stub *s = userdata;

        if (!find_device(s, request->device))
                return -ENOENT;
        if (s->owed)
                return -EBUSY;
        printf("measure device=%s key=%u sessions=%u duration=%llu out=%d force=%d by=%s\n", request->device,
                request->key, request->sessions, (unsigned long long) request->duration,
                request->out_of_service, request->force, by);
        fflush(stdout);
        if (refused(by, ret_message) < 0)
                return -EPERM;
        s->owed = reply;
        return 1;
}

static int stub_discover(
        void *userdata, const char *agent, const char *by, ControlReply *reply, char **ret_message) {
        Stub *s = userdata;

        if (!find_device(s, agent) && !streq(agent, "bureau-room/probe"))
                return asprintf(ret_message, "there is no agent %s", agent) < 0 ? -ENOMEM : -ENOENT;
        if (s->owed)
                return -EBUSY;
        printf("discover agent=%s by=%s\n", agent, by);
        fflush(stdout);
        if (refused(by, ret_message) < 0)
                return -EPERM;
        s->owed = reply;
        return 1;
}

static int stub_discovered(
        void *userdata, const char *agent UNUSED, size_t first, const PollFound **ret, size_t *ret_n) {
        const Stub *s = userdata;

        if (s->n_found == 0)
                return -ENOENT;
        *ret = s->found + MIN_OF(first, s->n_found);
        *ret_n = s->n_found - MIN_OF(first, s->n_found);
        return 0;
}

/* The attempt ends when it is told to. */
static int stub_probe(
        void *userdata, const char *device, bool climb, uint64_t *ret_attempt, char **ret_message UNUSED) {
        Stub *s = userdata;

        if (!find_device(s, device))
                return -ENOENT;
        printf("probe device=%s climb=%d\n", device, climb);
        fflush(stdout);
        s->attempt = (AttemptRecord){
                .attempt = 1000, .due = 5000000, .started = 5000007, .climb = climb, .step = STEP_NONE};
        *ret_attempt = s->attempt.attempt;
        return 0;
}

static StubSituation *get_situation(void *userdata) {
        return ((Stub *) userdata)->situation;
}

static ControlOps stub_ops = {.rows = stub_rows,
        .row = stub_row,
        .attempts = stub_attempts,
        .calls = stub_calls,
        .reload = stub_reload,
        .confirm_keys = stub_confirm,
        .retry_pin = stub_retry_pin,
        .measure = stub_measure,
        .discover = stub_discover,
        .discovered = stub_discovered,
        .probe = stub_probe};
/* As of a hsmd that can do nothing but show. */
static const ControlOps bare_ops = {.rows = stub_rows,
        .row = stub_row,
        .attempts = stub_attempts,
        .calls = stub_calls,
        .reload = stub_reload};

/* Ages are shown from this instant on: none of them grows while a test compares a screen. */
#define LATER (USEC_INFINITY / 2)
#define STATE_SINCE STUB_SINCE

#define PRINT_1 "1f0a9c2277b1d4e86a5530c9e2f41b7d8c03a69e5f12d7b04488e1c6035a7f90"
#define PRINT_2 "2b9d71e045aa83c6f1d20e7795b84c3ae6610fd8237c9b5510ee42a7d8f3c614"
#define PRINT_OTHER "77c2e05b1a9f64d3806e2fb1c74a95d0e8136b2af05d7c941be86a30d2f7459c"

static void fill_key(KeyRow *k, uint32_t device, uint32_t number) {
        *k = (KeyRow){0};
        FIELD_SET(Key, k, device, device);
        FIELD_SET(Key, k, number, number);
        FIELD_TEXT_SET(Key, k, label, number == 1 ? "hsmd-probe" : "licence-sign");
        FIELD_SET(Key, k, key_class, KEY_CLASS_PRIVATE);
        FIELD_SET(Key, k, type, KEY_TYPE_RSA);
        FIELD_SET(Key, k, exercise, number == 1 ? EXERCISE_SIGN : EXERCISE_PRESENT);
        FIELD_SET(Key, k, state, number == 1 ? KEY_USABLE : KEY_PRESENT_ONLY);
        FIELD_SET(Key, k, business, number == 2);
        FIELD_TEXT_SET(Key, k, fingerprint, number == 1 ? PRINT_1 : PRINT_2);
        if (number == 2)
                return;
        FIELD_TEXT_SET(Key, k, mechanism, "CKM_SHA256_RSA_PKCS");
        FIELD_SET(Key, k, last_signed_age, LATER);
        FIELD_SET(Key, k, signs, 1232);
        FIELD_SET(Key, k, failures, 2);
        FIELD_SET(Key, k, latency, 1210);
}

static void fill_pool_key(PoolKeyRow *k, uint32_t pool, uint32_t number) {
        uint32_t members = pool == 1 ? 7 : 2;

        FIELD_SET(PoolKey, k, pool, pool);
        FIELD_SET(PoolKey, k, number, number);
        FIELD_TEXT_SET(PoolKey, k, label, number == 1 ? "hsmd-probe" : "licence-sign");
        FIELD_SET(PoolKey, k, type, KEY_TYPE_RSA);
        FIELD_SET(PoolKey, k, exercise, number == 1 ? EXERCISE_SIGN : EXERCISE_PRESENT);
        FIELD_SET(PoolKey, k, business, number == 2);
        FIELD_SET(PoolKey, k, state, MATRIX_IDENTICAL);
        FIELD_SET(PoolKey, k, origin, number == 1 ? PIN_ORIGIN_CONFIGURED : PIN_ORIGIN_UNCONFIRMED);
        FIELD_TEXT_SET(PoolKey, k, fingerprint, number == 1 ? PRINT_1 : PRINT_2);
        FIELD_SET(PoolKey, k, members, members);
        FIELD_SET(PoolKey, k, members_usable, members);
        FIELD_SET(PoolKey, k, members_unknown, 0);
}

static void fill_mechanism(MechanismRow *k, uint32_t device) {
        FIELD_SET(Mechanism, k, device, device);
        FIELD_SET(Mechanism, k, index, 101);
        FIELD_TEXT_SET(Mechanism, k, name, "CKM_SHA256_RSA_PKCS");
        FIELD_SET(Mechanism, k, number, 0x40);
        FIELD_SET(Mechanism, k, rated_rate, 3000);
        FIELD_SET(Mechanism, k, spare_rate, 2100);
        FIELD_SET(Mechanism, k, limited_by, LIMITED_LOAD);
        FIELD_SET(Mechanism, k, baseline, 2950);
        FIELD_SET(Mechanism, k, latency_p50, 1210);
        FIELD_SET(Mechanism, k, latency_p95, 1900);
        FIELD_SET(Mechanism, k, latency_p99, 2450);
        FIELD_SET(Mechanism, k, latency_max, 9000);
        FIELD_SET(Mechanism, k, measured_age, LATER);
        FIELD_SET(Mechanism, k, operations, 10000);
        FIELD_SET(Mechanism, k, errors, 0);
        FIELD_SET(Mechanism, k, use, USE_SIGN);
        FIELD_SET(Mechanism, k, offered, 1);
        FIELD_SET(Mechanism, k, sessions, 4);
        FIELD_SET(Mechanism, k, measuring, 0);
}

/* What a sensor is, apart from what it tells. */
typedef struct SensorKindOf {
        const char *name, *title, *units, *word;
        unsigned kind, type, meaning;
        int32_t precision, value, high_warning; /* 0: none */
} SensorKindOf;

static void fill_sensor(SensorRow *s, uint32_t owner, uint32_t number, const SensorKindOf *kind) {
        *s = (SensorRow){0};
        FIELD_SET(Sensor, s, device, owner);
        FIELD_SET(Sensor, s, number, number);
        FIELD_TEXT_SET(Sensor, s, name, kind->name);
        FIELD_TEXT_SET(Sensor, s, title, kind->title);
        FIELD_TEXT_SET(Sensor, s, units_display, kind->units);
        FIELD_SET(Sensor, s, kind, kind->kind);
        FIELD_SET(Sensor, s, type, kind->type);
        FIELD_SET(Sensor, s, meaning, kind->meaning);
        FIELD_SET(Sensor, s, scale, 9);
        FIELD_SET(Sensor, s, precision, kind->precision);
        FIELD_SET(Sensor, s, value, kind->value);
        FIELD_SET(Sensor, s, status, SENSOR_OK);
        FIELD_SET(Sensor, s, reason, SENSOR_REASON_OK);
        FIELD_SET(Sensor, s, level, LEVEL_NORMAL);
        FIELD_SET(Sensor, s, finding, FINDING_NONE);
        FIELD_SET(Sensor, s, age, LATER);
        FIELD_TEXT_SET(Sensor, s, profile, "vhsm");
        if (kind->word)
                FIELD_TEXT_SET(Sensor, s, word, kind->word);
        if (kind->high_warning == 0)
                return;
        FIELD_SET(Sensor, s, high_warning, kind->high_warning);
        FIELD_SET(Sensor, s, high_critical, kind->high_warning + 100);
}

static void fill_sensors(SensorRow *rows, uint32_t device) {
        static const SensorKindOf kinds[SENSORS] = {
                {"temperature", "Temperature", "degrees", NULL, SENSOR_GAUGE, SENSOR_TYPE_CELSIUS,
                        MEANING_TEMPERATURE, 1, 450, 650},
                {"fan.fan 1", "Fan", "rpm", NULL, SENSOR_GAUGE, SENSOR_TYPE_RPM, MEANING_FAN, 0, 3120, 0},
                {"fan-state.fan 1", "Fan state", "", "ok", SENSOR_STATE, SENSOR_TYPE_SPECIAL_ENUM,
                        MEANING_FAN, 0, 1, 0},
                {"operations", "Cryptographic operations", "operations/s", NULL, SENSOR_COUNTER,
                        SENSOR_TYPE_OTHER, MEANING_OPERATIONS, 0, 12, 0},
                {"load", "Load", "%", NULL, SENSOR_GAUGE, SENSOR_TYPE_OTHER, MEANING_LOAD, 0, 37, 0},
                {"uptime", "Uptime", "s", NULL, SENSOR_GAUGE, SENSOR_TYPE_OTHER, MEANING_UPTIME, 0, 266400,
                        0},
        };

        for (uint32_t i = 0; i < SENSORS; i++)
                fill_sensor(&rows[i], device, i + 1, &kinds[i]);
}

/* The first room has a probe and a UPS, the second nothing. */
static void fill_rooms(Stub *s) {
        static const SensorKindOf kinds[] = {
                {"probe/temperature", "Room temperature", "degrees", NULL, SENSOR_GAUGE, SENSOR_TYPE_CELSIUS,
                        MEANING_TEMPERATURE, 1, 245, 280},
                {"probe/humidity", "Relative humidity", "%", NULL, SENSOR_GAUGE, SENSOR_TYPE_PERCENT_RH,
                        MEANING_HUMIDITY, 0, 41, 0},
                {"ups/battery", "Battery", "%", NULL, SENSOR_GAUGE, SENSOR_TYPE_OTHER, MEANING_BATTERY, 0,
                        100, 0},
        };

        for (uint32_t i = 0; i < ELEMENTSOF(kinds); i++) {
                SensorRow *row = (SensorRow *) &s->site_sensors[i];

                fill_sensor(row, 1, i + 1, &kinds[i]);
                FIELD_TEXT_SET(Sensor, row, agent, i < 2 ? "probe" : "ups");
        }
        FIELD_SET(Site, &s->sites[0], monitored, 1);
        FIELD_SET(Site, &s->sites[0], reason, REASON_NONE);
        FIELD_SET(Site, &s->sites[0], temperature, 245);
        FIELD_SET(Site, &s->sites[0], agents, 2);
        FIELD_SET(Site, &s->sites[0], agents_ok, 2);
        FIELD_SET(Site, &s->sites[0], devices_warm, 0);
        FIELD_SET(Site, &s->sites[1], monitored, 0);
        FIELD_SET(Site, &s->sites[1], agents, 0);
        FIELD_SET(Site, &s->sites[1], agents_ok, 0);
}

static void fill_device_place(DeviceRow *d, uint32_t number) {
        bool portal = number == 8 || number == 9;
        char text[128];

        FIELD_SET(Device, d, number, number);
        snprintf(text, sizeof(text), portal ? "portal-%u" : "bureau-%u", portal ? number - 7 : number);
        FIELD_TEXT_SET(Device, d, name, text);
        snprintf(text, sizeof(text), portal ? "政务网%u号密码机" : "市监局%u号密码机",
                portal ? number - 7 : number);
        FIELD_TEXT_SET(Device, d, title, text);
        FIELD_SET(Device, d, site, portal ? 2 : 1);
        FIELD_SET(Device, d, pool, portal ? 2 : 1);
        FIELD_TEXT_SET(Device, d, site_name, portal ? "portal-room" : "bureau-room");
        FIELD_TEXT_SET(Device, d, pool_name, portal ? "portal" : "bureau");
        FIELD_TEXT_SET(Device, d, location, "省市场监督管理局机房 3排2柜 18U");
        FIELD_TEXT_SET(Device, d, contact, "值班室 029-00000000");
}

static void fill_ladder(DeviceRow *d) {
        FIELD_SET(Device, d, climb_age, LATER);
        FIELD_SET(Device, d, latency_load, 8200);
        FIELD_SET(Device, d, latency_initialize, 21000);
        FIELD_SET(Device, d, latency_slot, 400);
        FIELD_SET(Device, d, latency_token, 300);
        FIELD_SET(Device, d, latency_session, 900);
        FIELD_SET(Device, d, latency_login, 2300);
        FIELD_SET(Device, d, latency_find, 700);
        FIELD_SET(Device, d, latency_sign, 1210);
        FIELD_SET(Device, d, latency_verify, 90);
        FIELD_SET(Device, d, latency_random, 60);
}

static void fill_device(DeviceRow *d, uint32_t number) {
        *d = (DeviceRow){0};
        fill_device_place(d, number);
        FIELD_TEXT_SET(Device, d, manufacturer, "Example");
        FIELD_TEXT_SET(Device, d, model, "HSM-1");
        FIELD_TEXT_SET(Device, d, serial, "0123456789abcdef");
        FIELD_TEXT_SET(Device, d, firmware, "2.6");
        FIELD_SET(Device, d, state, DEVICE_UP);
        FIELD_SET(Device, d, reason, REASON_NONE);
        FIELD_SET(Device, d, state_since, STATE_SINCE);
        FIELD_SET(Device, d, state_age, LATER);
        FIELD_SET(Device, d, failed_step, STEP_NONE);
        FIELD_SET(Device, d, last_success_age, LATER);
        FIELD_SET(Device, d, probes, 1234);
        FIELD_SET(Device, d, failures, 2);
        FIELD_SET(Device, d, probe_restarts, 0);
        FIELD_SET(Device, d, latency_p50, 1210);
        FIELD_SET(Device, d, latency_p99, 2450);
        FIELD_SET(Device, d, temperature, 450);
        FIELD_SET(Device, d, temperature_status, SENSOR_OK);
        FIELD_SET(Device, d, agent_state, AGENT_OK);
        FIELD_SET(Device, d, sensors, SENSORS);
        FIELD_SET(Device, d, booted, STATE_SINCE - 266400 * USEC_PER_SEC);
        if (d->site == 1)
                FIELD_SET(Device, d, above_room, 205);
        FIELD_SET(Device, d, detection_bound, 23 * USEC_PER_SEC);
        FIELD_TEXT_SET(Device, d, vendor, "sansec");
        FIELD_SET(Device, d, recycles, 3);
        FIELD_SET(Device, d, logins_day, 4);
        FIELD_SET(Device, d, signs_day, 8640);
        FIELD_SET(Device, d, probe_memory, 12 << 20);
        FIELD_SET(Device, d, probe_fds, 9);
        FIELD_SET(Device, d, probe_pid, 4711);
        FIELD_SET(Device, d, sessions_open, 1);
        FIELD_SET(Device, d, unkillable, 0);
        fill_ladder(d);
}

static void fill_pool(PoolRow *p, uint32_t number, const char *name, const char *title, uint32_t members) {
        *p = (PoolRow){0};
        FIELD_SET(Pool, p, number, number);
        FIELD_TEXT_SET(Pool, p, name, name);
        FIELD_TEXT_SET(Pool, p, title, title);
        FIELD_SET(Pool, p, state, POOL_REDUNDANT);
        FIELD_SET(Pool, p, members, members);
        FIELD_SET(Pool, p, serving, members);
        FIELD_SET(Pool, p, required, 1);
        FIELD_SET(Pool, p, survivable, (int32_t) members - 1);
}

static void fill_fleet(Stub *s) {
        static const char *const sites[] = {"bureau-room", "portal-room"};
        static const char *const titles[] = {"省市场监督管理局机房", "省政务服务网机房"};

        FIELD_TEXT_SET(Fleet, &s->fleet, version, HSMD_VERSION);
        FIELD_TEXT_SET(Fleet, &s->fleet, name, "shaanxi-licence");
        FIELD_TEXT_SET(Fleet, &s->fleet, title, "陕西省电子营业执照密码机");
        FIELD_SET(Fleet, &s->fleet, state, SERVICE_OK);
        FIELD_SET(Fleet, &s->fleet, devices, (uint32_t) s->n);
        FIELD_SET(Fleet, &s->fleet, devices_serving, (uint32_t) s->n);
        FIELD_SET(Fleet, &s->fleet, detection_bound, 23 * USEC_PER_SEC);
        for (uint32_t i = 0; i < 2; i++) {
                FIELD_SET(Site, &s->sites[i], number, i + 1);
                FIELD_TEXT_SET(Site, &s->sites[i], name, sites[i]);
                FIELD_TEXT_SET(Site, &s->sites[i], title, titles[i]);
        }
        fill_pool(&s->pools[0], 1, "bureau", "省市场监督管理局密码机集群", 7);
        fill_pool(&s->pools[1], 2, "portal", "省政务服务网密码机集群", 2);
}

static int stub_fill(Stub *s, size_t n) {
        s->n = n;
        s->devices = calloc(n, sizeof(DeviceRow));
        s->keys = calloc(2 * n, sizeof(KeyRow));
        s->sensors = calloc(n * SENSORS, sizeof(SensorRow));
        s->mechanisms = calloc(n, sizeof(MechanismRow));
        if (!s->devices || !s->keys || !s->sensors || !s->mechanisms)
                return -ENOMEM;
        fill_fleet(s);
        fill_rooms(s);
        for (uint32_t i = 0; i < ELEMENTSOF(s->pool_keys); i++)
                fill_pool_key(&s->pool_keys[i], i / 2 + 1, i % 2 + 1);
        for (uint32_t i = 0; i < n; i++) {
                fill_device(&s->devices[i], i + 1);
                fill_key(&s->keys[2 * i], i + 1, 1);
                fill_key(&s->keys[2 * i + 1], i + 1, 2);
                fill_sensors(&s->sensors[SENSORS * i], i + 1);
                fill_mechanism(&s->mechanisms[i], i + 1);
        }
        return 0;
}

static int command_device(Stub *s, char *const *args) {
        DeviceRow *d = find_device(s, args[1]);

        if (!d)
                return -ENOENT;
        FIELD_SET(Device, d, state, name_value(&device_state_names, args[2]));
        FIELD_SET(Device, d, reason, name_value(&reason_names, args[3]));
        FIELD_SET(Device, d, failed_step, name_value(&step_names, args[4]));
        FIELD_TEXT_SET(Device, d, last_call, args[5]);
        FIELD_TEXT_SET(Device, d, last_return, args[6]);
        FIELD_SET(Device, d, last_call_duration, 12300);
        if (streq(args[5], "-"))
                FIELD_CLEAR(Device, d, last_call);
        if (streq(args[6], "-"))
                FIELD_CLEAR(Device, d, last_return);
        return 0;
}

static int command_temperature(Stub *s, char *const *args) {
        DeviceRow *d = find_device(s, args[1]);

        if (!d)
                return -ENOENT;
        FIELD_SET(Device, d, temperature, atoi(args[2]));
        if (streq(args[2], "-"))
                FIELD_CLEAR(Device, d, temperature);
        return 0;
}

static int command_above(Stub *s, char *const *args) {
        DeviceRow *d = find_device(s, args[1]);

        if (!d)
                return -ENOENT;
        FIELD_SET(Device, d, above_room, atoi(args[2]));
        if (streq(args[2], "-"))
                FIELD_CLEAR(Device, d, above_room);
        return 0;
}

static int command_agent(Stub *s, char *const *args) {
        DeviceRow *d = find_device(s, args[1]);

        if (!d)
                return -ENOENT;
        FIELD_SET(Device, d, agent_state, name_value(&agent_state_names, args[2]));
        FIELD_TEXT_SET(Device, d, agent_detail, "no answer from 192.0.2.7:161 in 2 s");
        return 0;
}

static int command_room(Stub *s, char *const *args) {
        for (size_t i = 0; i < ELEMENTSOF(s->sites); i++) {
                SiteRow *site = &s->sites[i];

                if (!streq(site->name, args[1]))
                        continue;
                FIELD_SET(Site, site, monitored, !streq(args[3], "-"));
                FIELD_SET(Site, site, reason, name_value(&reason_names, args[2]));
                FIELD_SET(Site, site, temperature, atoi(args[3]));
                FIELD_SET(Site, site, devices_warm, site->reason == REASON_ROOM_WARM ? 5 : 0);
                FIELD_TEXT_SET(Site, site, detail, "5 of 7 machines warm together");
                return 0;
        }
        return -ENOENT;
}

static SensorRow *find_sensor(Stub *s, const char *owner, const char *number) {
        const DeviceRow *d = find_device(s, owner);
        size_t n = strtoul(number, NULL, 10);

        if (d)
                return n >= 1 && n <= SENSORS ? &s->sensors[SENSORS * (d - s->devices) + n - 1] : NULL;
        if (!streq(owner, s->sites[0].name) || n < 1 || n > ELEMENTSOF(s->site_sensors))
                return NULL;
        return (SensorRow *) &s->site_sensors[n - 1];
}

static int command_sensor(Stub *s, char *const *args) {
        SensorRow *row = find_sensor(s, args[1], args[2]);
        const char *field = args[3], *value = args[4];

        if (!row)
                return -ENOENT;
        if (streq(field, "status"))
                FIELD_SET(Sensor, row, status, name_value(&sensor_status_names, value));
        else if (streq(field, "reason"))
                FIELD_SET(Sensor, row, reason, name_value(&sensor_reason_names, value));
        else if (streq(field, "level"))
                FIELD_SET(Sensor, row, level, name_value(&sensor_level_names, value));
        else if (streq(field, "finding"))
                FIELD_SET(Sensor, row, finding, name_value(&sensor_finding_names, value));
        else if (streq(field, "word"))
                FIELD_TEXT_SET(Sensor, row, word, value);
        else if (streq(field, "value"))
                FIELD_SET(Sensor, row, value, atoi(value));
        else if (streq(field, "rise"))
                FIELD_SET(Sensor, row, rise, atoi(value));
        else if (streq(field, "limit_in"))
                FIELD_SET(Sensor, row, limit_in, strtoull(value, NULL, 10) * USEC_PER_SEC);
        else
                return -EINVAL;
        return 0;
}

static int command_hostile(Stub *s, char *const *args) {
        DeviceRow *d = find_device(s, args[1]);

        if (!d)
                return -ENOENT;
        FIELD_TEXT_SET(Device, d, title, "\x1b]0;owned\x07\"\\ bad \xff\xc0\x80\xed\xa0\x80 end");
        FIELD_TEXT_SET(Device, d, detail, "two\nlines\tand \xe2\x80\xae reversed");
        FIELD_TEXT_SET(Device, d, manufacturer, "\xfe\xfe\xfe");
        for (size_t i = 0; i < 2; i++) {
                FIELD_TEXT_SET(PoolKey, &s->pool_keys[i], label, "evil\x1b[2J\n\xff\xe2\x80\xae");
                FIELD_TEXT_SET(PoolKey, &s->pool_keys[i], fingerprint, "evil\x1b[2J\r");
                FIELD_TEXT_SET(Key, &s->keys[i], mechanism, "evil\x1b[2J\x07");
        }
        FIELD_TEXT_SET(Sensor, &s->sensors[SENSORS * (d - s->devices)], name, "owned\x1b[2J\n\xff");
        FIELD_TEXT_SET(Sensor, &s->sensors[SENSORS * (d - s->devices)], title, "owned\x1b[2J\xe2\x80\xae");
        FIELD_TEXT_SET(Sensor, &s->sensors[SENSORS * (d - s->devices)], units_display, "\x1b[2J\xff");
        return 0;
}

static KeyRow *find_key(Stub *s, const char *device, const char *number) {
        const DeviceRow *d = find_device(s, device);
        size_t n = strtoul(number, NULL, 10);

        return d && (n == 1 || n == 2) ? &s->keys[2 * (d - s->devices) + n - 1] : NULL;
}

static int command_key(Stub *s, char *const *args) {
        KeyRow *k = find_key(s, args[1], args[2]);

        if (!k)
                return -ENOENT;
        FIELD_SET(Key, k, state, name_value(&key_state_names, args[3]));
        FIELD_SET(Key, k, key_reason, name_value(&reason_names, args[4]));
        if (k->state == KEY_MISMATCH)
                FIELD_TEXT_SET(Key, k, fingerprint, PRINT_OTHER);
        if (k->state == KEY_MISSING || k->state == KEY_UNKNOWN)
                FIELD_CLEAR(Key, k, fingerprint);
        return 0;
}

static int command_certificate(Stub *s, char *const *args) {
        KeyRow *k = find_key(s, args[1], args[2]);

        if (!k)
                return -ENOENT;
        /* half a day more, so that it is so many whole days for as long as a test may take */
        FIELD_SET(Key, k, certificate_expires,
                now_realtime() + (uint64_t) ((atoll(args[3]) * 24 + 12) * 3600 * (int64_t) USEC_PER_SEC));
        return 0;
}

static int command_pool_key(Stub *s, char *const *args) {
        for (size_t i = 0; i < ELEMENTSOF(s->pool_keys); i++) {
                PoolKeyRow *k = &s->pool_keys[i];

                if (!streq(s->pools[k->pool - 1].name, args[1]) || k->number != strtoul(args[2], NULL, 10))
                        continue;
                FIELD_SET(PoolKey, k, state, name_value(&matrix_state_names, args[3]));
                FIELD_SET(PoolKey, k, origin, name_value(&pin_origin_names, args[4]));
                if (k->origin == PIN_ORIGIN_NONE)
                        FIELD_CLEAR(PoolKey, k, fingerprint);
                return 0;
        }
        return -ENOENT;
}

static int command_under_way(Stub *s, char *const *args) {
        DeviceRow *d = find_device(s, args[1]);

        if (!d)
                return -ENOENT;
        FIELD_SET(Device, d, step_under_way, name_value(&step_names, args[2]));
        return 0;
}

static int command_ended(Stub *s, char *const *args) {
        s->attempt.step = name_value(&step_names, args[2]);
        s->attempt.rv = strtoull(args[3], NULL, 0);
        s->attempt.ended = s->attempt.started + 34500;
        return command_under_way(s, (char *[]){args[0], args[1], (char[]){"none"}});
}

static int command_measured(Stub *s, char *const *args) {
        const MsgMeasured burst = {.key = 1,
                .sessions = 8,
                .operations = 5900,
                .errors = 0,
                .verified = 59,
                .duration = 2010000,
                .rate_milli = 2947260,
                .p50 = 1210,
                .p95 = 1900,
                .p99 = 2450,
                .max = 9000,
                .cpu = 400000};
        const MeasureOutcome outcome = {.mechanism = &s->mechanisms[0], .measured = &burst};

        if (!s->owed)
                return -ENOENT;
        FIELD_SET(Mechanism, &s->mechanisms[0], limited_by, name_value(&limited_by_names, args[1]));
        control_reply_measured(s->owed, &outcome);
        s->owed = NULL;
        return 0;
}

/* What a machine might serve: standard tables, a vendor's scalars and table, and then rows without end. */
static void make_up(PollFound *found, size_t i) {
        static const PollFound some[] = {
                {.oid = "1.3.6.1.2.1.1.1.0", .type = 0x04, .value = "Virtual HSM"},
                {.oid = "1.3.6.1.2.1.25.1.1.0", .type = 0x43, .value = "1234"},
                {.oid = "1.3.6.1.2.1.99.1.1.1.4.1", .type = 0x02, .value = "45"},
                {.oid = "1.3.6.1.4.1.2021.4.5.0", .type = 0x02, .value = "2048"},
                {.oid = "1.3.6.1.4.1.99999.7.1.1.0", .type = 0x02, .value = "453"},
                {.oid = "1.3.6.1.4.1.99999.7.2.1.1.1", .type = 0x02, .value = "1"},
                {.oid = "1.3.6.1.4.1.99999.7.2.1.1.2", .type = 0x02, .value = "2"},
                {.oid = "1.3.6.1.4.1.99999.7.2.1.2.1", .type = 0x04, .value = "Fan 1"},
                {.oid = "1.3.6.1.4.1.99999.7.2.1.2.2", .type = 0x04, .value = "Fan 2"},
                {.oid = "1.3.6.1.4.1.99999.7.2.1.3.1", .type = 0x42, .value = "3120"},
                {.oid = "1.3.6.1.4.1.99999.7.2.1.3.2", .type = 0x42, .value = "3100"},
                {.oid = "1.3.6.1.4.1.99999.7.4.1.0", .type = 0x46, .value = "987654321"},
        };

        if (i < ELEMENTSOF(some)) {
                *found = some[i];
                return;
        }
        *found = (PollFound){.type = 0x04, .value = "evil\x1b[2J\n\xff"};
        snprintf(found->oid, sizeof(found->oid), "1.3.6.1.4.1.99999.8.1.1.%zu", i);
}

static int command_walked(Stub *s, char *const *args) {
        size_t n = strtoul(args[1], NULL, 10);

        free(s->found);
        s->found = calloc(n + 1, sizeof(PollFound));
        s->n_found = s->found ? n : 0;
        for (size_t i = 0; i < s->n_found; i++)
                make_up(&s->found[i], i);
        if (s->owed)
                control_reply_discovered(s->owed, (uint32_t) s->n_found, "");
        s->owed = NULL;
        return 0;
}

static int command_stops(Stub *s, char *const *args) {
        if (!s->owed)
                return -ENOENT;
        control_reply(s->owed, -EIO, streq(args[1], "hostile") ? "evil \xff words" : args[1]);
        s->owed = NULL;
        return 0;
}

static int command_fleet(Stub *s, char *const *args) {
        FIELD_SET(Fleet, &s->fleet, state, name_value(&service_state_names, args[1]));
        return 0;
}

static int command_maintenance(Stub *s, char *const *args) {
        DeviceRow *d = find_device(s, args[1]);
        uint64_t seconds = strtoull(args[2], NULL, 10);

        if (!d)
                return -ENOENT;
        FIELD_SET(Device, d, state, seconds ? DEVICE_MAINTENANCE : DEVICE_UP);
        /* half a minute more, so that it is so many whole minutes for as long as a test may take */
        FIELD_SET(Device, d, maintenance_until, now_realtime() + (seconds + 30) * USEC_PER_SEC);
        FIELD_TEXT_SET(Device, d, maintenance_by, args[3]);
        FIELD_TEXT_SET(Device, d, maintenance_reason, "更换电源模块");
        if (seconds == 0)
                FIELD_CLEAR(Device, d, maintenance_until);
        return 0;
}

static int command_place(Stub *s, char *const *args) {
        DeviceRow *d = find_device(s, args[1]);

        if (!d)
                return -ENOENT;
        FIELD_SET(Device, d, place, name_value(&place_names, args[2]));
        if (!streq(args[3], "-"))
                FIELD_SET(Device, d, other_place, name_value(&place_names, args[3]));
        if (!streq(args[4], "-"))
                FIELD_TEXT_SET(Device, d, separating_test, args[4]);
        FIELD_SET(Device, d, availability_day, 99950);
        FIELD_SET(Device, d, availability_month, 99998);
        return 0;
}

static int command_drilled(Stub *s, char *const *args) {
        FIELD_TEXT_SET(Fleet, &s->fleet, drill, args[1]);
        return 0;
}

static const struct {
        const char *name;
        int n; /* words, its own included */
        int (*run)(Stub *s, char *const *args);
} commands[] = {
        {"maintenance", 4, command_maintenance},
        {"place", 5, command_place},
        {"drilled", 2, command_drilled},
        {"device", 7, command_device},
        {"temperature", 3, command_temperature},
        {"above", 3, command_above},
        {"agent", 3, command_agent},
        {"room", 4, command_room},
        {"sensor", 5, command_sensor},
        {"hostile", 2, command_hostile},
        {"key", 5, command_key},
        {"certificate", 4, command_certificate},
        {"pool_key", 5, command_pool_key},
        {"under_way", 3, command_under_way},
        {"ended", 4, command_ended},
        {"measured", 2, command_measured},
        {"walked", 2, command_walked},
        {"stops", 2, command_stops},
        {"fleet", 2, command_fleet},
};

static int run_command(Stub *s, sd_event *event) {
        char *args[8] = {NULL}, *save = NULL;
        int r, n = 0;

        for (char *word = strtok_r(s->line, " ", &save); word && n < 7; word = strtok_r(NULL, " ", &save))
                args[n++] = word;
        for (size_t i = 0; n > 0 && i < ELEMENTSOF(commands); i++)
                if (streq(commands[i].name, args[0]) && commands[i].n == n)
                        return commands[i].run(s, args);
        r = stub_situation_command(s->situation, args, n);
        if (r != -ENOSYS)
                return r;
        return n == 1 && streq(args[0], "quit") ? sd_event_exit(event, 0) : -EINVAL;
}

static int on_command(sd_event_source *source, int fd, uint32_t events UNUSED, void *userdata) {
        sd_event *event = sd_event_source_get_event(source);
        Stub *s = userdata;
        char c;

        if (read(fd, &c, 1) <= 0)
                return sd_event_exit(event, 0);
        if (c != '\n') {
                if (s->filled + 1 < sizeof(s->line))
                        s->line[s->filled++] = c;
                return 0;
        }
        s->line[s->filled] = '\0';
        s->filled = 0;
        puts(run_command(s, event) < 0 ? "what?" : "ok");
        fflush(stdout);
        return 0;
}

static int serve(Stub *s, const char *path, const char *group) {
        const ControlOps *ops = getenv("STUB_BARE") ? &bare_ops : &stub_ops;
        Control *control = NULL;
        sd_event *event = NULL;
        int r = sd_event_new(&event);

        stub_situation_ops(&stub_ops, get_situation);
        if (r >= 0)
                r = stub_situation_new(event, &s->situation);
        if (r >= 0)
                r = control_new(event, path, group, NULL, ops, s, &control);
        if (r >= 0)
                r = sd_event_add_io(event, NULL, STDIN_FILENO, EPOLLIN, on_command, s);
        if (r >= 0) {
                puts("ready");
                fflush(stdout);
                r = sd_event_loop(event);
        }
        if (s->owed)
                control_reply(s->owed, -ECANCELED, NULL);
        control_free(control);
        s->situation = stub_situation_free(s->situation);
        sd_event_unref(event);
        return r;
}

int main(int argc, char **argv) {
        size_t n = argc > 2 ? strtoul(argv[2], NULL, 10) : 9;
        Stub s = {.filled = 0};
        int r;

        if (argc < 2 || n == 0)
                return 2;
        r = stub_fill(&s, n);
        if (r >= 0)
                r = serve(&s, argv[1], argc > 3 ? argv[3] : NULL);
        free(s.devices);
        free(s.keys);
        free(s.sensors);
        free(s.mechanisms);
        free(s.found);
        if (r < 0)
                fprintf(stderr, "control-stub: %s\n", strerror(-r));
        return r < 0;
}
