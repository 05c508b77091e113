#include "recorder-internal.h"

/* Attributes that say what an object is and hold nothing secret. CKA_VALUE stands apart: it is a
 * certificate's public body and a secret key's value. */
static const CK_ATTRIBUTE_TYPE public_attributes[] = {
        CKA_CLASS,
        CKA_TOKEN,
        CKA_PRIVATE,
        CKA_LABEL,
        CKA_CERTIFICATE_TYPE,
        CKA_ISSUER,
        CKA_SERIAL_NUMBER,
        CKA_TRUSTED,
        CKA_CERTIFICATE_CATEGORY,
        CKA_CHECK_VALUE,
        CKA_KEY_TYPE,
        CKA_SUBJECT,
        CKA_ID,
        CKA_SENSITIVE,
        CKA_ENCRYPT,
        CKA_DECRYPT,
        CKA_WRAP,
        CKA_UNWRAP,
        CKA_SIGN,
        CKA_SIGN_RECOVER,
        CKA_VERIFY,
        CKA_VERIFY_RECOVER,
        CKA_DERIVE,
        CKA_START_DATE,
        CKA_END_DATE,
        CKA_MODULUS,
        CKA_MODULUS_BITS,
        CKA_PUBLIC_EXPONENT,
        CKA_VALUE_LEN,
        CKA_EXTRACTABLE,
        CKA_LOCAL,
        CKA_NEVER_EXTRACTABLE,
        CKA_ALWAYS_SENSITIVE,
        CKA_KEY_GEN_MECHANISM,
        CKA_MODIFIABLE,
        CKA_EC_PARAMS,
        CKA_EC_POINT,
        CKA_ALWAYS_AUTHENTICATE,
};

bool policy_attribute_is_public(CK_ATTRIBUTE_TYPE type) {
        for (size_t i = 0; i < ELEMENTSOF(public_attributes); i++)
                if (public_attributes[i] == type)
                        return true;
        return false;
}

bool policy_is_zero_block(const CK_BYTE *data, CK_ULONG size) {
        static const CK_BYTE zeros[16];

        return size == sizeof(zeros) && data && memcmp(data, zeros, sizeof(zeros)) == 0;
}

static bool is_identity(const RecorderState *s, const CK_MECHANISM *m) {
        return s->identity_size > 0 && m->ulParameterLen == s->identity_size && m->pParameter &&
               memcmp(m->pParameter, s->identity, s->identity_size) == 0;
}

/* Each use has one parameter that it may need, and no other. */
static bool parameter_allowed(const RecorderState *s, MechanismUse use, const CK_MECHANISM *m) {
        if (m->ulParameterLen == 0)
                return true;
        switch (use) {
        case USE_SIGN:
                return is_identity(s, m);
        case USE_ENCRYPT:
        case USE_MAC:
                return policy_is_zero_block(m->pParameter, m->ulParameterLen);
        default:
                return false;
        }
}

bool policy_allows(const RecorderState *s, MechanismUse use, CK_OBJECT_HANDLE key, const CK_MECHANISM *m) {
        for (size_t i = 0; i < s->n_grants; i++)
                if (s->grants[i].use == use && s->grants[i].key == key &&
                        s->grants[i].mechanism == m->mechanism)
                        return parameter_allowed(s, use, m);
        return false;
}
