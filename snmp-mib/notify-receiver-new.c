/* Makes receivers as configured, and frees them. */
#include "notify-receiver.h"

static void close_engine(NotifyReceiver *r) {
        r->io = sd_event_source_disable_unref(r->io);
        engine_close(&r->engine); /* calls back for what is out */
        r->outcome = r->heartbeat_outcome = NOTIFY_PENDING;
        r->rediscovered = false;
        r->phase = NOTIFY_IDLE;
}

/* engine_peer takes the address without its transport, and finds that out by itself. */
static int make_peer(const char *address, Engine *e) {
        const char *colon = strchr(address, ':');

        return colon ? engine_peer(colon + 1, e->peer, sizeof(e->peer)) : -EINVAL;
}

static const char *make_engine(const MsgNotifyReceiver *config, Engine *e) {
        e->version = config->version;
        e->timeout = config->timeout;
        copy_text(e->community, sizeof(e->community), config->community);
        copy_text(e->user, sizeof(e->user), config->user);
        if (make_peer(config->address, e) < 0)
                return "its address is not numeric host and port";
        if (e->version == SNMP_VERSION_V3 &&
                usm_keys_make(config->auth_protocol, config->auth_secret, config->priv_protocol,
                        config->priv_secret, &e->keys) < 0)
                return "no key: unknown protocol, or a secret under 8 characters";
        return NULL;
}

static bool same_keys(const UsmKeys *a, const UsmKeys *b) {
        return a->security_level == b->security_level && a->auth_protocol == b->auth_protocol &&
               a->priv_protocol == b->priv_protocol &&
               memcmp(a->auth_key, b->auth_key, sizeof(a->auth_key)) == 0 &&
               memcmp(a->priv_key, b->priv_key, sizeof(a->priv_key)) == 0;
}

static bool same_engine(const Engine *a, const Engine *b) {
        return a->version == b->version && streq(a->peer, b->peer) && streq(a->community, b->community) &&
               streq(a->user, b->user) && same_keys(&a->keys, &b->keys);
}

void notify_receiver_configure(NotifyReceiver *r, const MsgNotifyReceiver *config) {
        Engine fresh = {0};
        const char *unusable = make_engine(config, &fresh);

        if (config->charset == CHARSET_GB18030 && r->world->gb18030 == (iconv_t) -1)
                unusable = "this host cannot convert to GB18030: the C library's table is missing";
        r->timeout = config->timeout;
        r->local_text = config->text == TEXT_ZH;
        r->charset = config->charset;
        if (r->kind != config->kind || unusable || r->unusable || !same_engine(&r->engine, &fresh)) {
                close_engine(r);
                r->kind = config->kind;
                r->engine = fresh;
                r->unusable = unusable;
        }
        wipe(&fresh, sizeof(fresh));
        if (unusable)
                notify_receiver_say(r, RECEIVER_REFUSING, unusable);
        notify_receiver_go_on(r);
}

static int on_timer(sd_event_source *source UNUSED, uint64_t usec UNUSED, void *data) {
        NotifyReceiver *r = data;

        if (r->engine.session)
                engine_expire(&r->engine);
        notify_receiver_go_on(r);
        return 0;
}

int notify_receiver_new(const NotifyWorld *world, uint32_t number, NotifyReceiver **ret) {
        NotifyReceiver *r = calloc(1, sizeof(*r));
        int k;

        if (!r)
                return -ENOMEM;
        r->world = world;
        r->number = number;
        r->unusable = "not configured yet";
        r->state = (MsgNotifyState) MESSAGE(MsgNotifyState, MSG_NOTIFY_STATE);
        r->state.receiver = number;
        k = sd_event_add_time(
                world->event, &r->timer, CLOCK_MONOTONIC, USEC_INFINITY, USEC_PER_MSEC, on_timer, r);
        if (k < 0) {
                notify_receiver_free(r);
                return k;
        }
        (void) sd_event_source_set_enabled(r->timer, SD_EVENT_OFF);
        *ret = r;
        return 0;
}

NotifyReceiver *notify_receiver_free(NotifyReceiver *r) {
        if (!r)
                return NULL;
        close_engine(r);
        sd_event_source_disable_unref(r->timer);
        free(r);
        return NULL;
}
