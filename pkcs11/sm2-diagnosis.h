#ifndef HSMD_SM2_DIAGNOSIS_H
#define HSMD_SM2_DIAGNOSIS_H
/* Why a machine's SM2 signatures do not verify: its key, its answer, or only our idea of the mechanism. A
 * wrong id, a missing Z, and raw taken for DER make a sound machine look broken.
 *
 * Needed are two signatures of one and the same message, made one after the other under the profile. From a
 * signature the e can be recovered that was signed if the key is the expected one. If both give one e, the
 * key is right, for under another key e changes with the nonce; and then the hash that makes this e tells
 * what the machine really did. */

#include "sm2.h"

/* What the vendor profile says of a signing mechanism. */
typedef struct Sm2Profile {
        MechanismInput input;
        ZRule z; /* with INPUT_DIGEST: of the e that we make ourselves */
        SignatureForm form;
        Octets id; /* of Z_PARAMETER; otherwise only one more guess */
} Sm2Profile;

typedef enum Sm2Diagnosis {
        SM2_SOUND = 1,     /* both verify: what failed before was not the profile */
        SM2_WRONG_FORM,    /* right but for raw and DER */
        SM2_WRONG_HASH,    /* the machine hashes otherwise than the profile says, and it is known how */
        SM2_UNKNOWN_HASH,  /* the key is right, what was signed is nothing that we can think of */
        SM2_OTHER_KEY,     /* another key signed, or the signatures are wrong */
        SM2_INDETERMINATE, /* both signatures are the same one: nothing tells key and hash apart */
        SM2_NO_SIGNATURE,  /* the octets are none in either form */
} Sm2Diagnosis;

#define SM2_TEXT_MAX 160

/* The e that a signature of this message must be over, if machine and profile agree; with INPUT_DIGEST it is
 * also what the machine is given. Negative errno as of sm2_e. */
int sm2_profile_e(const Sm2Profile *profile, EVP_PKEY *key, Octets message, uint8_t ret_e[static 32]);

/* Diagnoses two signatures of the same message as the machine gave them. text says it in one English sentence
 * of printable ASCII. Negative errno for OpenSSL's own failures and a key that is not SM2. */
int sm2_diagnose(const Sm2Profile *profile, EVP_PKEY *key, Octets message, const Octets signatures[static 2],
        char text[static SM2_TEXT_MAX], Sm2Diagnosis *ret);

/* Whether it is the profile that is to be corrected, and the machine is sound. */
bool sm2_is_profile_mistake(Sm2Diagnosis diagnosis);

#endif
