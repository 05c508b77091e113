/* What a worker is told before it is handed anything: our engine, the receivers and their secrets. */
#include <limits.h>

#include "notifier-internal.h"

#define BOOT_RETRY (5 * USEC_PER_SEC)

struct BootJob {
        Manager *manager; /* and not its notifier, which may be gone when the disk is done */
        uint64_t process, orders;
        bool new_process;
        char path[PATH_MAX];
        EngineFile engine;
        int error;
        MsgNotifyReceiver *receivers;
        SecretSource *community, *auth, *priv;
        int *errors;
        size_t n;
};

static BootJob *job_free(BootJob *job) {
        if (!job)
                return NULL;
        for (size_t i = 0; job->community && job->auth && job->priv && i < job->n; i++) {
                secret_source_done(&job->community[i]);
                secret_source_done(&job->auth[i]);
                secret_source_done(&job->priv[i]);
        }
        if (job->receivers)
                wipe(job->receivers, job->n * sizeof(*job->receivers));
        free(job->receivers);
        free(job->community);
        free(job->auth);
        free(job->priv);
        free(job->errors);
        free(job);
        return NULL;
}

/* Disk's thread. */
static void boot_work(void *userdata) {
        BootJob *job = userdata;

        if (job->new_process)
                job->error = engine_file_boot(job->path, &job->engine);
        for (size_t i = 0; i < job->n; i++) {
                MsgNotifyReceiver *m = &job->receivers[i];
                int r = secret_read_if_given(&job->community[i], m->community, sizeof(m->community));

                if (r >= 0)
                        r = secret_read_if_given(&job->auth[i], m->auth_secret, sizeof(m->auth_secret));
                if (r >= 0)
                        r = secret_read_if_given(&job->priv[i], m->priv_secret, sizeof(m->priv_secret));
                job->errors[i] = r;
        }
}

/* A receiver whose secret cannot be read waits for another configuration, with all that is for it. */
static void refuse(NotifierReceiver *r, int error) {
        const char *why = error == -EACCES     ? "readable by others; mode 0600 would be right"
                          : error == -EMSGSIZE ? "too long"
                                               : strerror(-error);
        char words[sizeof(r->detail)];

        snprintf(words, sizeof(words), "nothing is sent: a secret cannot be read (%s)", why);
        r->unreadable = true;
        notifier_set_state(r, RECEIVER_REFUSING, words);
}

/* What it has of an earlier configuration, it is to send no more: that may go to somebody else, or under
 * another name. */
static int take_back(const Notifier *n, NotifierReceiver *r) {
        MsgNotifyReceiver m = MESSAGE(MsgNotifyReceiver, MSG_NOTIFY_RECEIVER);
        int k;

        if (!r->known)
                return 0;
        m.receiver = r->number;
        m.removed = 1;
        k = keeper_send(n->keeper, &m.head, -1);
        if (k < 0)
                return k;
        r->known = false;
        notifier_queue_lost(&r->queue);
        return 0;
}

static int tell_engine(const Notifier *n, const BootJob *job) {
        MsgNotifyConfig m = MESSAGE(MsgNotifyConfig, MSG_NOTIFY_CONFIG);

        if (!job->new_process)
                return 0;
        m.engine_id_size = (uint32_t) job->engine.id_size;
        memcpy(m.engine_id, job->engine.id, sizeof(m.engine_id));
        m.engine_boots = job->engine.boots;
        return keeper_send(n->keeper, &m.head, -1);
}

static int tell_receiver(const Notifier *n, const BootJob *job, size_t i) {
        NotifierReceiver *r = notifier_receiver(n, job->receivers[i].receiver);
        int k;

        if (!r)
                return 0;
        if (job->errors[i] < 0) {
                k = take_back(n, r);
                if (k >= 0)
                        refuse(r, job->errors[i]);
                return k;
        }
        k = keeper_send(n->keeper, &job->receivers[i].head, -1);
        if (k >= 0 && r->unreadable)
                notifier_set_state(r, RECEIVER_OK, "");
        if (k >= 0) {
                r->known = true;
                r->unreadable = false;
        }
        return k;
}

static int tell_start(const Notifier *n, const BootJob *job) {
        MsgPlain start = MESSAGE(MsgPlain, MSG_NOTIFY_START);

        return job->new_process ? keeper_send(n->keeper, &start.head, -1) : 0;
}

/* The engine, each receiver, the start: as far as there is room. */
static void tell(Notifier *n) {
        const BootJob *job = n->telling;
        int r = 0;

        while (r >= 0 && n->told < job->n + 2) {
                if (n->told == 0)
                        r = tell_engine(n, job);
                else if (n->told <= job->n)
                        r = tell_receiver(n, job, n->told - 1);
                else
                        r = tell_start(n, job);
                if (r >= 0)
                        n->told++;
        }
        if (r == -EAGAIN)
                return;
        n->telling = job_free(n->telling);
        n->ready = n->ready || r >= 0;
        notifier_feed_all(n);
}

