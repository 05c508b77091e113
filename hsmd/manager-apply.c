#include <limits.h>
#include <sys/stat.h>

#include "maintenance.h"
#include "manager.h"
#include "measure.h"
#include "notifier.h"
#include "poller.h"
#include "server.h"
#include "watcher.h"

/* First climbs do not all start in the same instant: a module's start costs some milliseconds of CPU. */
#define FIRST_CLIMB_SPREAD (10 * USEC_PER_MSEC)

static int make_world(const Manager *m, const ConfigDevice *c) {
        char path[PATH_MAX];

        if (c->cwd)
                return 0;
        snprintf(path, sizeof(path), "%s/probe/%s", m->options.state, c->name);
        return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static Device *find_unchanged(const Manager *m, const Config *config, const ConfigDevice *c) {
        for (size_t i = 0; i < m->n_devices; i++) {
                Device *d = m->devices[i];

                if (d && d->config->number == c->number && streq(d->config->name, c->name) &&
                        streq(d->pool->name, config->pools[c->pool].name) &&
                        config_device_same_probe(m->config, d->config, config, c))
                        return d;
        }
        return NULL;
}

static const Device *find_namesake(const Manager *m, const ConfigDevice *c) {
        const Device *d = manager_device_by_number(m, c->number);

        return d && streq(d->config->name, c->name) ? d : NULL;
}

static int make_device(Manager *m, const Config *config, const ConfigDevice *c, Device **ret) {
        const Device *old = find_namesake(m, c);
        int r = device_new(m, c, &config->pools[c->pool], ret);

        if (r >= 0 && old)
                device_carry_counters(*ret, old);
        return r;
}

static bool same_source(const SecretSource *a, const SecretSource *b) {
        return same_text(a->file, b->file) && same_text(a->credential, b->credential);
}

static bool same_agent(const Config *a, const Config *b) {
        if (a->agent_mode != b->agent_mode || a->agent_entity != b->agent_entity ||
                !same_text(a->agent_address, b->agent_address) || a->n_users != b->n_users ||
                !same_text(a->name, b->name) || !same_text(a->contact, b->contact) ||
                !same_text(a->location, b->location))
                return false;
        for (size_t i = 0; i < a->n_users; i++) {
                const ConfigUser *u = &a->users[i], *v = &b->users[i];

                if (!streq(u->name, v->name) || !same_text(u->auth_protocol, v->auth_protocol) ||
                        !same_text(u->priv_protocol, v->priv_protocol) ||
                        !same_source(&u->auth_secret, &v->auth_secret) ||
                        !same_source(&u->priv_secret, &v->priv_secret))
                        return false;
        }
        return true;
}

size_t manager_mechanisms(const Config *c, const ConfigDevice *d, ProbeMechanism *ret) {
        const ConfigPool *pool = &c->pools[d->pool];
        ProbeMechanism all[PROTOCOL_MECHANISMS_MAX];
        size_t n_all = config_mechanisms(c, d, all), n = 0;

        for (size_t i = 0; i < n_all; i++)
                for (size_t k = 0; k < pool->n_keys; k++)
                        if (pool->keys[k].exercise != EXERCISE_PRESENT &&
                                config_key_mechanism(&pool->keys[k], all, n_all) == i) {
                                ret[n++] = all[i];
                                break;
                        }
        return n;
}

/* A set's place on the board, from row on; sets follow each other in the order of their owners. Returns the
 * row behind. */
static size_t place_set(SensorSet *set, size_t row) {
        set->row = row;
        set->n_rows = set->n_sensors;
        return row + set->n_rows;
}

static int make_board(const Config *c, size_t sensors, size_t site_sensors, BoardWriter **ret) {
        size_t rows[BOARD_TABLES] = {[BOARD_FLEET] = 1,
                [BOARD_SITES] = c->n_sites,
                [BOARD_POOLS] = c->n_pools,
                [BOARD_DEVICES] = c->n_devices,
                [BOARD_SENSORS] = sensors,
                [BOARD_SITE_SENSORS] = site_sensors,
                [BOARD_SERVICES] = c->n_services,
                [BOARD_RECEIVERS] = c->n_receivers,
                [BOARD_ALARMS] = manager_alarm_rows(c),
                [BOARD_FAILOVERS] = FAILOVERS_KEPT};

        for (size_t i = 0; i < c->n_devices; i++) {
                const ConfigDevice *d = &c->devices[i];
                ProbeMechanism used[PROTOCOL_MECHANISMS_MAX];

                rows[BOARD_KEYS] += c->pools[d->pool].n_keys;
                rows[BOARD_MECHANISMS] += manager_mechanisms(c, d, used);
        }
        for (size_t i = 0; i < c->n_pools; i++)
                rows[BOARD_POOL_KEYS] += c->pools[i].n_keys;
        return board_writer_new(rows, ret);
}

/* What a new configuration needs, made before anything of the old one is given up. */
typedef struct Plan {
        BoardWriter *board;
        Device **devices;
        bool *kept;
        SituationConfig *situation_config;
        Situation *situation;
        PoolKey *pool_keys;
        SensorSet **device_sets, **site_sets; /* theirs until they are given away */
        Site *sites;
} Plan;

static int make_device_set(Manager *m, const Config *c, const ConfigDevice *d, SensorSet **ret) {
        const Device *old = find_namesake(m, d);
        int r = sensor_set_of_device(m, c, d, ret);

        if (r >= 0 && old)
                sensor_set_inherit(*ret, old->sensors);
        return r;
}

/* A site of the same name keeps what is known of it. */
static int make_site(Manager *m, const Config *c, size_t index, Plan *plan) {
        int r = sensor_set_of_site(m, c, index, &plan->site_sets[index]);

        plan->sites[index].reason = REASON_NONE;
        for (size_t i = 0; r >= 0 && i < m->n_sites; i++)
                if (streq(m->sites[i].config->name, c->sites[index].name)) {
                        plan->sites[index] = m->sites[i];
                        sensor_set_inherit(plan->site_sets[index], m->sites[i].set);
                }
        return r;
}

static int make_sets(Manager *m, const Config *c, Plan *plan) {
        size_t sensors = 0, site_sensors = 0;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < c->n_devices; i++) {
                r = make_device_set(m, c, &c->devices[i], &plan->device_sets[i]);
                if (r >= 0)
                        sensors = place_set(plan->device_sets[i], sensors);
        }
        for (size_t i = 0; r >= 0 && i < c->n_sites; i++) {
                r = make_site(m, c, i, plan);
                if (r >= 0)
                        site_sensors = place_set(plan->site_sets[i], site_sensors);
        }
        return r < 0 ? r : make_board(c, sensors, site_sensors, &plan->board);
}

