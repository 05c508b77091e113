#ifndef VHSM_CLIENT_H
#define VHSM_CLIENT_H
/* vhsm-client.so: the PKCS#11 module of the virtual cipher machine, as vendors' modules are: thin, and with
 * their bad habits.
 *
 *   - It reads $VHSM_CLIENT, else /etc/vhsm/client.conf, a fixed path: one machine's directory a line, of
 *     which the first that can be reached is taken. A second one hides that the first is gone.
 *   - It insists on writing vhsm-client.log in the working directory.
 *   - A second C_Initialize waits for ever, in a forked child too.
 *   - The slot list is read once.
 *   - Once a connection is lost, nothing works any more until the process ends; to unload the module does not
 *     help.
 *   - A result that finds no room is lost, and its operation is over.
 *   - Unless $VHSM_NO_CLASH is set it has a function of its own that is named like one of libcrypto's.
 *   - The function that $VHSM_WITHOUT names is missing in its list. */

#include <pthread.h>
#include <stdatomic.h>

#include "wire.h"

#define CLIENT_SESSIONS 128
#define CLIENT_SLOTS 16
#define CLIENT_EMPTY_SLOT 1000 /* slots from here on hold no token */

typedef struct ClientSession {
        pthread_mutex_t lock;     /* held through a call: a session makes one at a time */
        bool taken;               /* under Client.table */
        CK_SESSION_HANDLE handle; /* written under both locks; CK_INVALID_HANDLE: not opened yet */
        int fd;                   /* a connection for each session */
} ClientSession;

typedef struct Client {
        pthread_mutex_t control; /* held through a call that belongs to no session */
        pthread_mutex_t table;   /* over which sessions there are, and the slots; not held through a call */
        char directory[256];
        uint64_t application; /* what this process is called on the machine: a login is its alone */
        atomic_bool initialized, poisoned;
        int fd; /* for what belongs to no session */
        ClientSession sessions[CLIENT_SESSIONS];
        CK_SLOT_ID slots[CLIENT_SLOTS];
        CK_ULONG n_slots;
        bool slots_known;
        _Atomic uint64_t directives[DIRECTIVE_MAX]; /* arguments + 1; 0 = not told */
} Client;

Client *client(void);
/* A connection to the machine that was chosen; -1 when there is none to be had. */
int client_connect(void);
CK_RV client_initialize(void);
void client_finalize(void);
/* CKR_OK, or why no machine can be asked. */
CK_RV client_usable(void);
void client_poison(void);

/* client-request.c */

/* One call under way: the request is written into `w`, then the reply is read from it. */
typedef struct Request {
        Wire w;
        uint32_t function;
        int fd;
        ClientSession *session; /* NULL of a call that belongs to none */
        pthread_mutex_t *held;
} Request;

/* Begins a request; CKR_OK, or why there can be none. request_end() follows in either case. */
CK_RV request_begin(Request *r, uint32_t function, CK_SESSION_HANDLE session);
/* The same of C_OpenSession: r->session is a new one, with a connection of its own and no handle yet. */
CK_RV request_begin_session(Request *r);
/* Sends it and receives the reply, whose results r->w is then at. Returns the machine's CK_RV. */
CK_RV request_send(Request *r);
/* Returns rv, or CKR_DEVICE_ERROR when a result was read that was not there. */
CK_RV request_end(Request *r, CK_RV rv);
/* A whole call without arguments and results. */
CK_RV request_plain(uint32_t function, CK_SESSION_HANDLE session);

/* From now on this session, whose request is under way, is found by that handle. */
void session_name(ClientSession *s, CK_SESSION_HANDLE handle);
/* Its connection is closed, and its place free. */
void session_drop(ClientSession *s);
/* Copies the handles of all open sessions; how many. */
size_t sessions_list(CK_SESSION_HANDLE handles[CLIENT_SESSIONS]);

/* client-faults.c */

/* What the machine's reply tells the client to do wrong from now on. */
void faults_take(Client *c, Wire *w);
/* Before a call: crashes or spins where that is its fault. */
void faults_before(uint32_t function);
void faults_of_sign(void);
bool faults_garbage(uint32_t function);
void faults_initialize(void);

/* The functions themselves, c_Sign of C_Sign: client-token.c, client-session.c, client-objects.c,
 * client-crypto.c, and those that are only counted and refused, client-list.c. */
#define CLIENT_CALL(name) __typeof__(C_##name) c_##name;
WIRE_FUNCTIONS(CLIENT_CALL)

#endif
