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
                        say(o, "hsmctl: pin %s is unknown; right is: hsmctl pin retry DEVICE\n",
                                "hsmctl：没有 pin %s；正确用法：hsmctl pin retry 名称\n"),
                        o->args[1]);
                return EXIT_USAGE;
        }
        r = client_new(o->socket, &client);
        if (r >= 0)
                r = client_call(client, DEADLINE, &reply, "RetryPin", "ss", o->args[2], o->by);
        if (r < 0)
                return action_failed(o, client, r);
        if (sd_bus_message_read(reply, "s", &words) < 0 || !*words)
                words = say(o, "the PIN is sent once more", "口令(PIN)将再发送一次");
        puts(words);
        return EXIT_OK;
}
