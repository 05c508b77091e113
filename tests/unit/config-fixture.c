/* A directory with a configuration in it. */
#include "config-fixture.h"
#include "remove-tree.h"

#include <sys/stat.h>

void write_file(const Fixture *f, const char *name, const void *data, size_t size) {
        char path[256];

        snprintf(path, sizeof(path), "%s/%s", f->directory, name);
        FILE *file = fopen(path, "we");
        assert_non_null(file);
        assert_int_equal(fwrite(data, 1, size, file), size);
        assert_int_equal(fclose(file), 0);
}

static int make_directory(const Fixture *f, const char *name) {
        char path[96];

        snprintf(path, sizeof(path), "%s/%s", f->directory, name);
        return mkdir(path, 0755);
}

int fixture_setup(void **state) {
        Fixture *f = calloc(1, sizeof(Fixture));

        if (!f)
                return -1;
        strcpy(f->directory, "/tmp/config-test-XXXXXX");
        if (!mkdtemp(f->directory) || make_directory(f, "sensors") < 0 || make_directory(f, "vendors") < 0)
                return -1;
        snprintf(f->path, sizeof(f->path), "%s/hsmd.conf", f->directory);
        *state = f;
        return 0;
}

int fixture_teardown(void **state) {
        Fixture *f = *state;

        config_free(f->config);
        free(f->error);
        int k = remove_tree(f->directory);
        free(f);
        return k;
}

int load_bytes(Fixture *f, const void *data, size_t size) {
        free(f->error);
        f->error = NULL;
        f->config = config_free(f->config);
        write_file(f, "hsmd.conf", data, size);
        return config_load(f->path, &f->config, &f->error);
}

int load(Fixture *f, const char *text) {
        int k = load_bytes(f, text, strlen(text));

        if (k < 0 && k != -ENOMEM)
                assert_non_null(f->error);
        return k;
}

void assert_loads(Fixture *f, const char *text) {
        if (load(f, text) < 0)
                fail_msg("refused: %s", f->error);
}

void assert_error(const Fixture *f, const char *expected) {
        if (!f->error || !strstr(f->error, expected))
                fail_msg("expected: %s\n     got: %s", expected, f->error ? f->error : "(loaded)");
}

char *replaced_in(const char *text, const char *find, const char *replacement) {
        const char *at = strstr(text, find);
        char *result;

        if (!at)
                fail_msg("the test's text does not hold: %s", find);
        assert_true(
                asprintf(&result, "%.*s%s%s", (int) (at - text), text, replacement, at + strlen(find)) > 0);
        return result;
}

char *shipped_profile(const char *kind, const char *name) {
        CLEANUP_FREE char *path = NULL;
        char *text = calloc(1, 65536);

        assert_non_null(text);
        assert_true(asprintf(&path, "%.*s/%s/%s.conf",
                            (int) (strrchr(SHIPPED_CONFIGURATION, '/') - SHIPPED_CONFIGURATION),
                            SHIPPED_CONFIGURATION, kind, name) > 0);
        FILE *file = fopen(path, "re");
        assert_non_null(file);
        assert_true(fread(text, 1, 65535, file) < 65535);
        fclose(file);
        return text;
}
