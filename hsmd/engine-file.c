#include "engine-file.h"

#include <openssl/rand.h>

#include "disk.h"

#define ID_SIZE 17
#define BOOTS_MAX 2147483646 /* RFC 3414: 2147483647 is latched and would refuse every message */

/* RFC 3411, SnmpEngineID: the enterprise number with its first bit set (8072, whose playpen the MIB is in),
 * format 5 (octets), 12 random octets. */
static int make_id(EngineFile *e) {
        static const uint8_t head[] = {0x80, 0x00, 0x1f, 0x88, 0x05};

        memcpy(e->id, head, sizeof(head));
        e->id_size = ID_SIZE;
        return RAND_bytes(e->id + sizeof(head), ID_SIZE - sizeof(head)) == 1 ? 0 : -EIO;
}

static int parse(const char *text, EngineFile *e) {
        char hex[2 * sizeof(e->id) + 1];
        unsigned boots;

        if (sscanf(text, "id %64[0-9a-f]\nboots %u\n", hex, &boots) != 2 || strlen(hex) % 2 ||
                strlen(hex) < 10)
                return -EBADMSG;
        e->id_size = strlen(hex) / 2;
        for (size_t i = 0; i < e->id_size; i++) {
                unsigned byte;

                if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
                        return -EBADMSG;
                e->id[i] = (uint8_t) byte;
        }
        e->boots = boots;
        return 0;
}

int engine_file_boot(const char *path, EngineFile *ret) {
        EngineFile e = {0};
        char text[160];
        size_t size = 0;
        int n, r = read_small_file(path, text, sizeof(text), &size);

        if (r == -ENOENT)
                r = make_id(&e);
        else if (r >= 0)
                r = parse(text, &e);
        if (r < 0)
                return r;
        if (e.boots < BOOTS_MAX)
                e.boots++;
        n = snprintf(text, sizeof(text), "id ");
        for (size_t i = 0; i < e.id_size; i++)
                n += snprintf(text + n, sizeof(text) - (size_t) n, "%02x", e.id[i]);
        n += snprintf(text + n, sizeof(text) - (size_t) n, "\nboots %u\n", e.boots);
        r = write_file_durably(path, text, (size_t) n);
        if (r < 0)
                return r;
        *ret = e;
        return 0;
}
