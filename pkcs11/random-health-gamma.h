#ifndef HSMD_RANDOM_HEALTH_GAMMA_H
#define HSMD_RANDOM_HEALTH_GAMMA_H

/* The regularized upper incomplete gamma function Q(a, x) for a > 0, x >= 0: the probability that a
 * chi-square variable of 2a degrees of freedom exceeds 2x. libm has none. Relative error below 1e-10 for a <=
 * 10,000. */
double gamma_q(double a, double x);

#endif
