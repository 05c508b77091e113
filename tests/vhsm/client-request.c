/* Calls on their way to the machine. Calls of different sessions go side by side, each on its own connection.
 */
#include <unistd.h>

#include "client.h"

static ClientSession *find_session(Client *c, CK_SESSION_HANDLE handle) {
        ClientSession *found = NULL;

        pthread_mutex_lock(&c->table);
        for (size_t i = 0; i < CLIENT_SESSIONS && !found; i++)
                if (c->sessions[i].taken && c->sessions[i].handle == handle)
                        found = &c->sessions[i];
        pthread_mutex_unlock(&c->table);
        return found;
}

/* Waits for the session's turn; NULL when there is none of that handle. */
static ClientSession *hold_session(Client *c, CK_SESSION_HANDLE handle) {
        ClientSession *s = find_session(c, handle);

        if (!s)
                return NULL;
        pthread_mutex_lock(&s->lock);
        if (s->handle == handle)
                return s;
        pthread_mutex_unlock(&s->lock); /* it was closed while this call waited */
        return NULL;
}

static ClientSession *take_session(Client *c) {
        ClientSession *taken = NULL;

        pthread_mutex_lock(&c->table);
        for (size_t i = 0; i < CLIENT_SESSIONS && !taken; i++)
                if (!c->sessions[i].taken)
                        taken = &c->sessions[i];
        if (taken)
                taken->taken = true;
        pthread_mutex_unlock(&c->table);
        return taken;
}

void session_name(ClientSession *s, CK_SESSION_HANDLE handle) {
        pthread_mutex_lock(&client()->table);
        s->handle = handle;
        pthread_mutex_unlock(&client()->table);
}

void session_drop(ClientSession *s) {
        pthread_mutex_lock(&client()->table);
        if (s->fd >= 0)
                close(s->fd);
        s->fd = -1;
        s->handle = CK_INVALID_HANDLE;
        s->taken = false;
        pthread_mutex_unlock(&client()->table);
}

size_t sessions_list(CK_SESSION_HANDLE handles[CLIENT_SESSIONS]) {
        Client *c = client();
        size_t n = 0;

        pthread_mutex_lock(&c->table);
        for (size_t i = 0; i < CLIENT_SESSIONS; i++)
                if (c->sessions[i].taken && c->sessions[i].handle != CK_INVALID_HANDLE)
                        handles[n++] = c->sessions[i].handle;
        pthread_mutex_unlock(&c->table);
        return n;
}

static void begin_writing(Request *r, int fd, pthread_mutex_t *held, CK_SESSION_HANDLE handle) {
        r->fd = fd;
        r->held = held;
        wire_put_u32(&r->w, r->function);
        wire_put_u64(&r->w, handle);
}

CK_RV request_begin(Request *r, uint32_t function, CK_SESSION_HANDLE session) {
        Client *c = client();
        CK_RV rv = client_usable();

        *r = (Request){.function = function, .fd = -1};
        if (rv != CKR_OK)
                return rv;
        faults_before(function);
        if (session == CK_INVALID_HANDLE) {
                pthread_mutex_lock(&c->control);
                begin_writing(r, c->fd, &c->control, session);
                return CKR_OK;
        }
        r->session = hold_session(c, session);
        if (!r->session)
                return CKR_SESSION_HANDLE_INVALID;
        begin_writing(r, r->session->fd, &r->session->lock, session);
        return CKR_OK;
}

CK_RV request_begin_session(Request *r) {
        Client *c = client();
        CK_RV rv = client_usable();
        ClientSession *s;

        *r = (Request){.function = WIRE_OpenSession, .fd = -1};
        if (rv != CKR_OK)
                return rv;
        faults_before(WIRE_OpenSession);
        s = take_session(c);
        if (!s)
                return CKR_SESSION_COUNT;
        pthread_mutex_lock(&s->lock);
        r->session = s;
        s->fd = client_connect();
        begin_writing(r, s->fd, &s->lock, CK_INVALID_HANDLE);
        if (s->fd >= 0)
                return CKR_OK;
        client_poison();
        return CKR_DEVICE_ERROR;
}

CK_RV request_send(Request *r) {
        CK_RV rv;

        if (wire_send(r->fd, &r->w) < 0 || wire_receive(r->fd, &r->w) < 0) {
                client_poison();
                return CKR_DEVICE_ERROR;
        }
        rv = wire_get_u64(&r->w);
        faults_take(client(), &r->w);
        (void) wire_get_u32(&r->w);              /* how long the results are */
        return r->w.bad ? CKR_DEVICE_ERROR : rv; /* bad: cut off */
}

CK_RV request_end(Request *r, CK_RV rv) {
        bool bad = r->w.bad;

        if (r->held)
                pthread_mutex_unlock(r->held);
        wire_free(&r->w);
        return rv == CKR_OK && bad ? CKR_DEVICE_ERROR : rv;
}

CK_RV request_plain(uint32_t function, CK_SESSION_HANDLE session) {
        Request r;
        CK_RV rv = request_begin(&r, function, session);

        if (rv == CKR_OK)
                rv = request_send(&r);
        return request_end(&r, rv);
}
