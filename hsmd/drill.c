#include "answer.h"
#include "drill-event.h"
#include "drill-internal.h"

Drill *drill_find(const Manager *m, const char *pool) {
        Drill *d = m->drills;

        while (d && !streq(d->pool, pool))
                d = d->next;
        return d;
}

static Drill *find_on(const Manager *m, const char *pool) {
        Drill *d = drill_find(m, pool);

        return d && d->track ? d : NULL;
}

const ConfigPool *drill_find_pool(const Manager *m, const char *name) {
        for (size_t i = 0; i < m->config->n_pools; i++)
                if (streq(m->config->pools[i].name, name))
                        return &m->config->pools[i];
        return NULL;
}

static bool is_member(const Device *d, const ConfigPool *pool) {
        return d->pool == pool && !d->config->virtual_slot;
}

bool drill_is_on(const Manager *m, const char *pool) {
        return find_on(m, pool) != NULL;
}

/* "bureau: armed by li, bureau-3 is out" */
static void add_text(const DrillProtocol *p, char *dst, size_t size) {
        static const char *const words[] = {[DRILL_OUT] = " fails", [DRILL_DECLARED] = " is out"};
        bool out = p->phase == DRILL_OUT || p->phase == DRILL_DECLARED;
        size_t n = strlen(dst);

        snprintf(dst + n, size - n, "%s%s: armed by %s%s%s%s", n > 0 ? "; " : "", p->pool, p->by,
                out ? ", " : "", p->device, out ? words[p->phase] : "");
}

void drill_text(const Manager *m, char *dst, size_t size) {
        char text[1024] = "";

        for (const Drill *d = m->drills; d; d = d->next)
                if (d->track)
                        add_text(drill_track_protocol(d->track), text, sizeof(text));
        copy_text(dst, size, text);
}

/* --- the beginning
 * ------------------------------------------------------------------------------------------ */

int drill_no_such_pool(const Manager *m, const char *name, char **ret_message) {
        char names[512];
        size_t n = 0;

        names[0] = '\0';
        for (size_t i = 0; i < m->config->n_pools && n < sizeof(names); i++)
                n += (size_t) snprintf(names + n, sizeof(names) - n, " %s", m->config->pools[i].name);
        return answer(ret_message, -ENOENT, "there is no pool %s; the pools are%s", name, names);
}

static int check_member(const Device *d, char **ret_message) {
        if (d->measurement)
                return answer(ret_message, -EPERM,
                        "%s is being measured, and a burst would falsify the drill; try again when it is "
                        "over",
                        d->config->name);
        if (d->judgement.state == DEVICE_UP)
                return 0;
        return answer(ret_message, -EPERM,
                "%s is %s: a drill begins with every machine of its pool up; see to it first, or wait until "
                "it "
                "is back",
                d->config->name, name_of(&device_state_names, d->judgement.state));
}

static int check(const Manager *m, const ConfigPool *pool, char **ret_message) {
        const Drill *on = find_on(m, pool->name);
        uint32_t serving = 0;

        if (on)
                return answer(ret_message, -EPERM,
                        "a drill is on in pool %s, armed by %s; one at a time: bring its machine back, or "
                        "hsmctl "
                        "drill %s --cancel",
                        pool->name, drill_track_protocol(on->track)->by, pool->name);
        for (size_t i = 0; i < m->n_devices; i++) {
                int r = is_member(m->devices[i], pool) ? check_member(m->devices[i], ret_message) : 0;

                if (r < 0)
                        return r;
                serving += is_member(m->devices[i], pool) && device_serves(m->devices[i]);
        }
        if (serving > pool->required)
                return 0;
        return answer(ret_message, -EPERM,
                "pool %s has no machine to spare: %u serve and %u are required, so a drill would be an "
                "outage; "
                "it needs at least %u that serve",
                pool->name, serving, pool->required, pool->required + 1);
}

Drill *drill_find_or_add(Manager *m, const char *pool) {
        Drill *d = drill_find(m, pool);

        if (d)
                return d;
        d = calloc(1, sizeof(*d));
        if (!d)
                return NULL;
        copy_text(d->pool, sizeof(d->pool), pool);
        d->next = m->drills;
        m->drills = d;
        return d;
}

static usec_t bound_of(const Manager *m, const ConfigPool *pool) {
        usec_t bound = 0;

        for (size_t i = 0; i < m->n_devices; i++)
                if (is_member(m->devices[i], pool))
                        bound = MAX_OF(bound, detection_bound(&m->devices[i]->config->timing));
        return bound;
}

/* One after the other: checks that all begin at one instant would leave gaps between them. */
static void set_pace(const Manager *m, const ConfigPool *pool, DrillTrack *track) {
        size_t members = 0, n = 0;

        for (size_t i = 0; i < m->n_devices; i++)
                members += is_member(m->devices[i], pool);
        for (size_t i = 0; i < m->n_devices; i++) {
                Device *d = m->devices[i];

                if (!is_member(d, pool))
                        continue;
                if (d->last_success > 0)
                        drill_track_known(track, d->config->name, d->last_success);
                device_pace(d, DRILL_PACE * n++ / members);
        }
}

int drill_start(Manager *m, const char *name, const char *by, uint32_t uid, char **ret_message) {
        const ConfigPool *pool = drill_find_pool(m, name);
        Drill *drill;
        int r;

        if (!pool)
                return drill_no_such_pool(m, name, ret_message);
        r = check(m, pool, ret_message);
        if (r < 0)
                return r;
        drill = drill_find_or_add(m, name);
        r = drill ? drill_track_new(
                            name, by, bound_of(m, pool), now_monotonic(), now_realtime(), &drill->track)
                  : -ENOMEM;
        if (r < 0)
                return r;
        drill->armed = now_monotonic();
        drill_track_set_id(
                drill->track, drill_tell_started(m, pool, drill_track_protocol(drill->track), uid));
        drill_keep_begun(m, drill_track_protocol(drill->track));
        set_pace(m, pool, drill->track);
        manager_device_changed(m);
        return answer(ret_message, 0,
                "the drill in pool %s is armed: take one machine out by hand, wait until hsmd says that it "
                "is "
                "down, then bring it back",
                name);
}

