/* Sessions and logins. */
#include <string.h>

#include "client.h"

/* Tells the machine; the handle it gives, or why there is none. */
static CK_RV ask_for_session(Request *r, CK_SLOT_ID slot, CK_FLAGS flags, CK_SESSION_HANDLE *ret) {
        CK_SESSION_HANDLE handle;
        CK_RV rv;

        wire_put_u64(&r->w, slot);
        wire_put_u64(&r->w, client()->application);
        wire_put_u64(&r->w, flags);
        rv = request_send(r);
        if (rv != CKR_OK)
                return rv;
        handle = wire_get_u64(&r->w);
        if (handle == CK_INVALID_HANDLE)
                return CKR_DEVICE_ERROR;
        *ret = handle;
        return CKR_OK;
}

CK_RV c_OpenSession(
        CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify, CK_SESSION_HANDLE *ret) {
        Request r;
        CK_RV rv;

        (void) application;
        (void) notify;
        if (!(flags & CKF_SERIAL_SESSION))
                return CKR_SESSION_PARALLEL_NOT_SUPPORTED;
        rv = request_begin_session(&r);
        if (rv == CKR_OK)
                rv = ask_for_session(&r, slot, flags, ret);
        if (rv == CKR_OK)
                session_name(r.session, *ret);
        else if (r.session)
                session_drop(r.session);
        return request_end(&r, rv);
}

CK_RV c_CloseSession(CK_SESSION_HANDLE session) {
        Request r;
        CK_RV rv = request_begin(&r, WIRE_CloseSession, session);

        if (rv == CKR_OK)
                rv = request_send(&r);
        if (r.session)
                session_drop(r.session);
        return request_end(&r, rv);
}

CK_RV c_CloseAllSessions(CK_SLOT_ID slot) {
        CK_SESSION_HANDLE handles[CLIENT_SESSIONS];
        /* each has its own connection, so this one ends none of them: it is counted */
        CK_RV rv = request_plain(WIRE_CloseAllSessions, CK_INVALID_HANDLE);
        size_t n = rv == CKR_OK ? sessions_list(handles) : 0;

        (void) slot;
        for (size_t i = 0; i < n; i++)
                (void) c_CloseSession(handles[i]);
        return rv;
}

CK_RV c_GetSessionInfo(CK_SESSION_HANDLE session, CK_SESSION_INFO *info) {
        Request r;
        CK_RV rv = request_begin(&r, WIRE_GetSessionInfo, session);

        if (rv == CKR_OK)
                rv = request_send(&r);
        if (rv == CKR_OK) {
                *info = (CK_SESSION_INFO){.slotID = client()->slots[0]};
                info->state = wire_get_u64(&r.w);
                info->flags = wire_get_u64(&r.w);
        }
        return request_end(&r, rv);
}

CK_RV c_Login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG n) {
        Request r;
        CK_RV rv = request_begin(&r, WIRE_Login, session);

        if (rv == CKR_OK) {
                wire_put_u64(&r.w, user);
                wire_put(&r.w, pin, n);
                rv = request_send(&r);
        }
        if (r.w.data)
                explicit_bzero(r.w.data, r.w.room);
        return request_end(&r, rv);
}

CK_RV c_Logout(CK_SESSION_HANDLE session) {
        return request_plain(WIRE_Logout, session);
}
