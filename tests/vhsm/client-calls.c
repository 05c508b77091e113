/* The function list. What the machine knows is passed on with its arguments; the rest with nothing but its
 * name: the machine counts and refuses it. */
#include "client.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIN(a, b) ((a) < (b) ? (a) : (b))

static void pad(CK_UTF8CHAR *dst, size_t size, Wire *w) {
        size_t n;
        const uint8_t *s = wire_get(w, &n);

        memset(dst, ' ', size);
        if (s)
                memcpy(dst, s, MIN(n, size));
}

/* --- the module
 * --------------------------------------------------------------------------------------------------- */

static CK_RV c_Initialize(void *args) {
        CK_RV rv = client_initialize();
        Request r;

        (void) args;
        if (rv != CKR_OK)
                return rv;
        rv = request_begin(&r, WIRE_Initialize, CK_INVALID_HANDLE);
        if (rv == CKR_OK)
                rv = request_send(&r);
        request_end(&r);
        faults_initialize();
        return rv;
}

static CK_RV c_Finalize(void *reserved) {
        Request r;

        (void) reserved;
        if (!client()->initialized)
                return CKR_CRYPTOKI_NOT_INITIALIZED;
        if (request_begin(&r, WIRE_Finalize, CK_INVALID_HANDLE) == CKR_OK)
                request_send(&r);
        request_end(&r);
        client_finalize();
        return CKR_OK;
}

static CK_RV c_GetInfo(CK_INFO *info) {
        Request r;
        CK_RV rv = request_begin(&r, WIRE_GetInfo, CK_INVALID_HANDLE);

        if (rv == CKR_OK)
                rv = request_send(&r);
        if (rv == CKR_OK) {
                *info = (CK_INFO){.cryptokiVersion = {2, 40}, .libraryVersion = {1, 0}};
                pad(info->manufacturerID, sizeof(info->manufacturerID), &r.w);
                memset(info->libraryDescription, ' ', sizeof(info->libraryDescription));
        }
        request_end(&r);
        return rv;
}

static CK_RV read_slots(CK_BBOOL present) {
        Client *c = client();
        Request r;
        CK_RV rv = request_begin(&r, WIRE_GetSlotList, CK_INVALID_HANDLE);

        if (rv == CKR_OK) {
                wire_put_u32(&r.w, present);
                rv = request_send(&r);
        }
        if (rv == CKR_OK) {
                CK_ULONG n = wire_get_u32(&r.w);

                c->n_slots = MIN(n, 16u);
                for (CK_ULONG i = 0; i < c->n_slots; i++)
                        c->slots[i] = wire_get_u64(&r.w);
                c->slots_known = true;
        }
        request_end(&r);
        return rv;
}

static CK_RV c_GetSlotList(CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *count) {
        Client *c = client();
        CK_ULONG room = *count;
        CK_RV rv = CKR_OK;

        if (!c->slots_known)
                rv = read_slots(present);
        else
                faults_before(WIRE_GetSlotList);
        if (rv != CKR_OK || c->poisoned)
                return rv != CKR_OK ? rv : CKR_DEVICE_ERROR;
        *count = faults_garbage(WIRE_GetSlotList) ? 0x7fffffff : c->n_slots;
        if (!list)
                return CKR_OK;
        if (room < c->n_slots)
                return CKR_BUFFER_TOO_SMALL;
        memcpy(list, c->slots, c->n_slots * sizeof(*list));
        return CKR_OK;
}

static CK_RV c_GetSlotInfo(CK_SLOT_ID slot, CK_SLOT_INFO *info) {
        Request r;
        CK_RV rv = request_begin(&r, WIRE_GetSlotInfo, CK_INVALID_HANDLE);

        if (rv == CKR_OK)
                rv = request_send(&r);
        if (rv == CKR_OK) {
                memset(info, ' ', sizeof(*info));
                info->flags = slot < 1000 ? CKF_TOKEN_PRESENT : 0;
                info->hardwareVersion = info->firmwareVersion = (CK_VERSION){1, 0};
        }
        request_end(&r);
        return rv;
}

