#include "judge.h"
#include "situation-internal.h"

/* What a device's falls come to. */
typedef enum Fall {
        FALL_KEEP, /* nothing is proven: what there is stays as it is */
        FALL_NONE,
        FALL_FLAPS,
        FALL_DOWN,
        FALL_UNKNOWN,
        FALL_WRONG, /* a wrong answer */
} Fall;

bool reason_is_wrong_answer(uint32_t reason) {
        return reason == REASON_WRONG_SIGNATURE || reason == REASON_WRONG_ANSWER ||
               reason == REASON_NONCE_REPEATED;
}

AlarmEntry *fall_alarm(const Dev *d) {
        AlarmEntry *a = alarm_find(d->alarms, ALARM_DEVICE_DOWN, "");

        return a ? a : alarm_find(d->alarms, ALARM_DEVICE_UNKNOWN, "");
}

static AlarmEntry *wrong_alarm(const Dev *d) {
        for (AlarmEntry *a = d->alarms; a; a = a->next)
                if (reason_is_wrong_answer(a->alarm.code) && !a->superseded)
                        return a;
        return NULL;
}

/* Unknown for a reason that says nothing of the machine. */
static bool proves_nothing(Reason reason) {
        return reason == REASON_STARTING || reason == REASON_PIN_WAITING || reason == REASON_WATCHER_ISOLATED;
}

static Fall fall_of_unknown(const Dev *d) {
        bool down = d->group || wrong_alarm(d) || alarm_find(d->alarms, ALARM_DEVICE_DOWN, "");

        /* only evidence clears what was found */
        if (down || proves_nothing(d->facts.reason))
                return FALL_KEEP;
        /* in a moment it is known how it is: its alarm would only give way to another one */
        return d->facts.failing ? FALL_KEEP : FALL_UNKNOWN;
}

static Fall fall_of(const Dev *d) {
        if (!dev_judged(d))
                return FALL_KEEP;
        switch (d->facts.state) {
        case DEVICE_DOWN:
                if (reason_is_wrong_answer(d->facts.reason))
                        return FALL_WRONG;
                if (wrong_alarm(d))
                        return FALL_KEEP;
                return d->facts.flapping ? FALL_FLAPS : FALL_DOWN;
        case DEVICE_UNKNOWN:
                return d->facts.flapping ? FALL_FLAPS : fall_of_unknown(d);
        case DEVICE_RECOVERING:
                return d->facts.flapping ? FALL_FLAPS : FALL_KEEP;
        case DEVICE_MAINTENANCE:
                return FALL_NONE;
        default:
                return d->facts.flapping ? FALL_FLAPS : FALL_NONE;
        }
}

static const AlarmEntry *entry_of(const Dev *d, uint32_t code) {
        return alarm_find(d->alarms, code, "");
}

/* As bad as what the pool has come to; while nobody knows that, as bad as it was. */
static Severity severity_now(const Pool *p, const AlarmEntry *a, uint32_t code) {
        if (a && !p->view.judged)
                return a->alarm.severity;
        return severity_worse(alarm_code_severity(code), p->severity);
}

AlarmSpec fall_spec(Situation *s, size_t device, uint32_t code) {
        const Dev *d = &s->devices[device];

        return (AlarmSpec){
                .code = code,
                .severity = severity_now(&s->pools[d->config->pool], entry_of(d, code), code),
                .cause = code == REASON_FLAPPING ? REASON_FLAPPING : d->facts.reason,
                .device = device,
                .pool = NOWHERE,
                .site = NOWHERE,
                .resource = "",
                .place = d->facts.place,
                .other_place = d->facts.other_place,
                .state = name_of(&device_state_names, d->facts.state),
                .words = {.step = d->facts.failed_step, .call = d->facts.call, .ret = d->facts.ret},
        };
}

static void clear_code(Situation *s, Dev *d, uint32_t code, Reason cause, Moment now) {
        AlarmEntry *a = alarm_find(d->alarms, code, "");

        if (a)
                alarm_clear(s, a, cause, now);
}

