#include "manager.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "confine.h"
#include "drill.h"
#include "event-log.h"
#include "lateness.h"
#include "maintenance.h"
#include "measure.h"
#include "notifier.h"
#include "numbers.h"
#include "poller.h"
#include "server.h"
#include "watcher.h"

#define LOG_LINES 4096
#define STOP_GRACE (600 * USEC_PER_MSEC)
#define STOP_LIMIT (1200 * USEC_PER_MSEC)

void manager_device_changed(Manager *m) {
        m->fleet.last_change = now_realtime();
        fleet_publish(m);
}

void manager_count_delay(Manager *m, usec_t delay) {
        usec_t *slot = &m->delay_maxima[m->delay_second % ELEMENTSOF(m->delay_maxima)];

        *slot = MAX_OF(*slot, delay);
}

Device *manager_find_device(Manager *m, const char *name) {
        for (size_t i = 0; i < m->n_devices; i++)
                if (streq(m->devices[i]->config->name, name))
                        return m->devices[i];
        return NULL;
}

/* The configuration is in order of number. */
Device *manager_device_by_number(const Manager *m, uint32_t number) {
        size_t low = 0, high = m->n_devices;

        while (low < high) {
                size_t mid = low + (high - low) / 2;
                uint32_t n = m->devices[mid]->config->number;

                if (n == number)
                        return m->devices[mid];
                if (n < number)
                        low = mid + 1;
                else
                        high = mid;
        }
        return NULL;
}

/* hsmd itself did not run: nobody else is to blame for what is overdue. */
static void on_late(usec_t lateness, void *userdata) {
        Manager *m = userdata;

        for (size_t i = 0; i < m->n_devices; i++)
                device_extend(m->devices[i], lateness);
        drill_late(m, lateness);
        for (size_t i = 0; i < m->n_sites; i++)
                sensor_set_extend(m->sites[i].set, lateness);
        supervisor_extend(m->supervisor, lateness);
        if (m->poller)
                poller_extend(m->poller, lateness);
        if (m->server)
                server_extend(m->server, lateness);
        notifier_extend(m->notifier, lateness);
        event_log_extend(m->events, lateness);
        log_event(m->journal,
                &(LogEvent){.priority = LOG_WARNING, .message_id = MESSAGE_LATE, .duration = lateness},
                "hsmd itself did not run for %.1f s; every running deadline is extended by that",
                (double) lateness / USEC_PER_SEC);
}

static void each_second(Manager *m, usec_t now) {
        usec_t realtime = now_realtime();

        for (size_t i = 0; i < m->n_devices; i++) {
                device_tick(m->devices[i], now);
                device_rollup_tick(m->devices[i], now, realtime);
        }
        measure_tick(m, now);
        maintenance_tick(m, now);
        drill_tick(m, now);
        environment_tick(m, now);
        sensor_numbers_save(m->sensor_numbers);
        if (m->board_outgrown)
                manager_renew_board(m);
        manager_fit_poller(m);
        if (m->poller)
                poller_tick(m->poller, now);
        if (m->server)
                server_tick(m->server, now);
        manager_history_tick(m, now);
        manager_situation_tick(m, now);
        notifier_tick(m->notifier, now);
        fleet_publish(m);
        m->delay_second++;
        m->delay_maxima[m->delay_second % ELEMENTSOF(m->delay_maxima)] = 0;
}

static void on_turn(usec_t now, void *userdata) {
        Manager *m = userdata;

        if (m->board)
                board_writer_tick(m->board, now);
        /* where a probe is on its ladder is shown while it is there */
        for (size_t i = 0; m->board && i < m->n_devices; i++)
                if (m->devices[i]->phase == PROBE_CLIMBING || m->devices[i]->phase == PROBE_CHECKING)
                        device_publish(m->devices[i]);
        if (!m->stopping && now >= m->next_second) {
                m->next_second = now + USEC_PER_SEC - 50 * USEC_PER_MSEC;
                each_second(m, now);
        }
}

static int on_reload_signal(sd_event_source *s UNUSED, const struct signalfd_siginfo *si, void *userdata) {
        manager_reload(userdata, si->ssi_uid, "SIGHUP", NULL, NULL);
        return 0;
}

static int on_stop_limit(sd_event_source *s, uint64_t usec UNUSED, void *userdata UNUSED) {
        return sd_event_exit(sd_event_source_get_event(s), 0);
}

/* Receivers are given a moment to acknowledge that we stop. */
static void close_notifier(Manager *m) {
        char words[256];

        if (m->last_word == 0)
                return;
        if (!notifier_done(m->notifier, event_log_last_sequence(m->events), words, sizeof(words)) &&
                now_monotonic() < m->last_word)
                return;
        m->last_word = 0;
        notifier_close(m->notifier, STOP_GRACE);
}

