/* A thousand machines, a year, at least 100,000 faults, in seconds: the judge of each machine and the
 * judgement of all of them run through their real code, and after each step what must be so is counted anew.
 * HSMD_SEED=… repeats a run. While nothing happens to a machine, its checks succeed: they are one evidence.
 */
#include <time.h>

#include "year.h"

#if defined(__SANITIZE_ADDRESS__)
#define FAULTS 6000
#else
#define FAULTS 100000
#endif
#define YEAR (365 * 24 * HOUR)

/* the defaults of hsmd.conf(5) */
#define INTERVAL (10 * SECOND)
#define JITTER SECOND
#define DEADLINE (5 * SECOND)
#define FAST SECOND
#define RESTART SECOND
#define FALL 2
#define BOUND (INTERVAL + JITTER + FALL * DEADLINE + (FALL - 1) * (FAST + RESTART))

static const JudgeParams params = {.fall = FALL, .rise = 2, .flap = {.flaps = 3, .forget = 20 * 60 * SECOND}};

/* --- what is planned: a heap, the earliest first
 * -------------------------------------------------------------------------------------------------- */

typedef enum PlanKind {
        PLAN_FAULT,   /* the next one */
        PLAN_ATTEMPT, /* one ends */
        PLAN_REPAIR,
        PLAN_KEY_BACK,
        PLAN_COOL,
        PLAN_CALM, /* falls are forgotten */
        PLAN_MAINTENANCE_ENDS,
        PLAN_LINK_BACK,
        PLAN_COUNT, /* what an incident has raised */
        PLAN_RESTART,
} PlanKind;

typedef struct Plan {
        usec_t when;
        PlanKind kind;
        size_t what; /* device or site */
        unsigned attempt;
} Plan;

typedef struct Agenda {
        Plan *plans;
        size_t n, max;
} Agenda;

typedef struct Run {
        Year y; /* first */
        Agenda agenda;
} Run;

static void plan(Run *r, usec_t in, PlanKind kind, size_t what) {
        Agenda *a = &r->agenda;
        Plan p = {.when = r->y.now + in, .kind = kind, .what = what};
        size_t i;

        if (kind == PLAN_ATTEMPT)
                p.attempt = ++r->y.machines[what].attempt;
        if (a->n == a->max) {
                a->max = a->max ? 2 * a->max : 1024;
                a->plans = realloc(a->plans, a->max * sizeof(Plan));
                assert_non_null(a->plans);
        }
        for (i = a->n++; i > 0 && a->plans[(i - 1) / 2].when > p.when; i = (i - 1) / 2)
                a->plans[i] = a->plans[(i - 1) / 2];
        a->plans[i] = p;
}

static Plan next_plan(Agenda *a) {
        Plan first = a->plans[0], last = a->plans[--a->n];
        size_t i = 0, child;

        while ((child = 2 * i + 1) < a->n) {
                child += child + 1 < a->n && a->plans[child + 1].when < a->plans[child].when;
                if (a->plans[child].when >= last.when)
                        break;
                a->plans[i] = a->plans[child];
                i = child;
        }
        a->plans[i] = last;
        return first;
}

/* --- a machine
 * -------------------------------------------------------------------------------------------------- */

static bool isolated(const Year *y, size_t i) {
        return y->isolated[y->devices[i].site];
}

static void add_finding(DeviceFacts *f, Reason reason, const char *resource) {
        Finding *found = &f->findings[f->n_findings++];

        *found = (Finding){.reason = reason};
        copy_text(found->resource, sizeof(found->resource), resource);
}

static void fill_facts(const Year *y, size_t i, DeviceFacts *f) {
        const Machine *m = &y->machines[i];
        uint32_t held = m->key_lost ? KEYS & ~1u : KEYS;

        memset(f, 0, offsetof(DeviceFacts, findings));
        f->n_findings = 0;
        f->state = m->j.state;
        f->reason = m->j.reason;
        f->failed_step = m->j.failed_step;
        f->judged = m->judged;
        f->serves = device_state_serves(m->j.state) && held == KEYS;
        f->flapping = m->j.flap.flapping;
        f->flap = m->j.flap.level;
        f->last_good = m->last_good;
        f->first_failure = m->first_failure;
        f->place = m->failures ? PLACE_MACHINE : 0;
        f->keys_held = f->keys_used = held;
        f->keys_known = KEYS;
        f->capacity = m->capacity;
        f->latency = 500;
        f->keys_judged = f->sensors_judged = m->judged;
        if (m->key_lost && device_state_serves(m->j.state))
                add_finding(f, REASON_KEY_MISSING, "licence");
        if (m->hot)
                add_finding(f, REASON_HOT, "cpu");
}

