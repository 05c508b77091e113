#include "median.h"

static void swap(double *a, double *b) {
        double c = *a;

        *a = *b;
        *b = c;
}

/* Hoare's partition: afterwards nothing in low..ret is greater than anything in ret+1..high. */
static ptrdiff_t split(double *v, ptrdiff_t low, ptrdiff_t high) {
        double pivot = v[low + (high - low) / 2];
        ptrdiff_t i = low - 1, j = high + 1;

        for (;;) {
                do
                        i++;
                while (v[i] < pivot);
                do
                        j--;
                while (v[j] > pivot);
                if (i >= j)
                        return j;
                swap(&v[i], &v[j]);
        }
}

/* Brings the k-th smallest to its place, with none greater before it. */
static void select_nth(double *v, ptrdiff_t n, ptrdiff_t k) {
        ptrdiff_t low = 0, high = n - 1;

        while (low < high) {
                ptrdiff_t middle = split(v, low, high);

                if (k <= middle)
                        high = middle;
                else
                        low = middle + 1;
        }
}

double median(double *v, size_t n) {
        size_t k = n / 2;
        double below;

        select_nth(v, (ptrdiff_t) n, (ptrdiff_t) k);
        if (n % 2)
                return v[k];
        below = v[0];
        for (size_t i = 1; i < k; i++)
                if (v[i] > below)
                        below = v[i];
        return below / 2 + v[k] / 2;
}
