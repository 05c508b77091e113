#include "control-peer.h"

#include <unistd.h>

#include "macro.h"

#define GENERATIONS_MAX 64 /* more is nobody's honest family */

/* 0, or a negative errno. */
static int parent_of(pid_t pid, pid_t *ret) {
        CLEANUP_FCLOSE FILE *f = NULL;
        char path[32], line[512];
        const char *end;
        int parent;

        snprintf(path, sizeof(path), "/proc/%d/stat", (int) pid);
        f = fopen(path, "re");
        if (!f)
                return -errno;
        if (!fgets(line, sizeof(line), f))
                return -ESRCH;
        /* a program's name may hold brackets and spaces of its own */
        end = strrchr(line, ')');
        if (!end || sscanf(end + 1, " %*c %d", &parent) != 1)
                return -EBADMSG;
        *ret = parent;
        return 0;
}

bool control_peer_is_ours(pid_t pid) {
        for (unsigned i = 0; i < GENERATIONS_MAX; i++) {
                if (pid == getpid())
                        return true;
                if (pid <= 1)
                        return false;
                if (parent_of(pid, &pid) < 0)
                        return true;
        }
        return true;
}
