#include "measure.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <time.h>

#include "histogram.h"

#define THREADS_MAX 64
#define LOOK_EVERY (5 * USEC_PER_MSEC)

typedef struct Burst {
        const MsgMeasure *request;
        const MeasureOps *ops;
        usec_t ends;
        atomic_bool over;
        _Atomic uint64_t begun;
        pthread_barrier_t start;
        /* completions, in the order in which they happen */
        pthread_mutex_t lock;
        uint64_t completed;
        usec_t first, last;
} Burst;

typedef struct Thread {
        Burst *burst;
        pthread_t thread;
        void *context;
        Histogram *latencies;
        uint64_t errors, verified, wrong, rv;
} Thread;

/* The rate is that of the completions between the first round, in which the sessions warm up, and the last:
 * what one waits for before and after is no part of it. */
static void complete(Burst *b, uint64_t warm_up) {
        usec_t now = now_monotonic();

        pthread_mutex_lock(&b->lock);
        if (++b->completed == warm_up)
                b->first = now;
        b->last = MAX_OF(b->last, now);
        pthread_mutex_unlock(&b->lock);
}

static bool goes_on(Burst *b) {
        uint64_t max = b->request->max_operations;

        if (atomic_load(&b->over) || now_monotonic() >= b->ends)
                return false;
        return max == 0 || atomic_fetch_add(&b->begun, 1) < max;
}

static void operate(Thread *t, uint64_t n) {
        Burst *b = t->burst;
        usec_t started = now_monotonic();
        uint64_t rv = 0;

        if (b->ops->operate(t->context, &rv) < 0) {
                t->errors++;
                t->rv = t->rv ? t->rv : rv;
                /* a machine that refuses is not asked in a tight loop */
                if (t->errors >= 3)
                        atomic_store(&b->over, true);
                return;
        }
        histogram_add(t->latencies, now_monotonic() - started);
        complete(b, b->request->sessions);
        if (n % MAX_OF(b->request->sample, 1U) != 0)
                return;
        t->verified++;
        if (b->ops->check(t->context) < 0) {
                t->wrong++;
                atomic_store(&b->over, true);
        }
}

static void *run_thread(void *userdata) {
        Thread *t = userdata;

        pthread_barrier_wait(&t->burst->start);
        for (uint64_t n = 0; goes_on(t->burst); n++)
                operate(t, n);
        return NULL;
}

static uint64_t processor_usec(void) {
        struct timespec ts;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
        return (uint64_t) ts.tv_sec * USEC_PER_SEC + (uint64_t) ts.tv_nsec / 1000;
}

static uint32_t processors(void) {
        cpu_set_t set;

        return sched_getaffinity(0, sizeof(set), &set) == 0 ? (uint32_t) CPU_COUNT(&set) : 1;
}

/* As many as the machine grants; at least one. */
static unsigned open_sessions(Burst *b, Thread *threads, unsigned wanted, void *userdata) {
        unsigned n = 0;

        while (n < wanted) {
                threads[n] = (Thread){.burst = b, .latencies = histogram_new()};
                if (!threads[n].latencies || b->ops->open(userdata, n, &threads[n].context) < 0) {
                        histogram_free(threads[n].latencies);
                        break;
                }
                n++;
        }
        return n;
}

static void wait_for_end(Burst *b, MeasureStop stop, void *userdata, MsgMeasured *ret) {
        const struct timespec pause = {.tv_nsec = LOOK_EVERY * 1000};

        while (!atomic_load(&b->over) && now_monotonic() < b->ends) {
                if (b->request->max_operations > 0 && atomic_load(&b->begun) >= b->request->max_operations)
                        return;
                if (stop(userdata)) {
                        ret->stopped = 1;
                        atomic_store(&b->over, true);
                }
                nanosleep(&pause, NULL);
        }
}

static void sum_up(const Burst *b, Thread *threads, unsigned n, usec_t started, MsgMeasured *ret) {
        Histogram *all = threads[0].latencies;

        for (unsigned i = 0; i < n; i++) {
                if (i > 0)
                        histogram_merge(all, threads[i].latencies);
                ret->errors += threads[i].errors;
                ret->verified += threads[i].verified;
                ret->wrong += threads[i].wrong;
                ret->rv = ret->rv ? ret->rv : threads[i].rv;
        }
        ret->operations = b->completed;
        ret->duration = now_monotonic() - started;
        if (b->completed > b->request->sessions && b->last > b->first)
                ret->rate_milli = (uint64_t) ((double) (b->completed - b->request->sessions) * 1e9 /
                                              (double) (b->last - b->first));
        ret->p50 = histogram_percentile(all, 50);
        ret->p95 = histogram_percentile(all, 95);
        ret->p99 = histogram_percentile(all, 99);
        ret->max = histogram_max(all);
}

static unsigned start_threads(Burst *b, Thread *threads, unsigned n) {
        /* all or none: who has started waits for the others at the barrier */
        if (pthread_barrier_init(&b->start, NULL, n + 1) != 0)
                return 0;
        for (unsigned i = 0; i < n; i++)
                if (pthread_create(&threads[i].thread, NULL, run_thread, &threads[i]) != 0)
                        abort(); /* out of threads: this process is made anew by whoever started it */
        return n;
}

static void run_threads(
        Burst *b, Thread *threads, unsigned n, MeasureStop stop, void *userdata, MsgMeasured *ret) {
        uint64_t cpu = processor_usec();
        usec_t started;

        if (start_threads(b, threads, n) == 0)
                return;
        started = now_monotonic();
        b->ends = started + b->request->duration;
        pthread_barrier_wait(&b->start);
        wait_for_end(b, stop, userdata, ret);
        for (unsigned i = 0; i < n; i++)
                pthread_join(threads[i].thread, NULL);
        pthread_barrier_destroy(&b->start);
        sum_up(b, threads, n, started, ret);
        ret->cpu = processor_usec() - cpu;
}

void measure_run(const MsgMeasure *request, const MeasureOps *ops, MeasureStop stop, void *userdata,
        MsgMeasured *ret) {
        MsgMeasure granted = *request;
        Burst burst = {.request = &granted, .ops = ops, .lock = PTHREAD_MUTEX_INITIALIZER};
        CLEANUP_FREE Thread *threads = calloc(THREADS_MAX, sizeof(*threads));
        unsigned n = 0;

        *ret = (MsgMeasured) MESSAGE(MsgMeasured, MSG_MEASURED);
        ret->key = request->key;
        ret->processors = processors();
        if (threads)
                n = open_sessions(&burst, threads,
                        MIN_OF(MAX_OF(request->sessions, 1U), (uint32_t) THREADS_MAX), userdata);
        ret->sessions = granted.sessions = n;
        if (n == 0)
                copy_text(ret->detail, sizeof(ret->detail), "no session could be opened for the burst");
        else
                run_threads(&burst, threads, n, stop, userdata, ret);
        for (unsigned i = 0; i < n; i++) {
                ops->close(threads[i].context);
                histogram_free(threads[i].latencies);
        }
        pthread_mutex_destroy(&burst.lock);
}
