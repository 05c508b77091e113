#include "mib-value.h"

#include <time.h>

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

void mib_set_counter(MibValue *v, uint64_t value) {
        v->type = ASN_COUNTER64;
        v->size = sizeof(v->data.counter);
        v->data.counter.high = (u_long) (value >> 32);
        v->data.counter.low = (u_long) (value & UINT32_MAX);
}

void mib_set_instant(MibValue *v, uint64_t usec) {
        time_t seconds = (time_t) (usec / USEC_PER_SEC);
        struct tm tm = {0};
        unsigned year;

        gmtime_r(&seconds, &tm);
        year = (unsigned) tm.tm_year + 1900;
        v->type = ASN_OCTET_STR;
        v->size = 11;
        memcpy(v->data.octets,
                (const uint8_t[11]){(uint8_t) (year >> 8), (uint8_t) year, (uint8_t) (tm.tm_mon + 1),
                        (uint8_t) tm.tm_mday, (uint8_t) tm.tm_hour, (uint8_t) tm.tm_min, (uint8_t) tm.tm_sec,
                        (uint8_t) (usec % USEC_PER_SEC / 100000), '+', 0, 0},
                11);
}
