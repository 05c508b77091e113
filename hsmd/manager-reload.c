#include <limits.h>
#include <systemd/sd-daemon.h>

#include "manager.h"

typedef struct ReloadJob {
        Manager *manager;
        char *path;
        Config *config;
        char *error;
        int result;
        uid_t uid;
        char by[64];
        ReloadDone done;
        void *userdata;
} ReloadJob;

/* A reload does not refresh credentials: what the service was not started with is not there. */
static int check_credential(const SecretSource *s, size_t max UNUSED, const char *whose,
        const char *what UNUSED, void *userdata) {
        char **ret_error = userdata;
        const char *directory = getenv("CREDENTIALS_DIRECTORY");
        char path[PATH_MAX];

        if (!s->credential)
                return 0;
        snprintf(path, sizeof(path), "%s/%s", directory ? directory : "", s->credential);
        if (directory && access(path, F_OK) == 0)
                return 0;
        if (asprintf(ret_error,
                    "%s: the credential %s is not among those that the service was started with; name it "
                    "with "
                    "LoadCredential= in /etc/systemd/system/hsmd.service.d/credentials.conf, then systemctl "
                    "daemon-reload "
                    "and systemctl restart hsmd",
                    whose, s->credential) < 0)
                *ret_error = NULL;
        return -EINVAL;
}

/* Disk's thread. */
static void reload_work(void *userdata) {
        ReloadJob *job = userdata;

        job->result = config_load(job->path, &job->config, &job->error);
        if (job->result >= 0)
                job->result = config_each_secret(job->config, check_credential, &job->error);
        if (job->result >= 0)
                job->result = config_check_files(job->config, worker_can_bind(), &job->error);
}

static void tell_verdict(ReloadJob *job) {
        Manager *m = job->manager;
        char uid[16];
        LogEvent e = {.priority = LOG_NOTICE,
                .message_id = MESSAGE_RELOADED,
                .operator_uid = uid,
                .operator_name = job->by};

        snprintf(uid, sizeof(uid), "%u", (unsigned) job->uid);
        if (job->result >= 0) {
                snprintf(m->fleet.last_action, sizeof(m->fleet.last_action),
                        "reload by uid %s, stated name %s", uid, job->by);
                field_mark(m->fleet.valid, FleetField_last_action, true);
                log_event(m->journal, &e,
                        "configuration reloaded, generation %u (asked by uid %s, stated name %s)",
                        m->generation, uid, job->by);
                fleet_publish(m);
                return;
        }
        e.priority = LOG_ERR;
        e.message_id = MESSAGE_CONFIG_REFUSED;
        log_event(m->journal, &e, "configuration refused, the old one runs on: %s",
                job->error ? job->error : strerror(-job->result));
}

static void reload_done(void *userdata, bool cancelled) {
        ReloadJob *job = userdata;

        /* while hsmd stops, nothing is started any more and STOPPING=1 is its last word */
        cancelled = cancelled || job->manager->stopping;
        if (cancelled)
                job->result = -ECANCELED;
        if (job->result >= 0) {
                job->result = manager_apply(job->manager, job->config);
                if (job->result >= 0)
                        job->config = NULL;
        }
        if (!cancelled) {
                tell_verdict(job);
                sd_notify(false, "READY=1");
        }
        if (job->done)
                job->done(job->result, job->error, job->userdata);
        config_free(job->config);
        free(job->error);
        free(job->path);
        free(job);
}

void manager_reload(Manager *m, uid_t uid, const char *by, ReloadDone done, void *userdata) {
        ReloadJob *job = m->stopping ? NULL : calloc(1, sizeof(*job));

        if (!job) {
                if (done)
                        done(m->stopping ? -ECANCELED : -ENOMEM, NULL, userdata);
                return;
        }
        *job = (ReloadJob){
                .manager = m, .uid = uid, .done = done, .userdata = userdata, .result = -ECANCELED};
        job->path = strdup(m->options.config);
        copy_text(job->by, sizeof(job->by), by && by[0] ? by : "not stated");
        sd_notify(false, "RELOADING=1");
        disk_submit(m->disk, job, reload_work, reload_done);
}
