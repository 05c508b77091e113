/* hsmctl pin retry */

#include "action.h"
#include "verbs.h"

#define DEADLINE (10 * USEC_PER_SEC)

ExitCode verb_pin(const Options *o) {
        CLEANUP_CLIENT Client *client = NULL;
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        const char *words = "";
        int r;

        if (!streq(o->args[1], "retry")) {
                fprintf(stderr,
                        say(o, "hsmctl: there is no \"pin %s\"; right is: hsmctl pin retry DEVICE\n",
                                "hsmctl：没有“pin %s”；正确用法：hsmctl pin retry 名称\n"),
                        o->args[1]);
                return EXIT_USAGE;
        }
        r = client_new(o->socket, &client);
        if (r >= 0)
                r = client_call(client, DEADLINE, &reply, "RetryPin", "ss", o->args[2], o->by);
        if (r >= 0)
                r = sd_bus_message_read(reply, "s", &words);
        if (r < 0)
                return action_failed(o, client, r);
        if (o->lang == LANG_EN && *words)
                puts(words);
        else
                printf(say(o,
                               "one more attempt with the PIN of %s is allowed, and made now; `hsmctl device "
                               "%s` says what came of it\n",
                               "已允许用 %s 的口令(PIN)再登录一次，正在进行；结果请看 hsmctl device %s\n"),
                        o->args[2], o->args[2]);
        return EXIT_OK;
}
