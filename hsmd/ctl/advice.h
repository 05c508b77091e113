#ifndef HSMD_CTL_ADVICE_H
#define HSMD_CTL_ADVICE_H
/* What to look at first when a device is not up: for an engineer at night who is no cryptographer. */

#include "names.h"
#include "options.h"

/* At most three sentences, one a line ('\n' between them), most useful first; never NULL. ret is the name of
 * what the failed call returned ("CKR_DEVICE_ERROR"), empty if there is none. Unknown values (0) match
 * nothing special. */
const char *advice_for(Lang lang, unsigned state, unsigned step, unsigned reason, const char *ret);

#endif
