#include "histogram.h"

#define STEP_BITS 6 /* 64 steps an octave */
#define STEPS (1U << STEP_BITS)
#define VALUE_MAX (60 * USEC_PER_SEC) /* below 2^26 */
#define OCTAVES (26 - STEP_BITS)
/* values below 2 * STEPS have a bucket each; every octave above shares its width among STEPS buckets */
#define BUCKETS ((OCTAVES + 1) * STEPS)

struct Histogram {
        uint64_t count;
        usec_t max;
        uint64_t buckets[BUCKETS];
};

static unsigned bucket_of(usec_t value) {
        unsigned shift;

        if (value < 2 * STEPS)
                return (unsigned) value;
        shift = (unsigned) (63 - __builtin_clzll(value)) - STEP_BITS;
        return shift * STEPS + (unsigned) (value >> shift);
}

/* The greatest value that falls into a bucket. */
static usec_t top_of(unsigned bucket) {
        unsigned shift;

        if (bucket < 2 * STEPS)
                return bucket;
        shift = bucket / STEPS - 1;
        return (((usec_t) (bucket - shift * STEPS) + 1) << shift) - 1;
}

Histogram *histogram_new(void) {
        return calloc(1, sizeof(Histogram));
}

Histogram *histogram_free(Histogram *h) {
        free(h);
        return NULL;
}

void histogram_add(Histogram *h, usec_t value) {
        h->buckets[bucket_of(MIN_OF(value, VALUE_MAX))]++;
        h->count++;
        h->max = MAX_OF(h->max, value);
}

void histogram_merge(Histogram *into, const Histogram *from) {
        for (unsigned i = 0; i < BUCKETS; i++)
                into->buckets[i] += from->buckets[i];
        into->count += from->count;
        into->max = MAX_OF(into->max, from->max);
}

/* How many of `count` values are `percent` of them, rounded up; the first value at least. */
static uint64_t rank_of(uint64_t count, double percent) {
        double wanted = (double) count * percent / 100;
        uint64_t rank = wanted <= 1 ? 1 : (uint64_t) wanted;

        if ((double) rank < wanted)
                rank++;
        return MIN_OF(rank, count);
}

usec_t histogram_percentile(const Histogram *h, double percent) {
        uint64_t rank, seen = 0;

        if (h->count == 0)
                return 0;
        rank = rank_of(h->count, percent);
        /* the last bucket is open above: the maximum stands for it */
        for (unsigned i = 0; i < bucket_of(VALUE_MAX); i++) {
                seen += h->buckets[i];
                if (seen >= rank)
                        return MIN_OF(top_of(i), h->max);
        }
        return h->max;
}

usec_t histogram_max(const Histogram *h) {
        return h->max;
}

uint64_t histogram_count(const Histogram *h) {
        return h->count;
}
