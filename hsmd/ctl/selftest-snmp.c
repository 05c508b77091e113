#include "selftest-snmp.h"

#include <grp.h>

#include <libgen.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "columns.h"
#include "picture.h"
#include "snmpd-conf.h"

#define DEFAULT_SOCKET_PATH "/var/agentx/master"
#define GROUP "hsmd"
#define LABEL_COLUMNS 9
#define DROP_IN "/etc/snmp/snmpd.conf.d/hsmd.conf"

/* One of the things that must be there. */
typedef struct Check {
        bool ok;
        char text[512]; /* what was found, or what to do */
} Check;

static void found(Check *c, bool ok, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void found(Check *c, bool ok, const char *format, ...) {
        va_list ap;

        c->ok = ok;
        va_start(ap, format);
        vsnprintf(c->text, sizeof(c->text), format, ap);
        va_end(ap);
}

/* --- the socket */

/* Whether the group may do to a file what the bits say; others' bits count as well. */
static bool group_may(const char *path, mode_t bits) {
        const struct group *group = getgrnam(GROUP);
        struct stat st;

        if (stat(path, &st) < 0)
                return false;
        if ((st.st_mode & bits) == bits)
                return true;
        return group && st.st_gid == group->gr_gid && ((st.st_mode >> 3) & bits) == bits;
}

static void check_socket_file(const Options *o, const char *path, Check *c) {
        CLEANUP_FREE char *copy = strdup(path);
        struct stat st;
        const char *dir = copy ? dirname(copy) : "/";

        if (stat(path, &st) < 0 && errno == EACCES)
                found(c, false,
                        say(o, "%s is closed to this user; run this as root",
                                "当前用户看不到 %s；请以 root 运行"),
                        path);
        else if (stat(path, &st) < 0)
                found(c, false,
                        say(o, "there is no socket %s, though AgentX is configured: systemctl restart snmpd",
                                "已配置 AgentX，但没有套接字 %s：systemctl restart snmpd"),
                        path);
        else if (!group_may(path, S_IROTH | S_IWOTH) || !group_may(dir, S_IXOTH))
                found(c, false,
                        say(o,
                                "%s is closed to the group %s; write `agentXPerms 0660 0755 Debian-snmp %s` "
                                "into %s, "
                                "then: systemctl restart snmpd",
                                "%s 未对 %s 组开放；请将 `agentXPerms 0660 0755 Debian-snmp %s` 写入 "
                                "%s，再执行 "
                                "systemctl restart snmpd"),
                        path, GROUP, GROUP, DROP_IN);
        else
                found(c, true, "%s", path);
}

static void check_socket(const Options *o, const SnmpdConf *conf, Check *c) {
        const char *path = *conf->socket ? conf->socket : DEFAULT_SOCKET_PATH;

        if (!conf->master_agentx)
                found(c, false,
                        say(o,
                                "no sub-agents are let in; write `master agentx` into %s, then: systemctl "
                                "restart snmpd",
                                "snmpd 未开放子代理；请将 `master agentx` 写入 %s，再执行 systemctl restart "
                                "snmpd"),
                        DROP_IN);
        else if (path[0] != '/')
                found(c, true, "%s", path);
        else
                check_socket_file(o, path, c);
}

/* --- who sees what */

static void check_view(const Options *o, const SnmpdConf *conf, Check *c) {
        for (size_t i = 0; i < conf->n_views; i++)
                if (snmpd_view_shows(conf, conf->views[i].name, HSMD_MIB_ROOT)) {
                        found(c, true, "%s", conf->views[i].name);
                        return;
                }
        for (size_t i = 0; i < conf->n_readers; i++)
                if (!*conf->readers[i].view && snmpd_reader_sees(conf, &conf->readers[i], HSMD_MIB_ROOT)) {
                        found(c, true, "%s", say(o, "a reader without a view sees it", "有不限视图的读取者"));
                        return;
                }
        found(c, false,
                say(o, "no view has HSMD-MIB in it; write `view hsmd included .%s` into %s",
                        "没有包含 HSMD-MIB 的视图；请将 `view hsmd included .%s` 写入 %s"),
                HSMD_MIB_ROOT, DROP_IN);
}

static void no_user(const Options *o, const SnmpdConf *conf, const char *named, Check *c) {
        if (conf->unreadable > 0)
                found(c, false, "%s",
                        say(o, "not all of snmpd's files are readable for this user; run this as root",
                                "部分 snmpd 文件当前用户无法读取；请以 root 运行"));
        else if (named)
                found(c, false,
                        say(o,
                                "%s may read, but was not created; write `createUser %s SHA-256 \"…\" AES "
                                "\"…\"` into %s",
                                "%s 有读取权限但尚未创建；请将 `createUser %s SHA-256 \"…\" AES \"…\"` 写入 "
                                "%s"),
                        named, named, DROP_IN);
        else
                found(c, false,
                        say(o,
                                "nobody may read HSMD-MIB; write createUser and `rouser NAME authpriv -V "
                                "hsmd` into "
                                "%s (secrets of at least 8 characters)",
                                "没有用户可读 HSMD-MIB；请将 createUser 和 `rouser 用户名 authpriv -V hsmd` "
                                "写入 %s（密钥至少8"
                                "个字符）"),
                        DROP_IN);
}

static void check_user(const Options *o, const SnmpdConf *conf, Check *c) {
        const char *named = NULL;

        for (size_t i = 0; i < conf->n_readers; i++) {
                const SnmpdReader *r = &conf->readers[i];

                if (!snmpd_reader_sees(conf, r, HSMD_MIB_ROOT))
                        continue;
                if (!*r->user || snmpd_user_exists(conf, r->user)) {
                        found(c, true, "%s",
                                *r->user ? r->user : say(o, "a community or group", "某个团体名或用户组"));
                        return;
                }
                named = r->user;
        }
        no_user(o, conf, named, c);
}

static void check_address(const Options *o, const SnmpdConf *conf, Check *c) {
        if (!conf->has_address)
                found(c, true, "%s", say(o, "every one (no agentAddress)", "所有地址（未设 agentAddress）"));
        else if (conf->beyond_loopback)
                found(c, true, "%s", say(o, "beyond loopback", "不限于本机回环地址"));
        else
                found(c, false,
                        say(o,
                                "snmpd listens on loopback only; write `agentAddress udp:ADDRESS:161` with "
                                "the address "
                                "of the management network into %s",
                                "snmpd 只监听本机回环地址；请将 `agentAddress "
                                "udp:地址:161`（管理网地址）写入 %s"),
                        DROP_IN);
}

/* --- */

static bool put_check(const Screen *s, const char *label, const Check *c) {
        screen_cell(s, COLOUR_DIM, label, LABEL_COLUMNS, true);
        screen_cell(s, c->ok ? COLOUR_GOOD : COLOUR_BAD,
                c->ok ? screen_say(s, "ok", "正常") : screen_say(s, "MISSING", "缺失"), 8, true);
        if (c->ok) {
                fprintf(s->f, "%s\n", c->text);
                return true;
        }
        fputc('\n', s->f);
        put_wrapped(s, COLOUR_NONE, 4, c->text);
        return false;
}

static ExitCode read_files(const Options *o, SnmpdConf *conf) {
        static const char *const usual[] = {"/etc/snmp/snmpd.conf", "/var/lib/snmp/snmpd.conf"};

        for (size_t i = 0; o->n_args == 2 && i < ELEMENTSOF(usual); i++)
                (void) snmpd_conf_read(conf, usual[i]);
        for (int i = 2; i < o->n_args; i++) {
                int r = snmpd_conf_read(conf, o->args[i]);

                if (r < 0) {
                        fprintf(stderr, say(o, "hsmctl: cannot read %s: %s\n", "hsmctl：无法读取 %s：%s\n"),
                                o->args[i], strerror(-r));
                        return EXIT_USAGE;
                }
        }
        if (conf->files > 0 || conf->unreadable > 0)
                return EXIT_OK;
        fputs(say(o,
                      "hsmctl: snmpd is not installed here (no /etc/snmp/snmpd.conf): apt install snmpd, or "
                      "let hsmd "
                      "serve by its own agent (snmp.mode = \"own\" in hsmd.conf)\n",
                      "hsmctl：本机未安装 snmpd（没有 /etc/snmp/snmpd.conf）：apt install snmpd，或在 "
                      "hsmd.conf 中设 "
                      "snmp.mode = \"own\" 由 hsmd 自身应答\n"),
                stderr);
        return EXIT_REFUSED;
}

/* One that serves by itself needs none of this. */
static void say_if_own(const Options *o) {
        CLEANUP_CLIENT Client *client = NULL;
        CLEANUP_PICTURE Picture p = {0};

        if (client_new(o->socket, &client) < 0 || picture_fetch(client, 0, CLIENT_DEADLINE, &p) < 0)
                return;
        if (field_valid(picture_fleet(&p), FleetField_serve_engine_id))
                puts(say(o, "The running hsmd serves by an agent of its own and does without snmpd.\n",
                        "正在运行的 hsmd 由自身代理应答，不经过 snmpd。\n"));
}

ExitCode selftest_snmp(const Options *o) {
        CLEANUP_FREE SnmpdConf *conf = calloc(1, sizeof(*conf));
        Check checks[4] = {{0}};
        const char *labels[] = {say(o, "socket", "套接字"), say(o, "view", "视图"), say(o, "user", "用户"),
                say(o, "address", "地址")};
        bool all = true;
        Screen s;

        if (!conf)
                return EXIT_USAGE;
        if (read_files(o, conf) != EXIT_OK)
                return EXIT_REFUSED;
        screen_init(&s, o);
        if (o->n_args == 2)
                say_if_own(o);
        check_socket(o, conf, &checks[0]);
        check_view(o, conf, &checks[1]);
        check_user(o, conf, &checks[2]);
        check_address(o, conf, &checks[3]);
        for (size_t i = 0; i < ELEMENTSOF(checks); i++)
                all = put_check(&s, labels[i], &checks[i]) && all;
        return all ? EXIT_OK : EXIT_REFUSED;
}
