/* One file of libconfig syntax. */
#include <fcntl.h>

#include "config-reader.h"

#ifdef HSMD_SANITIZE
/* libconfig 1.5 loses the string that it was reading when it meets a syntax error: some octets a refused
 * file, not ours to free, and the only leak of it that the leak check passes over. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
        return "leak:strbuf_append\n";
}
#endif

/* What libconfig says, and what would be right. */
static const char *syntax_hint(const char *text) {
        if (strstr(text, "duplicate"))
                return "each key may stand once in its group";
        if (strstr(text, "include"))
                return "name a readable file, relative to the directory of hsmd.conf";
        if (strstr(text, "memory"))
                return "brackets are nested too deeply";
        return "write NAME = VALUE; and close every { ( [ and \"";
}

static void note_parse_error(Reader *r, const char *path, const config_t *tree) {
        const char *file = config_error_file(tree), *text = config_error_text(tree);

        text = text ? text : "syntax error";
        config_error_at(r, file ? file : path, (unsigned) MAX_OF(config_error_line(tree), 1), "%s; %s", text,
                syntax_hint(text));
}

/* Not blocking: a FIFO of that name must not hold anybody. config_scan refuses it then. */
static FILE *open_file(const char *path) {
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;

        if (fd >= 0 && !file)
                close(fd);
        return file;
}

int config_parse_file(Reader *r, const char *path, config_t *tree) {
        CLEANUP_FCLOSE FILE *file = open_file(path);

        config_init(tree);
        if (!file) {
                int k = -errno;

                config_error_at(r, path, 1, "cannot be read (%s); name a readable file", strerror(-k));
                return k;
        }
        config_set_include_dir(tree, r->directory);
        int k = config_scan(r, file, path);
        if (k < 0)
                return k;
        if (!config_read(tree, file)) {
                note_parse_error(r, path, tree);
                return -EINVAL;
        }
        return 0;
}