void notifier_boot_room(Notifier *n) {
        if (n->telling)
                tell(n);
}

void notifier_boot_forget(Notifier *n) {
        n->telling = job_free(n->telling);
}

static void take_engine(Notifier *n, const BootJob *job) {
        n->engine = job->engine;
        for (size_t i = 0; i < n->engine.id_size; i++)
                snprintf(n->engine_hex + 2 * i, 3, "%02x", n->engine.id[i]);
}

/* Nothing may be sent as an engine whose boots may be those of before. A disk that is full or slow may have
 * room in a moment. */
static void engine_failed(Notifier *n, const BootJob *job) {
        const char *why = job->error == -EBADMSG ? "the file is damaged" : strerror(-job->error);
        char words[sizeof(n->receivers[0]->detail)];

        if (n->boot_again == 0)
                log_event(n->manager->journal, &(LogEvent){.priority = LOG_CRIT},
                        "%s: the SNMP engine's identity cannot be kept: %s; nobody is notified until it can",
                        job->path, why);
        n->boot_again = now_monotonic() + BOOT_RETRY;
        snprintf(words, sizeof(words), "nothing is sent: our SNMP engine cannot be kept (%s)", why);
        for (size_t i = 0; i < n->n_receivers; i++) {
                n->receivers[i]->unreadable = true;
                notifier_set_state(n->receivers[i], RECEIVER_RETRYING, words);
        }
}

void notifier_boot_again(Notifier *n, usec_t now) {
        if (n->up && n->boot_again > 0 && now >= n->boot_again) {
                n->boot_again = now + BOOT_RETRY;
                notifier_boot(n, true);
        }
}

static void boot_done(void *userdata, bool cancelled) {
        BootJob *job = userdata;
        Notifier *n = cancelled ? NULL : job->manager->notifier;

        if (!n || job->process != n->process || job->orders != n->orders) {
                job_free(job);
                return;
        }
        if (job->error < 0) {
                engine_failed(n, job);
                job_free(job);
                return;
        }
        if (job->new_process) {
                take_engine(n, job);
                n->boot_again = 0;
        }
        job_free(n->telling);
        n->telling = job;
        n->told = 0;
        tell(n);
}

static void text(char *dst, size_t size, const char *src) {
        copy_text(dst, size, src ? src : "");
}

static void fill(BootJob *job, size_t i, const ConfigReceiver *c) {
        MsgNotifyReceiver *m = &job->receivers[i];

        m->head = (MessageHead){.type = MSG_NOTIFY_RECEIVER, .size = sizeof(*m)};
        m->receiver = c->number;
        m->kind = c->kind;
        m->version = c->version;
        m->text = c->text;
        m->charset = c->charset;
        m->timeout = c->timeout;
        text(m->name, sizeof(m->name), c->name);
        text(m->address, sizeof(m->address), c->address);
        text(m->user, sizeof(m->user), c->user);
        text(m->auth_protocol, sizeof(m->auth_protocol), c->auth_protocol);
        text(m->priv_protocol, sizeof(m->priv_protocol), c->priv_protocol);
        job->community[i] = secret_source_copy(&c->community);
        job->auth[i] = secret_source_copy(&c->auth_secret);
        job->priv[i] = secret_source_copy(&c->priv_secret);
}

static bool allocate(BootJob *job, size_t n) {
        job->receivers = calloc(n + 1, sizeof(*job->receivers));
        job->community = calloc(n + 1, sizeof(*job->community));
        job->auth = calloc(n + 1, sizeof(*job->auth));
        job->priv = calloc(n + 1, sizeof(*job->priv));
        job->errors = calloc(n + 1, sizeof(*job->errors));
        return job->receivers && job->community && job->auth && job->priv && job->errors;
}

void notifier_boot(Notifier *n, bool new_process) {
        BootJob *job = calloc(1, sizeof(*job));

        if (!job)
                return;
        job->manager = n->manager;
        job->process = n->process;
        job->orders = ++n->orders;
        job->new_process = new_process;
        snprintf(job->path, sizeof(job->path), "%s/engine-notify", n->manager->options.state);
        if (!allocate(job, n->n_receivers)) {
                job_free(job);
                return;
        }
        job->n = n->n_receivers;
        for (size_t i = 0; i < job->n; i++)
                fill(job, i, n->receivers[i]->config);
        disk_submit(n->manager->disk, job, boot_work, boot_done);
}
