#ifndef HSMD_MODULE_H
#define HSMD_MODULE_H
/* The vendor's module as the probe holds it: the recorder before it, libp11 above both, one session. Raw
 * calls go through calls; libp11 works on the same session, which the recorder lends to it. */

#include <libp11.h>
#include <openssl/evp.h>

#include "recorder.h"

/* libp11 keeps every key that it ever saw in one list, in the order of their first sight. */
#define MODULE_SEEN_MAX 64

typedef struct Module {
        void *recorder_handle;
        char *recorder_path;
        const Recorder *recorder;
        CK_FUNCTION_LIST *calls;
        PKCS11_CTX *ctx;
        PKCS11_SLOT *slots; /* the selected one alone */
        unsigned n_slots;
        CK_SLOT_ID slot;
        CK_SESSION_HANDLE session;
        bool initialized;
        CK_OBJECT_HANDLE seen[MODULE_SEEN_MAX];
        size_t n_seen;
} Module;

/* Takes the recorder that stands beside this program. -ELIBBAD when it is missing. */
int module_open(Module *ret);

/* libp11 initializes the module: C_Initialize, C_GetInfo. -EIO; the recorder knows the call. */
int module_initialize(Module *module);

/* Lets libp11 see the selected slot and its token. -EIO. */
int module_show_slot(Module *module, CK_SLOT_ID slot);

/* Opens the session, read-only, and lends it to libp11. A CK_RV. */
CK_RV module_open_session(Module *module);

/* libp11's signer for a private key; public_key is its public object or CK_INVALID_HANDLE. The key must have
 * been allowed to sign by the recorder. *ret is the caller's to free. -EIO, -ENOBUFS. */
int module_signer(Module *module, CK_OBJECT_HANDLE private_key, CK_OBJECT_HANDLE public_key, EVP_PKEY **ret);

/* Closes the session and finalizes the module. What libp11 holds is left to the end of the process: unloading
 * a vendor's module runs its destructors, and its threads may still be there. */
void module_close(Module *module);

#endif
