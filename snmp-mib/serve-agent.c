#include "serve-agent.h"

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <net-snmp/agent/agent_sysORTable.h>

#include "mib-root.h"
#include "serve-own.h"
#include "session.h"

#define APPLICATION "hsmd-snmp"

static const oid objects_root[] = {MIB_ROOT_ARCS, 1};

static void answer(netsnmp_request_info *request, const MibValue *value) {
        snmp_set_var_typed_value(request->requestvb, value->type, &value->data, value->size);
}

static void answer_get(
        ServeAgent *agent, netsnmp_agent_request_info *info, netsnmp_request_info *request, usec_t now) {
        const netsnmp_variable_list *vb = request->requestvb;
        MibValue value;
        int r = serve_board_get(agent->board, vb->name + ELEMENTSOF(objects_root),
                vb->name_length - ELEMENTSOF(objects_root), now, &value);

        if (r >= 0)
                answer(request, &value);
        else
                netsnmp_set_request_error(
                        info, request, r == -ENXIO ? SNMP_NOSUCHOBJECT : SNMP_NOSUCHINSTANCE);
}

/* AgentX may ask for "this one or the next" (RFC 2741, 7.2.3.2). */
static bool answer_inclusive(
        ServeAgent *agent, netsnmp_request_info *request, const oid *name, size_t n, usec_t now) {
        MibValue value;

        if (!request->inclusive || serve_board_get(agent->board, name, n, now, &value) < 0)
                return false;
        answer(request, &value);
        return true;
}

static void answer_next(ServeAgent *agent, netsnmp_request_info *request, usec_t now) {
        netsnmp_variable_list *vb = request->requestvb;
        oid name[ELEMENTSOF(objects_root) + SERVE_OID_MAX];
        const oid *below = NULL;
        size_t n = 0;
        MibValue value;

        /* an OID before the subtree asks for its first instance; one after it is not ours */
        if (snmp_oidtree_compare(vb->name, vb->name_length, objects_root, ELEMENTSOF(objects_root)) == 0 &&
                vb->name_length > ELEMENTSOF(objects_root)) {
                below = vb->name + ELEMENTSOF(objects_root);
                n = vb->name_length - ELEMENTSOF(objects_root);
        } else if (snmp_oid_compare(vb->name, vb->name_length, objects_root, ELEMENTSOF(objects_root)) > 0) {
                return;
        }
        if (n > 0 && answer_inclusive(agent, request, below, n, now))
                return;
        if (serve_board_next(agent->board, below, n, now, name + ELEMENTSOF(objects_root), &n, &value) < 0)
                return; /* left as it is: net-snmp goes on behind us */
        memcpy(name, objects_root, sizeof(objects_root));
        snmp_set_var_objid(vb, name, ELEMENTSOF(objects_root) + n);
        answer(request, &value);
}

/* The one handler of the whole subtree. */
static int on_request(netsnmp_mib_handler *handler, UNUSED netsnmp_handler_registration *registration,
        netsnmp_agent_request_info *info, netsnmp_request_info *requests) {
        ServeAgent *agent = handler->myvoid;
        usec_t now = now_monotonic();

        for (netsnmp_request_info *r = requests; r; r = r->next) {
                if (r->processed)
                        continue;
                if (info->mode == MODE_GET)
                        answer_get(agent, info, r, now);
                else if (info->mode == MODE_GETNEXT)
                        answer_next(agent, r, now);
                else
                        netsnmp_set_request_error(info, r, SNMP_ERR_NOTWRITABLE);
        }
        return SNMP_ERR_NOERROR;
}

/* One registration for everything, because a sub-agent's costs a round trip to its master each. */
static int register_objects(ServeAgent *agent) {
        oid module[] = {MIB_ROOT_ARCS};
        netsnmp_handler_registration *registration = netsnmp_create_handler_registration(
                "hsmd", on_request, objects_root, ELEMENTSOF(objects_root), HANDLER_CAN_RONLY);

        if (!registration)
                return -ENOMEM;
        registration->handler->myvoid = agent;
        if (netsnmp_register_handler(registration) != MIB_REGISTERED_OK)
                return -EINVAL;
        register_sysORTable(module, ELEMENTSOF(module), "HSMD-MIB: server cipher machines as hsmd sees them");
        return 0;
}

static int start_agentx(ServeAgent *agent, const MsgServeConfig *config) {
        int r;

        agentx_link_prepare(&agent->link, config->address);
        init_agent(APPLICATION);
        agentx_link_own();
        r = register_objects(agent);
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
