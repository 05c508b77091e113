#include "message.h"

#include <openssl/evp.h>
#include <sys/random.h>

int message_make(const char *device, usec_t realtime, uint8_t dst[static MESSAGE_SIZE_MAX]) {
        size_t name = strlen(device) + 1, n = 0;

        if (name > 64)
                return -EINVAL;
        memcpy(dst, MESSAGE_MARK, sizeof(MESSAGE_MARK));
        n += sizeof(MESSAGE_MARK);
        memcpy(dst + n, device, name);
        n += name;
        for (int shift = 56; shift >= 0; shift -= 8)
                dst[n++] = (uint8_t) (realtime >> shift);
        if (getrandom(dst + n, MESSAGE_NONCE_SIZE, 0) != MESSAGE_NONCE_SIZE)
                return -EIO;
        return (int) (n + MESSAGE_NONCE_SIZE);
}

int message_digest(const char *device, uint8_t ret_digest[static MESSAGE_DIGEST_SIZE]) {
        uint8_t message[MESSAGE_SIZE_MAX];
        int size = message_make(device, now_realtime(), message);

        if (size < 0)
                return size;
        return EVP_Digest(message, (size_t) size, ret_digest, NULL, EVP_sha256(), NULL) == 1 ? 0 : -EIO;
}
