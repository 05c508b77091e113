#include "discover.h"

#include <fcntl.h>
#include <libgen.h>

#include "action.h"
#include "profile-stub.h"
#include "ticker.h"

/* A slow agent with large tables takes minutes. */
#define WALK_DEADLINE (600 * USEC_PER_SEC)
#define NAME_SIZE 64

typedef struct Findings {
        PollFound *found;
        size_t n, allocated;
} Findings;

static void findings_clear(Findings *x) {
        free(x->found);
}

/* --- the agent's name */

/* Those whose sensors are known by their names; hsmd.conf has all. */
static void list_agents(const Options *o, const Picture *p, const SiteRow *site) {
        size_t n, listed = 0;
        const SensorRow *rows = picture_sensors(p, BOARD_SITE_SENSORS, site->number, &n);
        const char *last = "";

        for (size_t i = 0; i < n; i++) {
                if (!field_valid(&rows[i], SensorField_agent) || streq(rows[i].agent, last))
                        continue;
                last = rows[i].agent;
                fprintf(stderr, " %s/%s", site->name, last);
                listed++;
        }
        if (listed == 0)
                fprintf(stderr,
                        say(o, " %s/AGENT, as agents in hsmd.conf names them",
                                " %s/代理（hsmd.conf 中该机房 agents 的 name）"),
                        site->name);
        fputc('\n', stderr);
}

static ExitCode is_a_site(const Options *o, const Picture *p, const SiteRow *site) {
        fprintf(stderr,
                say(o, "hsmctl: %s is a site; say which of its agents:",
                        "hsmctl：%s 是机房，请指明其中哪个SNMP代理："),
                site->name);
        list_agents(o, p, site);
        return EXIT_USAGE;
}

static ExitCode is_nothing(const Options *o, const Picture *p, const char *name) {
        fprintf(stderr,
                say(o, "hsmctl: there is no device %s and no such SITE/AGENT; there are:",
                        "hsmctl：没有密码机 %s，也没有这样的 机房/代理；现有："),
                name);
        for (size_t i = 0; i < picture_rows(p, BOARD_DEVICES); i++)
                fprintf(stderr, " %s", picture_device(p, i)->name);
        for (size_t i = 0; i < picture_rows(p, BOARD_SITES); i++)
                fprintf(stderr, " %s/...", picture_site(p, i)->name);
        fputc('\n', stderr);
        return EXIT_NOT_FOUND;
}

/* hsmd knows the agents of a site; whether there is such a site and device is said here, with what is right.
 */
static ExitCode check_name(const Options *o, const Picture *p, const char *name) {
        const char *slash = strchr(name, '/');
        char site[NAME_SIZE];

        if (!slash && picture_find_device(p, name))
                return EXIT_OK;
        snprintf(site, sizeof(site), "%.*s", (int) (slash ? slash - name : (ptrdiff_t) strlen(name)), name);
        if (!picture_find_site(p, site))
                return is_nothing(o, p, name);
        return slash && slash[1] ? EXIT_OK : is_a_site(o, p, picture_find_site(p, site));
}

/* --- the walk */

static int append_found(Findings *x, const char *oid, uint32_t type, const char *value) {
        if (x->n == x->allocated) {
                size_t n = x->allocated ? 2 * x->allocated : 256;
                PollFound *more = reallocarray(x->found, n, sizeof(PollFound));

                if (!more)
                        return -ENOMEM;
                x->found = more;
                x->allocated = n;
        }
        x->found[x->n] = (PollFound){.type = type};
        copy_text(x->found[x->n].oid, sizeof(x->found[x->n].oid), oid);
        copy_text(x->found[x->n].value, sizeof(x->found[x->n].value), value);
        x->n++;
        return 0;
}

static int read_page(sd_bus_message *m, Findings *x) {
        const char *oid, *value;
        uint32_t type;
        int r = sd_bus_message_enter_container(m, 'a', "(sus)");

        while (r >= 0 && (r = sd_bus_message_read(m, "(sus)", &oid, &type, &value)) > 0)
                r = append_found(x, oid, type, value);
        return r == -ENOMEM ? r : r < 0 ? -EBADMSG : 0;
}

