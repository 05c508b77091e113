#include "random-health-record.h"

#include <math.h>

#define LEVEL 0.01
#define EVIDENCE_CAP 25
#define EVIDENCE_ALARM 50

unsigned random_required(unsigned k) {
        double p = 1 - LEVEL;

        return (unsigned) ceil(k * (p - 3 * sqrt(p * (1 - p) / k)));
}

static unsigned evidence_of(double p) {
        return p < ldexp(1, -EVIDENCE_CAP) ? EVIDENCE_CAP : (unsigned) floor(-log2(p));
}

static void count_in_row(RandomRecord *r, double p) {
        bool passed = p >= LEVEL;

        r->passes = passed ? r->passes + 1 : 0;
        if (r->passes >= RANDOM_CLEAR_SAMPLES)
                r->biased = false;
        r->evidence = passed ? 0 : MIN_OF(r->evidence + evidence_of(p), (unsigned) EVIDENCE_ALARM);
        if (r->evidence >= EVIDENCE_ALARM)
                r->biased = true;
}

static void count_in_window(RandomRecord *r, bool passed) {
        r->passed += passed;
        if (++r->samples < RANDOM_WINDOW)
                return;
        r->windows = r->passed < random_required(RANDOM_WINDOW) ? r->windows + 1 : 0;
        r->passed = r->samples = 0;
        if (r->windows >= RANDOM_WINDOWS_ALARM)
                r->biased = true;
}

static void count_in_report(RandomRecord *r, bool passed) {
        if (r->report_samples == RANDOM_REPORT_SAMPLES)
                r->report_samples = r->report_passed = 0;
        r->report_samples++;
        r->report_passed += passed;
}

void random_record(RandomRecord *r, double p) {
        if (isnan(p))
                return;
        count_in_row(r, p);
        count_in_window(r, p >= LEVEL);
        count_in_report(r, p >= LEVEL);
}