static int allocate_plan(Manager *m, const Config *c, Plan *plan) {
        plan->devices = calloc(c->n_devices + 1, sizeof(void *));
        plan->kept = calloc(c->n_devices + 1, sizeof(*plan->kept));
        plan->device_sets = calloc(c->n_devices + 1, sizeof(void *));
        plan->site_sets = calloc(c->n_sites + 1, sizeof(void *));
        plan->sites = calloc(c->n_sites + 1, sizeof(*plan->sites));
        plan->pool_keys = pool_keys_new(c, m->config, m->pool_keys);
        return plan->devices && plan->kept && plan->device_sets && plan->site_sets && plan->sites &&
                               plan->pool_keys
                       ? 0
                       : -ENOMEM;
}

static int make_plan(Manager *m, const Config *c, Plan *plan) {
        int r = allocate_plan(m, c, plan);

        if (r >= 0)
                r = make_sets(m, c, plan);
        if (r >= 0)
                r = manager_situation_new(m, c, &plan->situation_config, &plan->situation);
        for (size_t i = 0; r >= 0 && i < c->n_devices; i++) {
                plan->devices[i] = find_unchanged(m, c, &c->devices[i]);
                plan->kept[i] = plan->devices[i] != NULL;
                if (!plan->kept[i])
                        r = make_device(m, c, &c->devices[i], &plan->devices[i]);
                if (r >= 0)
                        r = make_world(m, &c->devices[i]);
        }
        return r;
}

