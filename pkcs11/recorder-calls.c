/* The function list: first the calls that are let through, then those that are refused. */

#include "recorder-internal.h"

/* Calls the vendor's function of that name and records it. A vendor may leave entries of its list empty. */
#define FORWARD(number, session, name, ...)                                                                  \
        ({                                                                                                   \
                const CK_FUNCTION_LIST *vendor_ = recorder_state()->vendor;                                  \
                CK_RV rv_;                                                                                   \
                                                                                                             \
                if (!vendor_ || !vendor_->name)                                                              \
                        rv_ = flight_refuse(CKR_FUNCTION_NOT_SUPPORTED);                                     \
                else {                                                                                       \
                        Flight flight_ = flight_begin(number, session);                                      \
                                                                                                             \
                        rv_ = vendor_->name(__VA_ARGS__);                                                    \
                        flight_end(&flight_, rv_);                                                           \
                }                                                                                            \
                rv_;                                                                                         \
        })

/* --- the module -------------------------------------------------------------------------------------------
 */

/* A second C_Initialize deadlocks some modules, so none ever reaches one. */
static CK_RV rec_initialize(void *args) {
        RecorderState *s = recorder_state();
        CK_RV rv;

        if (s->initialized)
                return flight_refuse(CKR_CRYPTOKI_ALREADY_INITIALIZED);
        rv = FORWARD(CALL_INITIALIZE, CK_INVALID_HANDLE, C_Initialize, args);
        if (rv == CKR_OK || rv == CKR_CRYPTOKI_ALREADY_INITIALIZED)
                s->initialized = true;
        return rv;
}

static CK_RV rec_finalize(void *reserved) {
        RecorderState *s = recorder_state();

        if (!s->initialized)
                return flight_refuse(CKR_CRYPTOKI_NOT_INITIALIZED);
        s->sessions = 0;
        return FORWARD(CALL_FINALIZE, CK_INVALID_HANDLE, C_Finalize, reserved);
}

static CK_RV rec_get_info(CK_INFO *info) {
        return FORWARD(CALL_GET_INFO, CK_INVALID_HANDLE, C_GetInfo, info);
}

static CK_RV rec_get_function_list(CK_FUNCTION_LIST **list) {
        if (!list)
                return CKR_ARGUMENTS_BAD;
        *list = recorder_calls();
        return CKR_OK;
}

/* --- slots and tokens
 * --------------------------------------------------------------------------------------- */

static CK_RV one_slot(CK_SLOT_ID slot, CK_SLOT_ID *list, CK_ULONG *count) {
        CK_ULONG room = *count;

        *count = 1;
        if (!list)
                return CKR_OK;
        if (room < 1)
                return CKR_BUFFER_TOO_SMALL;
        list[0] = slot;
        return CKR_OK;
}

static CK_RV rec_get_slot_list(CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *count) {
        RecorderState *s = recorder_state();
        CK_ULONG room;
        CK_RV rv;

        if (!count)
                return CKR_ARGUMENTS_BAD;
        if (s->has_slot)
                return one_slot(s->slot, list, count);
        room = *count;
        rv = FORWARD(CALL_GET_SLOT_LIST, CK_INVALID_HANDLE, C_GetSlotList, present, list, count);
        return rv == CKR_OK && list && *count > room ? flight_disbelieve(CKR_BUFFER_TOO_SMALL) : rv;
}

static CK_RV rec_get_slot_info(CK_SLOT_ID slot, CK_SLOT_INFO *info) {
        return FORWARD(CALL_GET_SLOT_INFO, CK_INVALID_HANDLE, C_GetSlotInfo, slot, info);
}

static CK_RV rec_get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info) {
        return FORWARD(CALL_GET_TOKEN_INFO, CK_INVALID_HANDLE, C_GetTokenInfo, slot, info);
}

static CK_RV rec_get_mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count) {
        CK_ULONG room;
        CK_RV rv;

        if (!count)
                return CKR_ARGUMENTS_BAD;
        room = *count;
        rv = FORWARD(CALL_GET_MECHANISM_LIST, CK_INVALID_HANDLE, C_GetMechanismList, slot, list, count);
        return rv == CKR_OK && list && *count > room ? flight_disbelieve(CKR_BUFFER_TOO_SMALL) : rv;
}

static CK_RV rec_get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info) {
        return FORWARD(CALL_GET_MECHANISM_INFO, CK_INVALID_HANDLE, C_GetMechanismInfo, slot, type, info);
}

/* --- sessions
 * ----------------------------------------------------------------------------------------------- */

