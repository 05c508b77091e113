#include "pin-return.h"

#include "ring.h"

/* PKCS#11 v2.40, section 11.1: CKR_PIN_INCORRECT to CKR_PIN_LOCKED, and what vendors answer to a wrong PIN
 * besides: CKR_GENERAL_ERROR to CKR_ARGUMENTS_BAD and numbers of their own */
#define CKR_PIN_FIRST 0xA0
#define CKR_PIN_LAST 0xA4
#define CKR_VAGUE_FIRST 0x05
#define CKR_VAGUE_LAST 0x07
#define CKR_VENDOR 0x80000000

static const ProbeReturn *of_vendor(uint64_t rv, const ConfigVendor *vendor) {
        for (size_t i = 0; i < vendor->n_returns; i++)
                if (vendor->returns[i].number == rv)
                        return &vendor->returns[i];
        return NULL;
}

static bool is_vague(uint64_t rv) {
        return (rv >= CKR_VAGUE_FIRST && rv <= CKR_VAGUE_LAST) || rv >= CKR_VENDOR;
}

PinReturn pin_return(uint64_t rv, bool proven, const ConfigVendor *vendor) {
        const ProbeReturn *known = of_vendor(rv, vendor);

        if (rv == 0)
                return PIN_RETURN_ACCEPTED;
        if (rv >= CKR_PIN_FIRST && rv <= CKR_PIN_LAST)
                return PIN_RETURN_COUNTED;
        if (known)
                return known->class == RETURN_CREDENTIAL ? PIN_RETURN_COUNTED : PIN_RETURN_NOTHING;
        return !proven && is_vague(rv) ? PIN_RETURN_COUNTED : PIN_RETURN_NOTHING;
}

const char *pin_return_name(uint64_t rv, const ConfigVendor *vendor, char buffer[static 24]) {
        const ProbeReturn *known = of_vendor(rv, vendor);

        return known ? known->name : pkcs11_return_name(rv, buffer);
}
