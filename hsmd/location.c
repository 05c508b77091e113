#include "location.h"

#include <p11-kit/pkcs11.h>

#include "location-table.h"

static bool asks(uint64_t mask, unsigned value) {
        return mask == 0 || (value < 64 && mask >> value & 1);
}

static bool fits(const LocationRow *row, const LocationFacts *f) {
        return asks(row->reasons, f->reason) && asks(row->steps, f->step) && asks(row->hints, f->hint) &&
               asks(row->service, f->service) && asks(row->management, f->management) &&
               asks(row->agent, f->agent) && asks(row->rebooted, f->rebooted ? YES_YES : YES_NO) &&
               asks(row->neighbours, f->neighbours) && asks(row->elsewhere, f->module_elsewhere);
}

Location location_of(const LocationFacts *facts) {
        size_t i = 0;

        while (i + 1 < location_n_rows && !fits(&location_rows[i], facts))
                i++;
        return (Location){.place = location_rows[i].place,
                .other = location_rows[i].other,
                .test = location_rows[i].test,
                .row = (unsigned) i + 1};
}

static ReturnHint hint_of_class(uint32_t vendor_class) {
        switch (vendor_class) {
        case RETURN_BUSY:
        case RETURN_LOG_FULL:
                return HINT_BUSY;
        case RETURN_SESSION:
                return HINT_SESSIONS;
        case RETURN_CREDENTIAL:
                return HINT_PIN;
        case RETURN_KEY:
                return HINT_KEY;
        case RETURN_FATAL:
                return HINT_DEVICE;
        default:
                return HINT_NONE;
        }
}

/* Of the standard's returns. What is left says no more than CKR_GENERAL_ERROR does. */
static ReturnHint hint_of_standard(uint64_t rv) {
        switch (rv) {
        case CKR_OK:
                return HINT_NONE;
        case CKR_PIN_INCORRECT:
        case CKR_PIN_INVALID:
        case CKR_PIN_LEN_RANGE:
        case CKR_PIN_EXPIRED:
        case CKR_PIN_LOCKED:
        case CKR_USER_PIN_NOT_INITIALIZED:
                return HINT_PIN;
        case CKR_KEY_HANDLE_INVALID:
        case CKR_OBJECT_HANDLE_INVALID:
        case CKR_KEY_SIZE_RANGE:
        case CKR_KEY_TYPE_INCONSISTENT:
        case CKR_KEY_FUNCTION_NOT_PERMITTED:
        case CKR_KEY_CHANGED:
                return HINT_KEY;
        case CKR_SESSION_COUNT:
                return HINT_SESSIONS;
        /* a session that ended, or a login that is gone, is how a machine that went away looks from a session
         * that outlived it */
        case CKR_DEVICE_ERROR:
        case CKR_DEVICE_MEMORY:
        case CKR_DEVICE_REMOVED:
        case CKR_TOKEN_NOT_PRESENT:
        case CKR_TOKEN_NOT_RECOGNIZED:
        case CKR_SLOT_ID_INVALID:
        case CKR_SESSION_HANDLE_INVALID:
        case CKR_SESSION_CLOSED:
        case CKR_USER_NOT_LOGGED_IN:
                return HINT_DEVICE;
        default:
                return HINT_GENERAL;
        }
}

ReturnHint location_hint(uint64_t rv, uint32_t vendor_class, Reason reason) {
        ReturnHint hint = hint_of_class(vendor_class);

        if (reason == REASON_TIMEOUT)
                return HINT_HUNG;
        if (reason == REASON_CRASHED)
                return HINT_CRASHED;
        return hint != HINT_NONE ? hint : hint_of_standard(rv);
}
