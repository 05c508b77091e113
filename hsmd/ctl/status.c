/* hsmctl status */

#include "fleet-view.h"
#include "json-picture.h"
#include "verbs.h"

/* As monitoring plugins answer: 0 ok, 1 warning, 2 critical, 3 unknown. */
static ExitCode check_code(const Picture *p) {
        const FleetRow *f = picture_fleet(p);

        switch (ROW_GET(Fleet, f, state, SERVICE_UNKNOWN)) {
        case SERVICE_OK:
                return (ExitCode) 0;
        case SERVICE_AT_RISK:
        case SERVICE_DEGRADED:
                return (ExitCode) 1;
        case SERVICE_LOST:
                return (ExitCode) 2;
        default:
                return (ExitCode) 3;
        }
}

ExitCode verb_status(const Options *o) {
        CLEANUP_CLIENT Client *client = NULL;
        CLEANUP_PICTURE Picture p = {0};
        unsigned tables = o->json ? UINT32_MAX : FLEET_VIEW_TABLES;
        Screen s;
        int r = client_new(o->socket, &client);

        if (r >= 0)
                r = picture_fetch(client, tables, CLIENT_DEADLINE, &p);
        if (r < 0)
                return client_complain(o, client, r);
        screen_init(&s, o);
        if (o->json)
                json_picture(stdout, &p, o->json == JSON_PRETTY);
        else
                fleet_view(&s, &p, SIZE_MAX);
        return o->check ? check_code(&p) : EXIT_OK;
}
