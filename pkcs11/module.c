#include "module.h"

#include <dlfcn.h>
#include <limits.h>
#include <openssl/err.h>

#define RECORDER_FILE "hsmd-recorder.so"

/* The recorder's path, beside our own executable. */
static char *recorder_path(void) {
        char self[PATH_MAX], *slash, *path;
        ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

        if (n < 0)
                return NULL;
        self[n] = '\0';
        slash = strrchr(self, '/');
        if (!slash)
                return NULL;
        *slash = '\0';
        return asprintf(&path, "%s/%s", self, RECORDER_FILE) < 0 ? NULL : path;
}

int module_open(Module *ret) {
        CLEANUP_FREE char *path = recorder_path();
        void *handle = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
        RecorderEntry entry;

        if (!handle)
                return -ELIBBAD;
        entry = (RecorderEntry) dlsym(handle, RECORDER_ENTRY);
        if (!entry) {
                dlclose(handle);
                return -ELIBBAD;
        }
        *ret = (Module){.recorder_handle = handle, .recorder_path = path, .recorder = entry()};
        ret->calls = ret->recorder->calls;
        path = NULL;
        return 0;
}

int module_initialize(Module *module) {
        module->ctx = PKCS11_CTX_new();
        if (!module->ctx)
                return -ENOMEM;
        if (PKCS11_CTX_load(module->ctx, module->recorder_path) != 0) {
                ERR_clear_error();
                return -EIO;
        }
        module->initialized = true;
        return 0;
}

int module_show_slot(Module *module, CK_SLOT_ID slot) {
        module->slot = slot;
        module->recorder->show_slot(slot);
        if (PKCS11_enumerate_slots(module->ctx, &module->slots, &module->n_slots) != 0 ||
                module->n_slots != 1 || !module->slots[0].token) {
                ERR_clear_error();
                return -EIO;
        }
        return 0;
}

CK_RV module_open_session(Module *module) {
        CK_RV rv =
                module->calls->C_OpenSession(module->slot, CKF_SERIAL_SESSION, NULL, NULL, &module->session);

        if (rv == CKR_OK)
                module->recorder->lend_session(module->session);
        return rv;
}

/* Where libp11 keeps the key of this handle, if it has seen it. */
static size_t seen_position(const Module *module, CK_OBJECT_HANDLE key) {
        size_t i = 0;

        while (i < module->n_seen && module->seen[i] != key)
                i++;
        return i;
}

static int take_signer(Module *module, CK_OBJECT_HANDLE private_key, EVP_PKEY **ret) {
        size_t position = seen_position(module, private_key);
        PKCS11_KEY *keys = NULL;
        unsigned n = 0;
        EVP_PKEY *key;

        if (position == MODULE_SEEN_MAX)
                return -ENOBUFS;
        if (PKCS11_enumerate_keys(module->slots[0].token, &keys, &n) != 0 || position >= n)
                return -EIO;
        if (position == module->n_seen)
                module->seen[module->n_seen++] = private_key;
        key = PKCS11_get_private_key(&keys[position]);
        if (!key)
                return -EIO;
        *ret = key;
        return 0;
}

int module_signer(Module *module, CK_OBJECT_HANDLE private_key, CK_OBJECT_HANDLE public_key, EVP_PKEY **ret) {
        RecorderObject shown[] = {
                {.object_class = CKO_PRIVATE_KEY, .handle = private_key},
                {.object_class = CKO_PUBLIC_KEY, .handle = public_key},
        };
        int r;

        module->recorder->show_objects(shown, public_key == CK_INVALID_HANDLE ? 1 : 2);
        r = take_signer(module, private_key, ret);
        module->recorder->show_objects(NULL, 0);
        ERR_clear_error();
        return r;
}

void module_close(Module *module) {
        if (!module->recorder)
                return;
        module->recorder->lend_session(CK_INVALID_HANDLE);
        if (module->session != CK_INVALID_HANDLE)
                module->calls->C_CloseSession(module->session);
        if (module->initialized)
                module->calls->C_Finalize(NULL);
        module->session = CK_INVALID_HANDLE;
        module->initialized = false;
}
