#include "random-health.h"

#include "random-health-continuous.h"
#include "random-health-record.h"

struct RandomHealth {
        Continuous continuous;
        ContinuousFault fault;
        size_t clean; /* octets since the last fault */
        uint8_t *sample;
        size_t size, next_test; /* octets of the sample; the test that is next, once it is whole */
        RandomRecord records[RANDOM_TESTS_MAX];
};

RandomHealth *random_health_new(void) {
        RandomHealth *h = calloc(1, sizeof(*h));

        if (h)
                h->fault = CONTINUOUS_OK;
        return h;
}

RandomHealth *random_health_free(RandomHealth *h) {
        if (h)
                free(h->sample);
        free(h);
        return NULL;
}

void random_health_passed(const RandomHealth *h, size_t i, unsigned *ret_passed, unsigned *ret_samples) {
        *ret_passed = h->records[i].report_passed;
        *ret_samples = h->records[i].report_samples;
}

/* ---- biased ---- */

static bool is_whole(const RandomHealth *h) {
        return h->size == RANDOM_SAMPLE_OCTETS;
}

bool random_health_step(RandomHealth *h) {
        const RandomTestRow *row = &random_tests[h->next_test];

        if (!is_whole(h))
                return false;
        random_record(&h->records[h->next_test], row->test(h->sample, RANDOM_SAMPLE_BITS, row->parameter));
        if (++h->next_test < n_random_tests)
                return true;
        h->next_test = 0;
        h->size = 0;
        return false;
}

static const char *biased_test(const RandomHealth *h) {
        for (size_t i = 0; i < n_random_tests; i++)
                if (h->records[i].biased)
                        return random_tests[i].name;
        return NULL;
}

/* ---- feeding ---- */

static void collect(RandomHealth *h, const uint8_t *octets, size_t n) {
        if (is_whole(h))
                return;
        if (!h->sample)
                h->sample = malloc(RANDOM_SAMPLE_OCTETS);
        if (!h->sample)
                return;
        n = MIN_OF(n, RANDOM_SAMPLE_OCTETS - h->size);
        if (n > 0)
                memcpy(h->sample + h->size, octets, n);
        h->size += n;
}

RandomVerdict random_health_feed(RandomHealth *h, const uint8_t *octets, size_t n) {
        ContinuousFault fault = continuous_feed(&h->continuous, octets, n);

        if (fault != CONTINUOUS_OK) {
                h->fault = fault;
                h->clean = 0;
        } else {
                h->clean = MIN_OF(h->clean + n, (size_t) RANDOM_CLEAR_OCTETS);
                if (h->clean == RANDOM_CLEAR_OCTETS)
                        h->fault = CONTINUOUS_OK;
        }
        collect(h, octets, n);
        return random_health_verdict(h);
}

RandomVerdict random_health_verdict(const RandomHealth *h) {
        if (h->fault != CONTINUOUS_OK)
                return RANDOM_STUCK;
        return biased_test(h) ? RANDOM_BIASED : RANDOM_OK;
}

static const char *fault_words(ContinuousFault fault) {
        switch (fault) {
        case CONTINUOUS_REPETITION:
                return "stuck: one octet too often in a row";
        case CONTINUOUS_PROPORTION:
                return "stuck: one octet far too often";
        case CONTINUOUS_DRAW_AGAIN:
                return "stuck: a draw came again";
        default:
                return "nothing found";
        }
}

void random_health_text(const RandomHealth *h, char text[static RANDOM_TEXT_MAX]) {
        static const char head[] = "random health check (with reference to GM/T 0005-2021)";

        if (random_health_verdict(h) == RANDOM_BIASED)
                snprintf(text, RANDOM_TEXT_MAX, "%s: biased: the test %s fails on sample after sample", head,
                        biased_test(h));
        else
                snprintf(text, RANDOM_TEXT_MAX, "%s: %s", head, fault_words(h->fault));
}
