/* Objects: found, and their attributes read. */
#include <string.h>

#include "client.h"
#include "macro.h"

#define ABSURD_COUNT 0x7fffffff
#define ABSURD_LENGTH ((CK_ULONG) 1 << 40)

static CK_RV take_attribute(CK_ATTRIBUTE *a, Wire *w) {
        bool has = wire_get_u32(w);
        size_t n;
        const uint8_t *value = wire_get(w, &n);
        CK_ULONG room = a->ulValueLen;

        a->ulValueLen = has ? n : CK_UNAVAILABLE_INFORMATION;
        if (!has || !a->pValue)
                return CKR_OK;
        if (room < n) {
                a->ulValueLen = CK_UNAVAILABLE_INFORMATION;
                return CKR_BUFFER_TOO_SMALL;
        }
        if (n > 0)
                memcpy(a->pValue, value, n);
        if (faults_garbage(WIRE_GetAttributeValue))
                a->ulValueLen = ABSURD_LENGTH;
        return CKR_OK;
}

CK_RV c_GetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *a, CK_ULONG n) {
        Request r;
        CK_RV rv = request_begin(&r, WIRE_GetAttributeValue, session);

        if (rv == CKR_OK) {
                wire_put_u64(&r.w, object);
                wire_put_u32(&r.w, (uint32_t) n);
                for (CK_ULONG i = 0; i < n; i++)
                        wire_put_u64(&r.w, a[i].type);
                rv = request_send(&r);
        }
        if (rv == CKR_OK || rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE)
                for (CK_ULONG i = 0; i < n; i++) {
                        CK_RV one = take_attribute(&a[i], &r.w);

                        rv = one != CKR_OK ? one : rv;
                }
        return request_end(&r, rv);
}

CK_RV c_FindObjectsInit(CK_SESSION_HANDLE session, CK_ATTRIBUTE *a, CK_ULONG n) {
        Request r;
        CK_RV rv = request_begin(&r, WIRE_FindObjectsInit, session);

        if (rv == CKR_OK) {
                wire_put_u32(&r.w, (uint32_t) n);
                for (CK_ULONG i = 0; i < n; i++) {
                        wire_put_u64(&r.w, a[i].type);
                        wire_put(&r.w, a[i].pValue, a[i].pValue ? a[i].ulValueLen : 0);
                }
                rv = request_send(&r);
        }
        return request_end(&r, rv);
}

CK_RV c_FindObjects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG max, CK_ULONG *count) {
        Request r;
        CK_RV rv = request_begin(&r, WIRE_FindObjects, session);

        if (rv == CKR_OK) {
                wire_put_u32(&r.w, (uint32_t) MIN_OF(max, (CK_ULONG) UINT32_MAX));
                rv = request_send(&r);
        }
        if (rv == CKR_OK) {
                CK_ULONG n = wire_get_u32(&r.w);

                n = MIN_OF(n, max);
                for (CK_ULONG i = 0; i < n; i++)
                        objects[i] = wire_get_u64(&r.w);
                *count = faults_garbage(WIRE_FindObjects) ? ABSURD_COUNT : n;
        }
        return request_end(&r, rv);
}

CK_RV c_FindObjectsFinal(CK_SESSION_HANDLE session) {
        return request_plain(WIRE_FindObjectsFinal, session);
}
