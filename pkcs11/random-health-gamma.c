#include "random-health-gamma.h"

#include <float.h>
#include <math.h>

#define TERMS_MAX 100000

/* x^a e^-x / Gamma(a) */
static double factor(double a, double x) {
        int sign;

        return exp(a * log(x) - x - lgamma_r(a, &sign));
}

/* Abramowitz and Stegun, 6.5.29: P(a, x) as a series, quick below x = a. */
static double lower_series(double a, double x) {
        double term = 1 / a, sum = term;

        for (int i = 1; i < TERMS_MAX && term > sum * DBL_EPSILON / 4; i++) {
                term *= x / (a + i);
                sum += term;
        }
        return factor(a, x) * sum;
}

/* 6.5.31 as an even continued fraction, evaluated forwards by Lentz's method: quick above x = a. */
static double upper_fraction(double a, double x) {
        const double tiny = DBL_MIN / DBL_EPSILON;
        double b = x + 1 - a, c = 1 / tiny, d = 1 / b, h = d;

        for (int i = 1; i < TERMS_MAX; i++) {
                double n = -i * (i - a), step;

                b += 2;
                d = n * d + b;
                d = 1 / (fabs(d) < tiny ? tiny : d);
                c = b + n / c;
                c = fabs(c) < tiny ? tiny : c;
                step = c * d;
                h *= step;
                if (fabs(step - 1) < DBL_EPSILON)
                        break;
        }
        return factor(a, x) * h;
}

double gamma_q(double a, double x) {
        if (x <= 0)
                return 1;
        return x < a + 1 ? 1 - lower_series(a, x) : upper_fraction(a, x);
}
