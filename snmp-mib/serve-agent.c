#include "serve-agent.h"

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <net-snmp/agent/agent_sysORTable.h>

#include "mib-root.h"
#include "serve-own.h"
#include "session.h"

#define APPLICATION "hsmd-snmp"

static void answer(netsnmp_variable_list *vb, const MibValue *value) {
        snmp_set_var_typed_value(vb, value->type, &value->data, value->size);
}

/* What is served: one subtree, and which rows are below it. */
struct ServeSubtree {
        const char *name;
        oid root[MAX_OID_LEN - SERVE_OID_MAX];
        size_t n;
        bool is_entity; /* else HSMD-MIB's objects */
        EntityModule module;
};

static const ServeSubtree subtrees[SERVE_SUBTREES] = {
        {"hsmd", {MIB_ROOT_ARCS, 1}, ELEMENTSOF(((oid[]){MIB_ROOT_ARCS, 1})), false, 0},
        {"hsmd-entity", {ENTITY_MIB_ARCS}, 7, true, ENTITY_MIB},
        {"hsmd-entity-sensor", {ENTITY_SENSOR_MIB_ARCS}, 7, true, ENTITY_SENSOR_MIB},
};

static EntityClock entity_clock(const ServeAgent *agent, usec_t now) {
        return (EntityClock){.now = now,
                .up_since = agent->mode == AGENT_MODE_AGENTX ? agent->link.master_since : agent->own_since};
}

static int get(const Served *served, const oid *name, size_t n, usec_t now, MibValue *ret) {
        const EntityClock clock = entity_clock(served->agent, now);

        if (!served->tree->is_entity)
                return serve_board_get(served->agent->board, name, n, now, ret);
        return entity_get(served->agent->entities, served->tree->module, name, n, &clock, ret);
}

static int next(const Served *served, const oid *name, size_t n, usec_t now,
        oid ret_name[static SERVE_OID_MAX], size_t *ret_n, MibValue *ret) {
        const EntityClock clock = entity_clock(served->agent, now);

        if (!served->tree->is_entity)
                return serve_board_next(served->agent->board, name, n, now, ret_name, ret_n, ret);
        return entity_next(
                served->agent->entities, served->tree->module, name, n, &clock, ret_name, ret_n, ret);
}

static int answer_get(const Served *served, netsnmp_variable_list *vb, usec_t now) {
        size_t n = served->tree->n;
        MibValue value;
        int r = get(served, vb->name + n, vb->name_length - n, now, &value);

        if (r >= 0)
                answer(vb, &value);
        return r;
}

/* AgentX may ask for "this one or the next" (RFC 2741, 7.2.3.2). */
static bool answer_inclusive(
        const Served *served, netsnmp_variable_list *vb, const oid *name, size_t n, usec_t now) {
        MibValue value;

        if (get(served, name, n, now, &value) < 0)
                return false;
        answer(vb, &value);
        return true;
}

/* Whether there was one; else the variable is left as it is. */
static bool answer_next(const Served *served, netsnmp_variable_list *vb, bool inclusive, usec_t now) {
        const ServeSubtree *tree = served->tree;
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
                return false;
        }
        if (n > 0 && inclusive && answer_inclusive(served, vb, below, n, now))
                return true;
        if (next(served, below, n, now, name + tree->n, &n, &value) < 0)
                return false;
        memcpy(name, tree->root, tree->n * sizeof(oid));
        snmp_set_var_objid(vb, name, tree->n + n);
        answer(vb, &value);
        return true;
}

/* The one handler of every subtree. */
static int on_request(netsnmp_mib_handler *handler, UNUSED netsnmp_handler_registration *registration,
        netsnmp_agent_request_info *info, netsnmp_request_info *requests) {
        const Served *served = handler->myvoid;
        usec_t now = now_monotonic();
        int r = 0;

        for (netsnmp_request_info *q = requests; q; q = q->next) {
                if (q->processed)
                        continue;
                if (info->mode == MODE_GETNEXT) {
                        answer_next(served, q->requestvb, q->inclusive != 0, now); /* else net-snmp goes on */
                        continue;
                }
                r = info->mode == MODE_GET ? answer_get(served, q->requestvb, now) : -EROFS;
                if (r < 0)
                        netsnmp_set_request_error(info, q,
                                r == -EROFS   ? SNMP_ERR_NOTWRITABLE
                                : r == -ENXIO ? SNMP_NOSUCHOBJECT
                                              : SNMP_NOSUCHINSTANCE);
        }
        return SNMP_ERR_NOERROR;
}

/* The same without net-snmp's agent in between: of all subtrees that are registered. */
static void direct_get(void *userdata, netsnmp_variable_list *vb) {
        const ServeAgent *agent = userdata;
        int r = -ENXIO;

        for (size_t i = 0; i < SERVE_SUBTREES; i++) {
                const Served *s = &agent->served[i];

                if (s->tree &&
                        snmp_oidtree_compare(vb->name, vb->name_length, s->tree->root, s->tree->n) == 0 &&
                        vb->name_length >= s->tree->n)
                        r = answer_get(s, vb, now_monotonic());
        }
        if (r < 0)
                snmp_set_var_typed_value(vb, r == -ENXIO ? SNMP_NOSUCHOBJECT : SNMP_NOSUCHINSTANCE, NULL, 0);
}

/* Only the subtree that the OID is in: a master asks for each by itself. */
static bool direct_next(void *userdata, netsnmp_variable_list *vb, bool inclusive) {
        const ServeAgent *agent = userdata;

        for (size_t i = 0; i < SERVE_SUBTREES; i++) {
                const Served *s = &agent->served[i];

                if (s->tree &&
                        snmp_oidtree_compare(vb->name, vb->name_length, s->tree->root, s->tree->n) == 0)
                        return answer_next(s, vb, inclusive, now_monotonic());
        }
        return false;
}

static int register_subtree(ServeAgent *agent, size_t i) {
        const ServeSubtree *tree = &subtrees[i];
        netsnmp_handler_registration *registration = netsnmp_create_handler_registration(
                tree->name, on_request, tree->root, tree->n, HANDLER_CAN_RONLY);

        if (!registration)
                return -ENOMEM;
        agent->served[i] = (Served){.agent = agent, .tree = tree};
        registration->handler->myvoid = &agent->served[i];
        return netsnmp_register_handler(registration) == MIB_REGISTERED_OK ? 0 : -EINVAL;
}

/* One registration for all of HSMD-MIB, because a sub-agent's costs a round trip to its master each. The
 * others are for this agent's own use: a sub-agent offers them to its master by the link. */
static int register_subtrees(ServeAgent *agent, bool entity) {
        oid module[] = {MIB_ROOT_ARCS};
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(subtrees); i++)
                if (entity || !subtrees[i].is_entity)
                        r = register_subtree(agent, i);
        if (r < 0)
                return r;
        register_sysORTable(module, ELEMENTSOF(module), "HSMD-MIB: server cipher machines as hsmd sees them");
        return 0;
}

static int start_agentx(ServeAgent *agent, const MsgServeConfig *config) {
        const Direct direct = {.get = direct_get, .next = direct_next, .userdata = agent};
        int r;

        agentx_link_prepare(&agent->link, config->address, config->entity != 0, &direct);
        init_agent(APPLICATION);
        agentx_link_own();
        r = register_subtrees(agent, config->entity != 0);
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
        r = register_subtrees(agent, config->entity != 0);
        if (config->entity)
                offer_describe();
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
