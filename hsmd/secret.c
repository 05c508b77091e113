/* Secrets: read from where the configuration says, straight into the caller's memory, which the caller wipes.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "config.h"

/* systemd 252 hands a credential to the service's user through an ACL, whose mask shows as the group's bits;
 * an ordinary file has no business with a group. */
#define FORBIDDEN_FILE (S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH)
#define FORBIDDEN_CREDENTIAL (S_IROTH | S_IWOTH)

static int open_credential(const char *name) {
        const char *directory = getenv("CREDENTIALS_DIRECTORY");
        CLEANUP_FREE char *path = NULL;

        if (!directory)
                return -ENOENT;
        if (asprintf(&path, "%s/%s", directory, name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        return fd < 0 ? -errno : fd;
}

static int open_source(const SecretSource *source) {
        if (source->credential)
                return open_credential(source->credential);
        if (!source->file)
                return -ENOENT;
        /* not blocking: a FIFO of that name must not hold anybody */
        int fd = open(source->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        return fd < 0 ? -errno : fd;
}

static int check_mode(int fd, mode_t forbidden) {
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        return st.st_mode & forbidden ? -EACCES : 0;
}

/* One newline at the end is the editor's, not the secret's; so is one that Windows wrote. */
static size_t cut_newline(const char *text, size_t n) {
        if (n == 0 || text[n - 1] != '\n')
                return n;
        n--;
        return n > 0 && text[n - 1] == '\r' ? n - 1 : n;
}

static int read_checked(int fd, char *dst, size_t size, size_t *ret_size) {
        char more;
        ssize_t got = read_whole(fd, dst, size);

        if (got < 0)
                return (int) got;
        size_t n = cut_newline(dst, (size_t) got);
        /* the buffer is full: only the newline may have been in the terminator's place, and nothing may
         * follow */
        if ((size_t) got == size) {
                ssize_t rest = read_whole(fd, &more, 1);

                if (rest < 0)
                        return (int) rest;
                if (rest > 0 || n >= size)
                        return -EMSGSIZE;
        }
        if (n == 0)
                return -ENOKEY;
        if (memchr(dst, '\0', n))
                return -EBADMSG;
        dst[n] = '\0';
        *ret_size = n;
        return 0;
}

int secret_read(const SecretSource *source, char *dst, size_t size, size_t *ret_size) {
        CLEANUP_CLOSE int fd = open_source(source);

        if (fd < 0)
                return fd;
        int k = check_mode(fd, source->credential ? FORBIDDEN_CREDENTIAL : FORBIDDEN_FILE);
        if (k < 0)
                return k;
        k = read_checked(fd, dst, size, ret_size);
        if (k < 0)
                wipe(dst, size);
        return k;
}

void secret_describe(const SecretSource *source, char *dst, size_t size) {
        if (source->credential)
                snprintf(dst, size, "credential %s", source->credential);
        else
                snprintf(dst, size, "file %s", source->file ? source->file : "(none)");
}

SecretSource secret_source_copy(const SecretSource *s) {
        return (SecretSource){.file = s->file ? strdup(s->file) : NULL,
                .credential = s->credential ? strdup(s->credential) : NULL};
}

void secret_source_done(SecretSource *s) {
        free(s->file);
        free(s->credential);
        *s = (SecretSource){0};
}

bool secret_source_given(const SecretSource *s) {
        return s->file || s->credential;
}

int secret_read_if_given(const SecretSource *s, char *dst, size_t size) {
        size_t n;

        return secret_source_given(s) ? secret_read(s, dst, size, &n) : 0;
}
