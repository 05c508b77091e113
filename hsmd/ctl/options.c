#include "options.h"

#include <getopt.h>
#include <math.h>
#include <pwd.h>

#include "words.h"

#define DEFAULT_SOCKET HSMD_RUNDIR "/control"
#define DEFAULT_WAIT 60.0

enum {
        OPT_SOCKET = 256,
        OPT_BY,
        OPT_LANG,
        OPT_JSON,
        OPT_CHECK,
        OPT_TIMEOUT,
        OPT_DEVICE,
        OPT_STATE,
        OPT_NOTE,
        OPT_YES,
        OPT_CLIMB,
        OPT_OUT,
        OPT_FORCE,
        OPT_SESSIONS,
        OPT_DURATION,
        OPT_KEY,
        OPT_BAD,
        OPT_OUTPUT,
        OPT_VERSION,
};

static const struct option long_options[] = {{"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, OPT_VERSION}, {"socket", required_argument, NULL, OPT_SOCKET},
        {"by", required_argument, NULL, OPT_BY}, {"lang", required_argument, NULL, OPT_LANG},
        {"json", required_argument, NULL, OPT_JSON}, {"check", no_argument, NULL, OPT_CHECK},
        {"timeout", required_argument, NULL, OPT_TIMEOUT}, {"device", required_argument, NULL, OPT_DEVICE},
        {"state", required_argument, NULL, OPT_STATE}, {"note", required_argument, NULL, OPT_NOTE},
        {"yes", no_argument, NULL, OPT_YES}, {"verbose", no_argument, NULL, 'v'},
        {"climb", no_argument, NULL, OPT_CLIMB}, {"out-of-service", no_argument, NULL, OPT_OUT},
        {"force", no_argument, NULL, OPT_FORCE}, {"sessions", required_argument, NULL, OPT_SESSIONS},
        {"duration", required_argument, NULL, OPT_DURATION}, {"key", required_argument, NULL, OPT_KEY},
        {"bad", no_argument, NULL, OPT_BAD}, {"output", required_argument, NULL, OPT_OUTPUT}, {0}};

static const char usage_en[] =
        "hsmctl [OPTIONS] VERB\n"
        "\n"
        "  status                 the whole fleet as a table\n"
        "  device NAME            one machine: state, why, and what to look at first\n"
        "  watch                  the fleet, live; q or Ctrl-C ends it\n"
        "  wait                   until every machine had its first verdict\n"
        "  reload                 read the configuration again; waits for the verdict\n"
        "  keys [POOL]            the key matrix: every key on every machine of its pool\n"
        "  keys confirm [POOL [KEY]]\n"
        "                         what was taken at first sight is right\n"
        "  probe NAME             check this machine now, and show the ladder live\n"
        "  measure NAME           a short burst: how fast it signs, what limits it\n"
        "  sensors [NAME]         temperatures, fans, power and load of a machine or room\n"
        "  sensors discover NAME  walk an SNMP agent (a device's, or SITE/AGENT) and\n"
        "                         write the draft of a sensor profile\n"
        "  pin retry NAME         send a blocked PIN once more\n"
        "  version                of hsmctl and of the running hsmd\n"
        "\n"
        "  --json=short|pretty    status, device, keys, sensors, probe, measure: for\n"
        "                         programs\n"
        "  --check                status: exit 0 ok, 1 warning, 2 critical, 3 unknown\n"
        "  --timeout=SECONDS      wait, probe: how long at most (default 60)\n"
        "  --device=NAME --state=STATE\n"
        "                         wait: until this machine is in this state\n"
        "  --note=TEXT            watch: a line to show at the bottom\n"
        "  -v                     device, keys, probe: more, for the vendor too\n"
        "  --yes                  keys confirm: do not ask\n"
        "  --climb                probe: the whole ladder by a new process (a login)\n"
        "  --sessions=N --duration=SECONDS --key=N\n"
        "                         measure: how\n"
        "  --out-of-service       measure: with the machine in maintenance meanwhile\n"
        "  --bad                  sensors: only those to look at\n"
        "  --output=FILE          sensors discover: where to (default: standard output)\n"
        "  --force                measure: also the last machine that serves;\n"
        "                         sensors discover: over a file that is there\n"
        "  --lang=zh|en           language of what people read (default: the locale's)\n"
        "  --by=NAME              who asks for an action (default: SUDO_USER, login name)\n"
        "  --socket=PATH          hsmd's socket (default $HSMD_SOCKET, " DEFAULT_SOCKET ")\n"
        "\n"
        "Exit codes: 0 done, 1 usage, 2 no such device, 3 configuration or action\n"
        "refused, 4 hsmd is not running or does not answer, 5 time ran out,\n"
        "6 not permitted.\n";

static const char usage_zh[] =
        "hsmctl [选项] 命令\n"
        "\n"
        "  status                 全部密码机一览表\n"
        "  device 名称            单台密码机：状态、原因、先查什么\n"
        "  watch                  实时显示，按 q 或 Ctrl-C 退出\n"
        "  wait                   等到每台密码机都有首次判定\n"
        "  reload                 重新读取配置，并等待结果\n"
        "  keys [集群]            密钥一致性核对表：集群内每台密码机上的每把密钥\n"
        "  keys confirm [集群 [密钥号]]\n"
        "                         确认首次所见登记的公钥无误\n"
        "  probe 名称             立即拨测该密码机，实时显示各步骤\n"
        "  measure 名称           短时测量：每秒签名次数及瓶颈\n"
        "  sensors [名称]         密码机或机房的温度、风扇、电源、负载等传感器\n"
        "  sensors discover 名称  遍历SNMP代理（密码机的，或 机房/代理），\n"
        "                         写出传感器配置文件草稿\n"
        "  pin retry 名称         把被封锁的口令(PIN)再发送一次\n"
        "  version                hsmctl 与正在运行的 hsmd 的版本\n"
        "\n"
        "  --json=short|pretty    status、device、keys、sensors、probe、measure：\n"
        "                         供程序读取\n"
        "  --check                status：退出码 0 正常、1 警告、2 紧急、3 状态未知\n"
        "  --timeout=秒           wait、probe：最长等待时间（默认 60）\n"
        "  --device=名称 --state=状态\n"
        "                         wait：等到该密码机处于该状态\n"
        "  --note=文字            watch：在屏幕底部显示的一行\n"
        "  -v                     device、keys、probe：更多内容；最近的调用供厂商查看\n"
        "  --yes                  keys confirm：不再询问\n"
        "  --climb                probe：用新进程走完全部步骤（会登录一次）\n"
        "  --sessions=会话数 --duration=秒 --key=密钥号\n"
        "                         measure：测量方式\n"
        "  --out-of-service       measure：测量期间该密码机退出服务（维护中）\n"
        "  --bad                  sensors：只列出异常的\n"
        "  --output=文件          sensors discover：写到该文件（默认标准输出）\n"
        "  --force                measure：即使是最后一台在用的密码机；\n"
        "                         sensors discover：覆盖已有文件\n"
        "  --lang=zh|en           显示语言（默认取自系统区域设置）\n"
        "  --by=姓名              操作人（默认 SUDO_USER，其次登录名）\n"
        "  --socket=路径          hsmd 的套接字（默认 $HSMD_SOCKET，" DEFAULT_SOCKET "）\n"
        "\n"
        "退出码：0 完成，1 用法错误，2 无此密码机，3 配置或操作被拒绝，\n"
        "4 hsmd 未运行或无应答，5 等待超时，6 无权限。\n";

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

static ExitCode take_state(Options *o, const char *value) {
        if (!streq(value, "judged") && name_value(&device_state_names, value) == 0)
                return complain(o, "--state", value);
        o->state = value;
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

/* Options without a value; false if it is another. */
static bool take_flag(Options *o, int option) {
        switch (option) {
        case OPT_CHECK:
                o->check = true;
                return true;
        case OPT_YES:
                o->yes = true;
                return true;
        case 'v':
                o->verbose = true;
                return true;
        case OPT_CLIMB:
                o->climb = true;
                return true;
        case OPT_OUT:
                o->out_of_service = true;
                return true;
        case OPT_FORCE:
                o->force = true;
                return true;
        case OPT_BAD:
                o->bad = true;
                return true;
        default:
                return false;
        }
}

/* Options whose value is taken as it is; false if it is another. */
static bool take_text(Options *o, int option, const char *value) {
        switch (option) {
        case OPT_SOCKET:
                o->socket = value;
                return true;
        case OPT_BY:
                o->by = value;
                return true;
        case OPT_DEVICE:
                o->device = value;
                return true;
        case OPT_NOTE:
                o->note = value;
                return true;
        case OPT_OUTPUT:
                o->output = value;
                return true;
        default:
                return false;
        }
}

static ExitCode take_option(Options *o, int option, const char *value) {
        if (take_flag(o, option) || take_text(o, option, value))
                return EXIT_OK;
        switch (option) {
        case OPT_LANG:
                return take_lang(o, value);
        case OPT_JSON:
                return take_json(o, value);
        case OPT_TIMEOUT:
                return take_timeout(o, value);
        case OPT_STATE:
                return take_state(o, value);
        case OPT_SESSIONS:
                return take_count(o, "--sessions", value, 64, &o->sessions);
        case OPT_KEY:
                return take_count(o, "--key", value, INT32_MAX, &o->key);
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
        Options *o = ret;
        int option;

        *o = (Options){.lang = lang_from_environment(),
                .timeout = DEFAULT_WAIT,
                .socket = socket && *socket ? socket : DEFAULT_SOCKET};
        *ret_done = false;
        find_lang(argc, argv, o);
        while ((option = getopt_long(argc, argv, "hv", long_options, NULL)) != -1) {
                if (option == 'h' || option == OPT_VERSION) {
                        fputs(option == 'h' ? say(o, usage_en, usage_zh) : "hsmctl " HSMD_VERSION "\n",
                                stdout);
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
