/* Vendors' modules leak memory and descriptors. A probe that has grown beyond its budget, or is old, hands
 * over to another one: the new process climbs while the old one still holds its session, and only from the
 * top of the ladder takes its place, so that no check is missed. Where the machine grants one session, the
 * old one is closed first and the next check is a climb. */
#include "manager.h"
#include "second-probe.h"

/* after a successor that came to nothing */
#define RETRY (60 * USEC_PER_SEC)

/* Resident memory in bytes. A probe hides everything else of itself in /proc. */
static int read_memory(pid_t pid, uint64_t *ret) {
        char path[64];
        unsigned long long pages;
        FILE *file;
        int n;

        snprintf(path, sizeof(path), "/proc/%d/statm", pid);
        file = fopen(path, "re");
        if (!file)
                return -errno;
        n = fscanf(file, "%*u %llu", &pages);
        fclose(file);
        if (n != 1)
                return -EBADMSG;
        *ret = pages * (uint64_t) sysconf(_SC_PAGESIZE);
        return 0;
}

/* In words, why the probe is to be replaced; false if it is not. */
static bool budget_used_up(const Device *d, usec_t now, char *why, size_t size) {
        const ConfigDevice *c = d->config;
        uint64_t memory = d->probe_memory;

        if (c->recycle_memory > 0 && memory > c->recycle_memory)
                snprintf(why, size, "its memory is %llu MiB, %llu are allowed",
                        (unsigned long long) (memory >> 20), (unsigned long long) (c->recycle_memory >> 20));
        else if (c->recycle_descriptors > 0 && d->result.open_fds > c->recycle_descriptors)
                snprintf(why, size, "it holds %u descriptors, %u are allowed", d->result.open_fds,
                        c->recycle_descriptors);
        else if (c->recycle_age > 0 && now - d->climbed_at > c->recycle_age)
                snprintf(why, size, "it is %llu s old, %llu are allowed",
                        (unsigned long long) ((now - d->climbed_at) / USEC_PER_SEC),
                        (unsigned long long) (c->recycle_age / USEC_PER_SEC));
        else
                return false;
        return true;
}

static void log_recycle(const Device *d, int priority, const char *what, const char *why) {
        log_event(d->manager->journal,
                &(LogEvent){.priority = priority,
                        .message_id = MESSAGE_PROBE_RECYCLED,
                        .device = d->config->name},
                "%s: the probe %s: %s", d->config->name, what, why);
}

/* An attempt of the first that is under way may take its time: then the next tick tries again. */
static void take_place(Device *d) {
        const MsgProbeResult *climbed = second_probe_result(d->successor);
        MsgProbeResult result;
        Worker *worker;
        Ring *ring;

        if (!climbed || (d->phase != PROBE_IDLE && d->phase != PROBE_NONE))
                return;
        result = *climbed;
        second_probe_take(d->successor, &device_probe_ops, d, &worker, &ring);
        d->successor = NULL;
        d->recycles++;
        device_replace_probe(d, worker, ring, &result);
}

static void on_climbed(SecondProbe *s UNUSED, const MsgProbeResult *result UNUSED, void *userdata) {
        take_place(userdata);
}

static void on_failed(SecondProbe *s, const char *how, void *userdata) {
        Device *d = userdata;

        d->successor = second_probe_free(s);
        d->successor_not_before = now_monotonic() + RETRY;
        log_recycle(d, LOG_WARNING, "could not be replaced and goes on", how);
}

static const SecondProbeOps successor_ops = {.climbed = on_climbed, .failed = on_failed};

static unsigned max_clients(const Device *d) {
        const Config *c = d->manager->config;

        return d->config->vendor < c->n_vendors ? c->vendors[d->config->vendor].max_clients : 0;
}

void device_recycle_tick(Device *d, usec_t now) {
        char why[128];
        int r;

        d->probe_memory = 0;
        if (d->worker)
                (void) read_memory(worker_pid(d->worker), &d->probe_memory);
        if (d->successor) {
                take_place(d);
                return;
        }
        if (d->phase != PROBE_IDLE || d->measurement || now < d->successor_not_before ||
                d->judgement.ladder != DEVICE_UP || !budget_used_up(d, now, why, sizeof(why)))
                return;
        log_recycle(d, LOG_INFO, "is replaced by a fresh one", why);
        if (max_clients(d) == 1) {
                d->recycles++;
                device_drop_probe(d, false);
                return;
        }
        r = second_probe_start(d, false, &successor_ops, d, &d->successor);
        if (r < 0) {
                d->successor_not_before = now + RETRY;
                log_recycle(d, LOG_WARNING, "could not be replaced and goes on", strerror(-r));
        }
}