static void settle(Year *y, size_t i) {
        DeviceFacts facts;

        fill_facts(y, i, &facts);
        situation_device(y->situation, i, &facts);
        situation_settle(y->situation, moment(y));
}

static void show(Year *y, size_t i) {
        settle(y, i);
        model_check_device(y, i);
        model_check_pool(y, y->devices[i].pool);
}

static void look_at_conditions(Year *y, size_t i) {
        Machine *m = &y->machines[i];
        Conditions c = {0};

        if (m->key_lost)
                conditions_add(&c, REASON_KEY_MISSING);
        if (m->hot)
                conditions_add(&c, REASON_HOT);
        judge_conditions(&m->j, &c, y->now);
}

/* The model's own count. */
static void note_evidence(Year *y, Machine *m, const Evidence *e) {
        m->any_evidence = true;
        y->evidence++;
        if (e->ok) {
                m->successes++;
                m->failures = 0;
                m->last_good = y->now;
                return;
        }
        if (m->failures == 0)
                m->first_failure = y->now;
        m->successes = 0;
        m->failures = e->unjudged ? 0 : m->failures + 1;
        m->answered_wrongly = m->answered_wrongly || e->at_once;
}

static void fell(Run *r, size_t i) {
        Year *y = &r->y;
        Machine *m = &y->machines[i];

        y->falls++;
        m->fallen = true;
        if (m->fault_at != 0)
                MUST(y, y->now - m->fault_at <= BOUND, "%s: found after %llu ms", y->names[i],
                        (unsigned long long) ((y->now - m->fault_at) / 1000));
        if (m->j.flap.flapping)
                plan(r, flap_level(&m->j.flap, y->now) - params.flap.forget, PLAN_CALM, i);
}

static void prove(Run *r, size_t i, const Evidence *e) {
        Year *y = &r->y;
        Machine *m = &y->machines[i];
        DeviceState before = m->j.ladder;

        note_evidence(y, m, e);
        judge_evidence(&m->j, &params, e, y->now);
        m->judged = m->judged || m->j.state != DEVICE_UNKNOWN || e->unjudged;
        look_at_conditions(y, i);
        if (m->j.ladder == DEVICE_DOWN && before != DEVICE_DOWN && before != DEVICE_RECOVERING)
                fell(r, i);
        if (m->j.ladder == DEVICE_UP)
                m->fallen = m->answered_wrongly = false;
        show(y, i);
}

static Evidence evidence_of(const Year *y, size_t i) {
        const Machine *m = &y->machines[i];

        if (isolated(y, i))
                return (Evidence){.unjudged = true, .step = STEP_SESSION, .reason = REASON_WATCHER_ISOLATED};
        if (m->ill == WELL)
                return (Evidence){.ok = true};
        return (Evidence){.at_once = m->ill == LIES, .step = m->step, .reason = m->reason};
}

/* Nothing will change until something happens. */
static bool is_steady(const Year *y, size_t i) {
        const Machine *m = &y->machines[i];

        if (isolated(y, i))
                return m->j.ladder == DEVICE_UNKNOWN;
        return m->j.ladder == (m->ill == WELL ? DEVICE_UP : DEVICE_DOWN);
}

static void after_attempt(Run *r, size_t i);

static void attempt(Run *r, size_t i) {
        Evidence e = evidence_of(&r->y, i);

        prove(r, i, &e);
        if (!is_steady(&r->y, i))
                plan(r,
                        judge_wants_fast(&r->y.machines[i].j) ? FAST + RESTART + chance_time(&r->y, DEADLINE)
                                                              : INTERVAL,
                        PLAN_ATTEMPT, i);
        else
                after_attempt(r, i);
}

/* One that flaps falls again, or comes back, as soon as it is known to have come back, or fallen. */
static void after_attempt(Run *r, size_t i) {
        Machine *m = &r->y.machines[i];

        if (isolated(&r->y, i) || m->falls_left == 0)
                return;
        if (m->ill == WELL) {
                m->ill = COMING;
                m->fault_at = r->y.now;
                plan(r, chance_time(&r->y, INTERVAL + JITTER + DEADLINE), PLAN_ATTEMPT, i);
        } else {
                m->falls_left--;
                m->ill = WELL;
                plan(r, INTERVAL + chance_time(&r->y, 60 * SECOND), PLAN_ATTEMPT, i);
        }
}

/* --- faults
 * -------------------------------------------------------------------------------------------------- */

