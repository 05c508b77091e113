#include "wire.h"
#include "macro.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WIRE_NAME(name) [WIRE_##name] = "C_" #name,
static const char *const names[] = {WIRE_FUNCTIONS(WIRE_NAME)};

const char *wire_name(uint32_t function) {
        return function > WIRE_NONE && function < WIRE_FUNCTION_MAX ? names[function] : "C_?";
}

uint32_t wire_number(const char *name) {
        for (uint32_t i = 1; i < WIRE_FUNCTION_MAX; i++)
                if (strcmp(names[i], name) == 0)
                        return i;
        return WIRE_NONE;
}

void wire_start(Wire *w) {
        w->size = w->at = 0;
        w->bad = false;
}

void wire_free(Wire *w) {
        free(w->data);
        *w = (Wire){0};
}

static uint8_t *grow(Wire *w, size_t n) {
        if (n > WIRE_MAX - MIN_OF(w->size, (size_t) WIRE_MAX)) {
                w->bad = true; /* no frame has room for it: whoever asks is wrong, or hostile */
                return NULL;
        }
        if (w->size + n > w->room) {
                size_t room = (w->size + n) * 2 + 256;
                uint8_t *data = realloc(w->data, room);

                if (!data) {
                        w->bad = true;
                        return NULL;
                }
                w->data = data;
                w->room = room;
        }
        w->size += n;
        return w->data + w->size - n;
}

static void put_number(Wire *w, uint64_t v, size_t n) {
        uint8_t *p = grow(w, n);

        for (size_t i = 0; p && i < n; i++)
                p[i] = (uint8_t) (v >> (8 * (n - 1 - i)));
}

void wire_put_u32(Wire *w, uint32_t v) {
        put_number(w, v, 4);
}

void wire_put_u64(Wire *w, uint64_t v) {
        put_number(w, v, 8);
}

void wire_put(Wire *w, const void *octets, size_t n) {
        uint8_t *p;

        wire_put_u32(w, (uint32_t) MIN_OF(n, (size_t) UINT32_MAX));
        p = grow(w, n);
        if (p && n > 0)
                memcpy(p, octets, n);
}

static const uint8_t *take(Wire *w, size_t n) {
        if (w->bad || n > w->size - w->at) {
                w->bad = true;
                return NULL;
        }
        w->at += n;
        return w->data + w->at - n;
}

static uint64_t get_number(Wire *w, size_t n) {
        const uint8_t *p = take(w, n);
        uint64_t v = 0;

        for (size_t i = 0; p && i < n; i++)
                v = v << 8 | p[i];
        return v;
}

uint32_t wire_get_u32(Wire *w) {
        return (uint32_t) get_number(w, 4);
}

uint64_t wire_get_u64(Wire *w) {
        return get_number(w, 8);
}

const uint8_t *wire_get(Wire *w, size_t *ret_n) {
        size_t n = wire_get_u32(w);
        const uint8_t *p = take(w, n);

        *ret_n = p ? n : 0;
        return p;
}

static int transfer(int fd, void *data, size_t n, bool out) {
        uint8_t *p = data;

        while (n > 0) {
                ssize_t done = out ? send(fd, p, n, MSG_NOSIGNAL) : recv(fd, p, n, 0);

                if (done < 0 && errno == EINTR)
                        continue;
                if (done <= 0)
                        return -1;
                p += done;
                n -= (size_t) done;
        }
        return 0;
}

int wire_send(int fd, const Wire *w) {
        uint8_t head[4] = {(uint8_t) (w->size >> 24), (uint8_t) (w->size >> 16), (uint8_t) (w->size >> 8),
                (uint8_t) w->size};

        if (w->bad || w->size > WIRE_MAX)
                return -1;
        return transfer(fd, head, sizeof(head), true) == 0 ? transfer(fd, w->data, w->size, true) : -1;
}

int wire_receive(int fd, Wire *w) {
        uint8_t head[4];
        size_t n;

        wire_start(w);
        if (transfer(fd, head, sizeof(head), false) < 0)
                return -1;
        n = (size_t) head[0] << 24 | (size_t) head[1] << 16 | (size_t) head[2] << 8 | head[3];
        if (n == 0 || n > WIRE_MAX || !grow(w, n)) {
                w->size = 0; /* nothing of an older frame may be read as this one */
                w->bad = true;
                return -1;
        }
        if (transfer(fd, w->data, n, false) < 0) {
                w->size = 0;
                w->bad = true;
                return -1;
        }
        return 0;
}
