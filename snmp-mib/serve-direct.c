#include "serve-direct.h"

/* RFC 2741, 6.1; net-snmp's names stand in headers that Debian does not install. */
#define AGENTX_VERSION_1 (1 | 0xC0)
#define AGENTX_MSG_GET ((u_char) 5)
#define AGENTX_MSG_GETNEXT ((u_char) 6)
#define AGENTX_MSG_RESPONSE ((u_char) 18)

/* RFC 2741, 5.2: the search ends before this OID; a null one ends nowhere. */
static bool is_within(const netsnmp_variable_list *found, const netsnmp_variable_list *asked) {
        const oid *end = asked->val.objid;
        size_t n = asked->val_len / sizeof(oid);

        if (n == 0 || (n == 2 && end[0] == 0 && end[1] == 0))
                return true;
        return snmp_oid_compare(found->name, found->name_length, end, n) < 0;
}

static void answer_next(const Direct *d, const netsnmp_variable_list *asked, netsnmp_variable_list *answer) {
        snmp_set_var_typed_value(answer, ASN_NULL, NULL, 0);
        if (d->next(d->userdata, answer, asked->type == ASN_PRIV_INCL_RANGE) && is_within(answer, asked))
                return;
        snmp_set_var_objid(answer, asked->name, asked->name_length);
        snmp_set_var_typed_value(answer, SNMP_ENDOFMIBVIEW, NULL, 0);
}

static void answer(const Direct *d, netsnmp_session *session, const netsnmp_pdu *pdu) {
        netsnmp_pdu *response = snmp_clone_pdu((netsnmp_pdu *) pdu);
        const netsnmp_variable_list *asked = pdu->variables;

        if (!response)
                return; /* the master gives the request up */
        for (netsnmp_variable_list *v = response->variables; v && asked; v = v->next_variable) {
                if (pdu->command == AGENTX_MSG_GET)
                        d->get(d->userdata, v);
                else
                        answer_next(d, asked, v);
                asked = asked->next_variable;
        }
        response->command = AGENTX_MSG_RESPONSE;
        response->version = AGENTX_VERSION_1;
        response->errstat = SNMP_ERR_NOERROR;
        response->errindex = 0;
        if (!snmp_send(session, response))
                snmp_free_pdu(response); /* the end of the session is on its way to us */
}

static int on_packet(int operation, netsnmp_session *session, int request, netsnmp_pdu *pdu, void *magic) {
        const Direct *d = magic;

        if (operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE || !pdu || pdu->community_len > 0 ||
                (pdu->command != AGENTX_MSG_GET && pdu->command != AGENTX_MSG_GETNEXT))
                return d->library(operation, session, request, pdu, d->library_magic);
        answer(d, session, pdu);
        return 1;
}

void direct_begin(Direct *d, netsnmp_session *session) {
        d->library = session->callback;
        d->library_magic = session->callback_magic;
        session->callback = on_packet;
        session->callback_magic = d;
}