static void drop_plan(Plan *plan, const Config *c) {
        for (size_t i = 0; plan->devices && plan->kept && i < c->n_devices; i++)
                if (!plan->kept[i])
                        device_free(plan->devices[i]);
        for (size_t i = 0; plan->device_sets && i < c->n_devices; i++)
                sensor_set_free(plan->device_sets[i]);
        for (size_t i = 0; plan->site_sets && i < c->n_sites; i++)
                sensor_set_free(plan->site_sets[i]);
        board_writer_free(plan->board);
        free(plan->device_sets);
        free(plan->site_sets);
        free(plan->sites);
        free(plan->devices);
        free(plan->kept);
        free(plan->pool_keys);
        situation_free(plan->situation);
        situation_config_free(plan->situation_config);
}

/* The one that takes its place, or NULL. */
static Device *heir_of(const Device *old, const Plan *plan, size_t n) {
        for (size_t k = 0; k < n; k++)
                if (!plan->kept[k] && plan->devices[k]->config->number == old->config->number &&
                        streq(plan->devices[k]->config->name, old->config->name))
                        return plan->devices[k];
        return NULL;
}

/* What an operator said of a device holds for the one that takes its place, too; so does the minute under
 * way. */
static void hand_on(Device *old, const Plan *plan, size_t n) {
        Device *heir = heir_of(old, plan, n);

        if (heir)
                maintenance_carry(heir, old);
        else
                device_rollup_keep(old);
        maintenance_drop(old);
}

/* Old devices that the new configuration does not keep end with their probes. */
static void end_dropped(Manager *m, const Plan *plan, size_t n) {
        for (size_t i = 0; i < m->n_devices; i++) {
                bool kept = false;

                for (size_t k = 0; k < n; k++)
                        kept = kept || plan->devices[k] == m->devices[i];
                if (!kept) {
                        hand_on(m->devices[i], plan, n);
                        device_stop(m->devices[i], 300 * USEC_PER_MSEC);
                        device_free(m->devices[i]);
                }
        }
        free(m->devices);
}

/* The old configuration's sets end here: the new ones have taken over what they knew. */
static void place_sites(Manager *m, Plan *plan) {
        for (size_t i = 0; i < m->n_sites; i++)
                sensor_set_free(m->sites[i].set);
        free(m->sites);
        m->sites = plan->sites;
        m->n_sites = m->config->n_sites;
        for (size_t i = 0; i < m->n_sites; i++) {
                m->sites[i].config = &m->config->sites[i];
                m->sites[i].set = plan->site_sets[i];
        }
        free(plan->site_sets);
}

static void publish_all(Manager *m) {
        for (size_t i = 0; i < m->n_devices; i++) {
                device_publish(m->devices[i]);
                sensor_set_publish(m->devices[i]->sensors);
        }
        for (size_t i = 0; i < m->n_sites; i++)
                sensor_set_publish(m->sites[i].set);
        for (size_t i = 0; i < m->config->n_pools; i++)
                matrix_update(m, &m->config->pools[i]);
}

static void place_devices(Manager *m, const Plan *plan) {
        const Config *c = m->config;
        size_t keys = 0, mechanisms = 0, fresh = 0;
        ProbeMechanism used[PROTOCOL_MECHANISMS_MAX];

        for (size_t i = 0; i < c->n_devices; i++) {
                Device *d = m->devices[i];

                device_adopt(d, &c->devices[i], &c->pools[c->devices[i].pool]);
                device_set_sensors(d, plan->device_sets[i]);
                d->index = i;
                d->key_index = keys;
                d->mechanism_index = mechanisms;
                keys += d->pool->n_keys;
                mechanisms += manager_mechanisms(c, d->config, used);
                if (plan->kept[i])
                        device_hasten(d, now_monotonic());
                else {
                        measure_attach(d);
                        device_start(d, fresh++ * FIRST_CLIMB_SPREAD);
                }
        }
        publish_all(m);
}

