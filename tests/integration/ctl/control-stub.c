/* A stand-in for hsmd: its real control socket (hsmd/control.c) over rows that this program makes up and that
 * commands on its standard input change.
 *
 *     control-stub SOCKET [DEVICES [GROUP]]
 *
 * Prints "ready" when it listens, and a line for each action. Commands, a line each, answered with "ok":
 *     device NAME STATE REASON STEP CALL RETURN     ("-" for what is not known)
 *     temperature NAME TENTHS                       ("-": not known)
 *     hostile NAME                                  strings that no terminal, D-Bus or JSON should see
 *     fleet STATE
 *     quit
 */

#include <stdarg.h>
#include <systemd/sd-event.h>

#include "control.h"

typedef struct Stub {
        FleetRow fleet;
        SiteRow sites[2];
        PoolRow pools[2];
        DeviceRow *devices;
        KeyRow *keys; /* two a device */
        SensorRow *sensors;
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
                [BOARD_SENSORS] = s->n,
        };

        return n[table];
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
        default:
                return &s->sensors[i];
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

static const ControlOps stub_ops = {.rows = stub_rows,
        .row = stub_row,
        .attempts = stub_attempts,
        .calls = stub_calls,
        .reload = stub_reload};

/* Ages are shown from this instant on: none of them grows while a test compares a screen. */
#define LATER (USEC_INFINITY / 2)
#define STATE_SINCE ((usec_t) 1795485600 * USEC_PER_SEC) /* 2026-11-24 02:00:00 UTC */

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
}

static void fill_sensor(SensorRow *s, uint32_t device) {
        *s = (SensorRow){0};
        FIELD_SET(Sensor, s, device, device);
        FIELD_SET(Sensor, s, number, 1);
        FIELD_TEXT_SET(Sensor, s, name, "board");
        FIELD_SET(Sensor, s, type, SENSOR_TYPE_CELSIUS);
        FIELD_SET(Sensor, s, value, 450);
        FIELD_SET(Sensor, s, status, SENSOR_OK);
        FIELD_SET(Sensor, s, reason, SENSOR_REASON_OK);
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
        FIELD_SET(Device, d, detection_bound, 23 * USEC_PER_SEC);
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
        s->sensors = calloc(n, sizeof(SensorRow));
        if (!s->devices || !s->keys || !s->sensors)
                return -ENOMEM;
        fill_fleet(s);
        for (uint32_t i = 0; i < n; i++) {
                fill_device(&s->devices[i], i + 1);
                fill_key(&s->keys[2 * i], i + 1, 1);
                fill_key(&s->keys[2 * i + 1], i + 1, 2);
                fill_sensor(&s->sensors[i], i + 1);
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

static int command_hostile(Stub *s, char *const *args) {
        DeviceRow *d = find_device(s, args[1]);

        if (!d)
                return -ENOENT;
        FIELD_TEXT_SET(Device, d, title, "\x1b]0;owned\x07\"\\ bad \xff\xc0\x80\xed\xa0\x80 end");
        FIELD_TEXT_SET(Device, d, detail, "two\nlines\tand \xe2\x80\xae reversed");
        FIELD_TEXT_SET(Device, d, manufacturer, "\xfe\xfe\xfe");
        return 0;
}

static int run_command(Stub *s, sd_event *event) {
        char *args[8] = {NULL}, *save = NULL;
        int n = 0;

        for (char *word = strtok_r(s->line, " ", &save); word && n < 7; word = strtok_r(NULL, " ", &save))
                args[n++] = word;
        if (n == 7 && streq(args[0], "device"))
                return command_device(s, args);
        if (n == 3 && streq(args[0], "temperature"))
                return command_temperature(s, args);
        if (n == 2 && streq(args[0], "hostile"))
                return command_hostile(s, args);
        if (n == 2 && streq(args[0], "fleet")) {
                FIELD_SET(Fleet, &s->fleet, state, name_value(&service_state_names, args[1]));
                return 0;
        }
        if (n == 1 && streq(args[0], "quit"))
                return sd_event_exit(event, 0);
        return -EINVAL;
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
        Control *control = NULL;
        sd_event *event = NULL;
        int r = sd_event_new(&event);

        if (r >= 0)
                r = control_new(event, path, group, NULL, &stub_ops, s, &control);
        if (r >= 0)
                r = sd_event_add_io(event, NULL, STDIN_FILENO, EPOLLIN, on_command, s);
        if (r >= 0) {
                puts("ready");
                fflush(stdout);
                r = sd_event_loop(event);
        }
        control_free(control);
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
        if (r < 0)
                fprintf(stderr, "control-stub: %s\n", strerror(-r));
        return r < 0;
}
