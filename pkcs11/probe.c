/* hsmd-probe: loads one vendor's PKCS#11 module and checks one machine through it, as hsmd tells it over a
 * socket. It is the only program that loads such a module; when the module hangs or crashes, this process is
 * what it takes along. */

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "exerciser.h"
#include "world.h"

#ifdef HSMD_SANITIZE
/* The leak check attaches to its own process, which PR_SET_DUMPABLE forbids; vendors' modules leak anyway. */
const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__asan_default_options(void) {
        return "detect_leaks=0";
}
#endif

typedef struct Probe {
        Channel channel;
        MsgProbeConfig config;
        Ring *ring;
        const Exerciser *exerciser;
        void *state; /* the exerciser's own */
        bool configured, climbed;
        unsigned bench; /* signatures each way; 0: no bench */
} Probe;

/* This process will hold a PIN: nobody else's memory reader may, no core may, and nothing it starts gains
 * rights. */
static int harden(void) {
        const struct rlimit none = {0, 0};

        if (setrlimit(RLIMIT_CORE, &none) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
                prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return -errno;
        /* a module's broken connection is an error of its call, not our end */
        signal(SIGPIPE, SIG_IGN);
        return 0;
}

static int say_hello(Probe *p) {
        MsgPlain hello = MESSAGE(MsgPlain, MSG_HELLO);

        return channel_send(&p->channel, &hello.head);
}

static int configure(Probe *p, int ring_fd) {
        const MsgProbeConfig *config = p->channel.buffer;
        int r;

        if (p->configured || ring_fd < 0)
                return -EPROTO;
        p->config = *config;
        PROTOCOL_TEXT(p->config.device);
        PROTOCOL_TEXT(p->config.module);
        PROTOCOL_TEXT(p->config.label);
        PROTOCOL_TEXT(p->config.serial);
        if (p->config.n_keys > PROTOCOL_KEYS_MAX)
                return -EPROTO;
        for (size_t i = 0; i < p->config.n_keys; i++) {
                ProbeKey *key = &p->config.keys[i];

                PROTOCOL_TEXT(key->label);
                if (key->id_size > sizeof(key->id) || key->spki_size > sizeof(key->spki))
                        return -EPROTO;
        }
        PROTOCOL_TEXT(p->config.connect);
        PROTOCOL_TEXT(p->config.management);
        if (p->config.n_mechanisms > PROTOCOL_MECHANISMS_MAX || p->config.n_returns > PROTOCOL_RETURNS_MAX ||
                p->config.sm2_id_size > sizeof(p->config.sm2_id))
                return -EPROTO;
        r = ring_map(ring_fd, &p->ring);
        if (r < 0)
                return r;
        /* nothing of the vendor's runs before this */
        r = world_enter(&p->config);
        if (r < 0)
                return r;
        p->exerciser = &exerciser_pkcs11;
        r = p->exerciser->open(&p->config, p->ring, &p->channel, &p->state);
        if (r < 0)
                return r;
        p->configured = true;
        return 0;
}

static int run_attempt(Probe *p, bool climb) {
        const MsgProbeAttempt *message = p->channel.buffer;
        Attempt attempt;
        int r;

        if (!p->configured || climb == p->climbed)
                return -EPROTO;
        p->climbed = true;
        p->exerciser->start(p->state, message->attempt, &attempt);
        channel_begin_work(&p->channel);
        r = climb ? p->exerciser->climb(p->state, &attempt) : p->exerciser->check(p->state, &attempt);
        channel_end_work(&p->channel);
        attempt_finish(&attempt);
        if (r == -ECANCELED)
                return r;
        if (r == 0 && p->bench > 0 && !climb) {
                r = p->exerciser->bench(p->state, p->bench);
                if (r < 0)
                        return r;
        }
        p->exerciser->report(p->state, &attempt);
        r = channel_send(&p->channel, &attempt.result.head);
        if (r == 0)
                p->exerciser->idle(p->state);
        return r;
}

/* Whether hsmd wants the burst to end: a message waits, and there is only one that it can be. */
static bool burst_is_to_end(void *userdata) {
        struct pollfd fd = {.fd = ((Probe *) userdata)->channel.fd, .events = POLLIN};

        return poll(&fd, 1, 0) > 0;
}

static int measure(Probe *p) {
        MsgMeasure request = *(const MsgMeasure *) p->channel.buffer;
        MsgMeasured measured;

        int r;

        if (!p->configured)
                return -EPROTO;
        channel_begin_work(&p->channel);
        r = p->exerciser->measure(p->state, &request, burst_is_to_end, p, &measured);
        channel_end_work(&p->channel);
        return r < 0 ? r : channel_send(&p->channel, &measured.head);
}

static int handle(Probe *p, int type, int fd) {
        switch (type) {
        case MSG_PROBE_CONFIG:
                return configure(p, fd);
        case MSG_PROBE_CLIMB:
                return run_attempt(p, true);
        case MSG_PROBE_CHECK:
                return run_attempt(p, false);
        case MSG_MEASURE:
                return measure(p);
        case MSG_MEASURE_STOP:
                return 0; /* it came when the burst was over */
        default:
                return -EPROTO;
        }
}

/* 0 when the probe is to end. */
static int run(Probe *p) {
        for (;;) {
                CLEANUP_CLOSE int fd = -1;
                int r = channel_next(&p->channel, &fd);

                if (r <= 0)
                        return r;
                r = handle(p, r, fd);
                if (r == -ECANCELED)
                        return 0;
                if (r < 0)
                        return r;
        }
}

static int parse(int argc, char **argv, unsigned *ret_bench) {
        char *end;
        unsigned long n;

        if (argc == 1)
                return 0;
        if (argc != 3 || !streq(argv[1], "--bench-sign"))
                return -EINVAL;
        n = strtoul(argv[2], &end, 10);
        if (*end || n == 0 || n > 10000000)
                return -EINVAL;
        *ret_bench = (unsigned) n;
        return 0;
}

int main(int argc, char **argv) {
        Probe probe = {0};
        int r;

        if (parse(argc, argv, &probe.bench) < 0) {
                fprintf(stderr, "hsmd-probe is started by hsmd; it takes no arguments.\n");
                return EXIT_FAILURE;
        }
        r = harden();
        if (r == 0)
                r = channel_open(WORKER_FD, &probe.channel);
        if (r == 0)
                r = say_hello(&probe);
        if (r == 0)
                r = run(&probe);
        if (r < 0)
                fprintf(stderr, "hsmd-probe: %s\n", strerror(-r));
        if (probe.configured) {
                channel_begin_work(&probe.channel);
                probe.exerciser->close(probe.state);
        }
        /* no destructors: those of vendors' modules are known to crash after C_Finalize */
        fflush(NULL);
        _exit(r < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}
