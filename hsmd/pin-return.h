#ifndef HSMD_PIN_RETURN_H
#define HSMD_PIN_RETURN_H
/* What an answer of C_Login says of the PIN. Pure. */

#include "config.h"

typedef enum PinReturn {
        PIN_RETURN_ACCEPTED = 1,
        PIN_RETURN_COUNTED, /* the token may have counted it as a wrong PIN */
        PIN_RETURN_NOTHING, /* the PIN was not looked at */
} PinReturn;

/* proven: it has succeeded on this token before. Then it is doubted only when the token says so in plain
 * words. */
PinReturn pin_return(uint64_t rv, bool proven, const ConfigVendor *vendor);

/* Its name: the vendor's own, or the standard's. */
const char *pin_return_name(uint64_t rv, const ConfigVendor *vendor, char buffer[static 24]);

#endif
