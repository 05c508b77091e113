/* hsmd: watches server cipher machines over PKCS#11 and SNMP. See hsmd(8). */

#include <getopt.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "manager.h"

static const char usage[] =
        "Usage: hsmd [OPTION…]\n"
        "Watches server cipher machines over PKCS#11 and SNMP.\n\n"
        "  --config FILE   configuration (default " HSMD_SYSCONFDIR "/hsmd.conf)\n"
        "  --check         check the configuration and the secrets that it names, then exit\n"
        "  --state DIR     state directory (default $STATE_DIRECTORY, else " HSMD_STATEDIR ")\n"
        "  --runtime DIR   directory of the control socket (default $RUNTIME_DIRECTORY, else " HSMD_RUNDIR
        ")\n"
        "  --libexec DIR   directory of the workers (default " HSMD_LIBEXECDIR ")\n"
        "  --version       print the version\n"
        "  --help          print this\n";

static const char *or_environment(const char *given, const char *name, const char *otherwise) {
        const char *e = getenv(name);

        return given ? given : e && e[0] ? e : otherwise;
}

/* Workers take descriptors; a service's soft limit is 1,024. */
static void set_limits(void) {
        struct rlimit files, none = {0, 0};

        if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
                files.rlim_cur = files.rlim_max;
                setrlimit(RLIMIT_NOFILE, &files);
        }
        /* without both, a process of the same user could read PINs out of our memory */
        setrlimit(RLIMIT_CORE, &none);
        prctl(PR_SET_DUMPABLE, 0);
}

static int check_secret(
        const SecretSource *s, size_t max, const char *whose, const char *what, void *userdata) {
        char buffer[PROTOCOL_SECRET_MAX + 1], where[256];
        size_t size;
        int r;

        if (!secret_source_given(s))
                return 0;
        r = secret_read(s, buffer, max + 1, &size);
        wipe(buffer, sizeof(buffer));
        if (r >= 0)
                return 0;
        secret_describe(s, where, sizeof(where));
        fprintf(stderr, "%s: %s (%s): %s\n", whose, what, where,
                r == -EACCES     ? "not readable, or readable by others; mode 0600 would be right"
                : r == -ENOKEY   ? "is empty"
                : r == -EMSGSIZE ? "is too long"
                                 : strerror(-r));
        *(bool *) userdata = true;
        return 0; /* the others may be bad, too */
}

static int run(const Options *options, bool check_only) {
        CLEANUP_FREE char *error = NULL;
        Config *config = NULL;
        Manager *manager = NULL;
        int r = config_load(options->config, &config, &error);

        if (r < 0) {
                fprintf(stderr, "%s\n", error ? error : strerror(-r));
                return EX_CONFIG;
        }
        if (check_only) {
                bool bad = false;

                (void) config_each_secret(config, check_secret, &bad);
                if (!bad)
                        printf("%s: %zu devices in %zu pools, no error\n", options->config, config->n_devices,
                                config->n_pools);
                config_free(config);
                return bad ? EX_CONFIG : 0;
        }
        if (config_check_files(config, worker_can_bind(), &error) < 0) {
                fprintf(stderr, "%s\n", error ? error : strerror(ENOMEM));
                config_free(config);
                return EX_CONFIG;
        }
        r = manager_new(options, config, &manager);
        if (r >= 0)
                r = manager_run(manager);
        manager_free(manager);
        if (r < 0)
                fprintf(stderr, "hsmd: %s\n", strerror(-r));
        return r < 0 ? EXIT_FAILURE : 0;
}

int main(int argc, char **argv) {
        enum { OPT_CONFIG = 256, OPT_CHECK, OPT_STATE, OPT_RUNTIME, OPT_LIBEXEC, OPT_VERSION, OPT_HELP };
        static const struct option options[] = {{"config", required_argument, NULL, OPT_CONFIG},
                {"check", no_argument, NULL, OPT_CHECK}, {"state", required_argument, NULL, OPT_STATE},
                {"runtime", required_argument, NULL, OPT_RUNTIME},
                {"libexec", required_argument, NULL, OPT_LIBEXEC},
                {"version", no_argument, NULL, OPT_VERSION}, {"help", no_argument, NULL, OPT_HELP}, {0}};
        Options o = {.config = HSMD_SYSCONFDIR "/hsmd.conf", .libexec = HSMD_LIBEXECDIR};
        bool check_only = false;

        for (int c; (c = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
                switch (c) {
                case OPT_CONFIG:
                        o.config = optarg;
                        break;
                case OPT_CHECK:
                        check_only = true;
                        break;
                case OPT_STATE:
                        o.state = optarg;
                        break;
                case OPT_RUNTIME:
                        o.runtime = optarg;
                        break;
                case OPT_LIBEXEC:
                        o.libexec = optarg;
                        break;
                case OPT_VERSION:
                        printf("hsmd %s\n", HSMD_VERSION);
                        return 0;
                case OPT_HELP:
                        fputs(usage, stdout);
                        return 0;
                default:
                        fputs(usage, stderr);
                        return EX_USAGE;
                }
        }
        if (optind < argc) {
                fprintf(stderr, "hsmd: %s: there are only options\n%s", argv[optind], usage);
                return EX_USAGE;
        }
        o.state = or_environment(o.state, "STATE_DIRECTORY", HSMD_STATEDIR);
        o.runtime = or_environment(o.runtime, "RUNTIME_DIRECTORY", HSMD_RUNDIR);
        set_limits();
        return run(&o, check_only);
}
