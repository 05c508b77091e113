/* The module, its slots and the token in one of them. */
#include <string.h>

#include "client.h"
#include "macro.h"

/* More than any caller has room for. */
#define ABSURD 0x7fffffff

CK_RV c_Initialize(void *args) {
        CK_RV rv = client_initialize();

        (void) args;
        if (rv != CKR_OK)
                return rv;
        rv = request_plain(WIRE_Initialize, CK_INVALID_HANDLE);
        if (rv == CKR_OK)
                faults_initialize();
        else
                client_finalize();
        return rv;
}

CK_RV c_Finalize(void *reserved) {
        (void) reserved;
        if (!client()->initialized)
                return CKR_CRYPTOKI_NOT_INITIALIZED;
        (void) request_plain(WIRE_Finalize, CK_INVALID_HANDLE);
        client_finalize();
        return CKR_OK;
}

/* PKCS#11's texts are padded with blanks and end without a zero. */
static void take_text(CK_UTF8CHAR *dst, size_t size, Wire *w) {
        size_t n;
        const uint8_t *text = wire_get(w, &n);

        memset(dst, ' ', size);
        if (text)
                memcpy(dst, text, MIN_OF(n, size));
}

CK_RV c_GetInfo(CK_INFO *info) {
        Request r;
        CK_RV rv = request_begin(&r, WIRE_GetInfo, CK_INVALID_HANDLE);

        if (rv == CKR_OK)
                rv = request_send(&r);
        if (rv == CKR_OK) {
                *info = (CK_INFO){.cryptokiVersion = {2, 40}, .libraryVersion = {1, 0}};
                take_text(info->manufacturerID, sizeof(info->manufacturerID), &r.w);
                memset(info->libraryDescription, ' ', sizeof(info->libraryDescription));
        }
        return request_end(&r, rv);
}

/* All slots, once: a token that moves later is not noticed. */
static CK_RV read_slots(Client *c) {
        CK_SLOT_ID slots[CLIENT_SLOTS];
        CK_ULONG n = 0;
        Request r;
        CK_RV rv = request_begin(&r, WIRE_GetSlotList, CK_INVALID_HANDLE);

        if (rv == CKR_OK) {
                wire_put_u32(&r.w, false);
                rv = request_send(&r);
        }
        if (rv == CKR_OK) {
                n = wire_get_u32(&r.w);
                n = MIN_OF(n, (CK_ULONG) CLIENT_SLOTS);
                for (CK_ULONG i = 0; i < n; i++)
                        slots[i] = wire_get_u64(&r.w);
        }
        rv = request_end(&r, rv);
        if (rv != CKR_OK)
                return rv;
        pthread_mutex_lock(&c->table);
        memcpy(c->slots, slots, n * sizeof(*slots));
        c->n_slots = n;
        c->slots_known = true;
        pthread_mutex_unlock(&c->table);
        return CKR_OK;
}

/* The slots that are known, or CLIENT_SLOTS + 1 before any was read. */
static CK_ULONG known_slots(Client *c, bool present, CK_SLOT_ID slots[CLIENT_SLOTS]) {
        CK_ULONG n = 0;

        pthread_mutex_lock(&c->table);
        for (CK_ULONG i = 0; c->slots_known && i < c->n_slots; i++)
                if (!present || c->slots[i] < CLIENT_EMPTY_SLOT)
                        slots[n++] = c->slots[i];
        if (!c->slots_known)
                n = CLIENT_SLOTS + 1;
        pthread_mutex_unlock(&c->table);
        return n;
}

CK_RV c_GetSlotList(CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *count) {
        Client *c = client();
        CK_SLOT_ID slots[CLIENT_SLOTS];
        CK_RV rv = client_usable();
        CK_ULONG room, n;

        if (rv != CKR_OK || !count)
                return rv != CKR_OK ? rv : CKR_ARGUMENTS_BAD;
        if (known_slots(c, present, slots) <= CLIENT_SLOTS)
                faults_before(WIRE_GetSlotList);
        else
                rv = read_slots(c);
        if (rv != CKR_OK)
                return rv;
        room = *count;
        n = known_slots(c, present, slots);
        *count = faults_garbage(WIRE_GetSlotList) ? ABSURD : n;
        if (!list)
                return CKR_OK;
        if (room < n)
                return CKR_BUFFER_TOO_SMALL;
        memcpy(list, slots, n * sizeof(*list));
        return CKR_OK;
}

CK_RV c_GetSlotInfo(CK_SLOT_ID slot, CK_SLOT_INFO *info) {
        CK_RV rv = request_plain(WIRE_GetSlotInfo, CK_INVALID_HANDLE);

        if (rv != CKR_OK)
                return rv;
        memset(info, ' ', sizeof(*info));
        info->flags = slot < CLIENT_EMPTY_SLOT ? CKF_TOKEN_PRESENT : 0;
        info->hardwareVersion = info->firmwareVersion = (CK_VERSION){1, 0};
        return CKR_OK;
}

static void take_token_info(CK_TOKEN_INFO *info, Wire *w) {
        *info = (CK_TOKEN_INFO){.ulMinPinLen = 4,
                .ulMaxPinLen = 64,
                .ulTotalPublicMemory = CK_UNAVAILABLE_INFORMATION,
                .ulFreePublicMemory = CK_UNAVAILABLE_INFORMATION,
                .ulTotalPrivateMemory = CK_UNAVAILABLE_INFORMATION,
                .ulFreePrivateMemory = CK_UNAVAILABLE_INFORMATION};
        take_text(info->label, sizeof(info->label), w);
        take_text(info->manufacturerID, sizeof(info->manufacturerID), w);
        take_text(info->model, sizeof(info->model), w);
        take_text(info->serialNumber, sizeof(info->serialNumber), w);
        info->flags = wire_get_u64(w);
        info->firmwareVersion.major = (CK_BYTE) wire_get_u32(w);
        info->firmwareVersion.minor = (CK_BYTE) wire_get_u32(w);
        info->ulSessionCount = wire_get_u32(w);
        memset(info->utcTime, ' ', sizeof(info->utcTime));
}

CK_RV c_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO *info) {
        Request r;
        CK_RV rv = request_begin(&r, WIRE_GetTokenInfo, CK_INVALID_HANDLE);

        if (rv == CKR_OK) {
                wire_put_u64(&r.w, slot);
                rv = request_send(&r);
        }
        if (rv == CKR_OK)
                take_token_info(info, &r.w);
        if (rv == CKR_OK && faults_garbage(WIRE_GetTokenInfo))
                memset(info, 0xff, sizeof(*info)); /* no text at all, and every flag */
        return request_end(&r, rv);
}

CK_RV c_GetMechanismList(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count) {
        Request r;
        CK_RV rv = request_begin(&r, WIRE_GetMechanismList, CK_INVALID_HANDLE);
        CK_ULONG room = *count, n = 0;

        if (rv == CKR_OK) {
                wire_put_u64(&r.w, slot);
                rv = request_send(&r);
        }
        if (rv == CKR_OK) {
                n = wire_get_u32(&r.w);
                *count = faults_garbage(WIRE_GetMechanismList) ? ABSURD : n;
                if (list && room < n)
                        rv = CKR_BUFFER_TOO_SMALL;
                for (CK_ULONG i = 0; list && rv == CKR_OK && i < n; i++)
                        list[i] = wire_get_u64(&r.w);
        }
        return request_end(&r, rv);
}

CK_RV c_GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info) {
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
        return request_end(&r, rv);
}
