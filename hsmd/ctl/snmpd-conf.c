#include "snmpd-conf.h"

#include <dirent.h>
#include <strings.h>

#include "stub-object.h"

#define WORDS_MAX 16
#define DEPTH_MAX 4

/* --- words */

/* Splits a line in place; quotes hold a word together, # begins a comment. */
static size_t split(char *line, char *words[static WORDS_MAX]) {
        size_t n = 0;

        for (char *p = line; n < WORDS_MAX;) {
                char end = ' ';

                p += strspn(p, " \t\r\n");
                if (!*p || *p == '#')
                        break;
                if (*p == '"' || *p == '\'')
                        end = *p++;
                words[n++] = p;
                p += end == ' ' ? strcspn(p, " \t\r\n") : strcspn(p, (char[]){end, '\0'});
                if (*p)
                        *p++ = '\0';
        }
        return n;
}

static void keep(char dst[static SNMPD_NAME_SIZE], const char *src) {
        copy_text(dst, SNMPD_NAME_SIZE, src);
}

/* ".1.3.6" and the few names that stand in real files; what is not known covers nothing. */
static void keep_oid(char dst[static SNMPD_NAME_SIZE], const char *src) {
        static const struct {
                const char *name, *oid;
        } names[] = {{"iso", "1"}, {"internet", "1.3.6.1"}, {"private", "1.3.6.1.4"},
                {"enterprises", "1.3.6.1.4.1"}};

        src += *src == '.';
        keep(dst, src);
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (strcasecmp(src, names[i].name) == 0)
                        keep(dst, names[i].oid);
}

/* --- directives */

/* What stands behind a level or a source: "-V VIEW", a subtree, or nothing. */
static void take_scope(SnmpdReader *reader, size_t n, char **words) {
        if (n >= 2 && streq(words[0], "-V"))
                keep(reader->view, words[1]);
        else if (n >= 1)
                keep_oid(reader->oid, words[0]);
}

static SnmpdReader *new_reader(SnmpdConf *conf) {
        return conf->n_readers < SNMPD_LIST_MAX ? &conf->readers[conf->n_readers++] : NULL;
}

/* rouser [-s MODEL] USER [LEVEL [OID | -V VIEW]] */
static void take_rouser(SnmpdConf *conf, size_t n, char **words) {
        size_t user = n > 2 && streq(words[1], "-s") ? 3 : 1;
        SnmpdReader *reader = user < n ? new_reader(conf) : NULL;

        if (!reader)
                return;
        keep(reader->user, words[user]);
        if (n > user + 2)
                take_scope(reader, n - user - 2, words + user + 2);
}

/* rocommunity COMMUNITY [SOURCE [OID | -V VIEW]] */
static void take_rocommunity(SnmpdConf *conf, size_t n, char **words) {
        SnmpdReader *reader = n > 1 ? new_reader(conf) : NULL;

        if (reader && n > 3)
                take_scope(reader, n - 3, words + 3);
}

/* access GROUP CONTEXT MODEL LEVEL PREFIX READ WRITE NOTIFY */
static void take_access(SnmpdConf *conf, size_t n, char **words) {
        SnmpdReader *reader = n > 6 ? new_reader(conf) : NULL;

        if (reader)
                keep(reader->view, words[6]);
}

static void take_view(SnmpdConf *conf, size_t n, char **words) {
        SnmpdView *view;

        if (n < 4 || conf->n_views == SNMPD_LIST_MAX)
                return;
        view = &conf->views[conf->n_views++];
        keep(view->name, words[1]);
        view->excluded = strcasecmp(words[2], "excluded") == 0;
        keep_oid(view->oid, words[3]);
}

static void add_user(SnmpdConf *conf, const char *name) {
        if (conf->n_users < SNMPD_LIST_MAX)
                keep(conf->users[conf->n_users++], name);
}

/* createUser [-e ENGINE] NAME … */
static void take_create_user(SnmpdConf *conf, size_t n, char **words) {
        size_t name = n > 2 && streq(words[1], "-e") ? 3 : 1;

        if (name < n)
                add_user(conf, words[name]);
}

static int hex_digit(char c) {
        const char *digits = "0123456789abcdef", *at = strchr(digits, c | 0x20);

        return c && at ? (int) (at - digits) : -1;
}

/* usmUser STATUS STORAGE ENGINE NAME …: how snmpd keeps it, the name as text or in hexadecimal. */
static void take_usm_user(SnmpdConf *conf, size_t n, char **words) {
        char name[SNMPD_NAME_SIZE];
        size_t length = 0;

        if (n < 5)
                return;
        if (strncmp(words[4], "0x", 2) != 0) {
                add_user(conf, words[4]);
                return;
        }
        for (const char *p = words[4] + 2; p[0] && p[1] && length + 1 < sizeof(name); p += 2) {
                int high = hex_digit(p[0]), low = hex_digit(p[1]);

                if (high < 0 || low < 0)
                        return;
                name[length++] = (char) (high << 4 | low);
        }
        name[length] = '\0';
        add_user(conf, name);
}

