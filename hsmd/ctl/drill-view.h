#ifndef HSMD_CTL_DRILL_VIEW_H
#define HSMD_CTL_DRILL_VIEW_H
/* A drill in words: what to do now, and its protocol. */

#include "drill.h"
#include "screen.h"

/* What has just happened, and what the engineer does next; one or two lines. */
void drill_put_step(const Screen *s, const DrillProtocol *p);

void drill_put_protocol(const Screen *s, const DrillProtocol *p);

#endif
