/* A room: what its own sensors tell, and what its machines tell of it together. */
#include "environment.h"
#include "manager.h"

static void log_site(const Manager *m, const Site *site) {
        bool well = site->reason == REASON_NONE;

        log_event(m->journal,
                &(LogEvent){.priority = well ? LOG_NOTICE : LOG_WARNING,
                        .message_id = MESSAGE_SITE,
                        .state = well ? "ok" : "alarm",
                        .reason = name_of(&reason_names, site->reason)},
                "site %s (%s): %s%s%s", site->config->name, site->config->title,
                name_of(&reason_names, site->reason), site->detail[0] ? "; " : "", site->detail);
}

static void judge_site(Manager *m, Site *site, usec_t now) {
        Found f = {.text = site->detail, .size = sizeof(site->detail), .findings = site->findings};
        const Sensor *own = sensor_set_temperature_now(site->set);
        Reason before = site->reason;
        char words[160];

        site->detail[0] = '\0';
        if (site->room.warm)
                found_add(&f, REASON_ROOM_WARM, "", "%u machines are warm at one time%s%s", site->n_warm,
                        own ? "; the room's " : "", own ? sensor_words(own, words, sizeof(words)) : "");
        environment_conditions(site->set, site->warm, now, &f);
        site->n_findings = f.n;
        site->reason = conditions_worst(&f.conditions);
        manager_site_judged(m, site);
        if (site->reason != before)
                log_site(m, site);
}

void environment_site(Manager *m, Site *site, usec_t now) {
        judge_site(m, site, now);
        sensor_set_publish(site->set);
}

static void count_warm(const Manager *m, size_t site, size_t *ret_warm, size_t *ret_n) {
        *ret_warm = *ret_n = 0;
        for (size_t i = 0; i < m->n_devices; i++) {
                const Device *d = m->devices[i];

                if (d->config->site != site || !sensor_set_temperature_now(d->sensors))
                        continue;
                (*ret_n)++;
                *ret_warm += environment_is_warm(d);
        }
}

static void judge_room(Manager *m, size_t index, usec_t now) {
        Site *site = &m->sites[index];
        const Sensor *own = sensor_set_temperature_now(site->set);
        bool before = site->warm;
        size_t warm, n;

        count_warm(m, index, &warm, &n);
        site->n_warm = (uint32_t) warm;
        (void) room_judge(&site->room, warm, n, now);
        site->warm = site->room.warm || (own && sensor_is_warm(own));
        judge_site(m, site, now);
        for (size_t i = 0; site->warm != before && i < m->n_devices; i++)
                if (m->devices[i]->config->site == index)
                        device_conditions(m->devices[i], now);
}

void environment_tick(Manager *m, usec_t now) {
        for (size_t i = 0; i < m->n_devices; i++) {
                Device *d = m->devices[i];

                if (d->sensors->n_agents > 0 && sensor_set_tick(d->sensors, 0, now))
                        environment_device(d, now);
        }
        for (size_t i = 0; i < m->n_sites; i++) {
                SensorSet *set = m->sites[i].set;

                for (size_t k = 0; k < set->n_agents; k++)
                        if (sensor_set_tick(set, k, now))
                                sensor_set_publish(set);
                judge_room(m, i, now);
        }
}

void site_publish(const Manager *m, const Site *site, uint32_t devices, uint32_t serving) {
        const Sensor *t = sensor_set_temperature(site->set);
        uint32_t ok = 0;
        SiteRow row = {0};

        for (size_t i = 0; i < site->set->n_agents; i++)
                ok += agent_answers(site->set->agents[i].state);
        FIELD_SET(Site, &row, number, site->config->number);
        FIELD_TEXT_SET(Site, &row, name, site->config->name);
        FIELD_TEXT_SET(Site, &row, title, site->config->title);
        FIELD_TEXT_SET(Site, &row, contact, site->config->contact);
        FIELD_SET(Site, &row, devices, devices);
        FIELD_SET(Site, &row, devices_serving, serving);
        FIELD_SET(Site, &row, monitored, site->set->n_agents > 0);
        FIELD_SET(Site, &row, agents, (uint32_t) site->set->n_agents);
        FIELD_SET(Site, &row, agents_ok, ok);
        FIELD_SET(Site, &row, devices_warm, site->n_warm);
        FIELD_SET(Site, &row, reason, site->reason);
        if (site->detail[0])
                FIELD_TEXT_SET(Site, &row, detail, site->detail);
        if (t) {
                FIELD_SET(Site, &row, temperature_status, t->verdict.status);
                if (t->verdict.has_value)
                        FIELD_SET(Site, &row, temperature_age, t->verdict.value_when);
                if (sensor_is_ok(t))
                        FIELD_SET(Site, &row, temperature, sensor_tenths(t->verdict.value));
        }
        board_publish(m->board, BOARD_SITES, (size_t) (site - m->sites), &row);
}