static CK_RV c_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO *info) {
        Request r;
        CK_RV rv = request_begin(&r, WIRE_GetTokenInfo, CK_INVALID_HANDLE);

        if (rv == CKR_OK) {
                wire_put_u64(&r.w, slot);
                rv = request_send(&r);
        }
        if (rv == CKR_OK) {
                memset(info, 0, sizeof(*info));
                pad(info->label, sizeof(info->label), &r.w);
                pad(info->manufacturerID, sizeof(info->manufacturerID), &r.w);
                pad(info->model, sizeof(info->model), &r.w);
                pad(info->serialNumber, sizeof(info->serialNumber), &r.w);
                info->flags = wire_get_u64(&r.w);
                info->firmwareVersion.major = (CK_BYTE) wire_get_u32(&r.w);
                info->firmwareVersion.minor = (CK_BYTE) wire_get_u32(&r.w);
                info->ulSessionCount = wire_get_u32(&r.w);
                info->ulMinPinLen = 4;
                info->ulMaxPinLen = 64;
                memset(info->utcTime, ' ', sizeof(info->utcTime));
        }
        request_end(&r);
        return rv;
}

static CK_RV c_GetMechanismList(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count) {
        Request r;
        CK_RV rv = request_begin(&r, WIRE_GetMechanismList, CK_INVALID_HANDLE);
        CK_ULONG room = *count, n = 0;

        if (rv == CKR_OK) {
                wire_put_u64(&r.w, slot);
                rv = request_send(&r);
        }
        if (rv == CKR_OK) {
                n = wire_get_u32(&r.w);
                *count = n;
                if (list && room < n)
                        rv = CKR_BUFFER_TOO_SMALL;
                for (CK_ULONG i = 0; list && rv == CKR_OK && i < n; i++)
                        list[i] = wire_get_u64(&r.w);
        }
        request_end(&r);
        return rv;
}

static CK_RV c_GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info) {
        Request r;
        CK_RV rv = request_begin(&r, WIRE_GetMechanismInfo, CK_INVALID_HANDLE);

        if (rv == CKR_OK) {
                wire_put_u64(&r.w, slot);
                wire_put_u64(&r.w, type);
                rv = request_send(&r);
        }
        if (rv == CKR_OK)
                *info = (CK_MECHANISM_INFO){
                        .ulMinKeySize = 128, .ulMaxKeySize = 4096, .flags = wire_get_u64(&r.w)};
        request_end(&r);
        return rv;
}

/* --- sessions
 * ----------------------------------------------------------------------------------------------------- */

static ClientSession *free_session(Client *c) {
        for (size_t i = 0; i < CLIENT_SESSIONS; i++)
                if (c->sessions[i].fd < 0)
                        return &c->sessions[i];
        return NULL;
}

static CK_RV c_OpenSession(
        CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify, CK_SESSION_HANDLE *ret) {
        Client *c = client();
        ClientSession *s;
        int fd, shared;
        Request r;
        CK_RV rv;

        (void) application;
        (void) notify;
        if (!(flags & CKF_SERIAL_SESSION))
                return CKR_SESSION_PARALLEL_NOT_SUPPORTED;
        rv = request_begin(&r, WIRE_OpenSession, CK_INVALID_HANDLE);
        if (rv != CKR_OK)
                return rv;
        s = free_session(c);
        fd = s ? client_connect() : -1;
        wire_put_u64(&r.w, slot);
        wire_put_u64(&r.w, c->application);
        wire_put_u64(&r.w, flags);
        if (fd >= 0) {
                shared = c->fd;
                c->fd = fd; /* the session is the new connection's */
                rv = request_send(&r);
                c->fd = shared;
        } else {
                rv = s ? CKR_DEVICE_ERROR : CKR_SESSION_COUNT;
                if (s)
                        client_poison();
        }
        if (rv == CKR_OK) {
                s->handle = wire_get_u64(&r.w);
                s->fd = fd;
                *ret = s->handle;
        } else if (fd >= 0) {
                close(fd);
        }
        request_end(&r);
        return rv;
}

static CK_RV c_CloseSession(CK_SESSION_HANDLE session) {
        ClientSession *s;
        Request r;
        CK_RV rv = request_begin(&r, WIRE_CloseSession, session);

        s = r.session;
        if (rv == CKR_OK)
                rv = request_send(&r);
        if (s && s->fd >= 0) {
                close(s->fd);
                s->fd = -1;
        }
        request_end(&r);
        return rv;
}

