#include "situation-internal.h"

void event_begin(Situation *s, Event *e, EventType type, Moment now) {
        memset(e, 0, sizeof(*e));
        FIELD_SET(Event, e, id, s->ops.number(s->userdata));
        FIELD_SET(Event, e, when, now.realtime);
        FIELD_SET(Event, e, type, type);
}

void event_about_pool(Situation *s, Event *e, size_t pool) {
        const Pool *p = &s->pools[pool];

        FIELD_SET(Event, e, pool, p->config->number);
        FIELD_TEXT_SET(Event, e, pool_name, p->config->name);
        FIELD_SET(Event, e, serving, p->view.serving);
        FIELD_SET(Event, e, total, p->view.members);
        FIELD_SET(Event, e, survivable, p->view.survivable);
}

void event_about_site(Situation *s, Event *e, size_t site) {
        FIELD_SET(Event, e, site, s->sites[site].config->number);
        FIELD_TEXT_SET(Event, e, site_name, s->sites[site].config->name);
}

void event_about_device(Situation *s, Event *e, size_t device) {
        const SituationDevice *d = s->devices[device].config;

        FIELD_SET(Event, e, device, d->number);
        FIELD_TEXT_SET(Event, e, device_name, d->name);
        event_about_site(s, e, d->site);
        event_about_pool(s, e, d->pool);
}

void event_about_service(Situation *s, Event *e, size_t service) {
        const Service *v = &s->services[service];

        event_about_pool(s, e, v->config->pool);
        FIELD_SET(Event, e, service, v->config->number);
        FIELD_TEXT_SET(Event, e, service_name, v->config->name);
        /* of the pool's members those that serve with this one's keys */
        FIELD_SET(Event, e, serving, v->view.serving);
        FIELD_SET(Event, e, total, v->view.members);
        FIELD_SET(Event, e, survivable, v->view.survivable);
}

void event_of_alarm(Event *e, uint32_t alarm, Severity severity) {
        if (alarm == 0)
                return;
        FIELD_SET(Event, e, alarm, alarm);
        FIELD_SET(Event, e, severity, severity);
}

static const char *title_of_device(const Situation *s, const Event *e) {
        size_t i = device_known(s, e->device, e->device_name);

        return i != NOWHERE ? s->config->devices[i].title : NULL;
}

static const char *title_of_pool(const Situation *s, uint32_t number) {
        for (size_t i = 0; i < s->config->n_pools; i++)
                if (s->config->pools[i].number == number)
                        return s->config->pools[i].title;
        return NULL;
}

static const char *title_of_service(const Situation *s, uint32_t number) {
        for (size_t i = 0; i < s->config->n_services; i++)
                if (s->config->services[i].number == number)
                        return s->config->services[i].title;
        return NULL;
}

static const char *title_of_site(const Situation *s, uint32_t number) {
        for (size_t i = 0; i < s->config->n_sites; i++)
                if (s->config->sites[i].number == number)
                        return s->config->sites[i].title;
        return NULL;
}

void event_emit(Situation *s, Event *e, const EventWords *words, bool notify) {
        EventWords w = words ? *words : (EventWords){0};

        w.device_title = e->device_name[0] ? title_of_device(s, e) : NULL;
        w.pool_title = e->pool_name[0] ? title_of_pool(s, e->pool) : NULL;
        w.service_title = e->service_name[0] ? title_of_service(s, e->service) : NULL;
        w.site_title = e->site_name[0] ? title_of_site(s, e->site) : NULL;
        event_text(e, &w);
        s->ops.event(e, notify, s->userdata);
}
