#ifndef HSMD_RANDOM_JUDGE_H
#define HSMD_RANDOM_JUDGE_H
/* The random health check of one process: what C_GenerateRandom gave so far, and whether it can be random. */

#include "macro.h"

typedef struct RandomJudge {
        bool weak;
        char words[96]; /* of what is wrong with it */
        uint8_t last;   /* the last octet, and how often it has come in a row */
        unsigned run;
} RandomJudge;

/* Takes n more octets. */
void random_judge(RandomJudge *judge, const uint8_t *octets, size_t n);

#endif
