/* Keys as PKCS#11 objects. */
#include "server.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

static const uint8_t sm2_oid[] = {0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d};
static const uint8_t p256_oid[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};

static CK_KEY_TYPE key_type(const Machine *m, const char *type) {
        const struct {
                const char *name;
                CK_KEY_TYPE type;
        } types[] = {{"rsa", CKK_RSA}, {"ec", CKK_EC}, {"aes", CKK_AES}, {"hmac", CKK_GENERIC_SECRET},
                {"sm2", m->personality->sm2}, {"sm4", m->personality->sm4}};

        for (size_t i = 0; i < ELEMENTSOF(types); i++)
                if (streq(types[i].name, type))
                        return types[i].type;
        return CK_UNAVAILABLE_INFORMATION;
}

static EVP_PKEY *read_pem(const char *path) {
        FILE *file = fopen(path, "re");
        EVP_PKEY *key = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;

        if (file)
                fclose(file);
        return key;
}

static size_t read_hex(const char *path, uint8_t *dst, size_t room) {
        FILE *file = fopen(path, "re");
        size_t n = 0;

        while (file && n < room && fscanf(file, "%2hhx", &dst[n]) == 1)
                n++;
        if (file)
                fclose(file);
        return n;
}

static size_t read_certificate(const char *path, uint8_t **ret) {
        FILE *file = fopen(path, "re");
        X509 *x = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
        int n = x ? i2d_X509(x, ret) : 0;

        if (file)
                fclose(file);
        X509_free(x);
        return n > 0 ? (size_t) n : 0;
}

static bool on_curve(EVP_PKEY *key, const char *curve) {
        char name[32];
        size_t n;

        return EVP_PKEY_get_group_name(key, name, sizeof(name), &n) == 1 && streq(name, curve);
}

static bool right_asymmetric(EVP_PKEY *key, const char *type) {
        if (streq(type, "rsa"))
                return EVP_PKEY_is_a(key, "RSA");
        return on_curve(key, streq(type, "ec") ? "prime256v1" : "SM2");
}

static bool right_size(const char *type, size_t n) {
        if (streq(type, "aes"))
                return n == 16 || n == 24 || n == 32;
        return streq(type, "sm4") ? n == 16 : n > 0;
}

static Object *add(Machine *m, CK_OBJECT_CLASS class, const Object *like) {
        Object *o = &m->objects[m->n_objects];

        if (m->n_objects == OBJECTS_MAX)
                return NULL;
        *o = *like;
        o->object_class = class;
        o->handle = 0x100 + ++m->n_objects;
        return o;
}

int objects_add_key(Machine *m, const char *label, const uint8_t *id, size_t id_size, const char *type,
        const char *file, const char *certificate, bool public_object, bool always_authenticate) {
        Object like = {.type = key_type(m, type), .always_authenticate = always_authenticate};

        copy_text(like.label, sizeof(like.label), label);
        like.id_size = MIN_OF(id_size, sizeof(like.id));
        memcpy(like.id, id, like.id_size);
        if (like.type == CK_UNAVAILABLE_INFORMATION)
                return -1;
        if (streq(type, "aes") || streq(type, "sm4") || streq(type, "hmac")) {
                like.secret_size = read_hex(file, like.secret, sizeof(like.secret));
                return right_size(type, like.secret_size) && add(m, CKO_SECRET_KEY, &like) ? 0 : -1;
        }
        like.pkey = read_pem(file);
        if (!like.pkey || !right_asymmetric(like.pkey, type) || !add(m, CKO_PRIVATE_KEY, &like))
                return -1;
        if (public_object && !add(m, CKO_PUBLIC_KEY, &like))
                return -1;
        if (!certificate)
                return 0;
        like.certificate_size = read_certificate(certificate, &like.certificate);
        return like.certificate_size > 0 && add(m, CKO_CERTIFICATE, &like) ? 0 : -1;
}

bool object_hidden(const Machine *m, const Object *o, bool user) {
        if (fault_on_key(m, FAULT_MISSING_KEY, o))
                return true;
        return !user && (o->object_class == CKO_PRIVATE_KEY || o->object_class == CKO_SECRET_KEY);
}

Object *object_find(Machine *m, CK_OBJECT_HANDLE handle, bool user) {
        for (size_t i = 0; i < m->n_objects; i++)
                if (m->objects[i].handle == handle && !object_hidden(m, &m->objects[i], user))
                        return &m->objects[i];
        return NULL;
}

void objects_renumber(Machine *m) {
        for (size_t i = 0; i < m->n_objects; i++)
                m->objects[i].handle += 0x1000;
}

static Object *next_alike(Machine *m, size_t first, const bool *taken) {
        for (size_t i = first + 1; i < m->n_objects; i++)
                if (!taken[i] && m->objects[i].object_class == m->objects[first].object_class &&
                        m->objects[i].type == m->objects[first].type)
                        return &m->objects[i];
        return NULL;
}