static CK_RV c_CloseAllSessions(CK_SLOT_ID slot) {
        Client *c = client();

        (void) slot;
        for (size_t i = 0; i < CLIENT_SESSIONS; i++)
                if (c->sessions[i].fd >= 0)
                        c_CloseSession(c->sessions[i].handle);
        return CKR_OK;
}

/* A call of a session without arguments and results. */
static CK_RV plain(uint32_t function, CK_SESSION_HANDLE session) {
        Request r;
        CK_RV rv = request_begin(&r, function, session);

        if (rv == CKR_OK)
                rv = request_send(&r);
        request_end(&r);
        return rv;
}

static CK_RV c_GetSessionInfo(CK_SESSION_HANDLE session, CK_SESSION_INFO *info) {
        Request r;
        CK_RV rv = request_begin(&r, WIRE_GetSessionInfo, session);

        if (rv == CKR_OK)
                rv = request_send(&r);
        if (rv == CKR_OK) {
                *info = (CK_SESSION_INFO){.slotID = client()->slots[0]};
                info->state = wire_get_u64(&r.w);
                info->flags = wire_get_u64(&r.w);
        }
        request_end(&r);
        return rv;
}

static CK_RV c_Login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG n) {
        Request r;
        CK_RV rv = request_begin(&r, WIRE_Login, session);

        if (rv == CKR_OK) {
                wire_put_u64(&r.w, user);
                wire_put(&r.w, pin, n);
                rv = request_send(&r);
        }
        if (r.w.data)
                explicit_bzero(r.w.data, r.w.room);
        request_end(&r);
        return rv;
}

static CK_RV c_Logout(CK_SESSION_HANDLE session) {
        return plain(WIRE_Logout, session);
}

/* --- objects
 * ------------------------------------------------------------------------------------------------------ */

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
                a->ulValueLen = (CK_ULONG) 1 << 40;
        return CKR_OK;
}

static CK_RV c_GetAttributeValue(
        CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *a, CK_ULONG n) {
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
        request_end(&r);
        return rv;
}

static CK_RV c_FindObjectsInit(CK_SESSION_HANDLE session, CK_ATTRIBUTE *a, CK_ULONG n) {
        Request r;
        CK_RV rv = request_begin(&r, WIRE_FindObjectsInit, session);

        if (rv == CKR_OK) {
                wire_put_u32(&r.w, (uint32_t) n);
                for (CK_ULONG i = 0; i < n; i++) {
                        wire_put_u64(&r.w, a[i].type);
                        wire_put(&r.w, a[i].pValue, a[i].ulValueLen);
                }
                rv = request_send(&r);
        }
        request_end(&r);
        return rv;
}

static CK_RV c_FindObjects(
        CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG max, CK_ULONG *count) {
        Request r;
        CK_RV rv = request_begin(&r, WIRE_FindObjects, session);

        if (rv == CKR_OK) {
                wire_put_u32(&r.w, (uint32_t) max);
                rv = request_send(&r);
        }
        if (rv == CKR_OK) {
                CK_ULONG n = wire_get_u32(&r.w);

                for (CK_ULONG i = 0; i < n && i < max; i++)
                        objects[i] = wire_get_u64(&r.w);
                *count = faults_garbage(WIRE_FindObjects) ? 0x7fffffff : n;
        }
        request_end(&r);
        return rv;
}

static CK_RV c_FindObjectsFinal(CK_SESSION_HANDLE session) {
        return plain(WIRE_FindObjectsFinal, session);
}

/* --- operations
 * --------------------------------------------------------------------------------------------------- */

static CK_RV begin(uint32_t function, CK_SESSION_HANDLE session, CK_MECHANISM *m, CK_OBJECT_HANDLE key) {
        Request r;
        CK_RV rv = request_begin(&r, function, session);

        if (rv == CKR_OK) {
                wire_put_u64(&r.w, m->mechanism);
                wire_put(&r.w, m->pParameter, m->ulParameterLen);
                wire_put_u64(&r.w, key);
                rv = request_send(&r);
        }
        request_end(&r);
        return rv;
}

