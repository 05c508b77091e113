/* A poller that keeps running, as a network management station does: one SNMPv3 session, which remembers the
 * agent's engine id, boots and time. Each OID on stdin is asked for with a GET and answered by one line: its
 * value, or why there is none.
 *
 *   poller HOST:PORT USER AUTH-SECRET PRIV-SECRET */

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "snmp-mib/session.h"

static int open_session(char **argv, netsnmp_session **ret) {
        netsnmp_session s;
        UsmKeys keys;

        if (usm_keys_make("SHA-256", argv[3], "AES", argv[4], &keys) < 0)
                return -EINVAL;
        snmp_sess_init(&s);
        s.version = SNMP_VERSION_3;
        s.peername = argv[1];
        s.securityName = argv[2];
        s.securityNameLen = strlen(argv[2]);
        s.securityLevel = SNMP_SEC_LEVEL_AUTHPRIV;
        s.timeout = 500000;
        s.retries = 3;
        s.securityAuthProto = (oid *) keys.auth_protocol;
        s.securityAuthProtoLen = keys.auth_protocol_size;
        s.securityPrivProto = (oid *) keys.priv_protocol;
        s.securityPrivProtoLen = keys.priv_protocol_size;
        memcpy(s.securityAuthKey, keys.auth_key, keys.auth_key_size);
        s.securityAuthKeyLen = keys.auth_key_size;
        memcpy(s.securityPrivKey, keys.priv_key, keys.priv_key_size);
        s.securityPrivKeyLen = keys.priv_key_size;
        *ret = snmp_open(&s);
        return *ret ? 0 : -EIO;
}

static void ask(netsnmp_session *s, const char *text) {
        oid name[MAX_OID_LEN];
        size_t n = MAX_OID_LEN;
        netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GET), *answer = NULL;
        char value[512];

        if (!read_objid(text, name, &n)) {
                snmp_free_pdu(pdu);
                puts("error not an OID");
                return;
        }
        snmp_add_null_var(pdu, name, n);
        if (snmp_synch_response(s, pdu, &answer) != STAT_SUCCESS || !answer) {
                printf("error %s\n", snmp_api_errstring(s->s_snmp_errno));
        } else if (answer->errstat != SNMP_ERR_NOERROR || !answer->variables) {
                printf("error %s\n", snmp_errstring((int) answer->errstat));
        } else {
                snprint_value(value, sizeof(value), name, n, answer->variables);
                printf("ok %s\n", value);
        }
        if (answer)
                snmp_free_pdu(answer);
}

int main(int argc, char **argv) {
        netsnmp_session *s = NULL;
        char line[256];

        if (argc != 5)
                return EXIT_FAILURE;
        session_library_prepare();
        init_snmp("poller");
        if (open_session(argv, &s) < 0) {
                puts("error no session");
                return EXIT_FAILURE;
        }
        while (fgets(line, sizeof(line), stdin)) {
                line[strcspn(line, "\n")] = '\0';
                ask(s, line);
                fflush(stdout);
        }
        snmp_close(s);
        return EXIT_SUCCESS;
}
