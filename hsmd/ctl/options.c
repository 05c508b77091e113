#include "options.h"

#include <getopt.h>
#include <math.h>
#include <pwd.h>

#include "usage.h"
#include "words.h"

#define DEFAULT_WAIT 60.0

enum {
        OPT_LANG = 256,
        OPT_JSON,
        OPT_TIMEOUT,
        OPT_SESSIONS,
        OPT_DURATION,
        OPT_KEY,
        OPT_ALARM,
        OPT_VERSION,
        OPT_FLAGS = 512, /* and their place in the table below */
        OPT_TEXTS = 768,
};

/* Options without a value. */
static const struct {
        const char *name;
        size_t offset;
} flags[] = {
        {"check", offsetof(Options, check)},
        {"yes", offsetof(Options, yes)},
        {"verbose", offsetof(Options, verbose)},
        {"climb", offsetof(Options, climb)},
        {"out-of-service", offsetof(Options, out_of_service)},
        {"force", offsetof(Options, force)},
        {"bad", offsetof(Options, bad)},
        {"follow", offsetof(Options, follow)},
        {"hours", offsetof(Options, hours)},
        {"no-probing", offsetof(Options, no_probing)},
        {"show", offsetof(Options, show)},
        {"cancel", offsetof(Options, cancel)},
};

/* Options whose value is taken as it is. */
static const struct {
        const char *name;
        size_t offset;
} texts[] = {
        {"socket", offsetof(Options, socket)},
        {"by", offsetof(Options, by)},
        {"device", offsetof(Options, device)},
        {"state", offsetof(Options, state)},
        {"note", offsetof(Options, note)},
        {"output", offsetof(Options, output)},
        {"since", offsetof(Options, since)},
        {"until", offsetof(Options, until)},
        {"reason", offsetof(Options, reason)},
        {"ticket", offsetof(Options, ticket)},
        {"gap", offsetof(Options, gap)},
};

/* Those that are read and checked. */
static const struct option others[] = {{"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, OPT_VERSION}, {"lang", required_argument, NULL, OPT_LANG},
        {"json", required_argument, NULL, OPT_JSON}, {"timeout", required_argument, NULL, OPT_TIMEOUT},
        {"sessions", required_argument, NULL, OPT_SESSIONS},
        {"duration", required_argument, NULL, OPT_DURATION}, {"key", required_argument, NULL, OPT_KEY},
        {"alarm", required_argument, NULL, OPT_ALARM}};

#define LONG_OPTIONS (ELEMENTSOF(flags) + ELEMENTSOF(texts) + ELEMENTSOF(others) + 1)

static void list_options(struct option list[static LONG_OPTIONS]) {
        size_t n = 0;

        for (size_t i = 0; i < ELEMENTSOF(flags); i++)
                list[n++] = (struct option){flags[i].name, no_argument, NULL, OPT_FLAGS + (int) i};
        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                list[n++] = (struct option){texts[i].name, required_argument, NULL, OPT_TEXTS + (int) i};
        for (size_t i = 0; i < ELEMENTSOF(others); i++)
                list[n++] = others[i];
        list[n] = (struct option){0};
}

const char *say(const Options *o, const char *en, const char *zh) {
        return o->lang == LANG_ZH ? zh : en;
}

Lang lang_from_environment(void) {
        static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                const char *value = getenv(names[i]);

                if (value && *value)
                        return strncmp(value, "zh", 2) == 0 ? LANG_ZH : LANG_EN;
        }
        return LANG_EN;
}

static const char *default_by(Options *o) {
        const char *sudo = getenv("SUDO_USER");
        const struct passwd *entry;

        if (sudo && *sudo)
                return sudo;
        if (getlogin_r(o->by_buffer, sizeof(o->by_buffer)) == 0 && o->by_buffer[0])
                return o->by_buffer;
        entry = getpwuid(getuid());
        return entry ? entry->pw_name : "";
}

static ExitCode complain(const Options *o, const char *option, const char *value) {
        fprintf(stderr,
                say(o, "hsmctl: %s cannot be \"%s\"; see hsmctl --help\n",
                        "hsmctl：%s 不能是“%s”；请看 hsmctl --help\n"),
                option, value);
        return EXIT_USAGE;
}

static ExitCode take_lang(Options *o, const char *value) {
        if (!streq(value, "zh") && !streq(value, "en"))
                return complain(o, "--lang", value);
        o->lang = streq(value, "zh") ? LANG_ZH : LANG_EN;
        return EXIT_OK;
}

