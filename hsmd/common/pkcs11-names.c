#include "ring.h"

#include <p11-kit/pkcs11.h>

static const char *const call_names[CALL_MAX] = {
        [CALL_NONE] = "none",
        [CALL_DLOPEN] = "dlopen",
        [CALL_GET_FUNCTION_LIST] = "C_GetFunctionList",
        [CALL_INITIALIZE] = "C_Initialize",
        [CALL_FINALIZE] = "C_Finalize",
        [CALL_GET_INFO] = "C_GetInfo",
        [CALL_GET_SLOT_LIST] = "C_GetSlotList",
        [CALL_GET_SLOT_INFO] = "C_GetSlotInfo",
        [CALL_GET_TOKEN_INFO] = "C_GetTokenInfo",
        [CALL_GET_MECHANISM_LIST] = "C_GetMechanismList",
        [CALL_GET_MECHANISM_INFO] = "C_GetMechanismInfo",
        [CALL_OPEN_SESSION] = "C_OpenSession",
        [CALL_CLOSE_SESSION] = "C_CloseSession",
        [CALL_CLOSE_ALL_SESSIONS] = "C_CloseAllSessions",
        [CALL_GET_SESSION_INFO] = "C_GetSessionInfo",
        [CALL_LOGIN] = "C_Login",
        [CALL_LOGOUT] = "C_Logout",
        [CALL_GET_ATTRIBUTE_VALUE] = "C_GetAttributeValue",
        [CALL_FIND_OBJECTS_INIT] = "C_FindObjectsInit",
        [CALL_FIND_OBJECTS] = "C_FindObjects",
        [CALL_FIND_OBJECTS_FINAL] = "C_FindObjectsFinal",
        [CALL_SIGN_INIT] = "C_SignInit",
        [CALL_SIGN] = "C_Sign",
        [CALL_SIGN_UPDATE] = "C_SignUpdate",
        [CALL_SIGN_FINAL] = "C_SignFinal",
        [CALL_DECRYPT_INIT] = "C_DecryptInit",
        [CALL_DECRYPT] = "C_Decrypt",
        [CALL_ENCRYPT_INIT] = "C_EncryptInit",
        [CALL_ENCRYPT] = "C_Encrypt",
        [CALL_DIGEST_INIT] = "C_DigestInit",
        [CALL_DIGEST] = "C_Digest",
        [CALL_VERIFY_INIT] = "C_VerifyInit",
        [CALL_VERIFY] = "C_Verify",
        [CALL_GENERATE_RANDOM] = "C_GenerateRandom",
        [CALL_SEED_RANDOM] = "C_SeedRandom",
        [CALL_OTHER] = "refused by the recorder",
};

const char *pkcs11_call_name(uint32_t call) {
        return call < CALL_MAX && call_names[call] ? call_names[call] : "invalid";
}

#define RETURN_NAME(name)                                                                                    \
        case name:                                                                                           \
                return #name