static CK_RV rec_open_session(
        CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify, CK_SESSION_HANDLE *session) {
        RecorderState *s = recorder_state();
        CK_RV rv;

        (void) application; /* nobody is called back */
        (void) notify;
        if (flags & CKF_RW_SESSION)
                return flight_refuse(CKR_SESSION_READ_ONLY);
        if (s->lent != CK_INVALID_HANDLE) {
                *session = s->lent;
                return CKR_OK;
        }
        rv = FORWARD(CALL_OPEN_SESSION, CK_INVALID_HANDLE, C_OpenSession, slot, flags, NULL, NULL, session);
        if (rv == CKR_OK)
                s->sessions++;
        return rv;
}

static CK_RV rec_close_session(CK_SESSION_HANDLE session) {
        RecorderState *s = recorder_state();
        CK_RV rv;

        if (s->lent != CK_INVALID_HANDLE)
                return CKR_OK;
        rv = FORWARD(CALL_CLOSE_SESSION, session, C_CloseSession, session);
        if (rv == CKR_OK && s->sessions > 0)
                s->sessions--;
        return rv;
}

static CK_RV rec_close_all_sessions(CK_SLOT_ID slot) {
        RecorderState *s = recorder_state();
        CK_RV rv;

        if (s->lent != CK_INVALID_HANDLE)
                return CKR_OK;
        rv = FORWARD(CALL_CLOSE_ALL_SESSIONS, CK_INVALID_HANDLE, C_CloseAllSessions, slot);
        if (rv == CKR_OK)
                s->sessions = 0;
        return rv;
}

static CK_RV rec_get_session_info(CK_SESSION_HANDLE session, CK_SESSION_INFO *info) {
        return FORWARD(CALL_GET_SESSION_INFO, session, C_GetSessionInfo, session, info);
}

/* A wrong PIN must be tried once and never again, so nobody but the probe's login rung starts a C_Login. */
static CK_RV rec_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG size) {
        RecorderState *s = recorder_state();

        if (user != CKU_USER)
                return flight_refuse(CKR_USER_TYPE_INVALID);
        if (!s->login_armed)
                return flight_refuse(CKR_FUNCTION_REJECTED);
        s->login_armed = false;
        s->logins++;
        return FORWARD(CALL_LOGIN, session, C_Login, session, user, pin, size);
}

static CK_RV rec_logout(CK_SESSION_HANDLE session) {
        return FORWARD(CALL_LOGOUT, session, C_Logout, session);
}

/* --- objects
 * ------------------------------------------------------------------------------------------------ */

#define ATTRIBUTES_MAX 16
/* No public attribute is longer. Who asks for a length allocates, and clears, what he is told. */
#define ATTRIBUTE_SIZE_MAX (64 * 1024)

/* Whether the object is one whose CKA_VALUE is public. The module is asked: a class that a caller states is
 * no proof.
 */
static bool is_certificate(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object) {
        CK_OBJECT_CLASS class = CK_UNAVAILABLE_INFORMATION;
        CK_ATTRIBUTE a = {.type = CKA_CLASS, .pValue = &class, .ulValueLen = sizeof(class)};

        return FORWARD(CALL_GET_ATTRIBUTE_VALUE, session, C_GetAttributeValue, session, object, &a, 1) ==
                       CKR_OK &&
               class == CKO_CERTIFICATE;
}

static bool all_public(
        CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, const CK_ATTRIBUTE *a, CK_ULONG n) {
        for (CK_ULONG i = 0; i < n; i++) {
                if (a[i].type == CKA_VALUE && is_certificate(session, object))
                        continue;
                if (!policy_attribute_is_public(a[i].type))
                        return false;
        }
        return true;
}

/* What a module says of lengths although it returned CKR_OK. One beyond what was offered would make the
 * caller read past its buffer, an absurd one take all memory; that an attribute is missing has to be told by
 * the return value too (v2.40, C_GetAttributeValue), and callers look no further. */
static CK_RV judge_lengths(const CK_ATTRIBUTE *a, const CK_ULONG *room, CK_ULONG n) {
        CK_RV rv = CKR_OK;

        for (CK_ULONG i = 0; i < n; i++) {
                if (a[i].ulValueLen == CK_UNAVAILABLE_INFORMATION)
                        rv = CKR_ATTRIBUTE_TYPE_INVALID;
                else if (a[i].ulValueLen > (a[i].pValue ? room[i] : ATTRIBUTE_SIZE_MAX))
                        return CKR_BUFFER_TOO_SMALL;
        }
        return rv;
}