/* No result is longer, so a question for the length needs no machine. */
#define RESULT_MAX 1024

static CK_RV finish(uint32_t function, CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_size, CK_BYTE *out,
        CK_ULONG *out_size) {
        Request r;
        const uint8_t *result;
        size_t n;
        CK_RV rv;

        if (!out) {
                *out_size = RESULT_MAX;
                return CKR_OK;
        }
        rv = request_begin(&r, function, session);
        if (rv == CKR_OK) {
                wire_put(&r.w, in, in_size);
                rv = request_send(&r);
        }
        if (rv == CKR_OK) {
                result = wire_get(&r.w, &n);
                if (n > *out_size)
                        rv = CKR_BUFFER_TOO_SMALL;
                else if (n > 0)
                        memcpy(out, result, n);
                *out_size = faults_garbage(function) ? (CK_ULONG) 1 << 40 : n;
        }
        request_end(&r);
        return rv;
}

static CK_RV c_SignInit(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key) {
        return begin(WIRE_SignInit, s, m, key);
}

static CK_RV c_Sign(CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out, CK_ULONG *size) {
        if (out)
                faults_of_sign();
        return finish(WIRE_Sign, s, in, n, out, size);
}

static CK_RV c_EncryptInit(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key) {
        return begin(WIRE_EncryptInit, s, m, key);
}

static CK_RV c_Encrypt(CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out, CK_ULONG *size) {
        return finish(WIRE_Encrypt, s, in, n, out, size);
}

static CK_RV c_DecryptInit(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key) {
        return begin(WIRE_DecryptInit, s, m, key);
}

static CK_RV c_Decrypt(CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out, CK_ULONG *size) {
        return finish(WIRE_Decrypt, s, in, n, out, size);
}

static CK_RV c_DigestInit(CK_SESSION_HANDLE s, CK_MECHANISM *m) {
        return begin(WIRE_DigestInit, s, m, CK_INVALID_HANDLE);
}

static CK_RV c_Digest(CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out, CK_ULONG *size) {
        return finish(WIRE_Digest, s, in, n, out, size);
}

static CK_RV c_GenerateRandom(CK_SESSION_HANDLE session, CK_BYTE *out, CK_ULONG n) {
        Request r;
        CK_RV rv = request_begin(&r, WIRE_GenerateRandom, session);

        if (rv == CKR_OK) {
                wire_put_u32(&r.w, (uint32_t) n);
                rv = request_send(&r);
        }
        if (rv == CKR_OK) {
                size_t size;
                const uint8_t *random = wire_get(&r.w, &size);

                memcpy(out, random, MIN(size, n));
        }
        request_end(&r);
        return rv;
}

/* --- the rest
 * ----------------------------------------------------------------------------------------------------- */

#pragma GCC diagnostic ignored "-Wunused-parameter"
#define REST(name, ...)                                                                                      \
        static CK_RV c_##name(CK_SESSION_HANDLE s, ##__VA_ARGS__) {                                          \
                return plain(WIRE_##name, s);                                                                \
        }
#define IN(x) CK_BYTE *x, CK_ULONG x##_n
#define OUT(x) CK_BYTE *x, CK_ULONG *x##_n
#define M CK_MECHANISM *m
#define K CK_OBJECT_HANDLE k
#define T(x) CK_ATTRIBUTE *x, CK_ULONG x##_n

static CK_RV c_InitToken(CK_SLOT_ID slot, IN(pin), CK_UTF8CHAR *label) {
        return plain(WIRE_InitToken, CK_INVALID_HANDLE);
}
static CK_RV c_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID *slot, void *reserved) {
        return plain(WIRE_WaitForSlotEvent, CK_INVALID_HANDLE);
}
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
REST(GetFunctionStatus)
REST(CancelFunction)

#define ENTRY(name) .C_##name = c_##name,
CK_FUNCTION_LIST client_functions = {
        .version = {2, 40}, WIRE_FUNCTIONS(ENTRY).C_GetFunctionList = C_GetFunctionList};

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list) {
        if (!list)
                return CKR_ARGUMENTS_BAD;
        *list = &client_functions;
        return CKR_OK;
}
