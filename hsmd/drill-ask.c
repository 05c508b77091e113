/* A drill's protocol, for who asks for it or has something to add. The last one is remembered; after a
 * restart of hsmd the history has it. */
#include "answer.h"
#include "drill-event.h"
#include "drill-internal.h"
#include "history.h"

/* Somebody waits for what the history says. */
typedef struct Ask {
        Manager *manager;
        ControlReply *reply;
        char pool[64], gap[64], by[64]; /* gap: empty where the protocol is only looked at */
        uint32_t uid;
} Ask;

static void reply_protocol(ControlReply *reply, const DrillProtocol *p) {
        CLEANUP_FREE char *json = drill_protocol_json(p);

        control_reply(reply, json ? 0 : -ENOMEM, json);
}

static void state_gap(Manager *m, Drill *drill, const Ask *ask) {
        DrillProtocol *p = &drill->last;
        int r = drill_protocol_business(p, ask->gap, ask->by);

        if (r == -EINVAL) {
                control_reply(ask->reply, -EPERM,
                        "say how long the business system could not sign, as \"1.5 s\", \"800 ms\" or \"2 "
                        "min\", "
                        "or \"not measured\"");
                return;
        }
        drill_tell_business(m, drill_find_pool(m, p->pool), p, ask->uid);
        drill_keep(m, p);
        reply_protocol(ask->reply, p);
}

static void serve(Manager *m, Drill *drill, const Ask *ask) {
        if (ask->gap[0])
                state_gap(m, drill, ask);
        else
                reply_protocol(ask->reply, &drill->last);
}

static void refuse(const Ask *ask, int error) {
        char text[256];

        if (error == -ENOENT)
                snprintf(text, sizeof(text), "there was no drill in pool %s yet; hsmctl drill %s arms one",
                        ask->pool, ask->pool);
        else
                snprintf(text, sizeof(text), "the last drill of pool %s cannot be read: %s", ask->pool,
                        strerror(-error));
        control_reply(ask->reply, -EPERM, text);
}

static void on_kept(int error, const char *text, void *userdata) {
        CLEANUP_FREE Ask *ask = userdata;
        Drill *drill = error < 0 ? NULL : drill_find_or_add(ask->manager, ask->pool);

        if (error >= 0 && !drill)
                error = -ENOMEM;
        if (error >= 0 && !drill->has_last)
                error = drill_protocol_parse(text, &drill->last);
        if (error < 0) {
                refuse(ask, error);
                return;
        }
        drill->has_last = true;
        serve(ask->manager, drill, ask);
}

/* 1: the answer comes, now or later. */
static int ask_for_last(const Ask *ask) {
        Drill *drill = drill_find(ask->manager, ask->pool);
        Ask *copy;

        if (drill && drill->has_last) {
                serve(ask->manager, drill, ask);
                return 1;
        }
        copy = malloc(sizeof(*copy));
        if (!copy)
                return -ENOMEM;
        *copy = *ask;
        if (ask->manager->history)
                history_drill_get(ask->manager->history, 0, ask->pool, on_kept, copy);
        else
                on_kept(-ENOENT, NULL, copy);
        return 1;
}

int drill_get(Manager *m, const char *pool, ControlReply *reply, char **ret_message) {
        const Drill *drill = drill_find(m, pool);
        Ask ask = {.manager = m, .reply = reply};

        if (!drill_find_pool(m, pool))
                return drill_no_such_pool(m, pool, ret_message);
        if (drill && drill->track) {
                reply_protocol(reply, drill_track_protocol(drill->track));
                return 1;
        }
        copy_text(ask.pool, sizeof(ask.pool), pool);
        return ask_for_last(&ask);
}

int drill_business(Manager *m, const char *pool, const char *gap, const char *by, uint32_t uid,
        ControlReply *reply, char **ret_message) {
        Ask ask = {.manager = m, .reply = reply, .uid = uid};

        if (!drill_find_pool(m, pool))
                return drill_no_such_pool(m, pool, ret_message);
        if (drill_is_on(m, pool))
                return answer(ret_message, -EPERM,
                        "the drill in pool %s is still on; say it when the machine is back", pool);
        if (!gap[0] || !copy_text(ask.gap, sizeof(ask.gap), gap))
                return answer(ret_message, -EINVAL,
                        "say how long the business system could not sign, as \"1.5 s\", or \"not measured\"");
        copy_text(ask.pool, sizeof(ask.pool), pool);
        copy_text(ask.by, sizeof(ask.by), by);
        return ask_for_last(&ask);
}
