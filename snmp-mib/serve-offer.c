#include "serve-offer.h"

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <net-snmp/agent/agent_sysORTable.h>

#include "serve-entity.h"

/* RFC 2741, 6.1 and 6.2; net-snmp's names stand in headers that Debian does not install. */
#define AGENTX_VERSION_1 (1 | 0xC0)
#define AGENTX_MSG_REGISTER ((u_char) 3)
#define AGENTX_MSG_UNREGISTER ((u_char) 4)
#define AGENTX_MSG_ADD_AGENT_CAPS ((u_char) 16)

#define PRIORITY_DEFAULT 127
#define PRIORITY_LAST 255

typedef struct Place {
        oid name[11];
        size_t n;
} Place;

/* Where others would be: the module, its objects, its tables, their entries. */
static const Place asked[] = {
        {{ENTITY_MIB_ARCS}, 7},
        {{ENTITY_MIB_ARCS, 1}, 8},
        {{ENTITY_MIB_ARCS, 1, 1}, 9},
        {{ENTITY_MIB_ARCS, 1, 1, 1}, 10},
        {{ENTITY_MIB_ARCS, 1, 1, 1, 1}, 11},
        {{ENTITY_SENSOR_MIB_ARCS}, 7},
        {{ENTITY_SENSOR_MIB_ARCS, 1}, 8},
        {{ENTITY_SENSOR_MIB_ARCS, 1, 1}, 9},
        {{ENTITY_SENSOR_MIB_ARCS, 1, 1, 1}, 10},
};

static const struct {
        Place place;
        const char *description;
} offered[] = {
        {{{ENTITY_MIB_ARCS}, 7}, "ENTITY-MIB: the machines that hsmd watches, as chassis with their sensors"},
        {{{ENTITY_SENSOR_MIB_ARCS}, 7}, "ENTITY-SENSOR-MIB: what the sensors of these machines read"},
};

static void send_pdu(Offer *o, netsnmp_pdu *pdu, netsnmp_callback on_answer) {
        pdu->version = AGENTX_VERSION_1;
        pdu->sessid = o->session->sessid;
        if (!snmp_async_send(o->session, pdu, on_answer, o))
                snmp_free_pdu(pdu); /* the end of the session is on its way to us */
}

static void send_place(
        Offer *o, u_char command, const Place *place, int priority, netsnmp_callback on_answer) {
        netsnmp_pdu *pdu = snmp_pdu_create(command);

        if (!pdu)
                return;
        pdu->time = 0;
        pdu->priority = priority;
        snmp_add_null_var(pdu, place->name, place->n);
        send_pdu(o, pdu, on_answer);
}

static void send_description(Offer *o, size_t i, netsnmp_callback on_answer) {
        netsnmp_pdu *pdu = snmp_pdu_create(AGENTX_MSG_ADD_AGENT_CAPS);

        if (!pdu)
                return;
        pdu->time = 0;
        snmp_pdu_add_variable(pdu, offered[i].place.name, offered[i].place.n, ASN_OCTET_STR,
                offered[i].description, strlen(offered[i].description));
        send_pdu(o, pdu, on_answer);
}

/* The master goes on in the order in which it was asked, so these answers are not waited for. */
static int on_answer_to_note(UNUSED int operation, UNUSED netsnmp_session *session, UNUSED int request,
        UNUSED netsnmp_pdu *pdu, UNUSED void *userdata) {
        return 1;
}

static int on_answer_to_offer(
        int operation, netsnmp_session *session, UNUSED int request, netsnmp_pdu *pdu, void *userdata) {
        Offer *o = userdata;

        if (operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE && pdu && session == o->session &&
                pdu->errstat != SNMP_ERR_NOERROR)
                o->state = OFFER_TAKEN;
        return 1;
}

static void serve(Offer *o) {
        for (size_t i = 0; i < ELEMENTSOF(offered); i++) {
                send_place(o, AGENTX_MSG_REGISTER, &offered[i].place, PRIORITY_LAST, on_answer_to_offer);
                send_description(o, i, on_answer_to_note);
        }
        o->state = OFFER_SERVED;
}

static int on_answer_to_place(
        int operation, netsnmp_session *session, UNUSED int request, netsnmp_pdu *pdu, void *userdata) {
        Offer *o = userdata;

        if (operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE || !pdu || session != o->session)
                return 1;
        if (pdu->errstat != SNMP_ERR_NOERROR) {
                o->state = OFFER_TAKEN;
                return 1;
        }
        send_place(o, AGENTX_MSG_UNREGISTER, &asked[o->asked], PRIORITY_DEFAULT, on_answer_to_note);
        if (++o->asked < ELEMENTSOF(asked))
                send_place(o, AGENTX_MSG_REGISTER, &asked[o->asked], PRIORITY_DEFAULT, on_answer_to_place);
        else
                serve(o);
        return 1;
}

void offer_begin(Offer *o, netsnmp_session *session) {
        *o = (Offer){.state = OFFER_ASKING, .session = session};
        send_place(o, AGENTX_MSG_REGISTER, &asked[0], PRIORITY_DEFAULT, on_answer_to_place);
}

void offer_describe(void) {
        for (size_t i = 0; i < ELEMENTSOF(offered); i++) {
                Place place = offered[i].place;

                register_sysORTable(place.name, place.n, offered[i].description);
        }
}

void offer_end(Offer *o) {
        *o = (Offer){.state = OFFER_NONE};
}
