/* No number is used twice, whatever becomes of the file or of hsmd. */
#include <sys/stat.h>

#include "hsmd/numbers.h"
#include "remove-tree.h"
#include "unit.h"

#define DEADLINE (20 * USEC_PER_SEC)

typedef struct World {
        char state[64], path[96], *warning;
        sd_event *event;
        Disk *disk;
        Numbers *numbers;
} World;

static void open_world(World *w, uint64_t at_least) {
        assert_int_equal(sd_event_new(&w->event), 0);
        assert_int_equal(disk_new(w->event, &w->disk), 0);
        assert_int_equal(numbers_new(w->state, w->disk, at_least, &w->numbers, &w->warning), 0);
}

static void close_world(World *w) {
        w->disk = disk_free(w->disk, DEADLINE);
        w->numbers = numbers_free(w->numbers);
        w->event = sd_event_unref(w->event);
        free(w->warning);
        w->warning = NULL;
}

static void reopen(World *w, uint64_t at_least) {
        close_world(w);
        open_world(w, at_least);
}

static int setup(void **state) {
        World *w = calloc(1, sizeof(*w));

        copy_text(w->state, sizeof(w->state), "/tmp/hsmd-numbers-XXXXXX");
        assert_non_null(mkdtemp(w->state));
        snprintf(w->path, sizeof(w->path), "%s/numbers", w->state);
        open_world(w, 0);
        *state = w;
        return 0;
}

static int teardown(void **state) {
        World *w = *state;

        close_world(w);
        remove_tree(w->state);
        free(w);
        return 0;
}

static void until_reserved(World *w, uint64_t number) {
        usec_t until = now_monotonic() + DEADLINE;

        while (numbers_reserved(w->numbers) < number) {
                if (now_monotonic() > until)
                        fail_msg("%llu is never reserved", (unsigned long long) number);
                sd_event_run(w->event, 100 * USEC_PER_MSEC);
        }
}

static uint64_t on_disk(const World *w) {
        uint64_t reserved = 0;

        assert_int_equal(numbers_peek(w->state, &reserved), 0);
        return reserved;
}

static void a_restart_skips_the_rest_of_its_block(void **state) {
        World *w = *state;

        assert_int_equal(numbers_next(w->numbers), 1);
        assert_int_equal(numbers_next(w->numbers), 2);
        assert_int_equal(numbers_reserved(w->numbers), 1000);
        reopen(w, 0);
        assert_int_equal(numbers_next(w->numbers), 1001);
        assert_null(w->warning);
}

static void the_next_block_is_reserved_before_this_one_is_used_up(void **state) {
        World *w = *state;

        for (uint64_t n = 1; n <= 499; n++)
                assert_int_equal(numbers_next(w->numbers), n);
        sd_event_run(w->event, 50 * USEC_PER_MSEC);
        assert_int_equal(on_disk(w), 1000);
        for (uint64_t n = 500; n <= 510; n++)
                numbers_next(w->numbers);
        until_reserved(w, 2000);
        assert_true(on_disk(w) >= 2000);
}

/* A number is given all the same; who tells others waits for numbers_reserved. */
static void a_burst_goes_beyond_what_is_reserved_and_is_caught_up(void **state) {
        World *w = *state;

        for (uint64_t n = 1; n <= 10000; n++)
                assert_int_equal(numbers_next(w->numbers), n);
        assert_true(numbers_reserved(w->numbers) < 10000);
        until_reserved(w, 10000);
        assert_true(on_disk(w) >= 10000);
}

static void what_the_history_knows_counts_too(void **state) {
        World *w = *state;

        reopen(w, 54321);
        assert_int_equal(numbers_next(w->numbers), 54322);
        numbers_at_least(w->numbers, 70000);
        assert_int_equal(numbers_next(w->numbers), 70001);
        numbers_at_least(w->numbers, 60000);
        assert_int_equal(numbers_next(w->numbers), 70002);
        until_reserved(w, 70002);
}

static void write_file(World *w, const char *text) {
        FILE *f = fopen(w->path, "w");

        assert_non_null(f);
        fputs(text, f);
        fclose(f);
}

static void a_damaged_file_is_set_aside_and_numbers_go_far_beyond(void **state) {
        static const char *const damaged[] = {"", "reserved 12", "reserved 12x\n", "reserved -5\n", "\n",
                "reserved 1\nreserved 1\n", "reserved 99999999999999999999999999\n"};
        World *w = *state;

        for (size_t i = 0; i < ELEMENTSOF(damaged); i++) {
                close_world(w);
                write_file(w, damaged[i]);
                open_world(w, 5000);
                assert_non_null(w->warning);
                assert_non_null(strstr(w->warning, "kept as numbers.damaged-"));
                assert_int_equal(numbers_next(w->numbers), 1005001);
        }
}

/* Then only the clock says how many there may have been. */
static void without_any_knowledge_numbers_go_on_by_the_clock(void **state) {
        World *w = *state;
        uint64_t first;

        close_world(w);
        snprintf(w->path, sizeof(w->path), "%s/numbers", w->state);
        unlink(w->path);
        assert_int_equal(mkdir(w->path, 0700), 0); /* a directory in its place */
        open_world(w, 0);
        assert_non_null(w->warning);
        first = numbers_next(w->numbers);
        assert_true(first > 1700000000);
        assert_true(first < UINT32_MAX); /* an alarm's id has 32 bits */
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        const struct CMUnitTest tests[] = {
                TEST(a_restart_skips_the_rest_of_its_block),
                TEST(the_next_block_is_reserved_before_this_one_is_used_up),
                TEST(a_burst_goes_beyond_what_is_reserved_and_is_caught_up),
                TEST(what_the_history_knows_counts_too),
                TEST(a_damaged_file_is_set_aside_and_numbers_go_far_beyond),
                TEST(without_any_knowledge_numbers_go_on_by_the_clock),
        };

        return cmocka_run_group_tests_name("numbers", tests, NULL, NULL);
}
