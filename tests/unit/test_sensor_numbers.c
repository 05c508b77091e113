/* A sensor's number outlives restarts, and no number is ever used for another sensor. */
#include <sys/stat.h>

#include "hsmd/sensor-numbers.h"
#include "hsmd/state-files.h"
#include "remove-tree.h"
#include "unit.h"

#define DEADLINE (20 * USEC_PER_SEC)

typedef struct World {
        char directory[64];
        sd_event *event;
        Disk *disk;
        SensorNumbers *numbers;
        char *warning;
} World;

static void open_world(World *w) {
        assert_int_equal(sd_event_new(&w->event), 0);
        assert_int_equal(disk_new(w->event, &w->disk), 0);
        assert_int_equal(sensor_numbers_new(w->directory, w->disk, &w->numbers, &w->warning), 0);
}

static void close_world(World *w) {
        w->disk = disk_free(w->disk, DEADLINE);
        w->numbers = sensor_numbers_free(w->numbers);
        w->event = sd_event_unref(w->event);
        free(w->warning);
        w->warning = NULL;
}

static void reopen(World *w) {
        close_world(w);
        open_world(w);
}

static int setup(void **state) {
        World *w = calloc(1, sizeof(*w));

        copy_text(w->directory, sizeof(w->directory), "/tmp/hsmd-numbers-XXXXXX");
        assert_non_null(mkdtemp(w->directory));
        open_world(w);
        *state = w;
        return 0;
}

static int teardown(void **state) {
        World *w = *state;

        close_world(w);
        remove_tree(w->directory);
        free(w);
        return 0;
}

static SensorName temperature(const char *key) {
        return (SensorName){.profile = "lm-sensors", .sensor = "temp", .key = key};
}

static uint32_t assign(World *w, const char *owner, SensorName name) {
        uint32_t number = 0;

        assert_int_equal(sensor_numbers_assign(w->numbers, owner, &name, &number), 0);
        return number;
}

static uint32_t get(World *w, const char *owner, SensorName name) {
        return sensor_numbers_get(w->numbers, owner, &name);
}

static void path_of(World *w, const char *file, char *dst, size_t size) {
        snprintf(dst, size, "%s/sensors/%s", w->directory, file);
}

static void write_file(World *w, const char *file, const char *text) {
        char path[128];
        FILE *f;

        path_of(w, file, path, sizeof(path));
        f = fopen(path, "we");
        assert_non_null(f);
        fputs(text, f);
        fclose(f);
}

static bool exists(World *w, const char *file) {
        char path[128];
        struct stat st;

        path_of(w, file, path, sizeof(path));
        return stat(path, &st) == 0;
}

static void a_number_outlives_a_restart(void **state) {
        World *w = *state;
        const SensorNumber *list = NULL;

        assert_int_equal(get(w, "device-one", temperature("CPU")), 0);
        assert_int_equal(assign(w, "device-one", temperature("CPU")), SENSOR_NUMBER_FIRST);
        assert_int_equal(assign(w, "device-one", temperature("board")), SENSOR_NUMBER_FIRST + 1);
        assert_int_equal(assign(w, "device-one", temperature("CPU")), SENSOR_NUMBER_FIRST);
        assert_int_equal(assign(w, "site-hall", temperature("CPU")), SENSOR_NUMBER_FIRST);
        reopen(w);
        assert_null(w->warning);
        assert_int_equal(get(w, "device-one", temperature("board")), SENSOR_NUMBER_FIRST + 1);
        assert_int_equal(get(w, "device-one", temperature("CPU")), SENSOR_NUMBER_FIRST);
        assert_int_equal(get(w, "device-two", temperature("CPU")), 0);
        assert_int_equal(sensor_numbers_list(w->numbers, "device-one", &list), 2);
        assert_int_equal(list[1].number, SENSOR_NUMBER_FIRST + 1);
        assert_string_equal(list[1].name.key, "board");
        assert_string_equal(list[1].name.profile, "lm-sensors");
        assert_null(list[1].name.agent);
        assert_int_equal(assign(w, "device-one", temperature("new")), SENSOR_NUMBER_FIRST + 2);
}