static void break_machine(Run *r, size_t i, Ill ill, usec_t lasts) {
        static const Step steps[] = {STEP_SLOT, STEP_SESSION, STEP_LOGIN, STEP_FIND, STEP_SIGN};
        static const Reason reasons[] = {REASON_CALL_FAILED, REASON_TIMEOUT, REASON_CRASHED};
        Year *y = &r->y;
        Machine *m = &y->machines[i];
        Evidence steady = {.ok = true};

        if (m->ill != WELL || m->falls_left > 0)
                return;
        if (is_steady(y, i) && !isolated(y, i)) { /* all its checks until now */
                prove(r, i, &steady);
                m->fault_at = y->now;
        } else {
                m->fault_at = 0;
        }
        m->ill = ill;
        m->step = ill == LIES ? STEP_VERIFY : steps[chance(y, ELEMENTSOF(steps))];
        m->reason = ill == LIES ? REASON_WRONG_SIGNATURE : reasons[chance(y, ELEMENTSOF(reasons))];
        plan(r, chance_time(y, INTERVAL + JITTER + DEADLINE), PLAN_ATTEMPT, i);
        if (ill == COMING)
                m->falls_left = 4 + (unsigned) chance(y, 20);
        else
                plan(r, MAX_OF(lasts, BOUND), PLAN_REPAIR, i);
}

static void repair(Run *r, size_t i) {
        Machine *m = &r->y.machines[i];

        m->ill = WELL;
        m->fault_at = 0;
        plan(r, chance_time(&r->y, INTERVAL + DEADLINE), PLAN_ATTEMPT, i);
}

static void break_together(Run *r, bool pool, size_t which) {
        Year *y = &r->y;
        usec_t lasts = BOUND + chance_time(y, 2 * HOUR);

        y->raised_in[++y->incidents % INCIDENTS] = 0;
        for (size_t i = 0; i < N_DEVICES; i++) {
                if ((pool ? y->devices[i].pool : y->devices[i].site) != which)
                        continue;
                break_machine(r, i, DEAD, lasts + chance_time(y, 60 * SECOND));
                if (y->machines[i].ill == DEAD && y->machines[i].fault_at == y->now)
                        y->machines[i].incident = y->incidents;
        }
        plan(r, BOUND + 1, PLAN_COUNT, y->incidents);
}

/* What struck many is one cause: the first fall has its alarm, and then there is one that all share. (Not
 * where something else came between: a link that was cut, maintenance, hsmd's restart.) */
static void count_raised(Run *r, size_t incident) {
        Year *y = &r->y;
        usec_t began = y->now - BOUND - 1;

        for (size_t i = 0; i < N_DEVICES; i++) {
                if (y->machines[i].incident != incident)
                        continue;
                if (y->machines[i].fault_at != began)
                        return;
        }
        MUST(y, y->raised_in[incident % INCIDENTS] <= 1, "%u alarms of one cause",
                y->raised_in[incident % INCIDENTS]);
        y->counted++;
}

static void lose_key(Run *r, size_t i) {
        Machine *m = &r->y.machines[i];

        if (m->key_lost)
                return;
        m->key_lost = true;
        look_at_conditions(&r->y, i);
        show(&r->y, i);
        plan(r, chance_time(&r->y, 4 * HOUR), PLAN_KEY_BACK, i);
}

static void heat(Run *r, size_t i) {
        Machine *m = &r->y.machines[i];

        if (m->hot)
                return;
        m->hot = true;
        look_at_conditions(&r->y, i);
        show(&r->y, i);
        plan(r, chance_time(&r->y, 4 * HOUR), PLAN_COOL, i);
}

static void maintain(Run *r, size_t i) {
        Machine *m = &r->y.machines[i];

        if (m->maintenance_until > r->y.now)
                return;
        m->maintenance_until = r->y.now + 60 * SECOND + chance_time(&r->y, 4 * HOUR);
        judge_maintenance(&m->j, true, r->y.now);
        m->fault_at = 0;
        show(&r->y, i);
        plan(r, m->maintenance_until - r->y.now, PLAN_MAINTENANCE_ENDS, i);
}

static void end_maintenance(Run *r, size_t i) {
        judge_maintenance(&r->y.machines[i].j, false, r->y.now);
        show(&r->y, i);
}

static void tell_host(Year *y) {
        Finding cut[N_SITES];
        size_t n = 0;

        for (size_t i = 0; i < N_SITES; i++) {
                if (!y->isolated[i])
                        continue;
                cut[n] = (Finding){.reason = REASON_WATCHER_ISOLATED};
                copy_text(cut[n++].resource, sizeof(cut[0].resource), y->site_names[i]);
        }
        situation_host(y->situation, cut, n);
        situation_settle(y->situation, moment(y));
}

