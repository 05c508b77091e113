/* A pinned public key: read from PEM or DER, checked against the key's type, and kept in one canonical
 * encoding. */
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include "config-reader.h"

static void pkeyp(EVP_PKEY **key) {
        EVP_PKEY_free(*key);
}

static void biop(BIO **bio) {
        BIO_free(*bio);
}

/* An encrypted PEM would make OpenSSL ask on the terminal. */
static int no_password(UNUSED char *buffer, UNUSED int size, UNUSED int writing, UNUSED void *userdata) {
        return -1;
}

static int read_small_file(const char *path, uint8_t *dst, size_t size, size_t *ret_size) {
        CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        ssize_t n = read(fd, dst, size);
        if (n < 0)
                return -errno;
        if ((size_t) n == size)
                return -EFBIG;
        *ret_size = (size_t) n;
        return 0;
}

static void certificatep(X509 **certificate) {
        X509_free(*certificate);
}

/* A certificate's public key: sites have certificates at hand more often than keys. */
static EVP_PKEY *parse_certificate(const uint8_t *data, size_t size) {
        CLEANUP(biop) BIO *bio = BIO_new_mem_buf(data, (int) size);
        const unsigned char *p = data;

        if (!bio)
                return NULL;
        CLEANUP(certificatep) X509 *certificate = PEM_read_bio_X509(bio, NULL, no_password, NULL);
        if (!certificate)
                certificate = d2i_X509(NULL, &p, (long) size);
        return certificate ? X509_get_pubkey(certificate) : NULL;
}

static EVP_PKEY *parse_public_key(const uint8_t *data, size_t size) {
        CLEANUP(biop) BIO *bio = BIO_new_mem_buf(data, (int) size);
        const unsigned char *p = data;

        if (!bio)
                return NULL;
        EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);
        if (!key)
                key = d2i_PUBKEY(NULL, &p, (long) size);
        if (!key)
                key = parse_certificate(data, size);
        ERR_clear_error();
        return key;
}

static bool is_sm2(EVP_PKEY *key) {
        char group[32] = "";

        if (EVP_PKEY_is_a(key, "SM2"))
                return true;
        return EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 && streq(group, "SM2");
}

static const char *type_of(EVP_PKEY *key) {
        if (EVP_PKEY_is_a(key, "RSA"))
                return "rsa";
        if (is_sm2(key))
                return "sm2";
        return EVP_PKEY_is_a(key, "EC") ? "ec" : "other";
}

/* One key has one encoding, so that fingerprints can be compared: points are written uncompressed. */
static int encode(EVP_PKEY *key, uint8_t **ret, size_t *ret_size) {
        unsigned char *der = NULL;

        if (EVP_PKEY_is_a(key, "EC") || EVP_PKEY_is_a(key, "SM2"))
                EVP_PKEY_set_utf8_string_param(
                        key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed");
        int n = i2d_PUBKEY(key, &der);
        if (n <= 0)
                return -EINVAL;
        uint8_t *copy = malloc((size_t) n);
        if (copy)
                memcpy(copy, der, (size_t) n);
        OPENSSL_free(der);
        if (!copy)
                return -ENOMEM;
        *ret = copy;
        *ret_size = (size_t) n;
        return 0;
}

static void keep(Reader *r, const config_setting_t *at, EVP_PKEY *pkey, ConfigKey *key) {
        const char *type = type_of(pkey), *wanted = name_of(&key_type_names, key->type);
        CLEANUP_FREE uint8_t *spki = NULL;
        size_t size = 0;

        if (key->type != KEY_TYPE_OTHER && !streq(type, wanted)) {
                config_error(r, at,
                        "the public key is of type %s, but the key of type %s; write type = \"%s\"; or name "
                        "another file",
                        type, wanted, type);
                return;
        }
        int k = encode(pkey, &spki, &size);
        if (k == -ENOMEM) {
                r->no_memory = true;
                return;
        }
        if (k < 0 || size > PROTOCOL_SPKI_MAX) {
                config_error(r, at,
                        "the public key cannot be encoded in %d octets; use one of at most RSA-4096",
                        PROTOCOL_SPKI_MAX);
                return;
        }
        free(key->spki);
        key->spki = spki;
        key->spki_size = size;
        spki = NULL;
}

void load_public_key(Reader *r, const config_setting_t *at, ConfigKey *key) {
        uint8_t data[16 * 1024];
        size_t size = 0;

        if (key->type == KEY_TYPE_AES || key->type == KEY_TYPE_SM4 || key->type == KEY_TYPE_HMAC) {
                config_error(r, at, "a key of type %s has no public key; remove public_key",
                        name_of(&key_type_names, key->type));
                return;
        }
        int k = read_small_file(key->public_key, data, sizeof(data), &size);
        if (k < 0) {
                config_error(r, at, "public_key \"%s\" cannot be read (%s); name a readable PEM or DER file",
                        key->public_key, strerror(-k));
                return;
        }
        CLEANUP(pkeyp) EVP_PKEY *pkey = parse_public_key(data, size);
        if (!pkey) {
                config_error(r, at,
                        "public_key \"%s\" holds no public key; name a SubjectPublicKeyInfo in PEM (BEGIN "
                        "PUBLIC KEY) or DER, or a certificate",
                        key->public_key);
                return;
        }
        keep(r, at, pkey, key);
}
