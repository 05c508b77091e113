/* PKCS#11 as an exerciser: the ladder. */
#include "bench-sign.h"
#include "exerciser.h"
#include "ladder.h"
#include "measure-keys.h"

static int p11_open(const MsgProbeConfig *config, Ring *ring, Channel *channel, void **ret) {
        Ladder *ladder = calloc(1, sizeof(*ladder));
        int r = ladder ? ladder_init(ladder, config, ring, channel) : -ENOMEM;

        if (r < 0) {
                free(ladder);
                return r;
        }
        *ret = ladder;
        return 0;
}

static void p11_start(void *exerciser, uint64_t number, Attempt *ret) {
        Ladder *ladder = exerciser;

        attempt_start(ret, number, ladder->config, ladder->module.recorder, ladder->ring);
}

static int p11_climb(void *exerciser, Attempt *attempt) {
        return ladder_climb(exerciser, attempt);
}

static int p11_check(void *exerciser, Attempt *attempt) {
        return ladder_check(exerciser, attempt);
}

static void p11_report(const void *exerciser, Attempt *attempt) {
        ladder_report(exerciser, attempt);
}

static void p11_idle(void *exerciser) {
        ladder_idle(exerciser);
}

static int p11_measure(
        void *exerciser, const MsgMeasure *request, MeasureStop stop, void *userdata, MsgMeasured *ret) {
        Ladder *ladder = exerciser;

        if (!ladder->config->measure || !ladder->on_top)
                return -EPROTO;
        measure_keys(ladder, request, stop, userdata, ret);
        return 0;
}

static int p11_bench(void *exerciser, unsigned n) {
        return bench_sign(exerciser, n);
}

static void p11_close(void *exerciser) {
        ladder_close(exerciser);
}

const Exerciser exerciser_pkcs11 = {
        .name = "pkcs11",
        .open = p11_open,
        .start = p11_start,
        .climb = p11_climb,
        .check = p11_check,
        .report = p11_report,
        .idle = p11_idle,
        .measure = p11_measure,
        .bench = p11_bench,
        .close = p11_close,
};
