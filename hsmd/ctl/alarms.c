/* hsmctl alarms, hsmctl ack */

#include "action.h"
#include "alarms-view.h"
#include "control.h"
#include "json-picture.h"
#include "verbs.h"

ExitCode verb_alarms(const Options *o) {
        CLEANUP_CLIENT Client *client = NULL;
        CLEANUP_PICTURE Picture p = {0};
        Screen s;
        int r = client_new(o->socket, &client);

        if (r >= 0)
                r = picture_fetch(client, 1U << BOARD_ALARMS, CLIENT_DEADLINE, &p);
        if (r < 0)
                return client_complain(o, client, r);
        screen_init(&s, o);
        if (o->json)
                json_tables(stdout, &p, 1U << BOARD_ALARMS, o->json == JSON_PRETTY);
        else if (picture_rows(&p, BOARD_ALARMS) == 0)
                puts(say(o, "no alarm is active", "当前没有告警"));
        else
                r = alarms_page(&s, &p, o->verbose);
        return r < 0 ? client_complain(o, client, r) : EXIT_OK;
}

/* --- acknowledging */

static ExitCode take_id(const Options *o, const char *word, uint32_t *ret) {
        const char *digits = *word == '#' ? word + 1 : word;
        char *end = NULL;
        unsigned long long id = strtoull(digits, &end, 10);

        if (*digits < '0' || *digits > '9' || *end || id == 0 || id > UINT32_MAX) {
                fprintf(stderr,
                        say(o, "hsmctl: \"%s\" is no alarm's number; hsmctl alarms shows them\n",
                                "hsmctl：“%s”不是告警编号；hsmctl alarms 列出编号\n"),
                        word);
                return EXIT_USAGE;
        }
        *ret = (uint32_t) id;
        return EXIT_OK;
}

static ExitCode not_acknowledged(const Options *o, Client *client, uint32_t id, int error) {
        const sd_bus_error *e = error == -EREMOTEIO ? client_error(client) : NULL;

        if (!e || !sd_bus_error_has_name(e, CONTROL_ERROR_NO_SUCH_DEVICE))
                return action_failed(o, client, error);
        fprintf(stderr,
                say(o, "hsmctl: alarm %u is not active; hsmctl alarms shows those that are\n",
                        "hsmctl：告警 %u 不存在或已清除；hsmctl alarms 列出当前告警\n"),
                id);
        return EXIT_NOT_FOUND;
}

static ExitCode acknowledge(const Options *o, Client *client, uint32_t id) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        int r = client_call(client, CLIENT_DEADLINE, &reply, "Acknowledge", "us", id, o->by);

        if (r < 0)
                return not_acknowledged(o, client, id, r);
        printf(say(o, "alarm %u is acknowledged by %s\n", "告警 %u 已由 %s 确认\n"), id, o->by);
        return EXIT_OK;
}

/* Each by itself: one that is cleared meanwhile must not keep the others from being taken on. */
ExitCode verb_ack(const Options *o) {
        CLEANUP_CLIENT Client *client = NULL;
        ExitCode worst = EXIT_OK;
        uint32_t id;
        int r;

        for (int i = 1; i < o->n_args; i++)
                if (take_id(o, o->args[i], &id) != EXIT_OK)
                        return EXIT_USAGE;
        r = client_new(o->socket, &client);
        if (r < 0)
                return client_complain(o, client, r);
        for (int i = 1; i < o->n_args; i++) {
                ExitCode code;

                (void) take_id(o, o->args[i], &id);
                code = acknowledge(o, client, id);
                if (code == EXIT_UNREACHABLE || code == EXIT_NOT_PERMITTED)
                        return code;
                worst = MAX_OF(worst, code);
        }
        return worst;
}
