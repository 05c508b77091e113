/* hsmctl backup: everything that outlives hsmd, in one file. */

#include <fcntl.h>
#include <sys/stat.h>

#include "action.h"
#include "ticker.h"
#include "verbs.h"

#define DEADLINE (600 * USEC_PER_SEC)

static ExitCode cannot(const Options *o, const char *path, int error) {
        fprintf(stderr, say(o, "hsmctl: cannot write %s: %s\n", "hsmctl：无法写入 %s：%s\n"), path,
                strerror(-error));
        return EXIT_USAGE;
}

static ExitCode is_there(const Options *o, const char *path) {
        fprintf(stderr,
                say(o, "hsmctl: %s is there already; name another file, or say --force to write over it\n",
                        "hsmctl：%s 已存在；请换一个文件名，或用 --force 覆盖\n"),
                path);
        return EXIT_REFUSED;
}

/* Written under another name beside it: what stands under the right one is whole. */
static int open_new(const char *path, char **ret_name) {
        CLEANUP_FREE char *name = NULL;
        int fd;

        if (asprintf(&name, "%s.new-XXXXXX", path) < 0) {
                name = NULL;
                return -ENOMEM;
        }
        fd = mkostemp(name, O_CLOEXEC); /* 0600 */
        if (fd < 0)
                return -errno;
        *ret_name = name;
        name = NULL;
        return fd;
}

static int ask(const Options *o, Client *client, int fd) {
        CLEANUP_MESSAGE sd_bus_message *answer = NULL, *reply = NULL;
        Ticker ticker;
        int r;

        /* a hsmd that has stopped is found out soon, though a backup takes longer */
        r = client_call(client, CLIENT_DEADLINE, &answer, "GetFleet", NULL);
        if (r < 0)
                return r;
        ticker_start(&ticker, client, o, say(o, "writing a backup", "正在备份"));
        r = client_call(client, DEADLINE, &reply, "Backup", "hs", fd, o->by);
        ticker_end(&ticker, client);
        return r;
}

/* The file gets its name when it is on the disk. */
static int give_name(const Options *o, int fd, const char *name, const char *path) {
        CLEANUP_FREE char *copy = strdup(path);
        CLEANUP_CLOSE int dir = -1;
        char *slash;

        if (!copy)
                return -ENOMEM;
        if (fsync(fd) < 0)
                return -errno;
        if (renameat2(AT_FDCWD, name, AT_FDCWD, path, o->force ? 0 : RENAME_NOREPLACE) < 0)
                return -errno;
        slash = strrchr(copy, '/');
        if (slash)
                slash[slash == copy ? 1 : 0] = '\0';
        dir = open(slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return dir < 0 || fsync(dir) < 0 ? -errno : 0;
}

static void say_size(const Options *o, int fd, const char *path) {
        struct stat st;

        if (fstat(fd, &st) < 0)
                return;
        printf(say(o,
                       "%s: %.1f KiB. It holds no PIN and no SNMP secret; keep those, and hsmd.conf, as "
                       "well.\n",
                       "%s：%.1f KiB。其中不含口令(PIN)和SNMP密钥，这些以及 hsmd.conf 请另行保存。\n"),
                path, (double) st.st_size / 1024);
}

static ExitCode write_backup(const Options *o, Client *client, const char *path) {
        CLEANUP_FREE char *name = NULL;
        CLEANUP_CLOSE int fd = open_new(path, &name);
        int r;

        if (fd < 0 || !name)
                return cannot(o, path, fd);
        r = ask(o, client, fd);
        if (r < 0) {
                (void) unlink(name);
                return action_failed(o, client, r);
        }
        r = give_name(o, fd, name, path);
        if (r < 0) {
                (void) unlink(name);
                return r == -EEXIST ? is_there(o, path) : cannot(o, path, r);
        }
        say_size(o, fd, path);
        return EXIT_OK;
}

ExitCode verb_backup(const Options *o) {
        CLEANUP_CLIENT Client *client = NULL;
        const char *path = o->args[1];
        struct stat st;
        int r;

        if (lstat(path, &st) == 0 && !o->force)
                return is_there(o, path);
        r = client_new(o->socket, &client);
        return r < 0 ? client_complain(o, client, r) : write_backup(o, client, path);
}
