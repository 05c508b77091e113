/* hsmctl device */

#include "device-view.h"
#include "json-picture.h"
#include "missing.h"
#include "records.h"
#include "verbs.h"

static int print_json(Client *client, const Picture *p, const DeviceRow *d, bool pretty) {
        CLEANUP_MESSAGE sd_bus_message *attempts = NULL, *calls = NULL;
        Json j = {.f = stdout, .pretty = pretty};
        int r = client_call(client, CLIENT_DEADLINE, &attempts, "GetAttempts", "s", d->name);

        if (r >= 0)
                r = client_call(client, CLIENT_DEADLINE, &calls, "GetCalls", "s", d->name);
        if (r < 0)
                return r;
        json_open(&j, NULL, '{');
        json_device_members(&j, p, d);
        json_alarms_of(&j, p, d->number);
        r = json_attempts(&j, attempts);
        if (r >= 0)
                r = json_calls(&j, calls);
        json_close(&j, '}');
        json_end(&j);
        return r < 0 ? -EBADMSG : 0;
}

ExitCode verb_device(const Options *o) {
        CLEANUP_CLIENT Client *client = NULL;
        CLEANUP_PICTURE Picture p = {0};
        const DeviceRow *d;
        Screen s;
        int r = client_new(o->socket, &client);

        if (r >= 0)
                r = picture_fetch(client,
                        1U << BOARD_ALARMS | 1U << BOARD_DEVICES | 1U << BOARD_KEYS | 1U << BOARD_SENSORS |
                                1U << BOARD_MECHANISMS,
                        CLIENT_DEADLINE, &p);
        if (r < 0)
                return client_complain(o, client, r);
        d = picture_find_device(&p, o->args[1]);
        if (!d)
                return no_such_device(o, &p, o->args[1]);
        screen_init(&s, o);
        if (o->verbose) /* the page may be longer than the screen */
                s.height = SIZE_MAX;
        if (!o->json) {
                device_view(&s, &p, d);
                return EXIT_OK;
        }
        r = print_json(client, &p, d, o->json == JSON_PRETTY);
        return r < 0 ? client_complain(o, client, r) : EXIT_OK;
}