void objects_swap(Machine *m) {
        bool taken[OBJECTS_MAX] = {false};

        for (size_t i = 0; i < m->n_objects; i++) {
                Object *a = &m->objects[i], *b = taken[i] ? NULL : next_alike(m, i, taken);
                CK_OBJECT_HANDLE handle = a->handle;

                if (!b)
                        continue;
                a->handle = b->handle;
                b->handle = handle;
                taken[b - m->objects] = true;
        }
}

/* --- other keys, other certificates --- */

static EVP_PKEY *make_like(EVP_PKEY *key) {
        if (EVP_PKEY_is_a(key, "RSA"))
                return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t) EVP_PKEY_get_bits(key));
        if (EVP_PKEY_is_a(key, "SM2"))
                return EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
        return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
}

/* A private and its public object stay a pair. */
static EVP_PKEY *replacement(Machine *m, EVP_PKEY *key) {
        for (size_t i = 0; i < m->n_objects; i++)
                if (m->objects[i].spare == key)
                        return m->objects[i].pkey;
        return make_like(key);
}

static void exchange(Machine *m, Object *o, bool on) {
        if (o->object_class == CKO_SECRET_KEY) {
                for (size_t i = 0; i < o->secret_size; i++)
                        o->secret[i] ^= 0x5a; /* there and back */
        } else if (on && !o->spare) {
                EVP_PKEY *fresh = replacement(m, o->pkey);

                if (!fresh)
                        return;
                o->spare = o->pkey;
                o->pkey = fresh;
        } else if (!on && o->spare) {
                o->pkey = o->spare; /* the other one may be signing yet: it is never freed */
                o->spare = NULL;
        }
}

void objects_exchange(Machine *m, const char *label, bool on) {
        for (size_t i = 0; i < m->n_objects; i++)
                if (m->objects[i].object_class != CKO_CERTIFICATE && streq(m->objects[i].label, label))
                        exchange(m, &m->objects[i], on);
}

/* Self-signed, as all certificates here are taken to be. */
static void reissue(Object *o, long days) {
        const uint8_t *p = o->certificate;
        X509 *x = d2i_X509(NULL, &p, (long) o->certificate_size);
        int n = 0;

        if (x) {
                X509_gmtime_adj(X509_getm_notAfter(x), days * 86400);
                if (days <= 0)
                        X509_gmtime_adj(X509_getm_notBefore(x), (days - 1) * 86400);
                if (X509_sign(x, o->pkey, EVP_PKEY_is_a(o->pkey, "SM2") ? EVP_sm3() : EVP_sha256()) > 0)
                        n = i2d_X509(x, &o->reissued);
        }
        o->reissued_size = n > 0 ? (size_t) n : 0;
        X509_free(x);
}

void objects_reissue(Machine *m, bool on, long days) {
        for (size_t i = 0; i < m->n_objects; i++) {
                Object *o = &m->objects[i];

                OPENSSL_free(o->reissued);
                o->reissued = NULL;
                o->reissued_size = 0;
                if (on && o->object_class == CKO_CERTIFICATE)
                        reissue(o, days);
        }
}

/* --- attributes --- */

static bool put_bn(EVP_PKEY *key, const char *name, Wire *w) {
        BIGNUM *bn = NULL;
        uint8_t octets[1024];
        int n;

        if (!EVP_PKEY_get_bn_param(key, name, &bn))
                return false;
        n = BN_bn2bin(bn, octets);
        BN_free(bn);
        wire_put(w, octets, (size_t) n);
        return true;
}

/* 04 and the two coordinates. */
static size_t point_of(EVP_PKEY *key, uint8_t *dst, size_t room) {
        BIGNUM *x = NULL, *y = NULL;
        size_t n = 0;

        if (room >= 65 && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_X, &x) &&
                EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_Y, &y) &&
                BN_bn2binpad(x, dst + 1, 32) == 32 && BN_bn2binpad(y, dst + 33, 32) == 32) {
                dst[0] = 4;
                n = 65;
        }
        BN_free(x);
        BN_free(y);
        return n;
}

static bool put_point(const Machine *m, const Object *o, Wire *w) {
        uint8_t wrapped[67] = {0x04, 65};
        size_t n = point_of(o->pkey, wrapped + 2, 65);
        Point form = o->type == m->personality->sm2 ? m->personality->point : POINT_WRAPPED;
        size_t skip = form == POINT_WRAPPED ? 0 : form == POINT_PLAIN ? 2 : 3;

        if (n == 0)
                return false;
        wire_put(w, wrapped + skip, sizeof(wrapped) - skip);
        return true;
}

static bool put_flag(Wire *w, bool yes) {
        CK_BBOOL value = yes;

        wire_put(w, &value, 1);
        return true;
}

static bool put_number(Wire *w, CK_ULONG v) {
        wire_put(w, &v, sizeof(v));
        return true;
}

static bool put_certificate(const Object *o, Wire *w) {
        if (o->reissued)
                wire_put(w, o->reissued, o->reissued_size);
        else
                wire_put(w, o->certificate, o->certificate_size);
        return true;
}

