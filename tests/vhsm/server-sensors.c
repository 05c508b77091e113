/* How warm it is, and what else its SNMP agent tells of it: DIR/temperature in tenths of a degree, and
 * DIR/sensors with a line `OID TYPE VALUE` an object, as tests/fleet/values serves it. */
#include "server.h"

#include <math.h>
#include <unistd.h>

#define INTERVAL_MS 500
#define LOAD_SETTLING_S 3.0 /* a load that nobody can read is none */
#define HOST "1.3.6.1.2.1.25"
#define TREE "1.3.6.1.4.1.8072.9999.9999.157"
#define FANS 3
#define SUPPLIES 2
#define BROKEN_FAN 2
#define BROKEN_SUPPLY 1
#define RPM 4800
#define RPM_ALONE 6200 /* of those that are left when one stands still */

enum { STATE_OK = 1, STATE_FAILED = 2 };

/* What is remembered from one look to the next. */
typedef struct Warmth {
        usec_t when;
        uint64_t done;  /* operations until then */
        double celsius; /* of the machine; heat that is caused is the sensor's alone */
        double load;    /* operations a second */
} Warmth;

typedef struct Sensors {
        Machine *machine;
        Warmth warmth;
        char *told; /* the values that stand in the file */
} Sensors;

static double equilibrium(const Machine *m, double operations_per_s) {
        return m->temperature + (m->room - ROOM_CELSIUS) + m->warming * operations_per_s / 1000 +
               (fault_on(m, FAULT_FAN) ? m->fan_warming : 0);
}

/* How much of a change has come after so many seconds. */
static double approach(double seconds, double settling) {
        return settling > 0 ? 1 - exp(-seconds / settling) : 1;
}

static void warm(const Machine *m, Warmth *w) {
        usec_t now = now_monotonic();
        double seconds = (double) (now - w->when) / USEC_PER_SEC, rate;

        if (w->when == 0) {
                *w = (Warmth){.when = now, .done = m->done, .celsius = equilibrium(m, 0)};
                return;
        }
        rate = (double) (m->done - w->done) / MAX_OF(seconds, 0.001);
        w->load += (rate - w->load) * approach(seconds, LOAD_SETTLING_S);
        w->celsius += (equilibrium(m, rate) - w->celsius) * approach(seconds, m->settling);
        w->when = now;
        w->done = m->done;
}

/* In tenths, as its agent tells it. */
static long temperature_shown(const Machine *m, const Warmth *w) {
        const Fault *heat = fault_on(m, FAULT_HEAT);

        return lround(10 * (heat ? atof(heat->argument) : w->celsius));
}

/* Of its rate; a machine without a limit is never busy. */
static unsigned load_percent(const Machine *m, const Warmth *w) {
        double percent = m->rate > 0 ? 100 * w->load / (double) m->rate : 0;

        return (unsigned) lround(fmin(percent, 100));
}

/* HOST-RESOURCES-MIB: memory, a disk and a processor as large machines of that kind have them. */
static void tell_host(const Machine *m, unsigned load, FILE *out) {
        usec_t now = now_monotonic();
        usec_t up = now > m->up_since ? now - m->up_since : 0;

        fprintf(out, HOST ".1.1.0 timeticks %llu\n", (unsigned long long) (up / 10000));
        fputs(HOST ".2.3.1.1.1 integer 1\n" HOST ".2.3.1.1.31 integer 31\n"               /* index */
                HOST ".2.3.1.2.1 objectid ." HOST ".2.1.2\n"                              /* RAM */
                HOST ".2.3.1.2.31 objectid ." HOST ".2.1.4\n"                             /* disk */
                HOST ".2.3.1.3.1 string Physical memory\n" HOST ".2.3.1.3.31 string /\n"  /* name */
                HOST ".2.3.1.4.1 integer 1024\n" HOST ".2.3.1.4.31 integer 4096\n"        /* unit */
                HOST ".2.3.1.5.1 integer 8388608\n" HOST ".2.3.1.5.31 integer 15728640\n" /* size */
                HOST ".2.3.1.6.1 integer 2936012\n" HOST ".2.3.1.6.31 integer 4194304\n", /* used */
                out);
        fprintf(out, HOST ".3.2.1.3.1 string processor\n" HOST ".3.3.1.2.1 integer %u\n", load);
}

