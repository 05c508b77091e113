/* A room: what its own sensors tell, and what its machines tell of it together. */
#include "environment.h"
#include "manager.h"

typedef struct SiteFound {
        Conditions conditions;
        char *text;
        size_t size;
} SiteFound;

static void site_found(void *userdata, Reason reason, const char *words) {
        SiteFound *f = userdata;
        Reason before = conditions_worst(&f->conditions);

        conditions_add(&f->conditions, reason);
        if (conditions_worst(&f->conditions) != before)
                copy_text(f->text, f->size, words);
}

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
        SiteFound f = {.text = site->detail, .size = sizeof(site->detail)};
        const Sensor *t = sensor_set_temperature(site->set);
        Reason before = site->reason;
        char words[160];

        site->detail[0] = '\0';
        if (site->room.warm) {
                snprintf(words, sizeof(words), "%u machines are warm at one time%s", site->n_warm,
                        t && sensor_is_ok(t) ? "; the room's " : "");
                if (t && sensor_is_ok(t))
                        sensor_words(t, words + strlen(words), sizeof(words) - strlen(words));
                site_found(&f, REASON_ROOM_WARM, words);
        }
        environment_conditions(site->set, site->warm, now, site_found, &f);
        site->reason = conditions_worst(&f.conditions);
        if (site->reason != before)
                log_site(m, site);
}

void environment_site(Manager *m, Site *site, usec_t now) {
        judge_site(m, site, now);
        sensor_set_publish(site->set);
}

static bool has_temperature(const Device *d) {
        const Sensor *s = sensor_set_temperature(d->sensors);

        return s && sensor_is_ok(s);
}

static void count_warm(const Manager *m, size_t site, size_t *ret_warm, size_t *ret_n) {
        *ret_warm = *ret_n = 0;
        for (size_t i = 0; i < m->n_devices; i++) {
                const Device *d = m->devices[i];

                if (d->config->site != site || !has_temperature(d))
                        continue;
                (*ret_n)++;
                *ret_warm += environment_is_warm(d);
        }
}

static void judge_room(Manager *m, size_t index, usec_t now) {
        Site *site = &m->sites[index];
        const Sensor *own = sensor_set_temperature(site->set);
        bool before = site->warm;
        size_t warm, n;

        count_warm(m, index, &warm, &n);
        site->n_warm = (uint32_t) warm;
        (void) room_judge(&site->room, warm, n, now);
        site->warm = site->room.warm || (own && sensor_is_warm(own));
        environment_site(m, site, now);
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
        for (size_t i = 0; i < m->config->n_sites; i++) {
                for (size_t k = 0; k < m->sites[i].set->n_agents; k++)
                        (void) sensor_set_tick(m->sites[i].set, k, now);
                judge_room(m, i, now);
        }
}

void site_publish(const Manager *m, const Site *site, uint32_t devices, uint32_t serving) {
        const Sensor *t = sensor_set_temperature(site->set);
        uint32_t ok = 0;
        SiteRow row = {0};

        for (size_t i = 0; i < site->set->n_agents; i++)
                ok += site->set->agents[i].state == AGENT_OK ||
                      site->set->agents[i].state == AGENT_DUPLICATE_ENGINE;
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
        FIELD_SET(Site, &row, reason, site->reason ? site->reason : REASON_NONE);
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
