/* The table itself. The first row that fits counts; the last one asks nothing, so one always does.
 *
 * The order is that of certainty: first what names its place itself (a refused PIN, a wrong answer), then
 * what the machine's ports and its SNMP agent say, then what can only be guessed from the call that failed
 * and from how other machines fare. */
#include "location-table.h"

#define R(name) (UINT64_C(1) << REASON_##name)
#define S(name) (UINT32_C(1) << STEP_##name)
#define H(name) (UINT32_C(1) << HINT_##name)
#define P(name) (UINT32_C(1) << PORT_##name)
#define A(name) (UINT32_C(1) << AGENT_##name)
#define Y(name) (UINT32_C(1) << YES_##name)

/* An agent that answers at all proves the machine alive and the way to it open, whatever it answers. */
#define ALIVE (A(OK) | A(REFUSED) | A(DUPLICATE_ENGINE))
/* A refusal comes from a machine that is there just as well. */
#define ANSWERS (P(OPEN) | P(REFUSED))
#define BEFORE_LOGIN (S(CONNECT) | S(INITIALIZE) | S(SLOT) | S(TOKEN) | S(SESSION))
#define WITH_KEY (S(SIGN) | S(DECRYPT) | S(ENCRYPT) | S(MAC))

const LocationRow location_rows[] = {
        /* nothing failed, or nothing of a machine: the reason says it all */
        {.reasons = R(NONE) | R(STARTING) | R(MAINTENANCE) | R(MAINTENANCE_ENDING) | R(PIN_WAITING) |
                    R(SUPERSEDED) | R(UNCONFIGURED) | R(SELFTEST) | R(ROOM_WARM) | R(RECEIVER_REFUSES) |
                    R(RECEIVER_SILENT) | R(QUEUE_FULL)},

        /* this host */
        {.reasons = R(WATCHER_ISOLATED),
                .place = PLACE_HOST,
                .other = PLACE_NETWORK,
                .test = "other-host-ping"},
        {.reasons = R(NO_EVIDENCE),
                .elsewhere = Y(YES),
                .place = PLACE_CLIENT,
                .other = PLACE_HOST,
                .test = "probe-starts"},
        {.reasons = R(NO_EVIDENCE) | R(UNKILLABLE) | R(GUARD_UNREADABLE) | R(PIN_UNAVAILABLE) | R(DISK_SLOW) |
                    R(DISK_FULL) | R(HISTORY_DAMAGED) | R(BOUND_EXCEEDED),
                .place = PLACE_HOST},
        {.reasons = R(SHARED_SERVICE), .place = PLACE_CLIENT},

        /* what the machine says of itself */
        {.reasons = R(PIN_REFUSED) | R(PIN_LOCKED) | R(PIN_FINAL_TRY), .place = PLACE_PIN},
        {.hints = H(PIN), .place = PLACE_PIN},
        {.reasons = R(NONCE_REPEATED) | R(RANDOM_WEAK), .place = PLACE_MACHINE},
        {.reasons = R(WRONG_SIGNATURE) | R(WRONG_ANSWER),
                .place = PLACE_MACHINE,
                .other = PLACE_KEY,
                .test = "compare-fingerprint"},
        {.reasons = R(KEY_MISMATCH) | R(KEY_MISSING) | R(KEY_FAILING) | R(CERTIFICATE_EXPIRING),
                .place = PLACE_KEY},
        {.reasons = R(NOT_FOUND), .steps = S(FIND), .place = PLACE_KEY},
        {.hints = H(KEY), .place = PLACE_KEY},
        {.reasons = R(LOG_FULL) | R(SESSION_LIMIT) | R(BUSY) | R(SESSIONS_NEAR_LIMIT),
                .place = PLACE_NOT_READY},
        {.hints = H(SESSIONS) | H(BUSY), .place = PLACE_NOT_READY},
        {.reasons = R(SERIAL_MISMATCH), .place = PLACE_CLIENT, .other = PLACE_MACHINE, .test = "read-serial"},

        /* the vendor's library on this host */
        {.reasons = R(PROFILE_MISMATCH) | R(VIRTUAL_DISAGREES), .place = PLACE_CLIENT},
        {.reasons = R(MECHANISM_MISSING),
                .elsewhere = Y(YES),
                .place = PLACE_MACHINE,
                .other = PLACE_CLIENT,
                .test = "compare-firmware"},
        {.reasons = R(MECHANISM_MISSING),
                .place = PLACE_CLIENT,
                .other = PLACE_MACHINE,
                .test = "compare-firmware"},
        {.reasons = R(MODULE_REFUSED), .place = PLACE_CLIENT},
        {.steps = S(LOAD), .place = PLACE_CLIENT},

        /* what sensors tell */
        {.reasons = R(HOT) | R(COLD) | R(TEMPERATURE_RISING) | R(TEMPERATURE_DEVIATING) | R(ABOVE_ROOM) |
                    R(FAN_FAILED) | R(POWER_FAILED) | R(SENSOR_LIMIT) | R(SENSOR_FROZEN) |
                    R(AGENT_RESTARTED) | R(REBOOTED) | R(DUPLICATE_ENGINE_ID),
                .place = PLACE_MACHINE},
        {.reasons = R(SENSOR_LOST), .agent = A(REFUSED), .place = PLACE_ACCESS_LIST},
        {.reasons = R(SENSOR_LOST),
                .agent = A(SILENT),
                .place = PLACE_MACHINE,
                .other = PLACE_ACCESS_LIST,
                .test = "agent-on-console"},
        {.reasons = R(SENSOR_LOST), .place = PLACE_MACHINE},
        {.reasons = R(SLOW),
                .neighbours = Y(YES),
                .place = PLACE_NETWORK,
                .other = PLACE_MACHINE,
                .test = "ping-times"},
        {.reasons = R(SLOW), .place = PLACE_MACHINE, .other = PLACE_NETWORK, .test = "ping-times"},

        /* it has just started: its service comes last */
        {.rebooted = Y(YES),
                .service = P(OPEN),
                .place = PLACE_NOT_READY,
                .other = PLACE_SERVICE,
                .test = "service-on-console"},
        {.rebooted = Y(YES), .place = PLACE_NOT_READY, .other = PLACE_MACHINE, .test = "boots-on-console"},

        /* the service's port refuses: the machine is there and nobody listens, or somebody refuses for it */
        {.service = P(REFUSED),
                .neighbours = Y(YES),
                .place = PLACE_ACCESS_LIST,
                .other = PLACE_SERVICE,
                .test = "port-from-other-host"},
        {.service = P(REFUSED), .place = PLACE_SERVICE},

        /* the port takes the connection */
        {.service = P(OPEN),
                .hints = H(CRASHED),
                .elsewhere = Y(YES),
                .place = PLACE_SERVICE,
                .other = PLACE_CLIENT,
                .test = "vendor-tool-other-host"},
        {.service = P(OPEN), .hints = H(CRASHED), .place = PLACE_CLIENT},
        {.service = P(OPEN),
                .hints = H(HUNG),
                .elsewhere = Y(NO),
                .place = PLACE_CLIENT,
                .other = PLACE_SERVICE,
                .test = "vendor-tool-other-host"},
        {.service = P(OPEN), .hints = H(HUNG), .place = PLACE_SERVICE},
        {.service = P(OPEN),
                .steps = BEFORE_LOGIN,
                .elsewhere = Y(YES),
                .place = PLACE_ACCESS_LIST,
                .other = PLACE_SERVICE,
                .test = "client-list"},
        {.service = P(OPEN),
                .steps = BEFORE_LOGIN,
                .place = PLACE_CLIENT,
                .other = PLACE_ACCESS_LIST,
                .test = "client-list"},
        {.service = P(OPEN),
                .steps = S(LOGIN),
                .place = PLACE_SERVICE,
                .other = PLACE_PIN,
                .test = "machine-log"},
        {.service = P(OPEN),
                .steps = WITH_KEY | S(RANDOM),
                .hints = H(DEVICE),
                .place = PLACE_MACHINE,
                .other = PLACE_SERVICE,
                .test = "self-test"},
        {.service = P(OPEN),
                .steps = WITH_KEY | S(VERIFY),
                .place = PLACE_SERVICE,
                .other = PLACE_KEY,
                .test = "other-key"},
        {.service = P(OPEN), .place = PLACE_SERVICE},

        /* the port is silent and the machine answers elsewhere */
        {.service = P(SILENT),
                .management = ANSWERS,
                .neighbours = Y(YES),
                .place = PLACE_ACCESS_LIST,
                .other = PLACE_SERVICE,
                .test = "port-from-other-host"},
        {.service = P(SILENT),
                .management = ANSWERS,
                .place = PLACE_SERVICE,
                .other = PLACE_ACCESS_LIST,
                .test = "port-from-other-host"},
        {.service = P(SILENT),
                .agent = ALIVE,
                .neighbours = Y(YES),
                .place = PLACE_ACCESS_LIST,
                .other = PLACE_SERVICE,
                .test = "port-from-other-host"},
        {.service = P(SILENT),
                .agent = ALIVE,
                .place = PLACE_SERVICE,
                .other = PLACE_ACCESS_LIST,
                .test = "port-from-other-host"},

        /* nothing of it answers */
        {.service = P(SILENT),
                .neighbours = Y(YES),
                .place = PLACE_NETWORK,
                .other = PLACE_MACHINE,
                .test = "room-power"},
        {.service = P(SILENT),
                .neighbours = Y(NO),
                .place = PLACE_MACHINE,
                .other = PLACE_NETWORK,
                .test = "link-light"},
        {.service = P(SILENT), .place = PLACE_MACHINE, .other = PLACE_NETWORK, .test = "ping-gateway"},

        /* the service's port was not tried, and the machine is known to be there */
        {.management = ANSWERS,
                .hints = H(CRASHED),
                .place = PLACE_CLIENT,
                .other = PLACE_SERVICE,
                .test = "vendor-tool-other-host"},
        {.agent = ALIVE,
                .hints = H(CRASHED),
                .place = PLACE_CLIENT,
                .other = PLACE_SERVICE,
                .test = "vendor-tool-other-host"},
        {.management = ANSWERS,
                .elsewhere = Y(NO),
                .place = PLACE_CLIENT,
                .other = PLACE_SERVICE,
                .test = "vendor-tool-other-host"},
        {.management = ANSWERS,
                .place = PLACE_SERVICE,
                .other = PLACE_ACCESS_LIST,
                .test = "port-from-other-host"},
        {.agent = ALIVE,
                .management = P(UNKNOWN),
                .elsewhere = Y(NO),
                .place = PLACE_CLIENT,
                .other = PLACE_SERVICE,
                .test = "vendor-tool-other-host"},
        {.agent = ALIVE, .place = PLACE_SERVICE, .other = PLACE_ACCESS_LIST, .test = "port-from-other-host"},

        /* it does not answer where it was asked */
        {.management = P(SILENT),
                .neighbours = Y(YES),
                .place = PLACE_NETWORK,
                .other = PLACE_MACHINE,
                .test = "room-power"},
        {.management = P(SILENT),
                .neighbours = Y(NO),
                .place = PLACE_MACHINE,
                .other = PLACE_NETWORK,
                .test = "link-light"},
        {.management = P(SILENT), .place = PLACE_MACHINE, .other = PLACE_NETWORK, .test = "ping-gateway"},
        {.agent = A(SILENT),
                .neighbours = Y(YES),
                .place = PLACE_NETWORK,
                .other = PLACE_MACHINE,
                .test = "room-power"},
        {.agent = A(SILENT),
                .neighbours = Y(NO),
                .place = PLACE_MACHINE,
                .other = PLACE_NETWORK,
                .test = "link-light"},
        {.agent = A(SILENT), .place = PLACE_MACHINE, .other = PLACE_NETWORK, .test = "ping-gateway"},

        /* no port and no agent is known: how the others fare is all there is */
        {.hints = H(CRASHED),
                .elsewhere = Y(YES),
                .place = PLACE_SERVICE,
                .other = PLACE_CLIENT,
                .test = "vendor-tool-other-host"},
        {.hints = H(CRASHED), .place = PLACE_CLIENT},
        {.elsewhere = Y(NO),
                .neighbours = Y(YES),
                .place = PLACE_CLIENT,
                .other = PLACE_NETWORK,
                .test = "ping-machine"},
        {.neighbours = Y(YES), .place = PLACE_NETWORK, .other = PLACE_MACHINE, .test = "room-power"},
        {.elsewhere = Y(NO), .place = PLACE_CLIENT, .other = PLACE_MACHINE, .test = "ping-machine"},
        {.hints = H(HUNG), .place = PLACE_MACHINE, .other = PLACE_SERVICE, .test = "ping-machine"},
        {.steps = WITH_KEY | S(VERIFY) | S(RANDOM),
                .hints = H(GENERAL) | H(NONE),
                .place = PLACE_SERVICE,
                .other = PLACE_KEY,
                .test = "other-key"},
        {.neighbours = Y(NO), .place = PLACE_MACHINE, .other = PLACE_SERVICE, .test = "ping-machine"},
        {.elsewhere = Y(YES), .place = PLACE_MACHINE, .other = PLACE_SERVICE, .test = "ping-machine"},
        {.place = PLACE_MACHINE, .other = PLACE_CLIENT, .test = "vendor-tool-other-host"},
};

const size_t location_n_rows = ELEMENTSOF(location_rows);