static int read_pages(Client *client, const char *agent, Findings *x) {
        for (size_t before = SIZE_MAX; before != x->n;) {
                CLEANUP_MESSAGE sd_bus_message *reply = NULL;
                int r;

                before = x->n;
                r = client_call(
                        client, CLIENT_DEADLINE, &reply, "GetDiscovered", "su", agent, (uint32_t) before);
                if (r >= 0)
                        r = read_page(reply, x);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int walk(const Options *o, Client *client, const char *agent, Findings *x) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        char what[128];
        const char *early;
        Ticker ticker;
        uint32_t n;
        int r;

        snprintf(what, sizeof(what), say(o, "walking %s", "正在遍历 %s"), agent);
        ticker_start(&ticker, client, o, what);
        r = client_call(client, WALK_DEADLINE, &reply, "DiscoverSensors", "ss", agent, o->by);
        ticker_end(&ticker, client);
        if (r >= 0)
                r = sd_bus_message_read(reply, "us", &n, &early) < 0 ? -EBADMSG : 0;
        if (r >= 0 && early[0])
                fprintf(stderr,
                        say(o, "hsmctl: not everything was found: %s\n", "hsmctl：未能全部读出：%s\n"),
                        early);
        return r < 0 ? r : read_pages(client, agent, x);
}

/* --- the file */

/* The profile is called as its file will be; without one as the agent. */
static void profile_name(const Options *o, const char *agent, char dst[static NAME_SIZE]) {
        CLEANUP_FREE char *copy = strdup(o->output ? o->output : "");
        size_t n;

        copy_text(dst, NAME_SIZE, copy && *copy ? basename(copy) : agent);
        n = strlen(dst);
        if (o->output && n > 5 && streq(dst + n - 5, ".conf"))
                dst[n - 5] = '\0';
        for (char *c = dst; *c; c++)
                if (*c == '/' || *c == '"' || *c <= ' ' || *c > '~')
                        *c = '-';
}

static ExitCode file_is_there(const Options *o) {
        fprintf(stderr,
                say(o, "hsmctl: %s is there already; name another file, or say --force\n",
                        "hsmctl：%s 已存在；请换一个文件名，或加 --force\n"),
                o->output);
        return EXIT_USAGE;
}

static ExitCode file_failed(const Options *o, int error) {
        if (error == EEXIST)
                return file_is_there(o);
        fprintf(stderr, say(o, "hsmctl: %s cannot be written: %s\n", "hsmctl：%s 无法写入：%s\n"), o->output,
                strerror(error));
        return EXIT_USAGE;
}

static ExitCode write_file(const Options *o, const char *text) {
        int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (o->force ? O_TRUNC : O_EXCL);
        int fd = open(o->output, flags, 0644);
        FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
        bool bad;

        if (!f) {
                int error = errno;

                if (fd >= 0)
                        close(fd);
                return file_failed(o, error);
        }
        bad = fputs(text, f) == EOF;
        bad = fclose(f) != 0 || bad;
        return bad ? file_failed(o, errno) : EXIT_OK;
}

static void say_what_was_found(const Options *o, const Findings *x, const StubResult *result) {
        fprintf(stderr,
                say(o, "hsmctl: %zu variables; of the vendor's own %zu entries, %zu more as comments\n",
                        "hsmctl：共%zu个变量；厂商自有的条目%zu个，另有%zu个写成注释\n"),
                x->n, result->entries, result->comments);
        if (result->entries == 0)
                fputs(say(o, "hsmctl: no profile of its own is needed, so none was written\n",
                              "hsmctl：不需要专用的传感器配置文件，未写出\n"),
                        stderr);
        if (result->profiles[2] != ' ')
                fprintf(stderr,
                        say(o, "hsmctl: for the snmp group in hsmd.conf: profiles = %s;\n",
                                "hsmctl：写入 hsmd.conf 的 snmp：profiles = %s;\n"),
                        result->profiles);
}

static ExitCode write_profile(const Options *o, const char *agent, Findings *x) {
        CLEANUP_FREE char *text = NULL;
        char profile[NAME_SIZE];
        StubResult result;
        size_t size;
        FILE *f = open_memstream(&text, &size);
        ExitCode code = EXIT_OK;
        int r;

        if (!f)
                return client_complain(o, NULL, -ENOMEM);
        profile_name(o, agent, profile);
        r = profile_stub(f, o->lang, agent, profile, x->found, x->n, &result);
        if (fclose(f) != 0 && r >= 0)
                r = -ENOMEM;
        if (r < 0)
                return client_complain(o, NULL, r);
        if (result.entries > 0 && o->output)
                code = write_file(o, text);
        else
                fputs(text, stdout);
        if (code == EXIT_OK)
                say_what_was_found(o, x, &result);
        return code;
}

ExitCode discover(const Options *o, Client *client, const Picture *p) {
        CLEANUP(findings_clear) Findings x = {0};
        const char *agent = o->args[2];
        ExitCode code = check_name(o, p, agent);
        int r;

        if (code != EXIT_OK)
                return code;
        /* said before a walk of minutes, not after it */
        if (o->output && !o->force && access(o->output, F_OK) == 0)
                return file_is_there(o);
        r = walk(o, client, agent, &x);
        return r < 0 ? action_failed(o, client, r) : write_profile(o, agent, &x);
}
