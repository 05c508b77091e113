/* Operations with keys, digests and random numbers. */
#include <string.h>

#include "client.h"

/* A result is longer than what went in by no more than this, so a question for the length needs no machine.
 */
#define RESULT_MORE 1024
#define ABSURD_LENGTH ((CK_ULONG) 1 << 40)

static CK_RV begin(uint32_t function, CK_SESSION_HANDLE session, CK_MECHANISM *m, CK_OBJECT_HANDLE key) {
        Request r;
        CK_RV rv = request_begin(&r, function, session);

        if (rv == CKR_OK) {
                wire_put_u64(&r.w, m->mechanism);
                wire_put(&r.w, m->pParameter, m->pParameter ? m->ulParameterLen : 0);
                wire_put_u64(&r.w, key);
                rv = request_send(&r);
        }
        return request_end(&r, rv);
}

static CK_RV take_result(Request *r, CK_BYTE *out, CK_ULONG *out_size) {
        CK_ULONG room = *out_size;
        size_t n;
        const uint8_t *result = wire_get(&r->w, &n);

        *out_size = faults_garbage(r->function) ? ABSURD_LENGTH : n;
        if (n > room)
                return CKR_BUFFER_TOO_SMALL;
        if (n > 0)
                memcpy(out, result, n);
        return CKR_OK;
}

static CK_RV finish(uint32_t function, CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_size, CK_BYTE *out,
        CK_ULONG *out_size) {
        CK_RV rv = client_usable();
        Request r;

        if (!out) {
                if (rv == CKR_OK)
                        *out_size = in_size + RESULT_MORE;
                return rv;
        }
        rv = request_begin(&r, function, session);
        if (rv == CKR_OK) {
                wire_put(&r.w, in, in_size);
                rv = request_send(&r);
        }
        if (rv == CKR_OK)
                rv = take_result(&r, out, out_size);
        return request_end(&r, rv);
}

CK_RV c_SignInit(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key) {
        return begin(WIRE_SignInit, s, m, key);
}

CK_RV c_Sign(CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out, CK_ULONG *size) {
        if (out)
                faults_of_sign();
        return finish(WIRE_Sign, s, in, n, out, size);
}

CK_RV c_EncryptInit(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key) {
        return begin(WIRE_EncryptInit, s, m, key);
}

CK_RV c_Encrypt(CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out, CK_ULONG *size) {
        return finish(WIRE_Encrypt, s, in, n, out, size);
}

CK_RV c_DecryptInit(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key) {
        return begin(WIRE_DecryptInit, s, m, key);
}

CK_RV c_Decrypt(CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out, CK_ULONG *size) {
        return finish(WIRE_Decrypt, s, in, n, out, size);
}

CK_RV c_DigestInit(CK_SESSION_HANDLE s, CK_MECHANISM *m) {
        return begin(WIRE_DigestInit, s, m, CK_INVALID_HANDLE);
}

CK_RV c_Digest(CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out, CK_ULONG *size) {
        return finish(WIRE_Digest, s, in, n, out, size);
}

static CK_RV take_random(Wire *w, CK_BYTE *out, CK_ULONG n) {
        size_t size;
        const uint8_t *random = wire_get(w, &size);

        if (size != n)
                return CKR_DEVICE_ERROR;
        if (n > 0)
                memcpy(out, random, n);
        return CKR_OK;
}

CK_RV c_GenerateRandom(CK_SESSION_HANDLE session, CK_BYTE *out, CK_ULONG n) {
        Request r;
        CK_RV rv;

        if (n > WIRE_MAX)
                return CKR_ARGUMENTS_BAD; /* no frame has room for it */
        rv = request_begin(&r, WIRE_GenerateRandom, session);
        if (rv == CKR_OK) {
                wire_put_u32(&r.w, (uint32_t) n);
                rv = request_send(&r);
        }
        if (rv == CKR_OK)
                rv = take_random(&r.w, out, n);
        return request_end(&r, rv);
}
