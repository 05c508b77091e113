#ifndef VHSM_CLIENT_H
#define VHSM_CLIENT_H
/* vhsm-client.so: the PKCS#11 module of the virtual cipher machine, as vendors' modules are: thin, and with
 * their bad habits.
 *
 *   - It reads $VHSM_CLIENT, else /etc/vhsm/client.conf, a fixed path: one machine's directory a line, of
 * which the first that can be reached is taken. A second one hides that the first is gone.
 *   - It insists on writing vhsm-client.log in the working directory.
 *   - A second C_Initialize waits for ever.
 *   - The slot list is read once.
 *   - Once a connection is lost, nothing works any more until the process ends.
 *   - Unless $VHSM_NO_CLASH is set it has a function of its own that is named like one of libcrypto's. */

#include <pthread.h>

#include "wire.h"

#define CLIENT_SESSIONS 128

typedef struct ClientSession {
        int fd; /* a connection for each session */
        CK_SESSION_HANDLE handle;
        pthread_mutex_t lock;
} ClientSession;

typedef struct Client {
        pthread_mutex_t lock; /* over the list of sessions and the first connection */
        char directory[256];
        uint64_t application; /* what this process is called on the machine: a login is its alone */
        bool initialized, poisoned;
        int fd; /* for what belongs to no session */
        ClientSession sessions[CLIENT_SESSIONS];
        CK_SLOT_ID slots[16];
        CK_ULONG n_slots;
        bool slots_known;
        uint64_t directives[DIRECTIVE_MAX]; /* arguments + 1; 0 = not told */
} Client;

Client *client(void);

/* One call under way: the request is written into `w`, then the reply is read from it. */
typedef struct Request {
        Wire w;
        uint32_t function;
        ClientSession *session;
} Request;

/* Begins a request; CKR_OK, or why there can be none. */
CK_RV request_begin(Request *r, uint32_t function, CK_SESSION_HANDLE session);
/* Sends it and receives the reply, which r->w is then at. Returns the machine's CK_RV. */
CK_RV request_send(Request *r);
void request_end(Request *r);

int client_connect(void);
void client_poison(void);
CK_RV client_initialize(void);
void client_finalize(void);

/* client-faults.c */
void faults_take(Client *c, Wire *w);
/* Before a call: crashes or spins where that is its fault. */
void faults_before(uint32_t function);
void faults_of_sign(void);
bool faults_garbage(uint32_t function);
void faults_initialize(void);

/* client-calls.c */
extern CK_FUNCTION_LIST client_functions;

#endif