static void any_text_names_a_sensor(void **state) {
        World *w = *state;
        const SensorName names[] = {
                {.agent = "ups", .profile = "ups", .sensor = "battery", .key = ""},
                {.agent = NULL, .profile = "ups", .sensor = "battery", .key = ""},
                {.agent = NULL, .profile = "ups", .sensor = "battery", .key = "-"},
                {.agent = "-", .profile = "ups", .sensor = "battery", .key = "-"},
                {.agent = NULL, .profile = "a b", .sensor = "x%20y", .key = "#1.3"},
                {.agent = NULL, .profile = "a", .sensor = "b", .key = "next 5\n% \x01\xe6\xb8\xa9"},
        };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                assert_int_equal(assign(w, "device-one", names[i]), SENSOR_NUMBER_FIRST + i);
        reopen(w);
        assert_null(w->warning);
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                assert_int_equal(get(w, "device-one", names[i]), SENSOR_NUMBER_FIRST + i);
}

static void a_device_may_be_named_like_a_file_that_is_being_written(void **state) {
        World *w = *state;

        assign(w, "device-one", temperature("a"));
        assign(w, "device-one.new", temperature("b"));
        assign(w, "device-one.unreadable", temperature("c"));
        reopen(w);
        assert_null(w->warning);
        assert_int_equal(get(w, "device-one", temperature("a")), SENSOR_NUMBER_FIRST);
        assert_int_equal(get(w, "device-one.new", temperature("b")), SENSOR_NUMBER_FIRST);
        assert_int_equal(get(w, "device-one.unreadable", temperature("c")), SENSOR_NUMBER_FIRST);
}

static void a_whole_table_is_written_once_or_twice(void **state) {
        World *w = *state;
        char key[16];

        /* the loop does not run, so that the second write waits for disk_free */
        for (unsigned i = 0; i < 300; i++) {
                snprintf(key, sizeof(key), "row %u", i);
                assert_int_equal(assign(w, "device-one", temperature(key)), SENSOR_NUMBER_FIRST + i);
        }
        reopen(w);
        assert_null(w->warning);
        assert_int_equal(get(w, "device-one", temperature("row 299")), SENSOR_NUMBER_FIRST + 299);
}

static void numbers_end_and_are_not_begun_anew(void **state) {
        World *w = *state;
        SensorName name = temperature("one more");
        uint32_t number = 7;

        close_world(w);
        write_file(w, "device-one", "1000 - p s a\nnext 9999\n");
        open_world(w);
        assert_null(w->warning);
        assert_int_equal(assign(w, "device-one", temperature("last")), SENSOR_NUMBER_LAST);
        assert_int_equal(sensor_numbers_assign(w->numbers, "device-one", &name, &number), -ENOSPC);
        assert_int_equal(number, 7);
        reopen(w);
        assert_null(w->warning);
        assert_int_equal(sensor_numbers_assign(w->numbers, "device-one", &name, &number), -ENOSPC);
}

/* Each is set aside; what can be read of it stays, and new numbers begin far behind. */
static void a_file_that_cannot_be_read_is_set_aside(void **state) {
        World *w = *state;
        static const char *const bad[] = {
                "",
                "1000 - p s good\n",                             /* cut between two lines */
                "1000 - p s good\n1001 - p s ot",                /* cut within one */
                "1000 - p s good\nnext 1001\n1001 - p s b\n",    /* goes on behind its end */
                "1000 - p s good\nnext 1000\n",                  /* would use 1000 again */
                "1000 - p s good\n1000 - p s b\nnext 1002\n",    /* one number twice */
                "1000 - p s good\n1001 - p s good\nnext 1002\n", /* one sensor twice */
                "1000 - p s good\n12 - p s b\nnext 1002\n",      /* a configured number */
                "1000 - p s good\n99999999999999999999 - p s b\nnext 1002\n",
                "1000 - p s good\n1001 - p s %zz\nnext 1002\n",
                "1000 - p s good\n1001 - p s %00\nnext 1002\n",
                "1000 - p s good\n1001 - p s b c\nnext 1002\n",
                "1000 - p s good\n-1001 - p s b\nnext 1002\n",
                "1000 - p s good\nnext 20000\n",
                "\x01\x02\x03\xff\n",
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                SensorName good = {.profile = "p", .sensor = "s", .key = "good"};
                bool has_good = bad[i][0] == '1';
                uint32_t number;

                close_world(w);
                write_file(w, "device-one", bad[i]);
                open_world(w);
                if (!w->warning || !strstr(w->warning, "device-one.unreadable"))
                        fail_msg("file %zu was taken for good", i);
                assert_int_equal(get(w, "device-one", good), has_good ? SENSOR_NUMBER_FIRST : 0);
                /* restarted before anything is assigned: the gap is still there */
                reopen(w);
                assert_null(w->warning);
                number = assign(w, "device-one", temperature("new"));
                assert_true(number >= SENSOR_NUMBER_FIRST + 1000);
        }
        assert_true(exists(w, "device-one.unreadable"));
        assert_true(exists(w, "device-one.unreadable.2")); /* none replaces another */
}