static void cut_link(Run *r, size_t site, bool gone) {
        Year *y = &r->y;

        if (y->isolated[site] == gone)
                return;
        y->isolated[site] = gone;
        tell_host(y);
        for (size_t i = 0; i < N_DEVICES; i++) {
                if (y->devices[i].site != site)
                        continue;
                y->machines[i].fault_at = 0;
                plan(r, chance_time(y, INTERVAL + DEADLINE), PLAN_ATTEMPT, i);
        }
        if (gone)
                plan(r, BOUND + chance_time(y, HOUR), PLAN_LINK_BACK, site);
}

static size_t some_dead(Year *y) {
        for (unsigned tries = 0; tries < 200; tries++) {
                size_t i = chance(y, N_DEVICES);

                if (y->machines[i].ill == DEAD)
                        return i;
        }
        return chance(y, N_DEVICES);
}

static void fault(Run *r) {
        Year *y = &r->y;
        uint64_t what = chance(y, 1000);
        size_t i = chance(y, N_DEVICES);

        if (what < 700)
                break_machine(r, i, DEAD, chance_time(y, 2 * HOUR));
        else if (what < 720)
                break_machine(r, i, LIES, chance_time(y, 4 * HOUR));
        else if (what < 780)
                lose_key(r, i);
        else if (what < 900)
                heat(r, i);
        else if (what < 945)
                maintain(r, chance(y, 2) ? i : some_dead(y));
        else if (what < 975)
                break_machine(r, i, COMING, 0);
        else if (what < 990)
                break_together(r, true, y->devices[i].pool);
        else if (what < 995)
                break_together(r, false, y->devices[i].site);
        else
                cut_link(r, y->devices[i].site, true);
        y->faults++;
        plan(r, chance_time(y, 2 * (YEAR / FAULTS)), PLAN_FAULT, 0);
}

/* --- hsmd
 * -------------------------------------------------------------------------------------------------- */

static uint64_t next_number(void *userdata) {
        Year *y = userdata;

        return ++y->number;
}

static void start_hsmd(Year *y) {
        const SituationOps ops = {next_number, book_event};

        y->number = (y->number / 1000 + 1) * 1000;
        assert_int_equal(situation_new(&y->config, &ops, y, &y->situation), 0);
        book_restore(y);
        situation_settle(y->situation, moment(y));
}

static void know_nothing(Year *y, size_t i) {
        Machine *m = &y->machines[i];
        FlapTrack flap = m->j.flap;

        judge_init(&m->j, y->now);
        flap_restore(&m->j.flap, &params.flap, flap.level, y->now - flap.when, y->now);
        m->judged = m->any_evidence = m->fallen = false;
        m->successes = m->failures = 0;
        m->last_good = m->first_failure = m->fault_at = 0;
        m->answered_wrongly = false;
        m->attempt++; /* what was planned is void */
        if (m->maintenance_until > y->now)
                judge_maintenance(&m->j, true, y->now);
}

/* Nothing is under way that evidence after a restart would decide. */
static bool all_is_quiet(const Year *y) {
        for (size_t i = 0; i < N_DEVICES; i++)
                if (!is_steady(y, i) || y->machines[i].falls_left > 0 || y->machines[i].j.flap.flapping)
                        return false;
        for (size_t i = 0; i < N_SITES; i++)
                if (y->isolated[i])
                        return false;
        return true;
}

static void first_verdicts(Run *r) {
        Year *y = &r->y;

        for (size_t n = 0; n < N_DEVICES; n++) {
                /* in another order each time */
                size_t i = (n * 7 + y->restarts * 13) % N_DEVICES;

                for (unsigned k = 0; !is_steady(y, i) && k < 4; k++) {
                        Evidence e = evidence_of(y, i);

                        prove(r, i, &e);
                }
        }
}

/* Restart means continue: when nothing has happened, nobody is told anything. */
static void restart(Run *r) {
        Year *y = &r->y;
        bool quiet = all_is_quiet(y);

        y->restarts += quiet;
        model_check_all(y);
        situation_free(y->situation);
        y->situation = NULL;
        for (size_t i = 0; i < N_DEVICES; i++)
                know_nothing(y, i);
        y->book.silent = quiet;
        start_hsmd(y);
        tell_host(y);
        for (size_t i = 0; i < N_DEVICES; i++)
                settle(y, i);
        if (quiet)
                first_verdicts(r);
        y->book.silent = false;
        if (quiet)
                model_check_all(y);
        for (size_t i = 0; i < N_DEVICES; i++)
                plan(r, chance_time(y, INTERVAL), PLAN_ATTEMPT, i);
        plan(r, YEAR / 80, PLAN_RESTART, 0);
}

