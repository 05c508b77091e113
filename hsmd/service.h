#ifndef HSMD_SERVICE_H
#define HSMD_SERVICE_H
/* The judgement of a service: can it sign now, and would it still after one more loss? Pure. */

#include "names.h"

/* What counts of a member of its pool. Keys are a bit each, by their place in the pool. */
typedef struct ServiceMember {
        bool serves;  /* by its state: up, degraded or suspect */
        bool unknown; /* by its state: it might serve */
        uint32_t keys_held, keys_used, keys_known;
        uint32_t capacity; /* signatures a second; 0: not known */
} ServiceMember;

typedef struct ServiceNeeds {
        uint32_t keys;          /* that a member must hold */
        uint32_t required;      /* members */
        uint32_t required_rate; /* signatures a second at peak; 0: not known */
} ServiceNeeds;

typedef struct ServiceVerdict {
        ServiceState state;
        Basis basis;
        uint32_t serving; /* members that serve with its keys */
        int survivable;   /* how many of the largest of them may go while enough members are left, and enough
                             capacity where that and the rate are known; negative: that many are missing, at
                             least */
        uint32_t keys_usable, keys_required; /* usable: held by some member that serves */
        bool has_headroom;                   /* the rate, and each one's capacity, are known */
        int headroom;                        /* capacity − required_rate */
        uint32_t capacity;                   /* of those that serve; 0: not known */
} ServiceVerdict;

/* With more members than SERVICE_MEMBERS_MAX only so many of the largest are thought to go one after another:
 * survivable by capacity is then not more than that. */
#define SERVICE_MEMBERS_MAX 256

/* basis: business when each member that serves has used every key of the service, and was right; probe when
 * each has used some key; else present. Of a service that no member serves it is probe: that is what has
 * failed. */
ServiceVerdict service_judge(const ServiceMember *members, size_t n, const ServiceNeeds *needs);

#endif