static CK_RV rec_get_attribute_value(
        CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *a, CK_ULONG n) {
        CK_ULONG room[ATTRIBUTES_MAX];
        CK_RV rv;

        if (!a || n > ATTRIBUTES_MAX)
                return flight_refuse(CKR_ARGUMENTS_BAD);
        if (!all_public(session, object, a, n)) {
                for (CK_ULONG i = 0; i < n; i++)
                        a[i].ulValueLen = CK_UNAVAILABLE_INFORMATION;
                return flight_refuse(CKR_ATTRIBUTE_SENSITIVE);
        }
        for (CK_ULONG i = 0; i < n; i++)
                room[i] = a[i].ulValueLen;
        rv = FORWARD(CALL_GET_ATTRIBUTE_VALUE, session, C_GetAttributeValue, session, object, a, n);
        if (rv != CKR_OK)
                return rv;
        rv = judge_lengths(a, room, n);
        return rv == CKR_OK ? rv : flight_disbelieve(rv);
}

static bool template_is_public(const CK_ATTRIBUTE *a, CK_ULONG n) {
        for (CK_ULONG i = 0; i < n; i++)
                if (!policy_attribute_is_public(a[i].type))
                        return false;
        return true;
}

static void begin_shown_search(RecorderState *s, const CK_ATTRIBUTE *a, CK_ULONG n) {
        s->search_next = 0;
        s->search_any = true;
        for (CK_ULONG i = 0; i < n; i++)
                if (a[i].type == CKA_CLASS && a[i].ulValueLen == sizeof(CK_OBJECT_CLASS)) {
                        memcpy(&s->search_class, a[i].pValue, sizeof(CK_OBJECT_CLASS));
                        s->search_any = false;
                }
}

static CK_RV rec_find_objects_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *a, CK_ULONG n) {
        RecorderState *s = recorder_state();

        /* whether a search by a secret value finds something would tell that value */
        if ((n > 0 && !a) || !template_is_public(a, n))
                return flight_refuse(CKR_ATTRIBUTE_TYPE_INVALID);
        if (s->n_objects > 0) {
                begin_shown_search(s, a, n);
                return CKR_OK;
        }
        return FORWARD(CALL_FIND_OBJECTS_INIT, session, C_FindObjectsInit, session, a, n);
}

static CK_ULONG shown_objects(RecorderState *s, CK_OBJECT_HANDLE *objects, CK_ULONG max) {
        CK_ULONG n = 0;

        for (; s->search_next < s->n_objects && n < max; s->search_next++)
                if (s->search_any || s->objects[s->search_next].object_class == s->search_class)
                        objects[n++] = s->objects[s->search_next].handle;
        return n;
}

static CK_RV rec_find_objects(
        CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG max, CK_ULONG *count) {
        RecorderState *s = recorder_state();
        CK_RV rv;

        if (s->n_objects > 0) {
                *count = shown_objects(s, objects, max);
                return CKR_OK;
        }
        rv = FORWARD(CALL_FIND_OBJECTS, session, C_FindObjects, session, objects, max, count);
        return rv == CKR_OK && *count > max ? flight_disbelieve(CKR_BUFFER_TOO_SMALL) : rv;
}

static CK_RV rec_find_objects_final(CK_SESSION_HANDLE session) {
        if (recorder_state()->n_objects > 0)
                return CKR_OK;
        return FORWARD(CALL_FIND_OBJECTS_FINAL, session, C_FindObjectsFinal, session);
}

/* --- exercise
 * ----------------------------------------------------------------------------------------------- */

/* A key that may do this at all, by another mechanism or with another parameter, is told from one that may
 * not. */
static CK_RV check_use(MechanismUse use, const CK_MECHANISM *m, CK_OBJECT_HANDLE key) {
        const RecorderState *s = recorder_state();

        if (!m)
                return CKR_ARGUMENTS_BAD;
        if (policy_allows(s, use, key, m))
                return CKR_OK;
        for (size_t i = 0; i < s->n_grants; i++)
                if (s->grants[i].use == use && s->grants[i].key == key)
                        return CKR_MECHANISM_INVALID;
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
}

static CK_RV rec_sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key) {
        CK_RV rv = check_use(USE_SIGN, mechanism, key);

        if (rv != CKR_OK && check_use(USE_MAC, mechanism, key) != CKR_OK)
                return flight_refuse(rv);
        return FORWARD(CALL_SIGN_INIT, session, C_SignInit, session, mechanism, key);
}