const char *pkcs11_return_name(uint64_t rv, char buffer[static 24]) {
        switch (rv) {
                RETURN_NAME(CKR_OK);
                RETURN_NAME(CKR_CANCEL);
                RETURN_NAME(CKR_HOST_MEMORY);
                RETURN_NAME(CKR_SLOT_ID_INVALID);
                RETURN_NAME(CKR_GENERAL_ERROR);
                RETURN_NAME(CKR_FUNCTION_FAILED);
                RETURN_NAME(CKR_ARGUMENTS_BAD);
                RETURN_NAME(CKR_NO_EVENT);
                RETURN_NAME(CKR_NEED_TO_CREATE_THREADS);
                RETURN_NAME(CKR_CANT_LOCK);
                RETURN_NAME(CKR_ATTRIBUTE_READ_ONLY);
                RETURN_NAME(CKR_ATTRIBUTE_SENSITIVE);
                RETURN_NAME(CKR_ATTRIBUTE_TYPE_INVALID);
                RETURN_NAME(CKR_ATTRIBUTE_VALUE_INVALID);
                RETURN_NAME(CKR_ACTION_PROHIBITED);
                RETURN_NAME(CKR_DATA_INVALID);
                RETURN_NAME(CKR_DATA_LEN_RANGE);
                RETURN_NAME(CKR_DEVICE_ERROR);
                RETURN_NAME(CKR_DEVICE_MEMORY);
                RETURN_NAME(CKR_DEVICE_REMOVED);
                RETURN_NAME(CKR_ENCRYPTED_DATA_INVALID);
                RETURN_NAME(CKR_ENCRYPTED_DATA_LEN_RANGE);
                RETURN_NAME(CKR_FUNCTION_CANCELED);
                RETURN_NAME(CKR_FUNCTION_NOT_PARALLEL);
                RETURN_NAME(CKR_FUNCTION_NOT_SUPPORTED);
                RETURN_NAME(CKR_KEY_HANDLE_INVALID);
                RETURN_NAME(CKR_KEY_SIZE_RANGE);
                RETURN_NAME(CKR_KEY_TYPE_INCONSISTENT);
                RETURN_NAME(CKR_KEY_NOT_NEEDED);
                RETURN_NAME(CKR_KEY_CHANGED);
                RETURN_NAME(CKR_KEY_NEEDED);
                RETURN_NAME(CKR_KEY_INDIGESTIBLE);
                RETURN_NAME(CKR_KEY_FUNCTION_NOT_PERMITTED);
                RETURN_NAME(CKR_KEY_NOT_WRAPPABLE);
                RETURN_NAME(CKR_KEY_UNEXTRACTABLE);
                RETURN_NAME(CKR_MECHANISM_INVALID);
                RETURN_NAME(CKR_MECHANISM_PARAM_INVALID);
                RETURN_NAME(CKR_OBJECT_HANDLE_INVALID);
                RETURN_NAME(CKR_OPERATION_ACTIVE);
                RETURN_NAME(CKR_OPERATION_NOT_INITIALIZED);
                RETURN_NAME(CKR_PIN_INCORRECT);
                RETURN_NAME(CKR_PIN_INVALID);
                RETURN_NAME(CKR_PIN_LEN_RANGE);
                RETURN_NAME(CKR_PIN_EXPIRED);
                RETURN_NAME(CKR_PIN_LOCKED);
                RETURN_NAME(CKR_SESSION_CLOSED);
                RETURN_NAME(CKR_SESSION_COUNT);
                RETURN_NAME(CKR_SESSION_HANDLE_INVALID);
                RETURN_NAME(CKR_SESSION_PARALLEL_NOT_SUPPORTED);
                RETURN_NAME(CKR_SESSION_READ_ONLY);
                RETURN_NAME(CKR_SESSION_EXISTS);
                RETURN_NAME(CKR_SESSION_READ_ONLY_EXISTS);
                RETURN_NAME(CKR_SESSION_READ_WRITE_SO_EXISTS);
                RETURN_NAME(CKR_SIGNATURE_INVALID);
                RETURN_NAME(CKR_SIGNATURE_LEN_RANGE);
                RETURN_NAME(CKR_TEMPLATE_INCOMPLETE);
                RETURN_NAME(CKR_TEMPLATE_INCONSISTENT);
                RETURN_NAME(CKR_TOKEN_NOT_PRESENT);
                RETURN_NAME(CKR_TOKEN_NOT_RECOGNIZED);
                RETURN_NAME(CKR_TOKEN_WRITE_PROTECTED);
                RETURN_NAME(CKR_UNWRAPPING_KEY_SIZE_RANGE);
                RETURN_NAME(CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT);
                RETURN_NAME(CKR_USER_ALREADY_LOGGED_IN);
                RETURN_NAME(CKR_USER_NOT_LOGGED_IN);
                RETURN_NAME(CKR_USER_PIN_NOT_INITIALIZED);
                RETURN_NAME(CKR_USER_TYPE_INVALID);
                RETURN_NAME(CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
                RETURN_NAME(CKR_USER_TOO_MANY_TYPES);
                RETURN_NAME(CKR_WRAPPED_KEY_INVALID);
                RETURN_NAME(CKR_WRAPPED_KEY_LEN_RANGE);
                RETURN_NAME(CKR_WRAPPING_KEY_HANDLE_INVALID);
                RETURN_NAME(CKR_WRAPPING_KEY_SIZE_RANGE);
                RETURN_NAME(CKR_WRAPPING_KEY_TYPE_INCONSISTENT);
                RETURN_NAME(CKR_RANDOM_SEED_NOT_SUPPORTED);
                RETURN_NAME(CKR_RANDOM_NO_RNG);
                RETURN_NAME(CKR_DOMAIN_PARAMS_INVALID);
                RETURN_NAME(CKR_CURVE_NOT_SUPPORTED);
                RETURN_NAME(CKR_BUFFER_TOO_SMALL);
                RETURN_NAME(CKR_SAVED_STATE_INVALID);
                RETURN_NAME(CKR_INFORMATION_SENSITIVE);
                RETURN_NAME(CKR_STATE_UNSAVEABLE);
                RETURN_NAME(CKR_CRYPTOKI_NOT_INITIALIZED);
                RETURN_NAME(CKR_CRYPTOKI_ALREADY_INITIALIZED);
                RETURN_NAME(CKR_MUTEX_BAD);
                RETURN_NAME(CKR_MUTEX_NOT_LOCKED);
                RETURN_NAME(CKR_NEW_PIN_MODE);
                RETURN_NAME(CKR_NEXT_OTP);
                RETURN_NAME(CKR_EXCEEDED_MAX_ITERATIONS);
                RETURN_NAME(CKR_FIPS_SELF_TEST_FAILED);
                RETURN_NAME(CKR_LIBRARY_LOAD_FAILED);
                RETURN_NAME(CKR_PIN_TOO_WEAK);
                RETURN_NAME(CKR_PUBLIC_KEY_INVALID);
                RETURN_NAME(CKR_FUNCTION_REJECTED);
        default:
                snprintf(buffer, 24, "0x%08llX", (unsigned long long) rv);
                return buffer;
        }
}
