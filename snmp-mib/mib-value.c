#include "mib-value.h"

void mib_set_integer(MibValue *v, u_char type, long integer) {
        v->type = type;
        v->size = sizeof(v->data.integer);
        v->data.integer = integer;
}

void mib_set_text(MibValue *v, const char *text, size_t max) {
        v->type = ASN_OCTET_STR;
        v->size = strnlen(text, max);
        memcpy(v->data.octets, text, v->size);
}

void mib_set_ascii(MibValue *v, const char *text, size_t max) {
        mib_set_text(v, text, max);
        for (size_t i = 0; i < v->size; i++)
                if (v->data.octets[i] < ' ' || v->data.octets[i] > '~')
                        v->data.octets[i] = '?';
}