static ExitCode take_json(Options *o, const char *value) {
        if (!streq(value, "short") && !streq(value, "pretty"))
                return complain(o, "--json", value);
        o->json = streq(value, "short") ? JSON_SHORT : JSON_PRETTY;
        return EXIT_OK;
}

static ExitCode take_timeout(Options *o, const char *value) {
        char *end = NULL;
        double seconds = strtod(value, &end);

        if (end == value || *end || !isfinite(seconds) || seconds < 0 || seconds > 1e9)
                return complain(o, "--timeout", value);
        o->timeout = seconds;
        return EXIT_OK;
}

static ExitCode take_count(
        const Options *o, const char *option, const char *value, long max, uint32_t *target) {
        char *end = NULL;
        long n = strtol(value, &end, 10);

        if (end == value || *end || n < 1 || n > max)
                return complain(o, option, value);
        *target = (uint32_t) n;
        return EXIT_OK;
}

static ExitCode take_duration(Options *o, const char *value) {
        char *end = NULL;
        double seconds = strtod(value, &end);

        if (end == value || *end || !isfinite(seconds) || seconds < 0.1 || seconds > 60)
                return complain(o, "--duration", value);
        o->duration = seconds;
        return EXIT_OK;
}

/* Options of the tables; false if it is another. */
static bool take_plain(Options *o, int option, const char *value) {
        if (option == 'v') {
                o->verbose = true;
                return true;
        }
        if (option >= OPT_TEXTS && option < OPT_TEXTS + (int) ELEMENTSOF(texts)) {
                memcpy((char *) o + texts[option - OPT_TEXTS].offset, &value, sizeof(value));
                return true;
        }
        if (option >= OPT_FLAGS && option < OPT_FLAGS + (int) ELEMENTSOF(flags)) {
                *((bool *) o + flags[option - OPT_FLAGS].offset) = true;
                return true;
        }
        return false;
}

static ExitCode take_option(Options *o, int option, const char *value) {
        if (take_plain(o, option, value))
                return EXIT_OK;
        switch (option) {
        case OPT_LANG:
                return take_lang(o, value);
        case OPT_JSON:
                return take_json(o, value);
        case OPT_TIMEOUT:
                return take_timeout(o, value);
        case OPT_SESSIONS:
                return take_count(o, "--sessions", value, 64, &o->sessions);
        case OPT_KEY:
                return take_count(o, "--key", value, INT32_MAX, &o->key);
        case OPT_ALARM:
                return take_count(o, "--alarm", value, UINT32_MAX, &o->alarm);
        case 'n':
                return take_count(o, "-n", value, 1000, &o->count);
        case OPT_DURATION:
                return take_duration(o, value);
        default:
                fputs(say(o, "Try hsmctl --help\n", "请看 hsmctl --help\n"), stderr);
                return EXIT_USAGE;
        }
}

/* --lang counts for the messages about the other options too, wherever it stands. */
static void find_lang(int argc, char **argv, Options *o) {
        for (int i = 1; i < argc && argv[i]; i++) {
                const char *value = NULL;

                if (strncmp(argv[i], "--lang=", 7) == 0)
                        value = argv[i] + 7;
                else if (streq(argv[i], "--lang") && i + 1 < argc)
                        value = argv[i + 1];
                if (value && (streq(value, "zh") || streq(value, "en")))
                        o->lang = streq(value, "zh") ? LANG_ZH : LANG_EN;
        }
}

ExitCode options_parse(int argc, char **argv, Options *ret, bool *ret_done) {
        const char *socket = getenv("HSMD_SOCKET");
        struct option list[LONG_OPTIONS];
        Options *o = ret;
        int option;

        *o = (Options){.lang = lang_from_environment(),
                .timeout = DEFAULT_WAIT,
                .socket = socket && *socket ? socket : DEFAULT_SOCKET};
        *ret_done = false;
        find_lang(argc, argv, o);
        list_options(list);
        while ((option = getopt_long(argc, argv, "hvn:", list, NULL)) != -1) {
                if (option == 'h' || option == OPT_VERSION) {
                        fputs(option == 'h' ? usage_text(o->lang) : "hsmctl " HSMD_VERSION "\n", stdout);
                        *ret_done = true;
                        return EXIT_OK;
                }
                if (take_option(o, option, optarg ? optarg : "") != EXIT_OK)
                        return EXIT_USAGE;
        }
        if (!o->by)
                o->by = default_by(o);
        o->n_args = argc - optind;
        o->args = argv + optind;
        return EXIT_OK;
}