/* After every turn of the loop: stopped, once no worker is left. */
static int on_after(sd_event_source *s, void *userdata) {
        Manager *m = userdata;

        if (m->stopping)
                close_notifier(m);
        if (m->stopping && supervisor_workers(m->supervisor) == 0)
                return sd_event_exit(sd_event_source_get_event(s), 0);
        return 0;
}

/* The last word to the receivers: nobody watches from now on. */
static void tell_stopping(Manager *m) {
        Event e = {0};

        for (size_t i = 0; i < m->n_devices; i++)
                device_rollup_keep(m->devices[i]);
        manager_fill_fleet_event(m, &e, EVENT_STOPPING);
        manager_event(m, &e, true);
}

static int on_stop_signal(
        sd_event_source *s UNUSED, const struct signalfd_siginfo *si UNUSED, void *userdata) {
        Manager *m = userdata;

        if (m->stopping)
                return 0;
        drills_stop(m);
        tell_stopping(m);
        m->stopping = true;
        sd_notify(false, "STOPPING=1\nSTATUS=stopping");
        log_event(
                m->journal, &(LogEvent){.priority = LOG_NOTICE, .message_id = MESSAGE_STOPPING}, "stopping");
        for (size_t i = 0; i < m->n_devices; i++)
                device_stop(m->devices[i], STOP_GRACE);
        if (m->poller)
                poller_close(m->poller, STOP_GRACE);
        if (m->server)
                server_close(m->server, STOP_GRACE);
        m->last_word = now_monotonic() + STOP_GRACE;
        return sd_event_add_time(m->event, &m->stop_source, CLOCK_MONOTONIC, now_monotonic() + STOP_LIMIT,
                USEC_PER_MSEC, on_stop_limit, m);
}

static int add_signals(Manager *m) {
        sigset_t mask;
        int r;

        sigemptyset(&mask);
        sigaddset(&mask, SIGTERM);
        sigaddset(&mask, SIGINT);
        sigaddset(&mask, SIGHUP);
        sigprocmask(SIG_BLOCK, &mask, NULL);
        signal(SIGPIPE, SIG_IGN);
        r = sd_event_add_signal(m->event, NULL, SIGTERM, on_stop_signal, m);
        if (r >= 0)
                r = sd_event_add_signal(m->event, NULL, SIGINT, on_stop_signal, m);
        if (r >= 0)
                r = sd_event_add_signal(m->event, NULL, SIGHUP, on_reload_signal, m);
        if (r >= 0)
                r = sd_event_add_post(m->event, NULL, on_after, m);
        return r;
}

static int make_directory(const char *path, mode_t mode) {
        return mkdir(path, mode) < 0 && errno != EEXIST ? -errno : 0;
}

/* One hsmd a state directory: two would raise each other's engine boots and PIN notes. Not flock(): a child
 * that was just forked holds that too, and would keep out the next hsmd for a moment after this one was
 * killed. */
static int take_state(Manager *m) {
        struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        char path[PATH_MAX];
        int r = make_directory(m->options.state, 0700);

        snprintf(path, sizeof(path), "%s/probe", m->options.state);
        if (r >= 0)
                r = make_directory(path, 0700);
        if (r >= 0)
                r = make_directory(m->options.runtime, 0755);
        snprintf(path, sizeof(path), "%s/lock", m->options.state);
        if (r >= 0) {
                m->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
                r = m->lock_fd < 0 || fcntl(m->lock_fd, F_SETLK, &whole) < 0 ? -errno : 0;
        }
        if (r < 0)
                fprintf(stderr, "%s: %s\n", m->options.state,
                        r == -EAGAIN ? "another hsmd runs on this state directory" : strerror(-r));
        return r;
}

static int read_pins(Manager *m) {
        CLEANUP_FREE char *warning = NULL;
        int r = pins_new(m->options.state, m->disk, &m->pins, &warning);

        if (r < 0)
                fprintf(stderr, "%s/pins: the pinned keys cannot be kept: %s\n", m->options.state,
                        strerror(-r));
        if (warning)
                log_event(m->journal, &(LogEvent){.priority = LOG_ERR, .message_id = MESSAGE_KEYS_PINNED},
                        "%s", warning);
        return r;
}

static int read_sensor_numbers(Manager *m) {
        CLEANUP_FREE char *warning = NULL;
        int r = sensor_numbers_new(m->options.state, m->disk, &m->sensor_numbers, &warning);

        if (r < 0)
                fprintf(stderr, "%s/sensors: the sensors' numbers cannot be kept: %s\n", m->options.state,
                        strerror(-r));
        if (warning)
                log_event(m->journal, &(LogEvent){.priority = LOG_ERR}, "%s", warning);
        return r;
}

