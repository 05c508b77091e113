#include "serve-agent.h"

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <net-snmp/agent/agent_sysORTable.h>

#include "mib-root.h"
#include "serve-own.h"
#include "session.h"

#define APPLICATION "hsmd-snmp"

static void answer(netsnmp_request_info *request, const MibValue *value) {
        snmp_set_var_typed_value(request->requestvb, value->type, &value->data, value->size);
}

static int objects_get(ServeAgent *agent, const oid *name, size_t n, usec_t now, MibValue *ret) {
        return serve_board_get(agent->board, name, n, now, ret);
}

static int objects_next(ServeAgent *agent, const oid *name, size_t n, usec_t now,
        oid ret_name[static SERVE_OID_MAX], size_t *ret_n, MibValue *ret) {
        return serve_board_next(agent->board, name, n, now, ret_name, ret_n, ret);
}

static EntityClock entity_clock(const ServeAgent *agent, usec_t now) {
        return (EntityClock){.now = now,
                .up_since = agent->mode == AGENT_MODE_AGENTX ? agent->link.master_since : agent->own_since};
}

static int physical_get(ServeAgent *agent, const oid *name, size_t n, usec_t now, MibValue *ret) {
        const EntityClock clock = entity_clock(agent, now);

        return entity_get(agent->entities, ENTITY_MIB, name, n, &clock, ret);
}

static int physical_next(ServeAgent *agent, const oid *name, size_t n, usec_t now,
        oid ret_name[static SERVE_OID_MAX], size_t *ret_n, MibValue *ret) {
        const EntityClock clock = entity_clock(agent, now);

        return entity_next(agent->entities, ENTITY_MIB, name, n, &clock, ret_name, ret_n, ret);
}

static int sensors_get(ServeAgent *agent, const oid *name, size_t n, usec_t now, MibValue *ret) {
        const EntityClock clock = entity_clock(agent, now);

        return entity_get(agent->entities, ENTITY_SENSOR_MIB, name, n, &clock, ret);
}

static int sensors_next(ServeAgent *agent, const oid *name, size_t n, usec_t now,
        oid ret_name[static SERVE_OID_MAX], size_t *ret_n, MibValue *ret) {
        const EntityClock clock = entity_clock(agent, now);

        return entity_next(agent->entities, ENTITY_SENSOR_MIB, name, n, &clock, ret_name, ret_n, ret);
}

/* What is served: one subtree, and who answers for it. */
typedef struct Subtree {
        const char *name;
        oid root[MAX_OID_LEN - SERVE_OID_MAX];
        size_t n;
        int (*get)(ServeAgent *agent, const oid *name, size_t n, usec_t now, MibValue *ret);
        int (*next)(ServeAgent *agent, const oid *name, size_t n, usec_t now,
                oid ret_name[static SERVE_OID_MAX], size_t *ret_n, MibValue *ret);
} Subtree;

static const Subtree objects = {.name = "hsmd",
        .root = {MIB_ROOT_ARCS, 1},
        .n = ELEMENTSOF(((oid[]){MIB_ROOT_ARCS, 1})),
        .get = objects_get,
        .next = objects_next};
static const Subtree entities[] = {
        {"hsmd-entity", {ENTITY_MIB_ARCS}, 7, physical_get, physical_next},
        {"hsmd-entity-sensor", {ENTITY_SENSOR_MIB_ARCS}, 7, sensors_get, sensors_next},
};

static const Subtree *subtree_of(const netsnmp_handler_registration *registration) {
        for (size_t i = 0; i < ELEMENTSOF(entities); i++)
                if (streq(registration->handlerName, entities[i].name))
                        return &entities[i];
        return &objects;
}

static void answer_get(ServeAgent *agent, const Subtree *tree, netsnmp_agent_request_info *info,
        netsnmp_request_info *request, usec_t now) {
        const netsnmp_variable_list *vb = request->requestvb;
        MibValue value;
        int r = tree->get(agent, vb->name + tree->n, vb->name_length - tree->n, now, &value);

        if (r >= 0)
                answer(request, &value);
        else
                netsnmp_set_request_error(
                        info, request, r == -ENXIO ? SNMP_NOSUCHOBJECT : SNMP_NOSUCHINSTANCE);
}

/* AgentX may ask for "this one or the next" (RFC 2741, 7.2.3.2). */
static bool answer_inclusive(ServeAgent *agent, const Subtree *tree, netsnmp_request_info *request,
        const oid *name, size_t n, usec_t now) {
        MibValue value;

        if (!request->inclusive || tree->get(agent, name, n, now, &value) < 0)
                return false;
        answer(request, &value);
        return true;
}

