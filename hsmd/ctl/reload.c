/* hsmctl reload, hsmctl version */

#include "control.h"
#include "picture.h"
#include "verbs.h"

/* Reading and checking a configuration of thousands of devices may take a moment. */
#define RELOAD_DEADLINE (30 * USEC_PER_SEC)

static ExitCode refused(const Options *o, const char *message) {
        fprintf(stderr,
                say(o, "hsmctl: the configuration was refused; the old one runs on:\n%s\n",
                        "hsmctl：配置被拒绝，原配置继续运行：\n%s\n"),
                message);
        return EXIT_REFUSED;
}

ExitCode verb_reload(const Options *o) {
        CLEANUP_CLIENT Client *client = NULL;
        CLEANUP_MESSAGE sd_bus_message *answer = NULL, *reply = NULL;
        int r = client_new(o->socket, &client);

        /* a hsmd that has stopped is found out soon, though the reload itself may take longer */
        if (r >= 0)
                r = client_call(client, CLIENT_DEADLINE, &answer, "GetFleet", NULL);
        if (r >= 0)
                r = client_call(client, RELOAD_DEADLINE, &reply, "Reload", "s", o->by);
        if (r == -EREMOTEIO && sd_bus_error_has_name(client_error(client), CONTROL_ERROR_CONFIG_REFUSED))
                return refused(o, client_error(client)->message);
        if (r < 0)
                return client_complain(o, client, r);
        puts(say(o, "reloaded", "已重新加载配置"));
        return EXIT_OK;
}

ExitCode verb_version(const Options *o) {
        CLEANUP_CLIENT Client *client = NULL;
        CLEANUP_PICTURE Picture p = {0};
        int r;

        puts("hsmctl " HSMD_VERSION);
        r = client_new(o->socket, &client);
        if (r >= 0)
                r = picture_fetch(client, 0, CLIENT_DEADLINE, &p);
        if (r < 0)
                return client_complain(o, client, r);
        printf("hsmd %s\n", picture_fleet(&p)->version);
        return EXIT_OK;
}