static void tell_fans(const Machine *m, FILE *out) {
        const Fault *fault = fault_on(m, FAULT_FAN);

        for (int i = 1; i <= FANS; i++)
                fprintf(out, TREE ".2.1.2.%d string fan %d\n", i, i);
        for (int i = 1; i <= FANS; i++)
                fprintf(out, TREE ".2.1.3.%d gauge %d\n", i, !fault ? RPM : i == BROKEN_FAN ? 0 : RPM_ALONE);
        for (int i = 1; i <= FANS; i++)
                fprintf(out, TREE ".2.1.4.%d integer %d\n", i,
                        fault && i == BROKEN_FAN ? STATE_FAILED : STATE_OK);
}

static void tell_supplies(const Machine *m, FILE *out) {
        const Fault *fault = fault_on(m, FAULT_POWER);

        for (int i = 1; i <= SUPPLIES; i++)
                fprintf(out, TREE ".3.1.2.%d string psu %d\n", i, i);
        for (int i = 1; i <= SUPPLIES; i++)
                fprintf(out, TREE ".3.1.3.%d integer %d\n", i,
                        fault && i == BROKEN_SUPPLY ? STATE_FAILED : STATE_OK);
}

/* In the order of their OIDs. */
static void tell(const Machine *m, const Warmth *w, FILE *out) {
        unsigned load = load_percent(m, w);

        if (m->host_resources)
                tell_host(m, load, out);
        fprintf(out, TREE ".1.1.0 integer %ld\n", temperature_shown(m, w));
        tell_fans(m, out);
        tell_supplies(m, out);
        fprintf(out,
                TREE ".4.1.0 counter64 %llu\n" TREE ".4.2.0 gauge %u\n" TREE ".4.3.0 gauge %u\n" TREE
                     ".4.4.0 gauge %u\n",
                (unsigned long long) m->done, sessions_used(m), sessions_limit(m), load);
}

/* The values, to be freed; NULL when there is no memory. */
static char *look(Machine *m, Warmth *w, long *ret_tenths) {
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);

        if (!out)
                return NULL;
        pthread_mutex_lock(&m->lock);
        warm(m, w);
        tell(m, w, out);
        *ret_tenths = temperature_shown(m, w);
        pthread_mutex_unlock(&m->lock);
        fclose(out);
        return text;
}

/* A first line that is another one each time tells the agent that it must read on. */
static void write_values(const Machine *m, const char *values, long tenths) {
        char number[32], *text = NULL;

        if (asprintf(&text, "# %llu\n%s", (unsigned long long) now_realtime(), values) >= 0)
                machine_write(m, "sensors", text);
        free(text);
        snprintf(number, sizeof(number), "%ld\n", tenths);
        machine_write(m, "temperature", number);
}

static void look_and_tell(Sensors *s) {
        long tenths = 0;
        char *values = look(s->machine, &s->warmth, &tenths);

        if (!values || (s->told && streq(values, s->told))) {
                free(values);
                return;
        }
        write_values(s->machine, values, tenths);
        free(s->told);
        s->told = values;
}

static void *run(void *userdata) {
        for (;;) {
                usleep(INTERVAL_MS * 1000);
                look_and_tell(userdata);
        }
        return NULL;
}

int sensors_start(Machine *m) {
        Sensors *s = calloc(1, sizeof(*s)); /* the thread's, for ever */
        pthread_t thread;

        if (!s)
                return -1;
        s->machine = m;
        look_and_tell(s); /* the first values are there before the machine is ready */
        if (pthread_create(&thread, NULL, run, s) == 0)
                return 0;
        free(s->told);
        free(s);
        return -1;
}
