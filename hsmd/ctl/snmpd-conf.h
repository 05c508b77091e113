#ifndef HSMD_CTL_SNMPD_CONF_H
#define HSMD_CTL_SNMPD_CONF_H
/* What snmpd's configuration says about AgentX, as far as hsmd's sub-agent needs it (snmpd.conf(5) of
 * net-snmp). */

#include "macro.h"

#define SNMPD_NAME_SIZE 128
#define SNMPD_LIST_MAX 64

typedef struct SnmpdView {
        char name[SNMPD_NAME_SIZE], oid[SNMPD_NAME_SIZE]; /* numeric, without a leading dot */
        bool excluded;
} SnmpdView;

/* Somebody who may read: all, or what a view or a subtree has. */
typedef struct SnmpdReader {
        char user[SNMPD_NAME_SIZE]; /* SNMPv3; empty: a community or a group */
        char view[SNMPD_NAME_SIZE], oid[SNMPD_NAME_SIZE];
} SnmpdReader;

typedef struct SnmpdConf {
        unsigned files;      /* that could be read */
        unsigned unreadable; /* that are there and are not for this user */
        bool master_agentx;
        char socket[SNMPD_NAME_SIZE]; /* agentXSocket; empty: net-snmp's own */
        SnmpdView views[SNMPD_LIST_MAX];
        SnmpdReader readers[SNMPD_LIST_MAX];
        char users[SNMPD_LIST_MAX][SNMPD_NAME_SIZE]; /* that were created */
        size_t n_views, n_readers, n_users;
        bool has_address, beyond_loopback; /* agentAddress; without one snmpd listens everywhere */
} SnmpdConf;

/* Adds a file with what it includes. -ENOENT, -EACCES, … */
int snmpd_conf_read(SnmpdConf *conf, const char *path);

/* Whether a view shows the subtree at a numeric OID: the longest entry that covers it counts. */
bool snmpd_view_shows(const SnmpdConf *conf, const char *view, const char *oid);
/* Whether anybody may read there; user: an SNMPv3 user that was created. */
bool snmpd_reader_sees(const SnmpdConf *conf, const SnmpdReader *reader, const char *oid);
bool snmpd_user_exists(const SnmpdConf *conf, const char *user);

#endif
