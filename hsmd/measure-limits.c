#include "measure-limits.h"

/* fewer checks than this prove nothing */
#define CHECKS_MIN 5
#define CHECKS_MAX 128
/* below this a doubling is the host's noise */
#define NOISE_USEC 2000

uint64_t measure_operations_max(double share, usec_t period, uint32_t rated_rate) {
        usec_t of = period > 0 ? period : MEASURE_PERIOD_DEFAULT;

        if (rated_rate == 0)
                return 0;
        return MAX_OF((uint64_t) (share * rated_rate * ((double) of / USEC_PER_SEC)), UINT64_C(1));
}

usec_t measure_duration_max(double share, usec_t period, uint32_t rated_rate) {
        usec_t of = period > 0 ? period : MEASURE_PERIOD_DEFAULT;

        return rated_rate > 0 ? USEC_INFINITY : (usec_t) (share * (double) of);
}

usec_t measure_next(double share, usec_t began, usec_t spent) {
        return share > 0 ? began + (usec_t) ((double) spent / share) : USEC_INFINITY;
}

static bool client_is_full(const MsgMeasured *m) {
        double had = (double) m->duration * MAX_OF(m->processors, 1U);

        return had > 0 && (double) m->cpu * 100 >= had * MEASURE_CLIENT_PERCENT;
}

LimitedBy measure_limited_by(const MsgMeasured *half, const MsgMeasured *full) {
        if (full->stopped)
                return LIMITED_LOAD;
        if (client_is_full(full))
                return LIMITED_CLIENT;
        if (half && half->rate_milli > 0 && full->sessions > half->sessions &&
                full->rate_milli * 100 < half->rate_milli * (100 + MEASURE_GAIN_PERCENT))
                return LIMITED_MACHINE;
        return LIMITED_NONE;
}

static int compare(const void *a, const void *b) {
        uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;

        return x < y ? -1 : x > y;
}

static uint32_t percentile_95(const uint32_t *values, size_t n) {
        uint32_t sorted[CHECKS_MAX];
        size_t used = MIN_OF(n, (size_t) CHECKS_MAX);

        memcpy(sorted, values + (n - used), used * sizeof(*sorted));
        qsort(sorted, used, sizeof(*sorted), compare);
        return sorted[(used * 95) / 100 < used ? (used * 95) / 100 : used - 1];
}

bool measure_health_suffers(
        const uint32_t *before, size_t n_before, const uint32_t *during, size_t n_during) {
        uint32_t was, is;

        if (n_before < CHECKS_MIN || n_during < CHECKS_MIN)
                return false;
        was = percentile_95(before, n_before);
        is = percentile_95(during, n_during);
        return is > NOISE_USEC && is > 2 * (uint64_t) was;
}
