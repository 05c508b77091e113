#ifndef HSMD_SERVE_DIRECT_H
#define HSMD_SERVE_DIRECT_H
/* A master's GET and GETNEXT are answered where they arrive.
 *
 * net-snmp's sub-agent hands each request through a pipe to an agent within the same process, whose answer
 * comes back through another: of ten system calls a value, six. A walk through AgentX costs a request for
 * each value, so they are most of what a sub-agent spends on it. Everything else (SET, GETBULK, contexts, the
 * end of the session) goes the library's way. */

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "macro.h"

typedef struct Direct {
        /* Sets a variable to its value (GET), or to the next instance and its value; inclusive: or itself.
         * false: there is no next one. */
        void (*get)(void *userdata, netsnmp_variable_list *variable);
        bool (*next)(void *userdata, netsnmp_variable_list *variable, bool inclusive);
        void *userdata;
        netsnmp_callback library; /* the library's own, and what it is given */
        void *library_magic;
} Direct;

/* On a session that was just opened. The Direct must outlive the session; get, next and userdata are set. */
void direct_begin(Direct *direct, netsnmp_session *session);

#endif
