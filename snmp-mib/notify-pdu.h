#ifndef HSMD_NOTIFY_PDU_H
#define HSMD_NOTIFY_PDU_H
/* Notifications as HSMD-MIB defines them: which objects, in which order, with which values. */

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "notify-text.h"
#include "protocol.h"

typedef struct NotifyForm {
        bool inform;            /* else a trap */
        bool local_text;        /* with the operator's text, as the last object */
        const iconv_t *gb18030; /* NULL: in UTF-8 */
} NotifyForm;

/* Makes the PDU; the caller's, or net-snmp's once it is sent. Every object of its type is there, in the MIB's
 * order: what the event does not say is 0, empty or indeterminate. ticks: sysUpTime. -EINVAL for an event of
 * which no receiver is told; -ENOMEM. */
int notify_pdu(
        const MsgNotify *message, bool repeated, uint32_t ticks, const NotifyForm *form, netsnmp_pdu **ret);

#endif
