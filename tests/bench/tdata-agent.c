/* A bare sub-agent, for bench_walk.py to compare with: one table kept by net-snmp's own netsnmp_tdata, which
 * does nothing but look its cells up. Every second column is text.
 *
 *   tdata-agent MASTER-SOCKET OID ROWS COLUMNS
 *
 * Says "ready" when it is registered; ends with its stdin. */

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <net-snmp/library/fd_event_manager.h>

#include "macro.h"

typedef struct Row {
        long number;
        char text[64];
} Row;

static int answer(UNUSED netsnmp_mib_handler *handler, UNUSED netsnmp_handler_registration *registration,
        netsnmp_agent_request_info *info, netsnmp_request_info *requests) {
        for (netsnmp_request_info *r = requests; r; r = r->next) {
                const netsnmp_table_request_info *place = netsnmp_extract_table_info(r);
                const Row *row = netsnmp_tdata_extract_entry(r);

                if (r->processed || !place)
                        continue;
                if (!row)
                        netsnmp_set_request_error(info, r, SNMP_NOSUCHINSTANCE);
                else if (place->colnum % 2)
                        snmp_set_var_typed_integer(r->requestvb, ASN_INTEGER, row->number);
                else
                        snmp_set_var_typed_value(r->requestvb, ASN_OCTET_STR, row->text, strlen(row->text));
        }
        return SNMP_ERR_NOERROR;
}

static int fill(netsnmp_tdata *table, long rows) {
        for (long i = 0; i < rows; i++) {
                netsnmp_tdata_row *row = netsnmp_tdata_create_row();
                Row *data = calloc(1, sizeof(*data));

                if (!row || !data)
                        return -ENOMEM;
                data->number = i + 1;
                snprintf(data->text, sizeof(data->text), "text-of-row-%ld", i);
                row->data = data;
                if (!netsnmp_tdata_row_add_index(row, ASN_UNSIGNED, &data->number, sizeof(data->number)) ||
                        netsnmp_tdata_add_row(table, row) != SNMPERR_SUCCESS)
                        return -ENOMEM;
        }
        return 0;
}

static int serve_table(const char *oid_text, long rows, unsigned columns) {
        oid root[MAX_OID_LEN];
        size_t n = MAX_OID_LEN;
        netsnmp_tdata *table = netsnmp_tdata_create_table("bench", 0);
        netsnmp_table_registration_info *info = SNMP_MALLOC_TYPEDEF(netsnmp_table_registration_info);

        if (!table || !info || !read_objid(oid_text, root, &n))
                return -EINVAL;
        netsnmp_table_helper_add_indexes(info, ASN_UNSIGNED, 0);
        info->min_column = 1;
        info->max_column = columns;
        if (netsnmp_tdata_register(
                    netsnmp_create_handler_registration("bench", answer, root, n, HANDLER_CAN_RONLY), table,
                    info) != MIB_REGISTERED_OK)
                return -EINVAL;
        return fill(table, rows);
}

static void on_end(UNUSED int fd, UNUSED void *userdata) {
        exit(EXIT_SUCCESS);
}

int main(int argc, char **argv) {
        if (argc != 5)
                return EXIT_FAILURE;
        netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_ROLE, 1);
        netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, argv[1]);
        init_agent("tdata-agent");
        if (serve_table(argv[2], strtol(argv[3], NULL, 10), (unsigned) strtoul(argv[4], NULL, 10)) < 0)
                return EXIT_FAILURE;
        init_snmp("tdata-agent");
        puts("ready");
        fflush(stdout);
        if (register_readfd(STDIN_FILENO, on_end, NULL) != FD_REGISTERED_OK)
                return EXIT_FAILURE;
        for (;;)
                agent_check_and_process(1);
}
