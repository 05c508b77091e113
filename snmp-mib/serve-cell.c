#include "serve-cell.h"

#define STALE_STATE "unknown"

static void set_unsigned(MibValue *v, u_char type, uint64_t value) {
        mib_set_integer(v, type, (long) MIN_OF(value, (uint64_t) UINT32_MAX));
}

/* A judge that stands still knows no state; an enumeration that can say so is a state. */
static uint32_t state_now(const Field *f, uint32_t value, bool stale) {
        unsigned unknown = stale ? name_value(f->names, STALE_STATE) : 0;

        return unknown ? unknown : value;
}

static void show_wide(const Field *f, uint64_t u64, usec_t now, MibValue *ret) {
        switch (f->type) {
        case FIELD_COUNTER:
                mib_set_counter(ret, u64);
                return;
        case FIELD_INSTANT:
                mib_set_instant(ret, u64);
                return;
        case FIELD_AGE:
                set_unsigned(ret, ASN_UNSIGNED, now > u64 ? (now - u64) / USEC_PER_SEC : 0);
                return;
        case FIELD_MSEC:
                set_unsigned(ret, ASN_UNSIGNED, u64 / USEC_PER_MSEC);
                return;
        default: /* FIELD_USEC */
                set_unsigned(ret, ASN_UNSIGNED, u64);
        }
}

static void show_narrow(const Field *f, uint32_t u32, bool stale, MibValue *ret) {
        switch (f->type) {
        case FIELD_ENUM:
                mib_set_integer(ret, ASN_INTEGER, (long) state_now(f, u32, stale));
                return;
        case FIELD_ENUM_AS_NAME:
                mib_set_text(ret, name_of(f->names, u32), 63);
                return;
        case FIELD_BOOL:
                mib_set_integer(ret, ASN_INTEGER, u32 ? 1 : 2); /* TruthValue */
                return;
        case FIELD_I32:
        case FIELD_CELSIUS:
                mib_set_integer(ret, ASN_INTEGER, (int32_t) u32);
                return;
        default: /* FIELD_U32 and FIELD_GAUGE are one type on the wire */
                set_unsigned(ret, ASN_UNSIGNED, u32);
        }
}

static bool is_wide(const Field *f) {
        return f->type == FIELD_COUNTER || f->type == FIELD_INSTANT || f->type == FIELD_AGE ||
               f->type == FIELD_MSEC || f->type == FIELD_USEC;
}

void serve_cell(const Field *f, const void *row, usec_t now, bool stale, MibValue *ret) {
        const uint8_t *p = (const uint8_t *) row + f->offset;
        uint64_t u64;
        uint32_t u32;

        if (f->type == FIELD_NAME) {
                mib_set_ascii(ret, (const char *) p, 63);
        } else if (f->type == FIELD_TEXT) {
                mib_set_text(ret, (const char *) p, 255);
        } else if (is_wide(f)) {
                memcpy(&u64, p, sizeof(u64));
                show_wide(f, u64, now, ret);
        } else {
                memcpy(&u32, p, sizeof(u32));
                show_narrow(f, u32, stale, ret);
        }
}