static int make_parts(Manager *m, const Config *config) {
        char path[PATH_MAX];
        int r = sd_event_default(&m->event);

        if (r >= 0)
                r = add_signals(m);
        if (r >= 0)
                r = journal_new(LOG_LINES, &m->journal);
        if (r >= 0)
                r = disk_new(m->event, &m->disk);
        if (r >= 0) {
                r = guard_new(m->options.state, m->disk, &m->guard);
                if (r < 0)
                        fprintf(stderr, "%s/guard: the PIN guard cannot be kept: %s\n", m->options.state,
                                r == -EBADMSG ? "STATE/host.key is damaged" : strerror(-r));
        }
        if (r >= 0)
                r = read_pins(m);
        if (r >= 0)
                r = read_sensor_numbers(m);
        if (r >= 0)
                r = manager_history_new(m, config);
        if (r >= 0)
                r = supervisor_new(m->event, m->journal, &m->supervisor);
        if (r >= 0)
                r = lateness_new(m->event, on_late, on_turn, m, &m->lateness);
        if (r >= 0) {
                snprintf(path, sizeof(path), "%s/control", m->options.runtime);
                r = control_new(
                        m->event, path, config->group, m->journal, &manager_control_ops, m, &m->control);
                if (r < 0)
                        fprintf(stderr, "%s: the control socket cannot be made: %s\n", path, strerror(-r));
        }
        return r;
}

int manager_new(const Options *options, Config *config, Manager **ret) {
        Manager *m = calloc(1, sizeof(*m));
        int r;

        if (!m) {
                config_free(config);
                return -ENOMEM;
        }
        m->options = *options;
        m->lock_fd = -1;
        m->fleet.counters_since = m->fleet.last_change = now_realtime();
        m->started = now_monotonic();
        r = take_state(m);
        if (r >= 0)
                r = make_parts(m, config);
        if (r >= 0)
                r = notifier_new(m, &m->notifier);
        if (r >= 0)
                r = manager_apply(m, config);
        if (r < 0) {
                manager_free(m);
                config_free(config);
                return r;
        }
        manager_restore(m);
        *ret = m;
        return 0;
}

FlapParams manager_flap_params(const Manager *m) {
        return (FlapParams){.flaps = m->config->flaps, .forget = m->config->flap_forget};
}

Manager *manager_free(Manager *m) {
        if (!m)
                return NULL;
        control_free(m->control);
        m->events = event_log_free(m->events);
        watcher_free(m->watcher);
        if (m->poller)
                poller_free(m->poller);
        if (m->server)
                server_free(m->server);
        for (size_t i = 0; i < m->n_devices; i++)
                device_free(m->devices[i]);
        free(m->devices);
        for (size_t i = 0; i < m->n_sites; i++)
                sensor_set_free(m->sites[i].set);
        free(m->sites);
        if (m->supervisor)
                supervisor_free(m->supervisor);
        m->history = history_free(m->history, 300 * USEC_PER_MSEC);
        notifier_free(m->notifier);
        history_state_free(m->kept);
        disk_free(m->disk, 300 * USEC_PER_MSEC);
        numbers_free(m->numbers);
        situation_free(m->situation);
        situation_config_free(m->situation_config);
        guard_free(m->guard);
        pins_free(m->pins);
        sensor_numbers_free(m->sensor_numbers);
        free(m->pool_keys);
        drills_free(m);
        lateness_free(m->lateness);
        if (m->journal)
                journal_free(m->journal, 200 * USEC_PER_MSEC);
        board_writer_free(m->board);
        config_free(m->config);
        sd_event_source_unref(m->stop_source);
        sd_event_unref(m->event);
        closep(&m->lock_fd);
        free(m);
        return NULL;
}

int manager_run(Manager *m) {
        int r = sd_event_set_watchdog(m->event, true);

        if (r < 0)
                return r;
        log_event(m->journal, &(LogEvent){.priority = LOG_NOTICE, .message_id = MESSAGE_STARTED},
                "hsmd %s watches %zu devices, detection bound %llu ms", HSMD_VERSION, m->n_devices,
                (unsigned long long) (m->fleet.detection_bound / USEC_PER_MSEC));
        if (!confine_has_landlock())
                log_event(m->journal, &(LogEvent){.priority = LOG_NOTICE, .message_id = MESSAGE_STARTED},
                        "this kernel has no Landlock: a vendor's module can reach every file that hsmd can");
        sd_notify(false, "READY=1");
        return sd_event_loop(m->event);
}
