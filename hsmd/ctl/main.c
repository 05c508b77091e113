/* hsmctl: asks a running hsmd. */

#include "verbs.h"
#include "width.h"

#define ARGUMENTS_MAX 64

static const struct {
        const char *name;
        int least, most; /* arguments beside the verb */
        ExitCode (*run)(const Options *o);
} verbs[] = {
        {"status", 0, 0, verb_status},
        {"device", 1, 1, verb_device},
        {"watch", 0, 0, verb_watch},
        {"wait", 0, 0, verb_wait},
        {"reload", 0, 0, verb_reload},
        {"keys", 0, 3, verb_keys},
        {"sensors", 0, 2, verb_sensors},
        {"pin", 2, 2, verb_pin},
        {"measure", 1, 1, verb_measure},
        {"probe", 1, 1, verb_probe},
        {"alarms", 0, 0, verb_alarms},
        {"ack", 1, ARGUMENTS_MAX, verb_ack},
        {"events", 0, 0, verb_events},
        {"history", 1, 1, verb_history},
        {"failovers", 0, 1, verb_failovers},
        {"receivers", 0, 0, verb_receivers},
        {"maintenance", 0, 2, verb_maintenance},
        {"drill", 1, 1, verb_drill},
        {"selftest", 1, ARGUMENTS_MAX, verb_selftest},
        {"backup", 1, 1, verb_backup},
        {"restore", 1, 1, verb_restore},
        {"version", 0, 0, verb_version},
};

static ExitCode wrong_verb(const Options *o, const char *verb) {
        fprintf(stderr,
                say(o, "hsmctl: there is no verb \"%s\"; see hsmctl --help\n",
                        "hsmctl：没有命令“%s”；请看 hsmctl --help\n"),
                verb);
        return EXIT_USAGE;
}

static ExitCode wrong_count(const Options *o, const char *verb, int least, int most) {
        fprintf(stderr,
                least == most ? say(o, "hsmctl: %s takes %d arguments; see hsmctl --help\n",
                                        "hsmctl：%s 需要 %d 个参数；请看 hsmctl --help\n")
                              : say(o, "hsmctl: %s takes %d to %d arguments; see hsmctl --help\n",
                                        "hsmctl：%s 需要 %d 至 %d 个参数；请看 hsmctl --help\n"),
                verb, least, most);
        return EXIT_USAGE;
}

static ExitCode run_verb(const Options *o) {
        const char *verb = o->n_args > 0 ? o->args[0] : "status";

        for (size_t i = 0; i < ELEMENTSOF(verbs); i++) {
                if (!streq(verbs[i].name, verb))
                        continue;
                if (o->n_args > 0 && (o->n_args - 1 < verbs[i].least || o->n_args - 1 > verbs[i].most))
                        return wrong_count(o, verb, verbs[i].least, verbs[i].most);
                return verbs[i].run(o);
        }
        return wrong_verb(o, verb);
}

int main(int argc, char **argv) {
        Options o;
        bool done;
        ExitCode code;

        width_init();
        code = options_parse(argc, argv, &o, &done);
        if (code != EXIT_OK || done)
                return (int) code;
        code = run_verb(&o);
        /* a full disk or a closed pipe must not look like success */
        if (fflush(stdout) != 0 && code == EXIT_OK)
                code = EXIT_USAGE;
        return (int) code;
}
