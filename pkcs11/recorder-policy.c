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

bool policy_mechanism_allowed(const CK_MECHANISM *mechanism) {
        if (!mechanism || mechanism->ulParameterLen > 0)
                return false;
        return mechanism->mechanism == CKM_RSA_PKCS || mechanism->mechanism == CKM_ECDSA;
}
