/* Tables of the board whose rows come and go: readers beside a writer that arranges them, or dies at it. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "hsmd/board-writer.h"
#include "unit.h"

#define ROWS 40
#define ALWAYS 8 /* alarms that stay: their ids are multiples of 10 */
#define LOOKS 20000
#define DEATHS 150

static const size_t some_rows[BOARD_TABLES] = {
        [BOARD_FLEET] = 1, [BOARD_ALARMS] = ROWS, [BOARD_FAILOVERS] = 4};

typedef struct Fixture {
        BoardWriter *writer;
        BoardReader *reader;
} Fixture;

static int set_up(void **state) {
        Fixture *f = calloc(1, sizeof(*f));

        assert_int_equal(board_writer_new(some_rows, &f->writer), 0);
        assert_int_equal(board_reader_new(board_writer_fd(f->writer), &f->reader), 0);
        *state = f;
        return 0;
}

static int tear_down(void **state) {
        Fixture *f = *state;

        board_reader_free(f->reader);
        board_writer_free(f->writer);
        free(f);
        return 0;
}

/* Every field says whose it is. */
static AlarmRow alarm_row(uint32_t id) {
        AlarmRow row = {0};
        char text[64];

        FIELD_SET(Alarm, &row, id, id);
        FIELD_SET(Alarm, &row, device, id + 1);
        FIELD_SET(Alarm, &row, correlated, id + 2);
        snprintf(text, sizeof(text), "alarm %u", id);
        FIELD_TEXT_SET(Alarm, &row, text, text);
        return row;
}

static bool is_row_of(const AlarmRow *row, uint32_t id) {
        char text[64];

        snprintf(text, sizeof(text), "alarm %u", id);
        return board_row_id(row) == id && row->device == id + 1 && row->correlated == id + 2 &&
               streq(row->text, text);
}

static void arrange(BoardWriter *w, const uint32_t *ids, size_t n) {
        AlarmRow rows[2 * ROWS];

        for (size_t i = 0; i < n; i++)
                rows[i] = alarm_row(ids[i]);
        board_arrange(w, BOARD_ALARMS, rows, n);
}

static void assert_alarms(Fixture *f, const uint32_t *ids, size_t n) {
        assert_int_equal(board_look(f->reader, BOARD_ALARMS, NULL), n);
        for (size_t i = 0; i < n; i++)
                assert_true(is_row_of(board_read(f->reader, BOARD_ALARMS, i), ids[i]));
}
#define ASSERT_ALARMS(f, ...)                                                                                \
        assert_alarms(f, (const uint32_t[]){__VA_ARGS__}, ELEMENTSOF(((const uint32_t[]){__VA_ARGS__})))
#define ARRANGE(f, ...)                                                                                      \
        arrange((f)->writer, (const uint32_t[]){__VA_ARGS__}, ELEMENTSOF(((const uint32_t[]){__VA_ARGS__})))

static void rows_come_and_go(void **state) {
        Fixture *f = *state;

        assert_int_equal(board_look(f->reader, BOARD_ALARMS, NULL), 0);
        ARRANGE(f, 3, 5, 9);
        ASSERT_ALARMS(f, 3, 5, 9);
        ARRANGE(f, 3, 9, 12, 13);
        ASSERT_ALARMS(f, 3, 9, 12, 13);
        ARRANGE(f, 13);
        ASSERT_ALARMS(f, 13);
        board_arrange(f->writer, BOARD_ALARMS, NULL, 0);
        assert_int_equal(board_look(f->reader, BOARD_ALARMS, NULL), 0);
        for (size_t i = 0; i < ROWS; i++)
                assert_int_equal(board_row_id(board_published(f->writer, BOARD_ALARMS, i)), 0);
}

static void what_is_beyond_the_table_is_left_out(void **state) {
        Fixture *f = *state;
        uint32_t ids[ROWS + 5];

        for (uint32_t i = 0; i < ELEMENTSOF(ids); i++)
                ids[i] = i + 1;
        arrange(f->writer, ids, ELEMENTSOF(ids));
        assert_alarms(f, ids, ROWS);
}

static void rows_that_did_not_change_are_not_written(void **state) {
        Fixture *f = *state;
        AlarmRow rows[3] = {alarm_row(1), alarm_row(2), alarm_row(3)};
        const AlarmRow *first = board_published(f->writer, BOARD_ALARMS, 0);
        uint32_t before;
        bool changed;

        board_arrange(f->writer, BOARD_ALARMS, rows, 3);
        board_look(f->reader, BOARD_ALARMS, NULL);
        before = first->sequence;
        FIELD_SET(Alarm, &rows[1], acknowledged, 1);
        board_arrange(f->writer, BOARD_ALARMS, rows, 3);
        assert_int_equal(first->sequence, before);
        assert_int_equal(board_look(f->reader, BOARD_ALARMS, &changed), 3);
        assert_false(changed); /* the order is what it was */
        assert_int_equal(((const AlarmRow *) board_read(f->reader, BOARD_ALARMS, 1))->acknowledged, 1);
}

