#include "history-aside.h"

#include <endian.h>
#include <fcntl.h>
#include <limits.h>
#include <time.h>

#define WAL_HEADER 32
#define WAL_MAGIC 0x377f0682U /* its last bit: checksums are made of big-endian words */

static const char *const endings[] = {"", "-wal", "-shm", "-journal"};

int history_sync_directory(const char *path) {
        CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static bool is_taken(const char *path) {
        char with[PATH_MAX + 16];

        for (size_t i = 0; i < ELEMENTSOF(endings); i++) {
                snprintf(with, sizeof(with), "%s%s", path, endings[i]);
                if (faccessat(AT_FDCWD, with, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
                        return true;
        }
        return false;
}

static int free_name(const char *path, const char *word, char *dst) {
        time_t now = (time_t) (now_realtime() / USEC_PER_SEC);
        char stamp[32];
        struct tm tm;

        gmtime_r(&now, &tm);
        strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
        for (unsigned i = 1; i < 1000; i++) {
                int n = i == 1 ? snprintf(dst, PATH_MAX, "%s.%s-%s", path, word, stamp)
                               : snprintf(dst, PATH_MAX, "%s.%s-%s.%u", path, word, stamp, i);

                if (n >= PATH_MAX)
                        return -ENAMETOOLONG;
                if (!is_taken(dst))
                        return 0;
        }
        return -EEXIST;
}

int history_set_aside(const char *path, const char *word, char *ret, size_t size) {
        char to[PATH_MAX], from_with[PATH_MAX + 16], to_with[PATH_MAX + 16], directory[PATH_MAX];
        int r = free_name(path, word, to);
        char *slash;

        if (r < 0)
                return r;
        for (size_t i = 0; i < ELEMENTSOF(endings); i++) {
                snprintf(from_with, sizeof(from_with), "%s%s", path, endings[i]);
                snprintf(to_with, sizeof(to_with), "%s%s", to, endings[i]);
                if (rename(from_with, to_with) < 0 && errno != ENOENT)
                        return -errno;
        }
        slash = strrchr(to, '/');
        copy_text(ret, size, slash ? slash + 1 : to);
        copy_text(directory, sizeof(directory), path);
        slash = strrchr(directory, '/');
        if (slash)
                *slash = '\0';
        return history_sync_directory(slash ? directory : ".");
}

/* As the SQLite file format has it, 4.2: the checksum over the header's first 24 octets. */
static bool header_is_sound(const uint8_t *header) {
        uint32_t words[WAL_HEADER / 4], s0 = 0, s1 = 0;
        bool big;

        memcpy(words, header, WAL_HEADER);
        if ((be32toh(words[0]) & ~1U) != WAL_MAGIC)
                return false;
        big = be32toh(words[0]) & 1;
        for (size_t i = 0; i < 6; i += 2) {
                s0 += (big ? be32toh(words[i]) : le32toh(words[i])) + s1;
                s1 += (big ? be32toh(words[i + 1]) : le32toh(words[i + 1])) + s0;
        }
        return s0 == be32toh(words[6]) && s1 == be32toh(words[7]);
}

bool history_wal_is_sound(const char *path) {
        CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        static const uint8_t zeros[WAL_HEADER];
        uint8_t header[WAL_HEADER] = {0};
        ssize_t n;

        if (fd < 0)
                return errno == ENOENT;
        n = read_whole(fd, (char *) header, sizeof(header));
        if (n < 0)
                return false;
        return memcmp(header, zeros, sizeof(header)) == 0 || (n == WAL_HEADER && header_is_sound(header));
}
