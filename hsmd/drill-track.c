#include "drill.h"

typedef struct Latencies {
        uint64_t sum, n;
} Latencies;

typedef struct Member {
        char name[64];
        bool has_last_good, has_next;
        usec_t last_good; /* the end of its last good check before it went out */
        usec_t next;      /* the end of the next good one of any member begun after that */
        usec_t first_failure;
        bool failing;
        usec_t answered;          /* the first good check since it was declared; 0: none */
        uint32_t failures;        /* in the drill */
        usec_t begun, begun_last; /* starts of its first and last check in the drill */
        uint64_t checks;
        Latencies before, after; /* a machine went out */
} Member;

struct DrillTrack {
        DrillProtocol protocol;
        usec_t now, realtime; /* when it was armed, on both clocks */
        Member *members;
        size_t n_members;
        size_t out; /* the member that was taken out; SIZE_MAX: none yet */
};

int drill_track_new(
        const char *pool, const char *by, usec_t bound, usec_t now, usec_t realtime, DrillTrack **ret) {
        DrillTrack *t = calloc(1, sizeof(*t));

        if (!t)
                return -ENOMEM;
        t->now = now;
        t->realtime = realtime;
        t->out = SIZE_MAX;
        copy_text(t->protocol.pool, sizeof(t->protocol.pool), pool);
        copy_text(t->protocol.by, sizeof(t->protocol.by), by);
        t->protocol.phase = DRILL_ARMED;
        t->protocol.verdict = DRILL_OPEN;
        t->protocol.armed = realtime;
        t->protocol.bound = bound;
        *ret = t;
        return 0;
}

DrillTrack *drill_track_free(DrillTrack *t) {
        if (t)
                free(t->members);
        free(t);
        return NULL;
}

/* Its place among the members, which are known from their first word on; SIZE_MAX without memory. */
static size_t place_of(DrillTrack *t, const char *device) {
        Member *members;

        for (size_t i = 0; i < t->n_members; i++)
                if (streq(t->members[i].name, device))
                        return i;
        members = realloc(t->members, (t->n_members + 1) * sizeof(*members));
        if (!members)
                return SIZE_MAX;
        t->members = members;
        members[t->n_members] = (Member){0};
        copy_text(members[t->n_members].name, sizeof(members->name), device);
        return t->n_members++;
}

/* --- the protocol, from what is known
 * ---------------------------------------------------------------------- */

static usec_t wall(const DrillTrack *t, usec_t monotonic) {
        return monotonic >= t->now ? t->realtime + (monotonic - t->now) : t->realtime - (t->now - monotonic);
}

static usec_t rounded_up(usec_t usec) {
        return (usec + USEC_PER_MSEC - 1) / USEC_PER_MSEC * USEC_PER_MSEC;
}

static uint32_t mean(const Latencies *l) {
        return l->n > 0 ? (uint32_t) (l->sum / l->n) : 0;
}

/* Of the others: all of them while none is out. */
static void note_survivors(DrillTrack *t) {
        DrillProtocol *p = &t->protocol;
        Latencies before = {0}, after = {0}, pace = {0};

        p->survivor_failures = 0;
        for (size_t i = 0; i < t->n_members; i++) {
                const Member *m = &t->members[i];

                if (i == t->out)
                        continue;
                p->survivor_failures += m->failures;
                before.sum += m->before.sum;
                before.n += m->before.n;
                after.sum += m->after.sum;
                after.n += m->after.n;
                pace.sum += m->begun_last - m->begun;
                pace.n += m->checks > 0 ? m->checks - 1 : 0;
        }
        p->latency_before = mean(&before);
        p->latency_after = mean(&after);
        p->pace = pace.n > 0 ? rounded_up(pace.sum / pace.n) : 0;
}

static void note(DrillTrack *t) {
        const Member none = {0}, *m = t->out == SIZE_MAX ? &none : &t->members[t->out];
        DrillProtocol *p = &t->protocol;

        copy_text(p->device, sizeof(p->device), m->name);
        p->last_good = m->has_last_good && t->out != SIZE_MAX ? wall(t, m->last_good) : 0;
        if (p->phase <= DRILL_OUT)
                p->first_failure = p->phase == DRILL_OUT ? wall(t, m->first_failure) : 0;
        p->has_gap = m->has_last_good && m->has_next;
        p->gap = p->has_gap ? rounded_up(m->next - m->last_good) : 0;
        note_survivors(t);
}

/* --- checks
 * ------------------------------------------------------------------------------------------------- */

static void add_latency(DrillTrack *t, Member *m, uint32_t latency) {
        Latencies *l = t->out == SIZE_MAX ? &m->before : &m->after;

        if (latency == 0)
                return;
        l->sum += latency;
        l->n++;
}

/* It failed and was good again before anybody declared it: nobody has taken it out. */
static void put_back(DrillTrack *t) {
        t->out = SIZE_MAX;
        t->protocol.phase = DRILL_ARMED;
        for (size_t i = 0; i < t->n_members; i++) {
                Member *m = &t->members[i];

                m->before.sum += m->after.sum;
                m->before.n += m->after.n;
                m->after = (Latencies){0};
        }
}

/* It can sign where another one may have been missed since its last good check. A check that was under way
 * by then tells nothing of that. */
static void fill_gaps(DrillTrack *t, size_t place, const DrillCheck *c) {
        for (size_t i = 0; i < t->n_members; i++) {
                Member *m = &t->members[i];

                if (i == place || !m->has_last_good || m->has_next || c->started < m->last_good)
                        continue;
                m->has_next = true;
                m->next = c->ended;
        }
}

