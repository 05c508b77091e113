#ifndef HSMD_MECHANISMS_H
#define HSMD_MECHANISMS_H
/* The mechanisms of the PKCS#11 standard (v2.40, section 2) that keys are exercised with. What a vendor adds,
 * all of SM2, SM3 and SM4 included, stands in its profile and never here. */

#include "protocol.h"

/* Indices in the MIB: these are 1..99, a profile's 101..9999. */
#define MECHANISM_INDEX_PROFILE 101

extern const ProbeMechanism standard_mechanisms[];
extern const size_t n_standard_mechanisms;

/* The first mechanism of a list that serves a key of this type for this exercise, or n if there is none. */
size_t mechanism_for(const ProbeMechanism *mechanisms, size_t n, KeyType type, Exercise exercise);

/* The use that an exercise needs; 0 for EXERCISE_PRESENT. */
MechanismUse use_of_exercise(Exercise exercise);

#endif
