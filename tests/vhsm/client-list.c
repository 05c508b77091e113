/* The list of functions, and those of them of which the machine is told nothing but the name: it counts them,
 * and refuses all that would change it. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"
#define REST(name, ...)                                                                                      \
        CK_RV c_##name(CK_SESSION_HANDLE s, ##__VA_ARGS__) {                                                 \
                return request_plain(WIRE_##name, s);                                                        \
        }
/* NOLINTBEGIN(bugprone-macro-parentheses): these are declarations */
#define IN(x) CK_BYTE *x, CK_ULONG x##_n
#define OUT(x) CK_BYTE *x, CK_ULONG *x##_n
#define M CK_MECHANISM *m
#define K CK_OBJECT_HANDLE k
#define T(x) CK_ATTRIBUTE *x, CK_ULONG x##_n
/* NOLINTEND(bugprone-macro-parentheses) */

REST(InitPIN, IN(pin))
REST(SetPIN, IN(a), IN(b))
REST(GetOperationState, OUT(a))
REST(SetOperationState, IN(a), K, CK_OBJECT_HANDLE l)
REST(CreateObject, T(a), CK_OBJECT_HANDLE *o)
REST(CopyObject, K, T(a), CK_OBJECT_HANDLE *o)
REST(DestroyObject, K)
REST(GetObjectSize, K, CK_ULONG *size)
REST(SetAttributeValue, K, T(a))
REST(EncryptUpdate, IN(a), OUT(b))
REST(EncryptFinal, OUT(b))
REST(DecryptUpdate, IN(a), OUT(b))
REST(DecryptFinal, OUT(b))
REST(DigestUpdate, IN(a))
REST(DigestKey, K)
REST(DigestFinal, OUT(b))
REST(SignUpdate, IN(a))
REST(SignFinal, OUT(b))
REST(SignRecoverInit, M, K)
REST(SignRecover, IN(a), OUT(b))
REST(VerifyInit, M, K)
REST(Verify, IN(a), IN(b))
REST(VerifyUpdate, IN(a))
REST(VerifyFinal, IN(b))
REST(VerifyRecoverInit, M, K)
REST(VerifyRecover, IN(a), OUT(b))
REST(DigestEncryptUpdate, IN(a), OUT(b))
REST(DecryptDigestUpdate, IN(a), OUT(b))
REST(SignEncryptUpdate, IN(a), OUT(b))
REST(DecryptVerifyUpdate, IN(a), OUT(b))
REST(GenerateKey, M, T(a), CK_OBJECT_HANDLE *o)
REST(GenerateKeyPair, M, T(a), T(b), CK_OBJECT_HANDLE *o, CK_OBJECT_HANDLE *p)
REST(WrapKey, M, K, CK_OBJECT_HANDLE l, OUT(b))
REST(UnwrapKey, M, K, IN(a), T(b), CK_OBJECT_HANDLE *o)
REST(DeriveKey, M, K, T(a), CK_OBJECT_HANDLE *o)
REST(SeedRandom, IN(a))

CK_RV c_InitToken(CK_SLOT_ID slot, IN(pin), CK_UTF8CHAR *label) {
        return request_plain(WIRE_InitToken, CK_INVALID_HANDLE);
}

CK_RV c_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID *slot, void *reserved) {
        return request_plain(WIRE_WaitForSlotEvent, CK_INVALID_HANDLE);
}

/* PKCS#11 v2.40, 5.15: what was for parallel functions answers that and nothing else. */
static CK_RV not_parallel(uint32_t function, CK_SESSION_HANDLE s) {
        CK_RV rv = request_plain(function, s);

        return rv == CKR_FUNCTION_NOT_SUPPORTED ? CKR_FUNCTION_NOT_PARALLEL : rv;
}

CK_RV c_GetFunctionStatus(CK_SESSION_HANDLE s) {
        return not_parallel(WIRE_GetFunctionStatus, s);
}

CK_RV c_CancelFunction(CK_SESSION_HANDLE s) {
        return not_parallel(WIRE_CancelFunction, s);
}

/* Some vendors' lists have nothing where they have no function. */
static void leave_out(CK_FUNCTION_LIST *list, const char *name) {
#define OFFSET(name) [WIRE_##name] = offsetof(CK_FUNCTION_LIST, C_##name),
        static const size_t offsets[] = {WIRE_FUNCTIONS(OFFSET)};
        uint32_t function = name ? wire_number(name) : WIRE_NONE;

        if (function != WIRE_NONE)
                memset((char *) list + offsets[function], 0, sizeof(list->C_Initialize));
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list) {
#define ENTRY(name) .C_##name = c_##name,
        static CK_FUNCTION_LIST functions = {
                .version = {2, 40}, WIRE_FUNCTIONS(ENTRY).C_GetFunctionList = C_GetFunctionList};

        if (!list)
                return CKR_ARGUMENTS_BAD;
        leave_out(&functions, getenv("VHSM_WITHOUT"));
        *list = &functions;
        return CKR_OK;
}
