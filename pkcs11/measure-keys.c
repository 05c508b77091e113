#include "measure-keys.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include "sm2.h"

/* PKCS#1, 9.2: what C_Sign of an RSA key is given for a SHA-256 hash */
static const uint8_t digest_info[19] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
        0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};

typedef struct Source {
        Ladder *ladder;
        const Key *key;
        MeasureStop stop;
        void *userdata;
} Source;

/* One thread's own: it shares the function list and the key's handle with the others, and nothing else. */
typedef struct Worker {
        const Source *source;
        CK_SESSION_HANDLE session;
        bool held; /* the probe's own: the first thread's */
        Key key;   /* a copy, with a public key of its own */
} Worker;

static int open_worker(void *userdata, unsigned n, void **ret) {
        const Source *s = userdata;
        Module *module = &s->ladder->module;
        Worker *w = calloc(1, sizeof(*w));

        if (!w)
                return -ENOMEM;
        w->source = s;
        w->key = *s->key;
        w->key.expected = EVP_PKEY_dup(s->key->expected);
        w->key.nonces = NULL;
        w->key.signer = NULL;
        w->key.signing = w->key.verifying = NULL;
        w->held = n == 0;
        w->session = module->session;
        if (!w->key.expected ||
                (!w->held && module->recorder->open_beside(module->slot, &w->session) != CKR_OK)) {
                EVP_PKEY_free(w->key.expected);
                free(w);
                return -EIO;
        }
        *ret = w;
        return 0;
}

static void close_worker(void *context) {
        Worker *w = context;

        if (!w->held)
                w->source->ladder->module.recorder->close_beside(w->session);
        EVP_PKEY_CTX_free(w->key.verifying);
        EVP_PKEY_free(w->key.expected);
        free(w);
}

static CK_RV sign(Worker *w, const uint8_t *data, CK_ULONG n) {
        const MsgProbeConfig *config = w->source->ladder->config;
        CK_FUNCTION_LIST *calls = w->source->ladder->module.calls;
        CK_MECHANISM m = {.mechanism = w->key.mechanism->number};
        CK_ULONG size = sizeof(w->key.signature);
        CK_RV rv;

        if (w->key.config->type == KEY_TYPE_SM2 && w->key.mechanism->z == Z_PARAMETER &&
                w->key.mechanism->input == INPUT_MESSAGE) {
                m.pParameter = (void *) config->sm2_id;
                m.ulParameterLen = config->sm2_id_size;
        }
        rv = calls->C_SignInit(w->session, &m, w->key.handle);
        if (rv == CKR_OK)
                rv = calls->C_Sign(w->session, (CK_BYTE *) data, n, w->key.signature, &size);
        w->key.signature_size = rv == CKR_OK ? size : 0;
        return rv;
}

static int operate(void *context, uint64_t *ret_rv) {
        Worker *w = context;
        Key *key = &w->key;
        uint8_t input[sizeof(digest_info) + 32];
        int r = key_new_message(key, w->source->ladder->config, NULL);

        if (r < 0)
                return r;
        if (key->config->type == KEY_TYPE_SM2 && key->mechanism->input == INPUT_MESSAGE) {
                *ret_rv = sign(w, key->message, key->message_size);
        } else if (key->config->type == KEY_TYPE_RSA) {
                memcpy(input, digest_info, sizeof(digest_info));
                memcpy(input + sizeof(digest_info), key->digest, sizeof(key->digest));
                *ret_rv = sign(w, input, sizeof(input));
        } else {
                *ret_rv = sign(w, key->digest, sizeof(key->digest));
        }
        return *ret_rv == CKR_OK ? 0 : -EIO;
}

/* PKCS#11 gives r and s, OpenSSL verifies DER. */
static int ec_to_der(Key *key) {
        Sm2Signature halves;
        size_t size;

        if (key->signature_size != SM2_RAW_SIZE)
                return -EBADMSG;
        memcpy(halves.r, key->signature, SM2_FIELD);
        memcpy(halves.s, key->signature + SM2_FIELD, SM2_FIELD);
        sm2_signature_write(&halves, FORM_DER, key->signature, &size);
        key->signature_size = size;
        return 0;
}

static int check(void *context) {
        Key *key = &((Worker *) context)->key;

        if (key->config->type == KEY_TYPE_EC && ec_to_der(key) < 0)
                return -EBADMSG;
        if (key->config->type != KEY_TYPE_SM2 && key_prepare_verifying(key) < 0)
                return -EIO;
        return key_verify(key);
}

static bool stop_asked(void *userdata) {
        const Source *s = userdata;

        return s->stop(s->userdata);
}

static const Key *find_key(const Keys *keys, uint32_t number) {
        for (size_t i = 0; i < keys->n; i++)
                if (keys->keys[i].config->number == number &&
                        keys->keys[i].config->exercise == EXERCISE_SIGN && keys->keys[i].granted &&
                        keys->keys[i].expected)
                        return &keys->keys[i];
        return NULL;
}

void measure_keys(
        Ladder *ladder, const MsgMeasure *request, MeasureStop stop, void *userdata, MsgMeasured *ret) {
        static const MeasureOps ops = {
                .open = open_worker, .operate = operate, .check = check, .close = close_worker};
        Source source = {.ladder = ladder,
                .key = find_key(&ladder->keys, request->key),
                .stop = stop,
                .userdata = userdata};

        if (source.key) {
                measure_run(request, &ops, stop_asked, &source, ret);
                return;
        }
        *ret = (MsgMeasured) MESSAGE(MsgMeasured, MSG_MEASURED);
        ret->key = request->key;
        snprintf(ret->detail, sizeof(ret->detail), "key %u is not there to sign with", request->key);
}
