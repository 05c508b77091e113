/* Secrets: read from a file or a credential, refused when others could read them too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "hsmd/config.h"

typedef struct Fixture {
        char directory[64], path[128];
        SecretSource file, credential;
        char secret[16];
        size_t size;
} Fixture;

static int setup(void **state) {
        Fixture *f = calloc(1, sizeof(Fixture));

        strcpy(f->directory, "/tmp/config-secret-XXXXXX");
        if (!mkdtemp(f->directory))
                return -1;
        snprintf(f->path, sizeof(f->path), "%s/pin", f->directory);
        f->file.file = f->path;
        f->credential.credential = f->path + strlen(f->directory) + 1;
        setenv("CREDENTIALS_DIRECTORY", f->directory, 1);
        memset(f->secret, 'x', sizeof(f->secret));
        f->size = 999;
        *state = f;
        return 0;
}

static int teardown(void **state) {
        Fixture *f = *state;

        unsetenv("CREDENTIALS_DIRECTORY");
        unlink(f->path);
        rmdir(f->path);
        rmdir(f->directory);
        free(f);
        return 0;
}

static void write_pin(Fixture *f, const void *data, size_t size, mode_t mode) {
        FILE *file = fopen(f->path, "we");

        assert_non_null(file);
        assert_int_equal(fwrite(data, 1, size, file), size);
        fclose(file);
        assert_int_equal(chmod(f->path, mode), 0);
}

static int read_pin(Fixture *f) {
        return secret_read(&f->file, f->secret, sizeof(f->secret), &f->size);
}

static void assert_refused(Fixture *f, int error) {
        static const char nothing[sizeof(f->secret)];

        f->size = 999;
        assert_int_equal(read_pin(f), error);
        assert_int_equal(f->size, 999);
        /* either never written, or wiped */
        assert_true(f->secret[0] == 'x' || memcmp(f->secret, nothing, sizeof(nothing)) == 0);
}

static void newline_at_the_end_is_cut_once(void **state) {
        static const struct {
                const char *text, *secret;
        } files[] = {{"1234", "1234"}, {"1234\n", "1234"}, {"1234\r\n", "1234"}, {"1234\n\n", "1234\n"},
                {" 12 ", " 12 "}, {"1234\r", "1234\r"}};
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(files); i++) {
                write_pin(f, files[i].text, strlen(files[i].text), 0600);
                assert_int_equal(read_pin(f), 0);
                assert_string_equal(f->secret, files[i].secret);
                assert_int_equal(f->size, strlen(files[i].secret));
        }
}

static void secret_as_long_as_the_buffer_allows_is_read(void **state) {
        Fixture *f = *state;

        write_pin(f, "123456789012345", 15, 0600);
        assert_int_equal(read_pin(f), 0);
        assert_int_equal(f->size, 15);
        write_pin(f, "123456789012345\n", 16, 0600);
        assert_int_equal(read_pin(f), 0);
        assert_string_equal(f->secret, "123456789012345");
}

static void secret_that_does_not_fit_is_refused_and_wiped(void **state) {
        Fixture *f = *state;

        write_pin(f, "1234567890123456", 16, 0600);
        assert_refused(f, -EMSGSIZE);
        write_pin(f, "123456789012345\n6", 17, 0600);
        assert_refused(f, -EMSGSIZE);
}

static void empty_secret_is_refused(void **state) {
        Fixture *f = *state;

        write_pin(f, "", 0, 0600);
        assert_refused(f, -ENOKEY);
        write_pin(f, "\n", 1, 0600);
        assert_refused(f, -ENOKEY);
}

static void secret_with_a_nul_octet_is_refused(void **state) {
        Fixture *f = *state;

        write_pin(f, "12\0004", 4, 0600);
        assert_refused(f, -EBADMSG);
}

static void file_that_others_may_read_is_refused(void **state) {
        static const mode_t open_modes[] = {0640, 0604, 0620, 0602, 0644, 0666};
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(open_modes); i++) {
                write_pin(f, "1234", 4, open_modes[i]);
                assert_refused(f, -EACCES);
        }
        write_pin(f, "1234", 4, 0400);
        assert_int_equal(read_pin(f), 0);
}

static void credential_may_show_the_mask_of_its_acl_as_group_bits(void **state) {
        Fixture *f = *state;

        write_pin(f, "1234\n", 5, 0440);
        assert_int_equal(secret_read(&f->credential, f->secret, sizeof(f->secret), &f->size), 0);
        assert_string_equal(f->secret, "1234");
        write_pin(f, "1234\n", 5, 0444);
        assert_int_equal(secret_read(&f->credential, f->secret, sizeof(f->secret), &f->size), -EACCES);
}

static void missing_secret_is_told_as_missing(void **state) {
        Fixture *f = *state;

        assert_refused(f, -ENOENT);
        assert_int_equal(secret_read(&f->credential, f->secret, sizeof(f->secret), &f->size), -ENOENT);
        write_pin(f, "1234", 4, 0600);
        unsetenv("CREDENTIALS_DIRECTORY");
        assert_int_equal(secret_read(&f->credential, f->secret, sizeof(f->secret), &f->size), -ENOENT);
}

static void what_is_no_file_is_refused_at_once(void **state) {
        Fixture *f = *state;

        assert_int_equal(mkdir(f->path, 0700), 0);
        assert_refused(f, -EINVAL);
        assert_int_equal(rmdir(f->path), 0);
        assert_int_equal(mkfifo(f->path, 0600), 0);
        assert_refused(f, -EINVAL);
}

static void source_is_described_without_the_secret(void **state) {
        Fixture *f = *state;
        char text[160], expected[160];

        secret_describe(&f->credential, text, sizeof(text));
        assert_string_equal(text, "credential pin");
        secret_describe(&f->file, text, sizeof(text));
        snprintf(expected, sizeof(expected), "file %s", f->path);
        assert_string_equal(text, expected);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(newline_at_the_end_is_cut_once),
                TEST(secret_as_long_as_the_buffer_allows_is_read),
                TEST(secret_that_does_not_fit_is_refused_and_wiped),
                TEST(empty_secret_is_refused),
                TEST(secret_with_a_nul_octet_is_refused),
                TEST(file_that_others_may_read_is_refused),
                TEST(credential_may_show_the_mask_of_its_acl_as_group_bits),
                TEST(missing_secret_is_told_as_missing),
                TEST(what_is_no_file_is_refused_at_once),
                TEST(source_is_described_without_the_secret),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