void manager_fit_poller(Manager *m) {
        bool any_agent = poller_agents(m) > 0;
        int r = 0;

        if (any_agent && !m->poller)
                r = poller_new(m, &m->poller);
        else if (!any_agent && m->poller)
                m->poller = poller_free(m->poller);
        if (r < 0)
                log_event(m->journal, &(LogEvent){.priority = LOG_ERR},
                        "hsmd-snmp poll cannot be started: %s; it is tried again", strerror(-r));
}

static void fit_workers(Manager *m, bool agent_changed) {
        bool polled = m->poller != NULL;

        manager_fit_poller(m);
        if (polled && m->poller)
                poller_reconfigure(m->poller);
        if (!m->server)
                server_new(m, &m->server);
        else
                server_reconfigure(m->server, agent_changed);
}

/* Takes over what was told before the old configuration, with its names, is gone: a reload is no news. */
static void place_situation(Manager *m, const Plan *plan) {
        if (m->situation)
                situation_carry(plan->situation, m->situation, moment_now());
        situation_free(m->situation);
        situation_config_free(m->situation_config);
        m->situation = plan->situation;
        m->situation_config = plan->situation_config;
}

int manager_apply(Manager *m, Config *config) {
        Plan plan = {0};
        Config *old = m->config;
        BoardWriter *old_board = m->board;
        int r = make_plan(m, config, &plan);

        if (r < 0) {
                drop_plan(&plan, config);
                return r;
        }
        end_dropped(m, &plan, config->n_devices);
        m->config = config;
        m->board = plan.board;
        m->devices = plan.devices;
        m->n_devices = config->n_devices;
        m->filling_board = true;
        place_situation(m, &plan);
        free(m->pool_keys);
        m->pool_keys = plan.pool_keys;
        m->generation++;
        board_writer_tick(m->board, now_monotonic());
        place_sites(m, &plan);
        watcher_fit(m);
        place_devices(m, &plan);
        if (old)
                manager_situation_refresh(m);
        m->filling_board = false;
        manager_situation_new_board(m);
        fleet_publish(m);
        notifier_reconfigure(m->notifier);
        history_retention(m->history, config->keep_minutes, config->keep_hours);
        fit_workers(m, old && !same_agent(old, config));
        free(plan.kept);
        free(plan.device_sets);
        board_writer_free(old_board);
        config_free(old);
        return 0;
}

int manager_renew_board(Manager *m) {
        const Config *c = m->config;
        BoardWriter *board, *old = m->board;
        size_t sensors = 0, site_sensors = 0;
        int r;

        m->board_outgrown = false;
        for (size_t i = 0; i < m->n_devices; i++)
                sensors += m->devices[i]->sensors->n_sensors;
        for (size_t i = 0; i < m->n_sites; i++)
                site_sensors += m->sites[i].set->n_sensors;
        r = make_board(c, sensors, site_sensors, &board);
        if (r < 0)
                return r;
        sensors = site_sensors = 0;
        for (size_t i = 0; i < m->n_devices; i++)
                sensors = place_set(m->devices[i]->sensors, sensors);
        for (size_t i = 0; i < m->n_sites; i++)
                site_sensors = place_set(m->sites[i].set, site_sensors);
        m->board = board;
        board_writer_tick(m->board, now_monotonic());
        publish_all(m);
        manager_situation_new_board(m);
        fleet_publish(m);
        notifier_publish(m->notifier);
        if (m->server)
                server_reconfigure(m->server, false);
        board_writer_free(old);
        return 0;
}
