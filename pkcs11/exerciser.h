#ifndef HSMD_EXERCISER_H
#define HSMD_EXERCISER_H
/* What drives a machine: climbs to a session, checks from there, measures, closes. The probe knows no more of
 * it than this, so that another interface than PKCS#11 can be driven by the same probe.
 *
 * A second one would be SDF (GM/T 0018), which every server cipher machine has: its climb is SDF_OpenDevice,
 * SDF_GetDeviceInfo (serial), SDF_OpenSession, SDF_GetPrivateKeyAccessRight (the PIN, through the same
 * guard), its exercises SDF_InternalSign_ECC, SDF_InternalDecrypt_ECC, SDF_Encrypt and SDF_GenerateRandom
 * with the same software verification, and its calls are noted in the same ring by a recorder of its own. The
 * rungs keep their names. */

#include "attempt.h"
#include "channel.h"
#include "measure.h"

typedef struct Exerciser {
        const char *name;
        /* Prepares; nothing of the vendor's is loaded yet. Everything given must outlive it. Negative errno.
         */
        int (*open)(const MsgProbeConfig *config, Ring *ring, Channel *channel, void **ret);
        /* Begins an attempt's record. */
        void (*start)(void *exerciser, uint64_t number, Attempt *ret);
        /* The whole ladder; a check from its top. 0, -EPROTO when a rung failed (attempt says which),
         * -ECANCELED when the probe is to end. */
        int (*climb)(void *exerciser, Attempt *attempt);
        int (*check)(void *exerciser, Attempt *attempt);
        /* Fills in what is known beside the attempt itself. */
        void (*report)(const void *exerciser, Attempt *attempt);
        /* Between attempts, when nobody waits. */
        void (*idle)(void *exerciser);
        /* A burst, from the top of a climb to measure. Negative errno when this is not the time for it. */
        int (*measure)(void *exerciser, const MsgMeasure *request, MeasureStop stop, void *userdata,
                MsgMeasured *ret);
        /* What its parts cost, on standard output; for developers. Negative errno. */
        int (*bench)(void *exerciser, unsigned n);
        /* Closes the session in order. */
        void (*close)(void *exerciser);
} Exerciser;

extern const Exerciser exerciser_pkcs11;

#endif
