#ifndef HSMD_CTL_USAGE_H
#define HSMD_CTL_USAGE_H
/* What `hsmctl --help` prints. hsmctl(1) says the same at length. */

#include "words.h"

#define DEFAULT_SOCKET HSMD_RUNDIR "/control"

const char *usage_text(Lang lang);

#endif
