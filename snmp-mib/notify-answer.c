/* What the library calls back with means. Nothing is sent or closed from here, since it is busy with the
 * session: notify_receiver_go_on does, afterwards. */
#include "notify-receiver.h"

/* Not in the time window is no answer yet: the library sends again, with the time that it was told. */
static NotifyOutcome outcome_of_report(NotifyReceiver *r, netsnmp_pdu *report) {
        const char *why = engine_refusal(report);

        if (why) {
                snprintf(r->why, sizeof(r->why), "it %s", why);
                return NOTIFY_REFUSED;
        }
        return snmpv3_get_report_type(report) == SNMPERR_NOT_IN_TIME_WINDOW ? NOTIFY_PENDING
                                                                            : NOTIFY_STRANGER;
}

static NotifyOutcome outcome_of_response(NotifyReceiver *r, const netsnmp_pdu *response) {
        if (response->errstat == SNMP_ERR_NOERROR)
                return NOTIFY_ANSWERED;
        snprintf(r->why, sizeof(r->why), "it answers with the error %s",
                snmp_errstring((int) response->errstat));
        return NOTIFY_REFUSED;
}

/* What a call of the library's means. It calls twice for one Report; only the first one counts. */
static void take(NotifyReceiver *r, int operation, netsnmp_pdu *pdu, bool discovery, NotifyOutcome *outcome) {
        if (*outcome != NOTIFY_PENDING)
                return;
        switch (operation) {
        case NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE:
        case NETSNMP_CALLBACK_OP_SEC_ERROR:
                if (pdu && pdu->command == SNMP_MSG_REPORT)
                        *outcome = discovery ? NOTIFY_ANSWERED : outcome_of_report(r, pdu);
                else if (pdu && pdu->command == SNMP_MSG_RESPONSE && !discovery)
                        *outcome = outcome_of_response(r, pdu);
                break;
        case NETSNMP_CALLBACK_OP_TIMED_OUT:
        case NETSNMP_CALLBACK_OP_SEND_FAILED:
                *outcome = NOTIFY_TIMEOUT;
                break;
        default: /* sent again by the library */
                break;
        }
}

/* Whether what was received can be an answer at all: if not, the library goes on waiting. There is no Report
 * in SNMPv2c. */
static bool is_stray(const NotifyReceiver *r, int operation, const netsnmp_pdu *pdu) {
        bool received = operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE ||
                        operation == NETSNMP_CALLBACK_OP_SEC_ERROR;

        return received && pdu && pdu->command != SNMP_MSG_RESPONSE &&
               !(pdu->command == SNMP_MSG_REPORT && r->engine.version == SNMP_VERSION_V3);
}

int notify_on_answer(
        int operation, netsnmp_session *session UNUSED, int request UNUSED, netsnmp_pdu *pdu, void *data) {
        NotifyReceiver *r = data;

        if (is_stray(r, operation, pdu))
                return 0;
        take(r, operation, pdu, r->phase == NOTIFY_DISCOVERY, &r->outcome);
        return 1;
}

int notify_on_heartbeat_answer(
        int operation, netsnmp_session *session UNUSED, int request UNUSED, netsnmp_pdu *pdu, void *data) {
        NotifyReceiver *r = data;

        if (is_stray(r, operation, pdu))
                return 0;
        take(r, operation, pdu, false, &r->heartbeat_outcome);
        return 1;
}
