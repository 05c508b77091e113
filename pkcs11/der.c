#include "der.h"

Octets octets_strip(Octets number) {
        while (number.size > 0 && number.data[0] == 0)
                number = (Octets){number.data + 1, number.size - 1};
        return number;
}

/* X.690, 8.1.3 and 10.1: the shortest form, here of at most two octets after the first. */
static int take_length(const Octets *in, size_t *ret_head, size_t *ret_length) {
        size_t n, length = 0;

        if (in->size < 2)
                return -EBADMSG;
        if (in->data[1] < 0x80) {
                *ret_head = 2;
                *ret_length = in->data[1];
                return 0;
        }
        n = in->data[1] & 0x7f;
        if (n < 1 || n > 2 || in->size < 2 + n || in->data[2] == 0)
                return -EBADMSG;
        for (size_t i = 0; i < n; i++)
                length = length << 8 | in->data[2 + i];
        if (length < 0x80)
                return -EBADMSG;
        *ret_head = 2 + n;
        *ret_length = length;
        return 0;
}

int der_take(Octets *in, DerTag tag, Octets *ret) {
        size_t head, length;
        int r;

        if (in->size == 0 || in->data[0] != tag)
                return -EBADMSG;
        r = take_length(in, &head, &length);
        if (r < 0)
                return r;
        if (in->size - head < length)
                return -EBADMSG;
        *ret = (Octets){in->data + head, length};
        *in = (Octets){in->data + head + length, in->size - head - length};
        return 0;
}

int der_take_unsigned(Octets *in, Octets *ret) {
        Octets rest = *in, number;
        int r = der_take(&rest, DER_INTEGER, &number);

        if (r < 0)
                return r;
        if (number.size == 0 || number.data[0] & 0x80)
                return -EBADMSG;
        /* 8.3.2: a leading zero only where the number would be negative without it */
        if (number.size > 1 && number.data[0] == 0 && !(number.data[1] & 0x80))
                return -EBADMSG;
        *in = rest;
        *ret = octets_strip(number);
        return 0;
}

size_t der_put_head(uint8_t *dst, DerTag tag, size_t length) {
        size_t n = length < 0x80 ? 0 : length < 0x100 ? 1 : 2;

        if (dst) {
                dst[0] = (uint8_t) tag;
                dst[1] = (uint8_t) (n == 0 ? length : 0x80 | n);
                for (size_t i = 0; i < n; i++)
                        dst[2 + i] = (uint8_t) (length >> (8 * (n - 1 - i)));
        }
        return 2 + n;
}

size_t der_put(uint8_t *dst, DerTag tag, Octets content) {
        size_t head = der_put_head(dst, tag, content.size);

        if (dst && content.size > 0)
                memcpy(dst + head, content.data, content.size);
        return head + content.size;
}

size_t der_put_unsigned(uint8_t *dst, Octets number) {
        static const uint8_t zero[1];
        Octets digits = octets_strip(number);
        size_t pad, head;

        if (digits.size == 0)
                return der_put(dst, DER_INTEGER, (Octets){zero, 1});
        pad = digits.data[0] & 0x80 ? 1 : 0;
        head = der_put_head(dst, DER_INTEGER, digits.size + pad);
        if (dst) {
                dst[head] = 0;
                memcpy(dst + head + pad, digits.data, digits.size);
        }
        return head + pad + digits.size;
}
