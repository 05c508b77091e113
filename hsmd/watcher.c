#include "watcher.h"

#include "device-location.h"
#include "isolation.h"
#include "link.h"
#include "manager.h"

typedef struct WatchedLink {
        char name[64], what[128]; /* what: interface and gateway, to know it again after a reload */
        bool has_gateway;
        IsolationTrack track;
        char why[128]; /* the witness is gone; "" while it is not */
} WatchedLink;

struct Watcher {
        Manager *manager;
        Links *links;
        WatchedLink *watched;
        size_t n;
};

/* The link behind which a device is; NULL: none is configured. */
static WatchedLink *link_of(const Device *d, size_t *ret_index) {
        const Manager *m = d->manager;
        size_t i = m->watcher ? config_link_of_site(m->config, d->config->site) : SIZE_MAX;

        if (i == SIZE_MAX || i >= m->watcher->n)
                return NULL;
        *ret_index = i;
        return &m->watcher->watched[i];
}

static void log_isolation(const Manager *m, const WatchedLink *l) {
        bool isolated = l->track.isolated;

        log_event(m->journal,
                &(LogEvent){.priority = isolated ? LOG_ERR : LOG_NOTICE,
                        .reason = isolated ? name_of(&reason_names, REASON_WATCHER_ISOLATED) : NULL},
                isolated ? "link %s: this host is cut off, nothing is proven of the machines behind it: %s"
                         : "link %s: this host is not cut off any more%s",
                l->name, l->why);
}

/* --- the witnesses speak */

typedef void (*DeviceAct)(Device *device, usec_t now);

static void each_behind(const Manager *m, size_t index, usec_t now, DeviceAct act) {
        for (size_t i = 0; i < m->n_devices; i++)
                if (m->devices[i] && config_link_of_site(m->config, m->devices[i]->config->site) == index)
                        act(m->devices[i], now);
}

/* What was not judged is judged anew, soon: if an attempt is under way, after that. */
static void probe_isolated(Device *d, usec_t now UNUSED) {
        if (d->judgement.ladder_reason != REASON_WATCHER_ISOLATED)
                return;
        if (d->phase == PROBE_NONE || d->phase == PROBE_IDLE)
                device_probe_now(d, false);
        else
                d->again = true;
}

static void end_isolation(Watcher *w, size_t index, usec_t now) {
        log_isolation(w->manager, &w->watched[index]);
        each_behind(w->manager, index, now, probe_isolated);
}

static void on_witness(size_t index, bool gone, const char *why, void *userdata) {
        Watcher *w = userdata;
        WatchedLink *l = &w->watched[index];
        usec_t now = now_monotonic();
        bool news = gone != l->track.gone || !streq(why, l->why);

        copy_text(l->why, sizeof(l->why), why);
        if (news && isolation_witness(&l->track, gone, now))
                end_isolation(w, index, now);
        each_behind(w->manager, index, now, device_judge_held);
}

/* --- devices fail and answer */

/* A machine that says something of itself was reached, whatever it says; and a library that cannot be loaded
 * is no matter of the link. */
static bool may_be_the_link(const Device *d, const Evidence *e) {
        ReturnHint hint = device_return_hint(d);

        if (e->at_once || hint == HINT_PIN || hint == HINT_KEY || hint == HINT_SESSIONS || hint == HINT_BUSY)
                return false;
        if (e->step == STEP_LOAD)
                return false;
        return e->reason == REASON_CALL_FAILED || e->reason == REASON_TIMEOUT ||
               e->reason == REASON_CRASHED || (e->reason == REASON_NOT_FOUND && e->step != STEP_FIND);
}

static bool would_be_down(const Device *d) {
        const Judgement *j = &d->judgement;

        return j->ladder != DEVICE_DOWN &&
               (j->ladder == DEVICE_RECOVERING || j->failures + 1 >= d->config->timing.fall);
}

/* Another machine behind the link that was well when it was asked last. While the witness is gone it has not
 * been asked: who was asked since has failed, or has disproved the witness. */
static Device *other_that_may_answer(const Device *d, size_t index) {
        const Manager *m = d->manager;

        for (size_t i = 0; i < m->n_devices; i++) {
                Device *other = m->devices[i];

                if (other && other != d && other->judgement.ladder == DEVICE_UP &&
                        other->judgement.failures == 0 && !other->holds &&
                        config_link_of_site(m->config, other->config->site) == index)
                        return other;
        }
        return NULL;
}

/* The witness is gone: whether the failure waits for another machine, which is asked now. A gateway may go by
 * itself, and a machine fail by itself while it is away. */
static bool waits_for_another(const Device *d, const WatchedLink *l, size_t index) {
        Device *other = NULL;

        if (l->track.gone && !l->track.isolated && l->track.answered < l->track.gone_since)
                other = other_that_may_answer(d, index);
        if (other)
                device_probe_now(other, false);
        return other != NULL;
}

