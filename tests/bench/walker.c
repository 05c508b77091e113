/* Walks a subtree by GETBULK as fast as it is answered, and prints nothing of it: snmpbulkwalk spends more on
 * starting and on writing values down than an agent on answering.
 *
 *   walker HOST:PORT OID RUNS [USER AUTH-SECRET PRIV-SECRET]       without a user: SNMPv2c, community public
 *
 * A line a run: values and seconds. */

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "snmp-mib/session.h"

#define REPETITIONS 50 /* values an answer */

typedef struct Place {
        oid name[MAX_OID_LEN];
        size_t n;
} Place;

static int set_user(netsnmp_session *s, char **user) {
        UsmKeys keys;

        if (usm_keys_make("SHA-256", user[1], "AES", user[2], &keys) < 0)
                return -EINVAL;
        s->version = SNMP_VERSION_3;
        s->securityName = user[0];
        s->securityNameLen = strlen(user[0]);
        s->securityLevel = SNMP_SEC_LEVEL_AUTHPRIV;
        s->securityAuthProto = (oid *) keys.auth_protocol;
        s->securityAuthProtoLen = keys.auth_protocol_size;
        s->securityPrivProto = (oid *) keys.priv_protocol;
        s->securityPrivProtoLen = keys.priv_protocol_size;
        memcpy(s->securityAuthKey, keys.auth_key, keys.auth_key_size);
        s->securityAuthKeyLen = keys.auth_key_size;
        memcpy(s->securityPrivKey, keys.priv_key, keys.priv_key_size);
        s->securityPrivKeyLen = keys.priv_key_size;
        return 0;
}

static netsnmp_session *open_session(char *peer, char **user) {
        netsnmp_session s;

        snmp_sess_init(&s);
        s.version = SNMP_VERSION_2c;
        s.community = (u_char *) "public";
        s.community_len = strlen("public");
        s.peername = peer;
        s.timeout = 20000000;
        if (user[0] && user[1] && user[2] && set_user(&s, user) < 0)
                return NULL;
        return snmp_open(&s);
}

/* Takes the values of an answer, moves on behind the last; false at the end of the subtree. */
static bool take(const netsnmp_pdu *answer, const Place *root, Place *at, size_t *values) {
        for (const netsnmp_variable_list *v = answer->variables; v; v = v->next_variable) {
                if (v->type == SNMP_ENDOFMIBVIEW ||
                        snmp_oidtree_compare(v->name, v->name_length, root->name, root->n) != 0)
                        return false;
                memcpy(at->name, v->name, v->name_length * sizeof(oid));
                at->n = v->name_length;
                ++*values;
        }
        return answer->variables != NULL;
}

static int walk(netsnmp_session *s, const Place *root) {
        usec_t started = now_monotonic();
        Place at = *root;
        size_t values = 0;

        for (bool more = true; more;) {
                netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GETBULK), *answer = NULL;

                if (!pdu)
                        return -ENOMEM;
                pdu->non_repeaters = 0;
                pdu->max_repetitions = REPETITIONS;
                snmp_add_null_var(pdu, at.name, at.n);
                if (snmp_synch_response(s, pdu, &answer) != STAT_SUCCESS || !answer ||
                        answer->errstat != SNMP_ERR_NOERROR)
                        return -EIO;
                more = take(answer, root, &at, &values);
                snmp_free_pdu(answer);
        }
        printf("%zu %.6f\n", values, (double) (now_monotonic() - started) / USEC_PER_SEC);
        return 0;
}

int main(int argc, char **argv) {
        Place root = {.n = MAX_OID_LEN};
        netsnmp_session *s;

        if (argc < 4)
                return EXIT_FAILURE;
        session_library_prepare();
        init_snmp("walker");
        s = open_session(argv[1], argc >= 7 ? argv + 4 : (char *[]){NULL, NULL, NULL});
        if (!s || !read_objid(argv[2], root.name, &root.n))
                return EXIT_FAILURE;
        for (long i = strtol(argv[3], NULL, 10); i > 0; i--)
                if (walk(s, &root) < 0)
                        return EXIT_FAILURE;
        snmp_close(s);
        return EXIT_SUCCESS;
}
