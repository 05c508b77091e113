#include "unix-address.h"

#include <fcntl.h>

static int long_address(const char *path, struct sockaddr_un *ret, int *ret_dir) {
        const char *slash = strrchr(path, '/');
        CLEANUP_FREE char *directory = NULL;
        struct sockaddr_un sa = {.sun_family = AF_UNIX};
        CLEANUP_CLOSE int dir = -1;
        int n;

        if (!slash)
                return -ENAMETOOLONG;
        directory = strndup(path, (size_t) (slash - path) + 1);
        if (!directory)
                return -ENOMEM;
        dir = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (dir < 0)
                return -errno;
        n = snprintf(sa.sun_path, sizeof(sa.sun_path), "/proc/self/fd/%d/%s", dir, slash + 1);
        if (n < 0 || (size_t) n >= sizeof(sa.sun_path))
                return -ENAMETOOLONG;
        *ret = sa;
        *ret_dir = dir;
        dir = -1;
        return 0;
}

int unix_address(const char *path, struct sockaddr_un *ret, int *ret_dir) {
        struct sockaddr_un sa = {.sun_family = AF_UNIX};

        if (strlen(path) >= sizeof(sa.sun_path))
                return long_address(path, ret, ret_dir);
        memcpy(sa.sun_path, path, strlen(path) + 1);
        *ret = sa;
        *ret_dir = -1;
        return 0;
}
