/* hsmctl selftest: whether alarms arrive, and whether SNMP can be asked. */

#include <time.h>

#include "action.h"
#include "columns.h"
#include "picture.h"
#include "selftest-snmp.h"
#include "verbs.h"

#define LOOK_EVERY (200 * USEC_PER_MSEC)

/* 1 when every receiver has done with it, 0 not yet; *words says who has not. */
static int is_notified(Client *client, uint64_t sequence, char *words, size_t size) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        const char *rest = "";
        int done = 0, r = client_call(client, CLIENT_DEADLINE, &reply, "GetNotified", "t", sequence);

        if (r >= 0)
                r = sd_bus_message_read(reply, "bs", &done, &rest) < 0 ? -EBADMSG : 0;
        if (r < 0)
                return r;
        snprintf(words, size, "%s", rest);
        return done != 0;
}

static int wait_until_notified(
        Client *client, const Options *o, uint64_t sequence, char *words, size_t size) {
        usec_t until = now_monotonic() + (usec_t) (o->timeout * (double) USEC_PER_SEC);

        for (;;) {
                int r = is_notified(client, sequence, words, size);

                if (r != 0 || now_monotonic() >= until)
                        return r;
                nanosleep(&(struct timespec){.tv_nsec = (long) LOOK_EVERY * 1000}, NULL);
        }
}

/* What this receiver did with the notification. */
static void put_receiver(const Screen *s, const ReceiverRow *r, uint64_t sequence, size_t width) {
        bool done = ROW_GET(Receiver, r, last_sequence, 0) >= sequence;
        bool inform = ROW_GET(Receiver, r, kind, RECEIVER_TRAP) == RECEIVER_INFORM;
        const char *words = screen_say(s, "NOT acknowledged", "未确认");
        size_t used = 0;

        if (done && inform)
                words = screen_say(s, "acknowledged", "已确认");
        else if (done)
                words = screen_say(s, "sent; a trap is not acknowledged, so look there",
                        "已发送；trap 无确认，请到网管查看");
        line_cell(s, &used, COLOUR_NONE, r->name, width, false);
        line_cell(s, &used, done ? COLOUR_GOOD : COLOUR_BAD, words, 0, true);
        if (!done && field_valid(r, ReceiverField_detail) && *r->detail)
                put_wrapped(s, COLOUR_NONE, 2, r->detail);
}

static int show(Client *client, const Options *o, uint64_t sequence) {
        CLEANUP_PICTURE Picture p = {0};
        Column name = {"", 0};
        Screen s;
        int r = picture_fetch(client, 1U << BOARD_RECEIVERS, CLIENT_DEADLINE, &p);

        if (r < 0)
                return r;
        screen_init(&s, o);
        for (size_t i = 0; i < picture_rows(&p, BOARD_RECEIVERS); i++)
                column_widen(&name, picture_receiver(&p, i)->name, 32);
        for (size_t i = 0; i < picture_rows(&p, BOARD_RECEIVERS); i++)
                put_receiver(&s, picture_receiver(&p, i), sequence, name.width);
        return 0;
}

static ExitCode has_receivers(Client *client, const Options *o) {
        CLEANUP_PICTURE Picture p = {0};
        int r = picture_fetch(client, 1U << BOARD_RECEIVERS, CLIENT_DEADLINE, &p);

        if (r < 0)
                return client_complain(o, client, r);
        if (picture_rows(&p, BOARD_RECEIVERS) > 0)
                return EXIT_OK;
        fputs(say(o, "hsmctl: nobody is told of alarms; see receivers in hsmd.conf(5)\n",
                      "hsmctl：未配置任何接收方；请看 hsmd.conf(5) 的 receivers\n"),
                stderr);
        return EXIT_REFUSED;
}

static ExitCode test_notifications(const Options *o) {
        CLEANUP_CLIENT Client *client = NULL;
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        char words[512] = "";
        uint32_t alarm = 0;
        uint64_t sequence = 0;
        int done, r = client_new(o->socket, &client);
        ExitCode code = r < 0 ? client_complain(o, client, r) : has_receivers(client, o);

        if (code != EXIT_OK)
                return code;
        r = client_call(client, CLIENT_DEADLINE, &reply, "TestNotifications", "s", o->by);
        if (r >= 0)
                r = sd_bus_message_read(reply, "ut", &alarm, &sequence);
        if (r < 0)
                return action_failed(o, client, r);
        printf(say(o, "alarm %u was raised and cleared; its last notification is number %llu\n",
                       "已产生并清除告警 %u；其最后一条通知序号为 %llu\n"),
                alarm, (unsigned long long) sequence);
        fflush(stdout);
        done = wait_until_notified(client, o, sequence, words, sizeof(words));
        r = done < 0 ? done : show(client, o, sequence);
        if (r < 0)
                return action_failed(o, client, r);
        if (done)
                return EXIT_OK;
        fprintf(stderr,
                say(o, "hsmctl: not everybody has it after %g s: %s\n",
                        "hsmctl：%g 秒后仍有接收方未收到：%s\n"),
                o->timeout, words);
        return EXIT_TIME_OUT;
}

ExitCode verb_selftest(const Options *o) {
        if (streq(o->args[1], "notifications") && o->n_args == 2)
                return test_notifications(o);
        if (streq(o->args[1], "snmp"))
                return selftest_snmp(o);
        fprintf(stderr,
                say(o,
                        "hsmctl: there is no \"selftest %s\"; right is: selftest notifications, selftest "
                        "snmp\n",
                        "hsmctl：没有“selftest %s”；正确用法：selftest notifications、selftest snmp\n"),
                o->args[1]);
        return EXIT_USAGE;
}