static void between_two_looks_a_row_keeps_its_place(void **state) {
        Fixture *f = *state;
        bool changed;

        ARRANGE(f, 1, 2, 3);
        ASSERT_ALARMS(f, 1, 2, 3);
        ARRANGE(f, 2, 3);
        assert_true(is_row_of(board_read(f->reader, BOARD_ALARMS, 0), 1));
        assert_true(is_row_of(board_read(f->reader, BOARD_ALARMS, 2), 3));
        assert_int_equal(board_look(f->reader, BOARD_ALARMS, &changed), 2);
        assert_true(changed);
        assert_true(is_row_of(board_read(f->reader, BOARD_ALARMS, 0), 2));
}

/* A writer's next arrangement: those that stay, and others by chance. */
static size_t shuffle(uint32_t *seed, uint32_t ids[static ROWS]) {
        size_t n = 0;

        *seed = *seed * 1664525u + 1013904223u;
        for (uint32_t id = 1; id <= 10 * ALWAYS && n < ROWS; id++)
                if (id % 10 == 0 || (*seed >> (8 + id % 16) & 1 && id % 3 == 0))
                        ids[n++] = id;
        return n;
}

static void arrange_for_ever(BoardWriter *w, uint32_t seed) {
        uint32_t ids[ROWS];

        for (;;)
                arrange(w, ids, shuffle(&seed, ids));
}

/* The whole picture of one look: in order, each row its own, and those that stay all there. */
static void assert_look_is_whole(BoardReader *r) {
        size_t n = board_look(r, BOARD_ALARMS, NULL);
        unsigned stayed = 0;
        uint32_t last = 0;

        for (size_t i = 0; i < n; i++) {
                const AlarmRow *row = board_read(r, BOARD_ALARMS, i);

                assert_true(board_row_id(row) > last);
                last = row->id;
                assert_true(is_row_of(row, last));
                stayed += last % 10 == 0;
        }
        assert_int_equal(stayed, ALWAYS);
}

static pid_t start_writer(BoardWriter *w, uint32_t seed) {
        pid_t pid = fork();

        if (pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nothing behind */
                arrange_for_ever(w, seed);
        }
        assert_true(pid > 0);
        return pid;
}

/* Not to wait for something: the instant is what is random. A look alone ends only where nothing is half
 * done. */
static void let_it_run(unsigned usec) {
        nanosleep(&(struct timespec){.tv_nsec = (long) usec * 1000}, NULL);
}

static void end_writer(pid_t pid) {
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void a_reader_beside_a_writer_never_sees_half_a_table(void **state) {
        Fixture *f = *state;
        uint32_t ids[ROWS], seed = 1;
        unsigned changes = 0;
        pid_t pid;

        arrange(f->writer, ids, shuffle(&seed, ids));
        pid = start_writer(f->writer, 7);
        for (unsigned i = 0; i < LOOKS || changes < 100; i++) {
                bool changed;

                board_look(f->reader, BOARD_ALARMS, &changed);
                changes += changed;
                assert_look_is_whole(f->reader);
        }
        end_writer(pid);
}

static void a_writer_killed_at_any_instant_leaves_the_last_good_table(void **state) {
        Fixture *f = *state;
        unsigned in_the_middle = 0;
        uint32_t ids[ROWS], seed = 1;

        for (unsigned i = 0; i < DEATHS; i++) {
                BoardReader *fresh = NULL;
                pid_t pid;

                arrange(f->writer, ids, shuffle(&seed, ids));
                assert_look_is_whole(f->reader);
                pid = start_writer(f->writer, i);
                for (bool changed = false; !changed;)
                        board_look(f->reader, BOARD_ALARMS, &changed);
                let_it_run(i);
                end_writer(pid);
                assert_look_is_whole(f->reader);
                assert_int_equal(board_reader_new(board_writer_fd(f->writer), &fresh), 0);
                in_the_middle += board_look(fresh, BOARD_ALARMS, NULL) == 0;
                board_reader_free(fresh);
                /* the next round begins with a board that was left whole */
                board_writer_free(f->writer);
                board_reader_free(f->reader);
                assert_int_equal(board_writer_new(some_rows, &f->writer), 0);
                assert_int_equal(board_reader_new(board_writer_fd(f->writer), &f->reader), 0);
        }
        assert_true(in_the_middle > 0); /* else nothing was tried */
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(rows_come_and_go, set_up, tear_down),
                cmocka_unit_test_setup_teardown(what_is_beyond_the_table_is_left_out, set_up, tear_down),
                cmocka_unit_test_setup_teardown(rows_that_did_not_change_are_not_written, set_up, tear_down),
                cmocka_unit_test_setup_teardown(between_two_looks_a_row_keeps_its_place, set_up, tear_down),
                cmocka_unit_test_setup_teardown(
                        a_reader_beside_a_writer_never_sees_half_a_table, set_up, tear_down),
                cmocka_unit_test_setup_teardown(
                        a_writer_killed_at_any_instant_leaves_the_last_good_table, set_up, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
