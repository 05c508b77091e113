#include "pin-key.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "disk.h"

static int make(const char *path, PinKey *ret) {
        PinKey key;
        int r;

        if (RAND_bytes(key.octets, sizeof(key.octets)) != 1)
                return -EIO;
        r = write_file_durably(path, key.octets, sizeof(key.octets));
        if (r >= 0)
                *ret = key;
        wipe(&key, sizeof(key));
        return r;
}

int pin_key_load(const char *path, bool may_make, PinKey *ret) {
        char buffer[sizeof(ret->octets) + 2];
        size_t size = 0;
        int r = read_small_file(path, buffer, sizeof(buffer), &size);

        if (r == -ENOENT)
                return may_make ? make(path, ret) : -ENOKEY;
        if (r == -EFBIG || (r >= 0 && size != sizeof(ret->octets)))
                return -EBADMSG;
        if (r < 0)
                return r;
        memcpy(ret->octets, buffer, sizeof(ret->octets));
        wipe(buffer, sizeof(buffer));
        return 0;
}

static void to_hex(uint8_t mac[static EVP_MAX_MD_SIZE], char ret[static PIN_HMAC_SIZE]) {
        for (size_t i = 0; i < (PIN_HMAC_SIZE - 1) / 2; i++)
                snprintf(ret + 2 * i, 3, "%02x", mac[i]);
        wipe(mac, EVP_MAX_MD_SIZE);
}

void pin_key_hmac(const PinKey *key, const char *pin, size_t size, char ret[static PIN_HMAC_SIZE]) {
        uint8_t mac[EVP_MAX_MD_SIZE] = {0};

        HMAC(EVP_sha256(), key->octets, sizeof(key->octets), (const uint8_t *) pin, size, mac, NULL);
        to_hex(mac, ret);
}

int pin_key_seal(const PinKey *key, const char *device, const char *note, size_t size,
        char ret[static PIN_HMAC_SIZE]) {
        uint8_t mac[EVP_MAX_MD_SIZE] = {0};
        size_t n = strlen(device) + 1;
        CLEANUP_FREE uint8_t *sealed = malloc(n + size);

        if (!sealed)
                return -ENOMEM;
        /* the name with its final zero octet, which no PIN contains: a seal is no PIN's HMAC, and no other
         * device's note is this one's */
        memcpy(sealed, device, n);
        memcpy(sealed + n, note, size);
        HMAC(EVP_sha256(), key->octets, sizeof(key->octets), sealed, n + size, mac, NULL);
        to_hex(mac, ret);
        return 0;
}