/* --- the year
 * -------------------------------------------------------------------------------------------------- */

static void calm(Run *r, size_t i) {
        Machine *m = &r->y.machines[i];

        if (!m->j.flap.flapping)
                return;
        judge_tick(&m->j, &params, r->y.now);
        if (m->j.flap.flapping)
                plan(r, flap_level(&m->j.flap, r->y.now) - params.flap.forget, PLAN_CALM, i);
        else
                show(&r->y, i);
}

static void happen(Run *r, const Plan *p) {
        Year *y = &r->y;

        switch (p->kind) {
        case PLAN_FAULT:
                fault(r);
                break;
        case PLAN_ATTEMPT:
                if (p->attempt == y->machines[p->what].attempt)
                        attempt(r, p->what);
                break;
        case PLAN_REPAIR:
                repair(r, p->what);
                break;
        case PLAN_KEY_BACK:
                y->machines[p->what].key_lost = false;
                look_at_conditions(y, p->what);
                show(y, p->what);
                break;
        case PLAN_COOL:
                y->machines[p->what].hot = false;
                look_at_conditions(y, p->what);
                show(y, p->what);
                break;
        case PLAN_CALM:
                calm(r, p->what);
                break;
        case PLAN_MAINTENANCE_ENDS:
                end_maintenance(r, p->what);
                break;
        case PLAN_LINK_BACK:
                cut_link(r, p->what, false);
                break;
        case PLAN_COUNT:
                count_raised(r, p->what);
                break;
        case PLAN_RESTART:
                restart(r);
                break;
        }
}

static void begin(Run *r) {
        Year *y = &r->y;
        const char *seed = getenv("HSMD_SEED");

        y->seed = y->random = seed ? strtoull(seed, NULL, 0) : (uint64_t) time(NULL);
        print_message("HSMD_SEED=%llu\n", (unsigned long long) y->seed);
        fleet_by_chance(y);
        for (size_t i = 0; i < N_DEVICES; i++)
                y->devices[i].bound = BOUND;
        y->book.told_pool = calloc(MAX_POOLS, sizeof(Event));
        y->book.told_service = calloc(2 * MAX_POOLS, sizeof(Event));
        assert_non_null(y->book.told_pool);
        assert_non_null(y->book.told_service);
        y->now = HOUR;
        for (size_t i = 0; i < N_DEVICES; i++) {
                judge_init(&y->machines[i].j, y->now);
                plan(r, chance_time(y, INTERVAL), PLAN_ATTEMPT, i);
        }
        start_hsmd(y);
        for (size_t i = 0; i < N_DEVICES; i++)
                settle(y, i);
        plan(r, HOUR, PLAN_FAULT, 0);
        plan(r, YEAR / 80, PLAN_RESTART, 0);
}

static void sum_up(const Year *y, double seconds) {
        const Book *b = &y->book;

        print_message("%llu faults, %llu evidence, %llu falls, %llu restarts in quiet, "
                      "%llu incidents, %llu checks\n",
                (unsigned long long) y->faults, (unsigned long long) y->evidence,
                (unsigned long long) y->falls, (unsigned long long) y->restarts,
                (unsigned long long) y->counted, (unsigned long long) y->checks);
        print_message("%llu events, %llu told; alarms: %llu raised, %llu changed, %llu cleared, %zu active, "
                      "%llu common causes; losses: %llu, %llu back; %.1f s\n",
                (unsigned long long) b->events, (unsigned long long) b->notified,
                (unsigned long long) b->raised, (unsigned long long) b->changed,
                (unsigned long long) b->cleared, b->n_active, (unsigned long long) b->common_causes,
                (unsigned long long) b->losses, (unsigned long long) b->returned, seconds);
}

static void year_of_a_thousand_machines(void **state UNUSED) {
        Run *r = calloc(1, sizeof(*r));
        clock_t began = clock();
        uint64_t steps = 0;

        assert_non_null(r);
        begin(r);
        while (r->y.faults < FAULTS || r->y.now < YEAR) {
                Plan p = next_plan(&r->agenda);

                r->y.now = p.when;
                situation_tick(r->y.situation, moment(&r->y));
                happen(r, &p);
                if (++steps % 20000 == 0)
                        model_check_all(&r->y);
        }
        model_check_all(&r->y);
        sum_up(&r->y, (double) (clock() - began) / CLOCKS_PER_SEC);
        situation_free(r->y.situation);
        book_free(&r->y);
        free(r->agenda.plans);
        free(r);
}

int main(void) {
        const struct CMUnitTest tests[] = {cmocka_unit_test(year_of_a_thousand_machines)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
