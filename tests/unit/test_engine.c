/* What an SNMPv3 agent's datagrams leave behind in the library: snmp-mib/engine.c. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>

#include "snmp-mib/engine.h"

#include <net-snmp/library/lcd_time.h>

#define ID_SIZE 9

/* A Report (usmStatsUnknownEngineIDs), as a discovery is answered with: boots 1, time 5. */
static const uint8_t report[] = {0x30, 95, 2, 1, 3,                     /* msgVersion */
        0x30, 16, 2, 4, 0, 0, 0, 7, 2, 2, 0x7f, 0xff, 4, 1, 0, 2, 1, 3, /* msgGlobalData: msgID is at 9 */
        4, 25, 0x30, 23, 4, ID_SIZE, 0x80, 0, 0x1f, 0x88, 4, 0, 0, 0, 0, 2, 1, 1, 2, 1, 5, 4, 0, 4, 0, 4, 0,
        0x30, 45, 4, ID_SIZE, 0x80, 0, 0x1f, 0x88, 4, 0, 0, 0, 0, 4, 0, /* the scoped PDU */
        0xa8, 30, 2, 1, 7, 2, 1, 0, 2, 1, 0, 0x30, 19, 0x30, 17, 6, 10, 43, 6, 1, 6, 3, 15, 1, 1, 4, 0, 0x41,
        3, 0, 0, 1};
#define MSG_ID_AT 9
#define ID_AT 29
#define CONTEXT_AT 54

typedef struct Line {
        int agent; /* its socket */
        Engine engine;
        bool answered;
} Line;

static int on_answer(int operation UNUSED, netsnmp_session *session UNUSED, int request UNUSED,
        netsnmp_pdu *pdu, void *data) {
        ((Line *) data)->answered = pdu && pdu->command == SNMP_MSG_REPORT;
        return 1;
}

static void open_line(Line *line) {
        struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t size = sizeof(here);

        *line = (Line){.agent = socket(AF_INET, SOCK_DGRAM, 0)};
        assert_int_equal(bind(line->agent, (struct sockaddr *) &here, size), 0);
        assert_int_equal(getsockname(line->agent, (struct sockaddr *) &here, &size), 0);
        line->engine = (Engine){.version = SNMP_VERSION_V3, .user = "hsmd", .timeout = 60 * USEC_PER_SEC};
        line->engine.keys.security_level = SNMP_SEC_LEVEL_NOAUTH;
        snprintf(line->engine.peer, sizeof(line->engine.peer), "udp:127.0.0.1:%u", ntohs(here.sin_port));
        assert_int_equal(engine_open(&line->engine), 0);
}

/* Sends the agent's answer to a discovery, with an id that ends in n. */
static void answer(const Line *line, const uint8_t *request, uint8_t n, const struct sockaddr_in *to) {
        uint8_t datagram[sizeof(report)];

        memcpy(datagram, report, sizeof(report));
        memcpy(datagram + MSG_ID_AT, request + MSG_ID_AT, 4);
        datagram[ID_AT + ID_SIZE - 1] = datagram[CONTEXT_AT + ID_SIZE - 1] = n;
        assert_int_equal(
                sendto(line->agent, datagram, sizeof(datagram), 0, (const struct sockaddr *) to, sizeof(*to)),
                sizeof(datagram));
}

static void id_of(uint8_t n, uint8_t id[static ID_SIZE]) {
        memcpy(id, report + ID_AT, ID_SIZE);
        id[ID_SIZE - 1] = n;
}

static void an_agent_of_many_ids_leaves_no_record_behind(void **state UNUSED) {
        uint8_t request[512], id[ID_SIZE];
        struct sockaddr_in peer;
        socklen_t size = sizeof(peer);
        Line line;

        open_line(&line);
        for (uint8_t n = 1; n < 50; n++) {
                line.answered = false;
                assert_int_equal(engine_discover(&line.engine, on_answer, &line), 0);
                assert_true(recvfrom(line.agent, request, sizeof(request), 0, (struct sockaddr *) &peer,
                                    &size) > MSG_ID_AT + 4);
                answer(&line, request, n, &peer);
                engine_read(&line.engine);
                assert_true(line.answered);
                assert_int_equal(engine_adopt(&line.engine), 0);
                id_of(n, id);
                assert_true(line.engine.id_size == ID_SIZE && memcmp(line.engine.id, id, ID_SIZE) == 0);
                assert_int_equal(line.engine.clock.boots, 1);
                assert_int_equal(line.engine.clock.time, 5);
                answer(&line, request, 100, &peer); /* another id, unasked */
                engine_read(&line.engine);
                assert_int_equal(line.engine.clock.boots, 1);
                engine_forget(&line.engine);
        }
        for (uint8_t n = 1; n <= 100; n++) {
                id_of(n, id);
                assert_null(search_enginetime_list(id, ID_SIZE));
        }
        engine_close(&line.engine);
        close(line.agent);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_agent_of_many_ids_leaves_no_record_behind),
        };

        /* nothing of this host's configuration */
        if (setenv("MIBS", "", 1) < 0 || setenv("SNMPCONFPATH", "", 1) < 0 || engine_library_init() < 0)
                return EXIT_FAILURE;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