static bool key_attribute(const Machine *m, const Object *o, CK_ATTRIBUTE_TYPE type, Wire *w) {
        bool private = o->object_class == CKO_PRIVATE_KEY, secret = o->object_class == CKO_SECRET_KEY;
        bool ec = o->type == CKK_EC || o->type == m->personality->sm2;

        switch (type) {
        case CKA_KEY_TYPE:
                return put_number(w, o->type);
        case CKA_MODULUS:
                return o->type == CKK_RSA && put_bn(o->pkey, OSSL_PKEY_PARAM_RSA_N, w);
        case CKA_PUBLIC_EXPONENT:
                return o->type == CKK_RSA && put_bn(o->pkey, OSSL_PKEY_PARAM_RSA_E, w);
        case CKA_EC_PARAMS:
                if (ec)
                        wire_put(w, o->type == CKK_EC ? p256_oid : sm2_oid, sizeof(sm2_oid));
                return ec;
        case CKA_EC_POINT: /* the two Chinese vendors' private keys carry it too */
                return ec && (!private || m->personality->sm2 == 0x80000004) && put_point(m, o, w);
        case CKA_VALUE_LEN:
                return secret && put_number(w, o->secret_size);
        case CKA_SENSITIVE:
        case CKA_ALWAYS_SENSITIVE:
        case CKA_NEVER_EXTRACTABLE:
        case CKA_LOCAL:
                return put_flag(w, private || secret);
        case CKA_EXTRACTABLE:
        case CKA_MODIFIABLE:
        case CKA_DERIVE:
        case CKA_WRAP:
        case CKA_UNWRAP:
                return put_flag(w, false);
        case CKA_SIGN:
        case CKA_DECRYPT:
                return put_flag(w, private || secret);
        case CKA_VERIFY:
        case CKA_ENCRYPT:
                return !private && put_flag(w, true);
        case CKA_ALWAYS_AUTHENTICATE:
                return private && put_flag(w, o->always_authenticate);
        default:
                return false;
        }
}

bool object_attribute(
        const Machine *m, const Object *o, CK_ATTRIBUTE_TYPE type, Wire *w, bool *ret_sensitive) {
        *ret_sensitive = false;
        switch (type) {
        case CKA_CLASS:
                return put_number(w, o->object_class);
        case CKA_TOKEN:
                return put_flag(w, true);
        case CKA_PRIVATE:
                return put_flag(w, o->object_class == CKO_PRIVATE_KEY || o->object_class == CKO_SECRET_KEY);
        case CKA_LABEL:
                wire_put(w, o->label, strlen(o->label));
                return true;
        case CKA_ID:
                wire_put(w, o->id, o->id_size);
                return true;
        case CKA_CERTIFICATE_TYPE:
                return o->object_class == CKO_CERTIFICATE && put_number(w, CKC_X_509);
        case CKA_VALUE:
                if (o->object_class == CKO_CERTIFICATE)
                        return put_certificate(o, w);
                *ret_sensitive = o->object_class != CKO_PUBLIC_KEY;
                return false;
        case CKA_PRIVATE_EXPONENT:
        case CKA_PRIME_1:
                *ret_sensitive = o->object_class == CKO_PRIVATE_KEY;
                return false;
        default:
                return o->object_class != CKO_CERTIFICATE && key_attribute(m, o, type, w);
        }
}

/* --- described --- */

static void describe_attributes(const Machine *m, const Object *o, FILE *out) {
        const char *between = "";
        bool sensitive;

        for (CK_ATTRIBUTE_TYPE type = 0; type < 0x300; type++) {
                Wire w = {0};

                if (object_attribute(m, o, type, &w, &sensitive)) {
                        fprintf(out, "%s\"0x%lx\": \"", between, type);
                        for (size_t i = 4; i < w.size; i++)
                                fprintf(out, "%02x", w.data[i]);
                        fputs("\"", out);
                        between = ", ";
                }
                wire_free(&w);
        }
}

static void describe_secret(const Object *o, FILE *out) {
        uint8_t digest[32], *der = NULL;
        int n = o->pkey ? i2d_PrivateKey(o->pkey, &der) : 0;

        EVP_Digest(o->pkey ? der : o->secret, o->pkey ? (size_t) MAX_OF(n, 0) : o->secret_size, digest, NULL,
                EVP_sha256(), NULL);
        OPENSSL_free(der);
        fputs("\"secret\": \"", out);
        for (size_t i = 0; i < sizeof(digest); i++)
                fprintf(out, "%02x", digest[i]);
        fputs("\"", out);
}

void objects_describe(const Machine *m, FILE *out) {
        fputs("{\"objects\": [", out);
        for (size_t i = 0; i < m->n_objects; i++) {
                fprintf(out, "%s{\"handle\": %lu, ", i ? ", " : "", m->objects[i].handle);
                describe_secret(&m->objects[i], out);
                fputs(", \"attributes\": {", out);
                describe_attributes(m, &m->objects[i], out);
                fputs("}}", out);
        }
        fputs("], \"serial\": ", out);
        json_text(out, m->serial);
        fprintf(out, ", \"wrong_tries\": %u}", m->wrong_tries);
}