static void clear_falls(Situation *s, Dev *d, Reason cause, Moment now) {
        clear_code(s, d, ALARM_DEVICE_UNKNOWN, cause, now);
        clear_code(s, d, ALARM_DEVICE_DOWN, cause, now);
}

static void clear_wrong(Situation *s, Dev *d, Reason cause, Moment now) {
        for (AlarmEntry *a = wrong_alarm(d); a; a = wrong_alarm(d))
                alarm_clear(s, a, cause, now);
}

/* The alarms that stay follow their pool in severity, and nothing else of them changes. */
static void keep_falls(Situation *s, Dev *d, Moment now) {
        static const uint32_t codes[] = {ALARM_DEVICE_DOWN, ALARM_DEVICE_UNKNOWN};
        const Pool *p = &s->pools[d->config->pool];

        for (size_t i = 0; i < ELEMENTSOF(codes); i++) {
                AlarmEntry *a = alarm_find(d->alarms, codes[i], "");

                if (a)
                        alarm_set_severity(s, a, severity_now(p, a, codes[i]), now);
        }
}

/* A first fall has its own alarm at once; whether it has company is seen when the second comes. */
static void fall(Situation *s, size_t device, uint32_t code, Moment now) {
        Dev *d = &s->devices[device];
        AlarmEntry *own = fall_alarm(d);
        AlarmSpec spec;

        if (d->group) {
                d->group->touched = true;
                return;
        }
        if (!own) {
                d->declared = now.monotonic;
                if (common_declare(s, device, now))
                        return;
        }
        spec = fall_spec(s, device, code);
        alarm_set(s, &d->alarms, &spec, now);
        if (code == ALARM_DEVICE_DOWN)
                clear_code(s, d, ALARM_DEVICE_UNKNOWN, REASON_SUPERSEDED, now);
}

static void answer_wrongly(Situation *s, size_t device, Moment now) {
        Dev *d = &s->devices[device];
        AlarmSpec spec = fall_spec(s, device, d->facts.reason);

        alarm_set(s, &d->alarms, &spec, now);
        clear_falls(s, d, REASON_SUPERSEDED, now);
        common_leave(s, device, REASON_SUPERSEDED, now);
}

static void judge_flapping(Situation *s, size_t device, Moment now) {
        Dev *d = &s->devices[device];
        AlarmSpec spec;

        if (!dev_judged(d))
                return;
        if (d->facts.state == DEVICE_MAINTENANCE || !d->facts.flapping) {
                clear_code(s, d, REASON_FLAPPING, d->facts.flapping ? REASON_MAINTENANCE : REASON_NONE, now);
                return;
        }
        spec = fall_spec(s, device, REASON_FLAPPING);
        /* its ups and downs change nothing */
        spec.state = NULL;
        spec.place = spec.other_place = 0;
        spec.words = (EventWords){0};
        alarm_set(s, &d->alarms, &spec, now);
}

static void stand_again(Situation *s, size_t device, Moment now) {
        Dev *d = &s->devices[device];
        Reason cause = d->facts.state == DEVICE_MAINTENANCE ? REASON_MAINTENANCE : REASON_NONE;

        clear_falls(s, d, cause, now);
        clear_wrong(s, d, cause, now);
        common_leave(s, device, cause, now);
}

void device_judge_falls(Situation *s, size_t device, Moment now) {
        Dev *d = &s->devices[device];
        Fall what = fall_of(d);

        judge_flapping(s, device, now);
        switch (what) {
        case FALL_KEEP:
                keep_falls(s, d, now);
                break;
        case FALL_NONE:
                stand_again(s, device, now);
                break;
        case FALL_FLAPS:
                clear_falls(s, d, REASON_SUPERSEDED, now);
                common_leave(s, device, REASON_SUPERSEDED, now);
                if (device_state_serves(d->facts.state))
                        clear_wrong(s, d, REASON_NONE, now);
                break;
        case FALL_DOWN:
                fall(s, device, ALARM_DEVICE_DOWN, now);
                break;
        case FALL_UNKNOWN:
                fall(s, device, ALARM_DEVICE_UNKNOWN, now);
                break;
        case FALL_WRONG:
                answer_wrongly(s, device, now);
                break;
        }
}