static CK_RV rec_encrypt_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key) {
        CK_RV rv = check_use(USE_ENCRYPT, mechanism, key);

        if (rv != CKR_OK)
                return flight_refuse(rv);
        return FORWARD(CALL_ENCRYPT_INIT, session, C_EncryptInit, session, mechanism, key);
}

static CK_RV rec_decrypt_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key) {
        CK_RV rv = check_use(USE_DECRYPT, mechanism, key);

        if (rv != CKR_OK)
                return flight_refuse(rv);
        return FORWARD(CALL_DECRYPT_INIT, session, C_DecryptInit, session, mechanism, key);
}

/* What a module says of a result's length although it returned CKR_OK. */
static CK_RV judge_result(CK_RV rv, const CK_BYTE *out, CK_ULONG size, CK_ULONG room) {
        return rv == CKR_OK && out && size > room ? flight_disbelieve(CKR_BUFFER_TOO_SMALL) : rv;
}

static CK_RV rec_sign(
        CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_size, CK_BYTE *signature, CK_ULONG *size) {
        CK_ULONG room;
        CK_RV rv;

        if (!size)
                return flight_refuse(CKR_ARGUMENTS_BAD);
        room = *size;
        rv = FORWARD(CALL_SIGN, session, C_Sign, session, data, data_size, signature, size);
        if (rv == CKR_OK && signature)
                recorder_state()->signs++;
        return judge_result(rv, signature, *size, room);
}

static CK_RV rec_encrypt(
        CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_size, CK_BYTE *out, CK_ULONG *size) {
        CK_ULONG room;

        if (!size || !policy_is_zero_block(data, data_size))
                return flight_refuse(CKR_ARGUMENTS_BAD);
        room = *size;
        return judge_result(FORWARD(CALL_ENCRYPT, session, C_Encrypt, session, data, data_size, out, size),
                out, *size, room);
}

static CK_RV rec_decrypt(
        CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_size, CK_BYTE *out, CK_ULONG *size) {
        CK_ULONG room;

        if (!size)
                return flight_refuse(CKR_ARGUMENTS_BAD);
        room = *size;
        return judge_result(FORWARD(CALL_DECRYPT, session, C_Decrypt, session, data, data_size, out, size),
                out, *size, room);
}

static CK_RV rec_generate_random(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG size) {
        return FORWARD(CALL_GENERATE_RANDOM, session, C_GenerateRandom, session, data, size);
}

/* --- refused: the types are the standard's, the answer is one
 * ------------------------------------------------- */

#pragma GCC diagnostic ignored "-Wunused-parameter"

#define REFUSE(name, ...)                                                                                    \
        static CK_RV no_##name(__VA_ARGS__) {                                                                \
                return flight_refuse(CKR_FUNCTION_NOT_SUPPORTED);                                            \
        }

/* NOLINTBEGIN(bugprone-macro-parentheses): these are declarations */
#define S CK_SESSION_HANDLE s
#define M CK_MECHANISM *m
#define K CK_OBJECT_HANDLE k
#define IN(x) CK_BYTE *x, CK_ULONG x##_size
#define OUT(x) CK_BYTE *x, CK_ULONG *x##_size
#define TEMPLATE(x) CK_ATTRIBUTE *x, CK_ULONG x##_count
/* NOLINTEND(bugprone-macro-parentheses) */

REFUSE(init_token, CK_SLOT_ID slot, IN(pin), CK_UTF8CHAR *label)
REFUSE(init_pin, S, IN(pin))
REFUSE(set_pin, S, IN(old), IN(new))
REFUSE(get_operation_state, S, OUT(state))
REFUSE(set_operation_state, S, IN(state), K, CK_OBJECT_HANDLE authentication)
REFUSE(create_object, S, TEMPLATE(a), CK_OBJECT_HANDLE *object)
REFUSE(copy_object, S, K, TEMPLATE(a), CK_OBJECT_HANDLE *object)
REFUSE(destroy_object, S, K)
REFUSE(get_object_size, S, K, CK_ULONG *size)
REFUSE(set_attribute_value, S, K, TEMPLATE(a))
REFUSE(init_with_key, S, M, K)      /* C_VerifyInit and so on */
REFUSE(in_out, S, IN(in), OUT(out)) /* C_EncryptUpdate, C_Digest and so on */
REFUSE(in, S, IN(in))               /* C_SignUpdate, C_DigestUpdate and so on */
REFUSE(out, S, OUT(out))            /* C_SignFinal and so on */
REFUSE(in_in, S, IN(in), CK_BYTE *signature, CK_ULONG size)
REFUSE(digest_init, S, M)
REFUSE(session_only, S)
REFUSE(with_key, S, K)
REFUSE(generate_key, S, M, TEMPLATE(a), CK_OBJECT_HANDLE *key)
REFUSE(generate_key_pair, S, M, TEMPLATE(a), TEMPLATE(b), CK_OBJECT_HANDLE *p, CK_OBJECT_HANDLE *q)
REFUSE(wrap_key, S, M, CK_OBJECT_HANDLE wrapping, K, OUT(out))
REFUSE(unwrap_key, S, M, K, IN(in), TEMPLATE(a), CK_OBJECT_HANDLE *key)
REFUSE(derive_key, S, M, K, TEMPLATE(a), CK_OBJECT_HANDLE *key)
REFUSE(wait_for_slot_event, CK_FLAGS flags, CK_SLOT_ID *slot, void *reserved)