static void good(DrillTrack *t, size_t place, const DrillCheck *c) {
        Member *m = &t->members[place];

        fill_gaps(t, place, c);
        m->failing = false;
        if (place == t->out && t->protocol.phase == DRILL_DECLARED) {
                m->answered = m->answered > 0 ? m->answered : c->ended;
                m->next = m->has_next ? m->next : c->ended;
                m->has_next = true;
                return;
        }
        if (place == t->out)
                put_back(t);
        m->last_good = c->ended;
        m->has_last_good = true;
        m->has_next = false;
        add_latency(t, m, c->latency);
}

static void failed(DrillTrack *t, size_t place, const DrillCheck *c) {
        Member *m = &t->members[place];

        m->failures++;
        m->answered = 0;
        if (!m->failing)
                m->first_failure = c->ended;
        m->failing = true;
        if (t->out != SIZE_MAX)
                return;
        t->out = place;
        t->protocol.phase = DRILL_OUT;
}

void drill_track_check(DrillTrack *t, const DrillCheck *c) {
        size_t place = drill_track_over(t) ? SIZE_MAX : place_of(t, c->device);
        Member *m;

        if (place == SIZE_MAX)
                return;
        m = &t->members[place];
        if (m->checks++ == 0)
                m->begun = c->started;
        m->begun_last = MAX_OF(c->started, m->begun);
        if (c->ok)
                good(t, place, c);
        else
                failed(t, place, c);
        note(t);
}

void drill_track_known(DrillTrack *t, const char *device, usec_t last_good) {
        size_t place = place_of(t, device);

        if (place == SIZE_MAX)
                return;
        t->members[place].has_last_good = true;
        t->members[place].last_good = last_good;
}

/* --- states
 * ------------------------------------------------------------------------------------------------- */

static void end(DrillTrack *t, DrillPhase phase, usec_t now) {
        t->protocol.phase = phase;
        t->protocol.ended = wall(t, now);
        note_survivors(t);
}

void drill_track_cancel(DrillTrack *t, const char *by, const char *why, const char *why_local, usec_t now) {
        DrillProtocol *p = &t->protocol;

        if (drill_track_over(t))
                return;
        end(t, DRILL_CANCELLED, now);
        p->verdict = DRILL_FAILED;
        copy_text(p->ended_by, sizeof(p->ended_by), by);
        copy_text(p->why, sizeof(p->why), why);
        copy_text(p->why_local, sizeof(p->why_local), why_local);
}

static void another_fell(DrillTrack *t, const char *device, usec_t now) {
        char en[192], zh[256];

        snprintf(en, sizeof(en), "%s fell while %s was out: that is a real fault, look after it", device,
                t->protocol.device);
        snprintf(zh, sizeof(zh), "%s 退出期间 %s 也发生故障：这是真实故障，请先处理", t->protocol.device,
                device);
        drill_track_cancel(t, "", en, zh, now);
}

void drill_track_declared(DrillTrack *t, const char *device, uint32_t survivors, usec_t now) {
        size_t place = drill_track_over(t) ? SIZE_MAX : place_of(t, device);
        DrillProtocol *p = &t->protocol;
        const Member *m;

        if (place == SIZE_MAX)
                return;
        if (p->phase == DRILL_DECLARED) {
                if (place != t->out)
                        another_fell(t, device, now);
                return;
        }
        /* one that only failed a check is none that was taken out: that stays a failure of a survivor */
        t->out = place;
        m = &t->members[place];
        p->phase = DRILL_DECLARED;
        p->declared = wall(t, now);
        p->first_failure = m->failing ? wall(t, m->first_failure) : 0;
        p->survivors = survivors;
        p->detection = m->has_last_good ? rounded_up(now - m->last_good) : 0;
        note(t);
}

static void fail(DrillProtocol *p, const char *why, const char *why_local) {
        p->verdict = DRILL_FAILED;
        copy_text(p->why, sizeof(p->why), why);
        copy_text(p->why_local, sizeof(p->why_local), why_local);
}

/* The gravest first: one reason is told. */
static void judge(DrillProtocol *p) {
        double detection = (double) p->detection / USEC_PER_SEC, bound = (double) p->bound / USEC_PER_SEC;
        char en[192], zh[192];

        if (p->survivor_failures > 0) {
                snprintf(en, sizeof(en), "checks of other machines failed meanwhile: %u",
                        p->survivor_failures);
                snprintf(zh, sizeof(zh), "演练期间其他密码机拨测失败 %u 次", p->survivor_failures);
                fail(p, en, zh);
        } else if (!p->has_gap) {
                fail(p, "the signing gap could not be measured: no good check is known from before",
                        "签名中断时间无法测出：此前没有成功的拨测");
        } else if (p->detection > p->bound) {
                snprintf(en, sizeof(en), "it was declared down after %.3f s, later than the bound of %.3f s",
                        detection, bound);
                snprintf(zh, sizeof(zh), "%.3f 秒后才判定故障，超过检测时限 %.3f 秒", detection, bound);
                fail(p, en, zh);
        }
}

void drill_track_returned(DrillTrack *t, const char *device, usec_t now) {
        DrillProtocol *p = &t->protocol;
        const Member *m;

        if (p->phase != DRILL_DECLARED || !streq(p->device, device))
                return;
        m = &t->members[t->out];
        note(t);
        p->returned = wall(t, now);
        p->recovery = m->answered > 0 ? rounded_up(now - m->answered) : 0;
        end(t, DRILL_RETURNED, now);
        judge(p);
}

bool drill_track_over(const DrillTrack *t) {
        return t->protocol.phase >= DRILL_RETURNED;
}

void drill_track_set_id(DrillTrack *t, uint64_t id) {
        t->protocol.id = id;
}

const DrillProtocol *drill_track_protocol(const DrillTrack *t) {
        return &t->protocol;
}
