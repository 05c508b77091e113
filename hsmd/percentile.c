#include "percentile.h"

static int compare(const void *a, const void *b) {
        uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;

        return x < y ? -1 : x > y;
}

uint32_t percentile_of_ring(const uint32_t *ring, size_t size, uint64_t count, unsigned percent) {
        uint32_t sorted[PERCENTILE_MAX];
        size_t n = (size_t) MIN_OF(count, (uint64_t) MIN_OF(size, (size_t) PERCENTILE_MAX));

        if (n == 0)
                return 0;
        memcpy(sorted, ring, n * sizeof(*sorted));
        qsort(sorted, n, sizeof(*sorted), compare);
        return sorted[n * percent / 100];
}