static void what_is_no_file_is_set_aside(void **state) {
        World *w = *state;
        char path[128];

        close_world(w);
        path_of(w, "device-one", path, sizeof(path));
        assert_int_equal(mkdir(path, 0700), 0);
        write_file(w, "no%owner", "next 1000\n");
        open_world(w);
        assert_non_null(w->warning);
        assert_non_null(strstr(w->warning, "device-one.unreadable"));
        assert_non_null(strstr(w->warning, "no%owner.unreadable"));
        assert_int_equal(assign(w, "device-one", temperature("a")), SENSOR_NUMBER_FIRST + 1000);
        assert_int_equal(assign(w, "device-two", temperature("a")), SENSOR_NUMBER_FIRST);
}

static void what_could_not_be_written_is_written_later(void **state) {
        World *w = *state;
        char path[128], away[128];

        path_of(w, "", path, sizeof(path));
        snprintf(away, sizeof(away), "%s/away", w->directory);
        path[strlen(path) - 1] = '\0';
        assert_int_equal(rename(path, away), 0);
        assign(w, "device-one", temperature("a"));
        for (usec_t until = now_monotonic() + DEADLINE; now_monotonic() < until;)
                if (sd_event_run(w->event, 100 * USEC_PER_MSEC) > 0)
                        break; /* it was refused */
        assert_int_equal(rename(away, path), 0);
        assert_false(exists(w, "device-one"));
        sensor_numbers_save(w->numbers);
        reopen(w);
        assert_int_equal(get(w, "device-one", temperature("a")), SENSOR_NUMBER_FIRST);
}

static void a_name_that_is_none_gets_no_number(void **state) {
        World *w = *state;
        char longest[512] = "";
        SensorName name = {.profile = "", .sensor = "s", .key = "k"};
        uint32_t number;

        memset(longest, 'x', sizeof(longest) - 1);
        assert_int_equal(sensor_numbers_assign(w->numbers, "device-one", &name, &number), -EINVAL);
        name = temperature(longest);
        assert_int_equal(sensor_numbers_assign(w->numbers, "device-one", &name, &number), -EINVAL);
        name = temperature("k");
        assert_int_equal(sensor_numbers_assign(w->numbers, "", &name, &number), -EINVAL);
}

static void words_come_back_as_they_were(void **state UNUSED) {
        char all[256] = "", word[800], cut[6], bad[] = "a%4";

        for (unsigned c = 1; c < 256; c++)
                all[c - 1] = (char) c;
        state_word_encode(word, sizeof(word), all);
        for (const char *p = word; *p; p++)
                assert_true(*p > ' ' && *p < 0x7f);
        assert_int_equal(state_word_decode(word), 0);
        assert_string_equal(word, all);
        state_word_encode(cut, sizeof(cut), "\xe6\xb8\xa9");
        assert_string_equal(cut, "%e6");
        assert_int_equal(state_word_decode(bad), -EBADMSG);
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                WORLD_TEST(a_number_outlives_a_restart),
                WORLD_TEST(any_text_names_a_sensor),
                WORLD_TEST(a_device_may_be_named_like_a_file_that_is_being_written),
                WORLD_TEST(a_whole_table_is_written_once_or_twice),
                WORLD_TEST(numbers_end_and_are_not_begun_anew),
                WORLD_TEST(a_file_that_cannot_be_read_is_set_aside),
                WORLD_TEST(what_is_no_file_is_set_aside),
                WORLD_TEST(what_could_not_be_written_is_written_later),
                WORLD_TEST(a_name_that_is_none_gets_no_number),
                cmocka_unit_test(words_come_back_as_they_were),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
