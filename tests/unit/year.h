#ifndef TESTS_YEAR_H
#define TESTS_YEAR_H
/* A year of a thousand machines.
 *
 *   year-fleet.c  the fleet, by chance
 *   test_year.c   what happens to it: faults, repairs, restarts of hsmd
 *   year-book.c   what its events say, kept as the history would keep it, and judged by themselves
 *   year-model.c  what must be so, counted again from nothing
 */

#include "hsmd/alarm-code.h"
#include "hsmd/judge.h"
#include "hsmd/pool.h"
#include "hsmd/situation.h"
#include "unit.h"

#define N_DEVICES 1000
#define N_SITES 40
#define MAX_POOLS 400
#define POOL_MAX 16
#define SECOND USEC_PER_SEC
#define HOUR (3600 * SECOND)

#define INCIDENTS 64 /* more than there are in one bound */
#define KEYS 3u      /* two a pool */

typedef enum Ill {
        WELL,
        DEAD,   /* fails at some step */
        LIES,   /* answers wrongly */
        COMING, /* flapping: dead and well in turn */
} Ill;

typedef struct Machine {
        Judgement j;
        bool judged, key_lost, hot;
        Ill ill;
        Step step;
        Reason reason;
        unsigned falls_left;        /* of one that flaps */
        usec_t ill_until, fault_at; /* fault_at 0: it was not watched all the time since */
        usec_t last_good, first_failure;
        usec_t maintenance_until;
        unsigned attempt; /* a planned one with another number is void */
        uint32_t capacity;
        /* the model's own count of what was proven */
        unsigned successes, failures;
        bool any_evidence, fallen, answered_wrongly;
        bool reported;     /* has a loss in the ledger that is not closed */
        unsigned incident; /* the last one that struck it together with others */
} Machine;

/* The history, as far as a restart needs it. */
typedef struct Book {
        AlarmRecord *active;
        size_t n_active, max_active;
        Event *told_pool, *told_service; /* by index; id 0: nothing yet */
        Event failovers[1024];
        size_t n_failovers;
        uint64_t last_id, last_alarm;
        usec_t taken_over; /* when an alarm of a fall gave way last */
        uint64_t events, raised, cleared, changed, notified, losses, returned, common_causes;
        bool silent; /* hsmd has been started again, nothing has happened: nobody may be told anything */
} Book;

typedef struct Year {
        uint64_t seed, random;
        SituationConfig config;
        SituationDevice devices[N_DEVICES];
        SituationPool pools[MAX_POOLS];
        SituationSite sites[N_SITES];
        SituationService services[2 * MAX_POOLS];
        char names[N_DEVICES][16], pool_names[MAX_POOLS][16], site_names[N_SITES][16],
                service_names[2 * MAX_POOLS][16];
        size_t members[MAX_POOLS][POOL_MAX];
        size_t n_members[MAX_POOLS];
        bool isolated[N_SITES];
        Machine machines[N_DEVICES];
        Situation *situation;
        Book book;
        usec_t now;
        uint64_t number;
        unsigned incidents;
        unsigned raised_in[INCIDENTS]; /* alarms of single falls, of the last incidents */
        uint64_t faults, evidence, checks, restarts, falls, counted;
} Year;

/* year-fleet.c */
uint64_t chance(Year *y, uint64_t below); /* 0 … below − 1 */
usec_t chance_time(Year *y, usec_t most);
void fleet_by_chance(Year *y);

/* year-book.c */
Moment moment(const Year *y);
void book_event(const Event *event, bool notify, void *year);
/* Gives back what was kept. */
void book_restore(Year *y);
void book_free(Year *y);
/* What the events say is active is what the Situation says is active. */
void book_check(const Year *y);
const AlarmRecord *book_find(const Year *y, uint32_t id);

/* year-model.c */
void model_check_device(Year *y, size_t device);
void model_check_pool(Year *y, size_t pool);
void model_check_all(Year *y);

/* fail_msg does not return, which not every compiler knows. */
#define MUST(y, condition, ...)                                                                              \
        do {                                                                                                 \
                if (!(condition)) {                                                                          \
                        print_error("seed %llu, fault %llu, second %llu: ", (unsigned long long) (y)->seed,  \
                                (unsigned long long) (y)->faults, (unsigned long long) ((y)->now / SECOND)); \
                        print_error(__VA_ARGS__);                                                            \
                        fail_msg("\nviolated: %s", #condition);                                              \
                        abort();                                                                             \
                }                                                                                            \
        } while (0)

#endif