CK_FUNCTION_LIST *recorder_calls(void) {
        static CK_FUNCTION_LIST calls = {
                .version = {2, 40},
                .C_Initialize = rec_initialize,
                .C_Finalize = rec_finalize,
                .C_GetInfo = rec_get_info,
                .C_GetFunctionList = rec_get_function_list,
                .C_GetSlotList = rec_get_slot_list,
                .C_GetSlotInfo = rec_get_slot_info,
                .C_GetTokenInfo = rec_get_token_info,
                .C_GetMechanismList = rec_get_mechanism_list,
                .C_GetMechanismInfo = rec_get_mechanism_info,
                .C_InitToken = no_init_token,
                .C_InitPIN = no_init_pin,
                .C_SetPIN = no_set_pin,
                .C_OpenSession = rec_open_session,
                .C_CloseSession = rec_close_session,
                .C_CloseAllSessions = rec_close_all_sessions,
                .C_GetSessionInfo = rec_get_session_info,
                .C_GetOperationState = no_get_operation_state,
                .C_SetOperationState = no_set_operation_state,
                .C_Login = rec_login,
                .C_Logout = rec_logout,
                .C_CreateObject = no_create_object,
                .C_CopyObject = no_copy_object,
                .C_DestroyObject = no_destroy_object,
                .C_GetObjectSize = no_get_object_size,
                .C_GetAttributeValue = rec_get_attribute_value,
                .C_SetAttributeValue = no_set_attribute_value,
                .C_FindObjectsInit = rec_find_objects_init,
                .C_FindObjects = rec_find_objects,
                .C_FindObjectsFinal = rec_find_objects_final,
                .C_EncryptInit = rec_encrypt_init,
                .C_Encrypt = rec_encrypt,
                .C_EncryptUpdate = no_in_out,
                .C_EncryptFinal = no_out,
                .C_DecryptInit = rec_decrypt_init,
                .C_Decrypt = rec_decrypt,
                .C_DecryptUpdate = no_in_out,
                .C_DecryptFinal = no_out,
                .C_DigestInit = no_digest_init,
                .C_Digest = no_in_out,
                .C_DigestUpdate = no_in,
                .C_DigestKey = no_with_key,
                .C_DigestFinal = no_out,
                .C_SignInit = rec_sign_init,
                .C_Sign = rec_sign,
                .C_SignUpdate = no_in,
                .C_SignFinal = no_out,
                .C_SignRecoverInit = no_init_with_key,
                .C_SignRecover = no_in_out,
                .C_VerifyInit = no_init_with_key,
                .C_Verify = no_in_in,
                .C_VerifyUpdate = no_in,
                .C_VerifyFinal = no_in,
                .C_VerifyRecoverInit = no_init_with_key,
                .C_VerifyRecover = no_in_out,
                .C_DigestEncryptUpdate = no_in_out,
                .C_DecryptDigestUpdate = no_in_out,
                .C_SignEncryptUpdate = no_in_out,
                .C_DecryptVerifyUpdate = no_in_out,
                .C_GenerateKey = no_generate_key,
                .C_GenerateKeyPair = no_generate_key_pair,
                .C_WrapKey = no_wrap_key,
                .C_UnwrapKey = no_unwrap_key,
                .C_DeriveKey = no_derive_key,
                .C_SeedRandom = no_in,
                .C_GenerateRandom = rec_generate_random,
                .C_GetFunctionStatus = no_session_only,
                .C_CancelFunction = no_session_only,
                .C_WaitForSlotEvent = no_wait_for_slot_event,
        };

        return &calls;
}
