#include "world.h"

#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "confine.h"

#define WORLD_MAX (2 * PROTOCOL_PATHS_MAX + 32)

typedef struct World {
        char paths[WORLD_MAX][PATH_MAX];
        ConfinePath list[WORLD_MAX];
        size_t n;
} World;

static void add(World *w, const char *path, bool write) {
        if (w->n == WORLD_MAX || path[0] != '/' || strlen(path) >= PATH_MAX)
                return;
        copy_text(w->paths[w->n], PATH_MAX, path);
        w->list[w->n] = (ConfinePath){.path = w->paths[w->n], .write = write};
        w->n++;
}

static void add_directory_of(World *w, const char *file, bool write) {
        char real[PATH_MAX];

        if (realpath(file, real))
                add(w, dirname(real), write);
}

static bool is_of_the_system(const char *path) {
        static const char *const tops[] = {"/usr/", "/lib/", "/lib64/", "/bin/"};

        for (size_t i = 0; i < ELEMENTSOF(tops); i++)
                if (strncmp(path, tops[i], strlen(tops[i])) == 0)
                        return true;
        return false;
}

/* Whether more than one device's files are, or may be, there or below: nobody means all of /etc by
 * "/etc/vendor.conf". */
static bool is_of_many(const char *directory) {
        static const char *const ours[] = {
                HSMD_SYSCONFDIR, HSMD_STATEDIR, HSMD_RUNDIR, "/run/credentials", "/proc", "/sys", "/dev"};
        size_t n = strlen(directory);

        if (!strchr(directory + 1, '/'))
                return true;
        for (size_t i = 0; i < ELEMENTSOF(ours); i++)
                if (strncmp(ours[i], directory, n) == 0 && (ours[i][n] == '/' || !ours[i][n]))
                        return true;
        return false;
}

/* A file named by a variable stands in a directory that the module thinks its own, or a directory so named is
 * it. In a directory of many it gets the file, and no more. */
static void add_named(World *w, const char *path) {
        char real[PATH_MAX], directory[PATH_MAX];
        struct stat st;

        if (!realpath(path, real) || stat(real, &st) < 0)
                return;
        copy_text(directory, sizeof(directory), real);
        if (!S_ISDIR(st.st_mode))
                dirname(directory);
        if (!is_of_many(directory))
                add(w, directory, !is_of_the_system(real));
        else if (!S_ISDIR(st.st_mode))
                add(w, real, false);
}

static void add_environment(World *w) {
        for (char **e = environ; *e; e++) {
                const char *value = strchr(*e, '=');

                if (value && value[1] == '/')
                        add_named(w, value + 1);
        }
}

int world_enter(const MsgProbeConfig *config) {
        CLEANUP_FREE World *w = calloc(1, sizeof(*w));
        char cwd[PATH_MAX], self[PATH_MAX];
        ssize_t n;
        int r;

        if (!w)
                return -ENOMEM;
        add_directory_of(w, config->module, false);
        n = readlink("/proc/self/exe", self, sizeof(self) - 1);
        if (n > 0) {
                self[n] = '\0';
                add_directory_of(w, self, false); /* the recorder stands there */
        }
        if (getcwd(cwd, sizeof(cwd)) && !streq(cwd, "/"))
                add(w, cwd, true);
        add_environment(w);
        for (uint32_t i = 0; i < MIN_OF(config->n_paths, (uint32_t) PROTOCOL_PATHS_MAX); i++)
                add(w, config->paths[i], true);
        for (uint32_t i = 0; i < MIN_OF(config->n_read_paths, (uint32_t) PROTOCOL_PATHS_MAX); i++)
                add(w, config->read_paths[i], false);
        r = confine(w->list, w->n);
        return r < 0 ? r : 0;
}