/* --- the end
 * ------------------------------------------------------------------------------------------------ */

static void end_if_over(Manager *m, Drill *drill, uint32_t uid) {
        if (!drill_track_over(drill->track))
                return;
        drill->last = *drill_track_protocol(drill->track);
        drill->has_last = true;
        drill->track = drill_track_free(drill->track);
        drill_tell_ended(m, drill_find_pool(m, drill->pool), &drill->last, uid);
        drill_keep(m, &drill->last);
        manager_device_changed(m);
}

static void cancel(Manager *m, Drill *drill, const char *why, const char *why_local, usec_t now) {
        drill_track_cancel(drill->track, "", why, why_local, now);
        end_if_over(m, drill, 0);
}

int drill_cancel(Manager *m, const char *pool, const char *by, uint32_t uid, char **ret_message) {
        Drill *drill = find_on(m, pool);
        char en[128], zh[128];

        if (!drill_find_pool(m, pool))
                return drill_no_such_pool(m, pool, ret_message);
        if (!drill)
                return answer(ret_message, -EPERM, "no drill is on in pool %s", pool);
        snprintf(en, sizeof(en), "by %s", by);
        snprintf(zh, sizeof(zh), "操作人 %s", by);
        drill_track_cancel(drill->track, by, en, zh, now_monotonic());
        end_if_over(m, drill, uid);
        return answer(ret_message, 0,
                "the drill in pool %s is cancelled; a machine that is out is still out: bring it back", pool);
}

/* The machine that is out will not come back. */
static bool lost_its_machine(const Manager *m, const Drill *drill) {
        const DrillProtocol *p = drill_track_protocol(drill->track);

        if (p->phase != DRILL_OUT && p->phase != DRILL_DECLARED)
                return false;
        for (size_t i = 0; i < m->n_devices; i++)
                if (streq(m->devices[i]->config->name, p->device))
                        return !streq(m->devices[i]->pool->name, drill->pool);
        return true;
}

void drill_tick(Manager *m, usec_t now) {
        for (Drill *d = m->drills; d; d = d->next) {
                if (!d->track)
                        continue;
                if (!drill_find_pool(m, d->pool))
                        cancel(m, d, "the pool is not configured any more", "该密码机集群已不在配置中", now);
                else if (lost_its_machine(m, d))
                        cancel(m, d, "the machine that is out is not configured in its pool any more",
                                "被退出的密码机已不在该集群的配置中", now);
                else if (now - d->armed > DRILL_LIMIT)
                        cancel(m, d, "nobody ended it within an hour", "一小时内无人结束", now);
        }
}

/* How long nobody was looked at cannot be told from how long a machine was out. */
void drill_late(Manager *m, usec_t lateness) {
        for (Drill *d = m->drills; d; d = d->next) {
                char en[128], zh[128];
                double seconds = (double) lateness / USEC_PER_SEC;

                if (!d->track || drill_track_protocol(d->track)->phase != DRILL_OUT)
                        continue;
                snprintf(en, sizeof(en), "hsmd itself did not run for %.1f s: nothing was measured", seconds);
                snprintf(zh, sizeof(zh), "hsmd 自身有 %.1f 秒未运行，测量无效", seconds);
                cancel(m, d, en, zh, now_monotonic());
        }
}

void drills_stop(Manager *m) {
        for (Drill *d = m->drills; d; d = d->next)
                if (d->track)
                        cancel(m, d, "hsmd stops", "hsmd 停止运行", now_monotonic());
}

void drills_free(Manager *m) {
        while (m->drills) {
                Drill *next = m->drills->next;

                drill_track_free(m->drills->track);
                free(m->drills);
                m->drills = next;
        }
}

/* --- what its machines do
 * ----------------------------------------------------------------------------------- */

void drill_check(Manager *m, const char *pool, const DrillCheck *check) {
        Drill *drill = find_on(m, pool);

        if (drill)
                drill_track_check(drill->track, check);
}

static uint32_t serving_in(const Manager *m, const char *pool) {
        uint32_t n = 0;

        for (size_t i = 0; i < m->n_devices; i++)
                n += streq(m->devices[i]->pool->name, pool) && !m->devices[i]->config->virtual_slot &&
                     device_serves(m->devices[i]);
        return n;
}

/* Out of service without having failed: nothing can be said of a drill then. */
static void lost_sight(Manager *m, Drill *drill, const char *device, usec_t now) {
        char en[192], zh[256];

        snprintf(
                en, sizeof(en), "%s does not serve any more, without having been taken out: see why", device);
        snprintf(zh, sizeof(zh), "%s 不再可用，但并非被退出：请查明原因", device);
        cancel(m, drill, en, zh, now);
}

void drill_device_changed(
        Manager *m, const char *pool, const char *device, bool down, bool serves, usec_t now) {
        Drill *drill = find_on(m, pool);
        const DrillProtocol *p = drill ? drill_track_protocol(drill->track) : NULL;

        if (!drill)
                return;
        if (down)
                drill_track_declared(drill->track, device, serving_in(m, pool), now);
        else if (serves)
                drill_track_returned(drill->track, device, now);
        else if (!streq(p->device, device) || p->phase < DRILL_DECLARED) {
                lost_sight(m, drill, device, now);
                return;
        }
        end_if_over(m, drill, 0);
}
