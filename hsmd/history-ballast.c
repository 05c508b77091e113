#include "history-ballast.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static int path_of(const char *state, char dst[static PATH_MAX]) {
        return snprintf(dst, PATH_MAX, "%s/history/ballast", state) >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static bool is_there(const char *path) {
        struct stat st;

        return stat(path, &st) == 0 && st.st_size == HISTORY_BALLAST && st.st_blocks * 512 >= HISTORY_BALLAST;
}

static bool has_room(const char *path) {
        struct statvfs fs;

        return statvfs(path, &fs) == 0 && fs.f_bavail * fs.f_frsize >= 2 * (uint64_t) HISTORY_BALLAST;
}

int history_ballast_make(const char *state) {
        CLEANUP_CLOSE int fd = -1;
        char path[PATH_MAX], directory[PATH_MAX];
        int r = path_of(state, path);

        if (r < 0 || is_there(path))
                return r;
        copy_text(directory, sizeof(directory), path);
        *strrchr(directory, '/') = '\0';
        if (!has_room(directory))
                return -ENOSPC;
        fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        r = posix_fallocate(fd, 0, HISTORY_BALLAST);
        if (r != 0)
                unlink(path);
        return -r;
}

bool history_ballast_release(const char *state) {
        char path[PATH_MAX];

        return path_of(state, path) >= 0 && unlink(path) == 0;
}