static void answer_next(ServeAgent *agent, const Subtree *tree, netsnmp_request_info *request, usec_t now) {
        netsnmp_variable_list *vb = request->requestvb;
        oid name[MAX_OID_LEN];
        const oid *below = NULL;
        size_t n = 0;
        MibValue value;

        /* an OID before the subtree asks for its first instance; one after it is not ours */
        if (snmp_oidtree_compare(vb->name, vb->name_length, tree->root, tree->n) == 0 &&
                vb->name_length > tree->n) {
                below = vb->name + tree->n;
                n = vb->name_length - tree->n;
        } else if (snmp_oid_compare(vb->name, vb->name_length, tree->root, tree->n) > 0) {
                return;
        }
        if (n > 0 && answer_inclusive(agent, tree, request, below, n, now))
                return;
        if (tree->next(agent, below, n, now, name + tree->n, &n, &value) < 0)
                return; /* left as it is: net-snmp goes on behind us */
        memcpy(name, tree->root, tree->n * sizeof(oid));
        snmp_set_var_objid(vb, name, tree->n + n);
        answer(request, &value);
}

/* The one handler of every subtree. */
static int on_request(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
        netsnmp_agent_request_info *info, netsnmp_request_info *requests) {
        const Subtree *tree = subtree_of(registration);
        ServeAgent *agent = handler->myvoid;
        usec_t now = now_monotonic();

        for (netsnmp_request_info *r = requests; r; r = r->next) {
                if (r->processed)
                        continue;
                if (info->mode == MODE_GET)
                        answer_get(agent, tree, info, r, now);
                else if (info->mode == MODE_GETNEXT)
                        answer_next(agent, tree, r, now);
                else
                        netsnmp_set_request_error(info, r, SNMP_ERR_NOTWRITABLE);
        }
        return SNMP_ERR_NOERROR;
}

static int register_subtree(ServeAgent *agent, const Subtree *tree) {
        netsnmp_handler_registration *registration = netsnmp_create_handler_registration(
                tree->name, on_request, tree->root, tree->n, HANDLER_CAN_RONLY);

        if (!registration)
                return -ENOMEM;
        registration->handler->myvoid = agent;
        return netsnmp_register_handler(registration) == MIB_REGISTERED_OK ? 0 : -EINVAL;
}

/* One registration for all of HSMD-MIB, because a sub-agent's costs a round trip to its master each. */
static int register_objects(ServeAgent *agent) {
        oid module[] = {MIB_ROOT_ARCS};
        int r = register_subtree(agent, &objects);

        if (r < 0)
                return r;
        register_sysORTable(module, ELEMENTSOF(module), "HSMD-MIB: server cipher machines as hsmd sees them");
        return 0;
}

/* Here only: a sub-agent offers them to its master by the link. */
static int register_entities(ServeAgent *agent) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(entities); i++)
                r = register_subtree(agent, &entities[i]);
        return r;
}

static int start_agentx(ServeAgent *agent, const MsgServeConfig *config) {
        int r;

        agentx_link_prepare(&agent->link, config->address, config->entity != 0);
        init_agent(APPLICATION);
        agentx_link_own();
        r = register_objects(agent);
        if (r >= 0 && config->entity)
                r = register_entities(agent);
        if (r < 0)
                return r;
        init_snmp(APPLICATION);
        return agentx_link_start(&agent->link);
}

static int start_own(ServeAgent *agent, const MsgServeConfig *config, const MsgServeUser *users,
        size_t n_users, const char **ret_detail) {
        int r;

        own_agent_prepare(config, users, n_users);
        init_agent(APPLICATION);
        own_agent_register_groups();
        r = register_objects(agent);
        if (r >= 0 && config->entity) {
                r = register_entities(agent);
                offer_describe();
        }
        if (r < 0)
                return r;
        init_snmp(APPLICATION);
        r = own_agent_check_engine(config, ret_detail);
        for (size_t i = 0; r >= 0 && i < n_users; i++)
                r = own_agent_add_user(config, &users[i], ret_detail);
        if (r < 0)
                return r;
        if (init_master_agent() != 0) {
                *ret_detail = "cannot listen at the configured address";
                return -EADDRNOTAVAIL;
        }
        agent->own_since = now_monotonic() - (usec_t) netsnmp_get_agent_uptime() * 10000;
        agent->listening = true;
        return 0;
}

int serve_agent_start(ServeAgent *agent, const MsgServeConfig *config, const MsgServeUser *users,
        size_t n_users, const char **ret_detail) {
        int r = session_library_prepare();

        *ret_detail = "cannot start net-snmp's agent";
        if (r < 0)
                return r;
        agent->mode = config->mode;
        if (config->mode == AGENT_MODE_AGENTX)
                return start_agentx(agent, config);
        return start_own(agent, config, users, n_users, ret_detail);
}

bool serve_agent_serving(const ServeAgent *agent) {
        return agent->mode == AGENT_MODE_AGENTX ? agent->link.serving : agent->listening;
}

const char *serve_agent_detail(const ServeAgent *agent) {
        return agent->mode == AGENT_MODE_AGENTX ? agentx_link_detail(&agent->link) : "";
}

int serve_agent_error(const ServeAgent *agent) {
        return agent->mode == AGENT_MODE_AGENTX ? agent->link.error : 0;
}