/* The witness is not known to be gone: whether the failure waits for its word. */
static bool waits_for_witness(const Device *d, const WatchedLink *l, size_t index) {
        Links *links = d->manager->watcher->links;

        if (!l->has_gateway || d->judgement.ladder == DEVICE_DOWN || l->track.answered >= d->first_failure)
                return false;
        if (!d->holds)
                links_ask(links, index);
        return links_pending(links, index);
}

WatcherVerdict watcher_judge(Device *d, Evidence *e, usec_t now) {
        size_t index = 0;
        WatchedLink *l = link_of(d, &index);
        bool before;

        if (!l || !may_be_the_link(d, e))
                return WATCHER_COUNTS;
        if (!l->track.isolated && isolation_overlaps(&l->track, d->started)) {
                d->again = true;
                return WATCHER_IGNORE;
        }
        if (waits_for_another(d, l, index))
                return would_be_down(d) ? WATCHER_HOLD : WATCHER_COUNTS;
        before = l->track.isolated;
        if (isolation_excuses(&l->track, now)) {
                e->unjudged = true;
                e->reason = REASON_WATCHER_ISOLATED;
                if (!before)
                        log_isolation(d->manager, l);
                return WATCHER_COUNTS;
        }
        return waits_for_witness(d, l, index) && would_be_down(d) ? WATCHER_HOLD : WATCHER_COUNTS;
}

void watcher_heard(Device *d, usec_t now) {
        size_t index = 0;

        if (link_of(d, &index))
                each_behind(d->manager, index, now, device_judge_held);
}

void watcher_answered(Device *d, usec_t started, usec_t now) {
        size_t index = 0;
        WatchedLink *l = link_of(d, &index);

        if (l && isolation_answered(&l->track, started, now))
                end_isolation(d->manager->watcher, index, now);
}

size_t watcher_findings(const Manager *m, Finding *ret, size_t max) {
        size_t n = 0;

        for (size_t i = 0; m->watcher && i < m->watcher->n && n < max; i++) {
                const WatchedLink *l = &m->watcher->watched[i];

                if (!l->track.isolated)
                        continue;
                ret[n] = (Finding){.reason = REASON_WATCHER_ISOLATED};
                copy_text(ret[n].resource, sizeof(ret[n].resource), l->name);
                copy_text(ret[n].detail, sizeof(ret[n].detail), l->why);
                n++;
        }
        return n;
}

/* --- made and freed */

static void watched_init(WatchedLink *l, const ConfigLink *c) {
        copy_text(l->name, sizeof(l->name), c->name);
        snprintf(l->what, sizeof(l->what), "%s %s", c->interface, c->gateway ? c->gateway : "");
        l->has_gateway = c->gateway != NULL;
}

/* Sites are looked up in the configuration, so a link that has others now is the same one. */
static bool fits(const Watcher *w, const Config *c) {
        WatchedLink wanted;

        if (!w || w->n != c->n_links)
                return false;
        for (size_t i = 0; i < w->n; i++) {
                watched_init(&wanted, &c->links[i]);
                if (!streq(wanted.name, w->watched[i].name) || !streq(wanted.what, w->watched[i].what))
                        return false;
        }
        return true;
}

static void watcherp(Watcher **w) {
        watcher_free(*w);
}

static int watcher_new(Manager *m, Watcher **ret) {
        CLEANUP(watcherp) Watcher *w = calloc(1, sizeof(*w));
        int r;

        if (!w)
                return -ENOMEM;
        w->manager = m;
        w->watched = calloc(m->config->n_links + 1, sizeof(*w->watched));
        if (!w->watched)
                return -ENOMEM;
        for (; w->n < m->config->n_links; w->n++)
                watched_init(&w->watched[w->n], &m->config->links[w->n]);
        r = links_new(m->event, m->config, on_witness, w, &w->links);
        if (r < 0)
                return r;
        *ret = w;
        w = NULL;
        return 0;
}

void watcher_fit(Manager *m) {
        int r = 0;

        if (fits(m->watcher, m->config))
                return;
        m->watcher = watcher_free(m->watcher);
        if (m->config->n_links > 0)
                r = watcher_new(m, &m->watcher);
        if (r < 0)
                log_event(m->journal, &(LogEvent){.priority = LOG_ERR},
                        "this host's own links cannot be watched, so machines behind them may be said to be "
                        "down "
                        "that are only cut off: %s",
                        strerror(-r));
}

Watcher *watcher_free(Watcher *w) {
        if (!w)
                return NULL;
        links_free(w->links);
        free(w->watched);
        free(w);
        return NULL;
}