static bool is_loopback(const char *address) {
        return strstr(address, "127.") || strstr(address, "localhost") || strstr(address, "[::1]") ||
               strncmp(address, "unix:", 5) == 0;
}

/* agentAddress ADDRESS[,ADDRESS…] */
static void take_address(SnmpdConf *conf, size_t n, char **words) {
        for (size_t i = 1; i < n; i++) {
                char *save = NULL;

                for (char *a = strtok_r(words[i], ",", &save); a; a = strtok_r(NULL, ",", &save)) {
                        conf->has_address = true;
                        conf->beyond_loopback = conf->beyond_loopback || !is_loopback(a);
                }
        }
}

static void take_master(SnmpdConf *conf, size_t n, char **words) {
        conf->master_agentx = conf->master_agentx || (n > 1 && strcasecmp(words[1], "agentx") == 0);
}

static void take_socket(SnmpdConf *conf, size_t n, char **words) {
        if (n > 1)
                keep(conf->socket, words[1]);
}

static const struct {
        const char *name;
        void (*take)(SnmpdConf *conf, size_t n, char **words);
} directives[] = {{"master", take_master}, {"agentXSocket", take_socket}, {"view", take_view},
        {"rouser", take_rouser}, {"rwuser", take_rouser}, {"rocommunity", take_rocommunity},
        {"rwcommunity", take_rocommunity}, {"rocommunity6", take_rocommunity}, {"access", take_access},
        {"createUser", take_create_user}, {"usmUser", take_usm_user}, {"agentAddress", take_address}};

/* --- files */

static int read_file(SnmpdConf *conf, const char *path, unsigned depth);

static int is_conf(const struct dirent *entry) {
        size_t length = strlen(entry->d_name);

        return entry->d_name[0] != '.' && length > 5 && streq(entry->d_name + length - 5, ".conf");
}

static void read_directory(SnmpdConf *conf, const char *path, unsigned depth) {
        struct dirent **entries = NULL;
        int n = scandir(path, &entries, is_conf, alphasort);

        for (int i = 0; i < n; i++) {
                CLEANUP_FREE char *file = NULL;

                if (asprintf(&file, "%s/%s", path, entries[i]->d_name) >= 0)
                        (void) read_file(conf, file, depth);
                else
                        file = NULL;
                free(entries[i]);
        }
        free(entries);
}

static void take_line(SnmpdConf *conf, char *line, unsigned depth) {
        char *words[WORDS_MAX];
        size_t n = split(line, words);

        if (n == 2 && depth < DEPTH_MAX && strcasecmp(words[0], "includeDir") == 0)
                read_directory(conf, words[1], depth + 1);
        else if (n == 2 && depth < DEPTH_MAX && strcasecmp(words[0], "includeFile") == 0)
                (void) read_file(conf, words[1], depth + 1);
        for (size_t i = 0; n > 0 && i < ELEMENTSOF(directives); i++)
                if (strcasecmp(directives[i].name, words[0]) == 0)
                        directives[i].take(conf, n, words);
}

static int read_file(SnmpdConf *conf, const char *path, unsigned depth) {
        CLEANUP_FCLOSE FILE *f = fopen(path, "re");
        CLEANUP_FREE char *line = NULL;
        size_t size = 0;

        if (!f) {
                conf->unreadable += errno == EACCES;
                return -errno;
        }
        conf->files++;
        while (getline(&line, &size, f) >= 0)
                take_line(conf, line, depth);
        return 0;
}

int snmpd_conf_read(SnmpdConf *conf, const char *path) {
        return read_file(conf, path, 0);
}

/* --- what it comes to */

bool snmpd_view_shows(const SnmpdConf *conf, const char *view, const char *oid) {
        size_t longest = 0;
        bool shows = false;

        for (size_t i = 0; i < conf->n_views; i++) {
                const SnmpdView *v = &conf->views[i];

                if (!streq(v->name, view) || !oid_is_below(oid, v->oid) || strlen(v->oid) < longest)
                        continue;
                longest = strlen(v->oid);
                shows = !v->excluded;
        }
        return shows;
}

bool snmpd_reader_sees(const SnmpdConf *conf, const SnmpdReader *reader, const char *oid) {
        if (*reader->view)
                return snmpd_view_shows(conf, reader->view, oid);
        return !*reader->oid || oid_is_below(oid, reader->oid);
}

bool snmpd_user_exists(const SnmpdConf *conf, const char *user) {
        for (size_t i = 0; i < conf->n_users; i++)
                if (streq(conf->users[i], user))
                        return true;
        return false;
}
