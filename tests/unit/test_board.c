/* The board: one writer, readers that can neither block nor harm it. */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "hsmd/board-writer.h"
#include "unit.h"

static const size_t some_rows[BOARD_TABLES] = {[BOARD_FLEET] = 1, [BOARD_POOLS] = 2, [BOARD_DEVICES] = 3};

static void what_is_published_is_read(void **state UNUSED) {
        BoardWriter *w = NULL;
        BoardReader *r = NULL;
        DeviceRow row = {0};
        const DeviceRow *read_row;

        assert_int_equal(board_writer_new(some_rows, &w), 0);
        assert_int_equal(board_reader_new(board_writer_fd(w), &r), 0);
        assert_int_equal(board_rows(r, BOARD_DEVICES), 3);
        FIELD_SET(Device, &row, state, DEVICE_UP);
        FIELD_TEXT_SET(Device, &row, title, "一号密码机");
        board_publish(w, BOARD_DEVICES, 2, &row);
        read_row = board_read(r, BOARD_DEVICES, 2);
        assert_int_equal(read_row->state, DEVICE_UP);
        assert_string_equal(read_row->title, "一号密码机");
        assert_true(field_valid(read_row, DeviceField_state));
        assert_false(field_valid(read_row, DeviceField_reason));
        assert_false(field_valid(board_read(r, BOARD_DEVICES, 1), DeviceField_state));
        board_reader_free(r);
        board_writer_free(w);
}

static void a_writer_killed_in_a_row_leaves_the_last_good_copy(void **state UNUSED) {
        BoardWriter *w = NULL;
        BoardReader *r = NULL;
        PoolRow row = {0};

        assert_int_equal(board_writer_new(some_rows, &w), 0);
        assert_int_equal(board_reader_new(board_writer_fd(w), &r), 0);
        FIELD_SET(Pool, &row, serving, 7);
        board_publish(w, BOARD_POOLS, 0, &row);
        assert_int_equal(((const PoolRow *) board_read(r, BOARD_POOLS, 0))->serving, 7);
        /* half a row: odd count, another value already there */
        PoolRow *live = (PoolRow *) (uintptr_t) board_published(w, BOARD_POOLS, 0);
        atomic_fetch_add(&live->sequence, 1);
        live->serving = 99;
        assert_int_equal(((const PoolRow *) board_read(r, BOARD_POOLS, 0))->serving, 7);
        board_reader_free(r);
        board_writer_free(w);
}

static void a_holder_can_neither_truncate_nor_write(void **state UNUSED) {
        BoardWriter *w = NULL;

        assert_int_equal(board_writer_new(some_rows, &w), 0);
        assert_int_equal(ftruncate(board_writer_fd(w), 0), -1);
        assert_int_equal(ftruncate(board_writer_fd(w), 1 << 24), -1);
        assert_int_equal(write(board_writer_fd(w), "x", 1), -1);
        assert_ptr_equal(
                mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, board_writer_fd(w), 0), MAP_FAILED);
        board_writer_free(w);
}

static void what_is_no_board_is_refused(void **state UNUSED) {
        int fd = memfd_create("not-a-board", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        BoardReader *r = NULL;

        assert_int_equal(ftruncate(fd, 1 << 16), 0);
        assert_int_equal(board_reader_new(fd, &r), -EBADMSG); /* not sealed: could be truncated under us */
        assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), 0);
        assert_int_equal(board_reader_new(fd, &r), -EBADMSG); /* no magic */
        close(fd);
}

static void a_board_without_ticks_is_stale(void **state UNUSED) {
        BoardWriter *w = NULL;
        BoardReader *r = NULL;

        assert_int_equal(board_writer_new(some_rows, &w), 0);
        assert_int_equal(board_reader_new(board_writer_fd(w), &r), 0);
        board_writer_tick(w, 100 * USEC_PER_SEC);
        assert_false(board_stale(r, 100 * USEC_PER_SEC));
        assert_false(board_stale(r, 103 * USEC_PER_SEC));
        assert_true(board_stale(r, 103 * USEC_PER_SEC + 1));
        board_reader_free(r);
        board_writer_free(w);
}

/* A reader in another process sees whole rows only, however fast they change. */
static void readers_see_whole_rows(void **state UNUSED) {
        BoardWriter *w = NULL;
        DeviceRow row = {0};
        int status = 0;
        pid_t pid;

        assert_int_equal(board_writer_new(some_rows, &w), 0);
        FIELD_SET(Device, &row, probes, 0);
        FIELD_SET(Device, &row, failures, 0);
        board_publish(w, BOARD_DEVICES, 0, &row);
        pid = fork();
        if (pid == 0) {
                BoardReader *r = NULL;
                uint64_t seen = 0;

                if (board_reader_new(board_writer_fd(w), &r) < 0)
                        _exit(2);
                while (seen < 200000) {
                        const DeviceRow *d = board_read(r, BOARD_DEVICES, 0);

                        if (d->probes != d->failures)
                                _exit(1);
                        seen = d->probes;
                }
                board_reader_free(r);
                _exit(0);
        }
        /* the writer goes on until the reader has seen enough: it cannot be held up, and need not be waited
         * for */
        for (uint64_t i = 1; waitpid(pid, &status, WNOHANG) == 0; i++) {
                row.probes = row.failures = i;
                board_publish(w, BOARD_DEVICES, 0, &row);
        }
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        board_writer_free(w);
}

static void fields_are_shown_with_their_units(void **state UNUSED) {
        const TableInfo *t = &board_tables[BOARD_DEVICES];
        DeviceRow row = {0};
        Shown s;

        FIELD_SET(Device, &row, temperature, -55);
        FIELD_SET(Device, &row, state, DEVICE_RECOVERING);
        FIELD_SET(Device, &row, detection_bound, 23 * USEC_PER_SEC);
        FIELD_SET(Device, &row, state_age, 5 * USEC_PER_SEC);
        FIELD_SET(Device, &row, state_since, 1792713600 * USEC_PER_SEC);
        field_show(t, DeviceField_temperature, &row, 0, &s);
        assert_int_equal(s.kind, SHOWN_TENTHS);
        assert_int_equal(s.i, -55);
        field_show(t, DeviceField_state, &row, 0, &s);
        assert_string_equal(s.string, "recovering");
        field_show(t, DeviceField_detection_bound, &row, 0, &s);
        assert_int_equal(s.u, 23000);
        field_show(t, DeviceField_state_age, &row, 12 * USEC_PER_SEC, &s);
        assert_int_equal(s.u, 7);
        field_show(t, DeviceField_state_age, &row, 1 * USEC_PER_SEC, &s);
        assert_int_equal(s.u, 0); /* never negative */
        field_show(t, DeviceField_state_since, &row, 0, &s);
        assert_string_equal(s.string, "2026-10-23T00:00:00Z");
        field_show(t, DeviceField_reason, &row, 0, &s);
        assert_int_equal(s.kind, SHOWN_NOTHING);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_published_is_read),
                cmocka_unit_test(a_writer_killed_in_a_row_leaves_the_last_good_copy),
                cmocka_unit_test(a_holder_can_neither_truncate_nor_write),
                cmocka_unit_test(what_is_no_board_is_refused),
                cmocka_unit_test(a_board_without_ticks_is_stale),
                cmocka_unit_test(readers_see_whole_rows),
                cmocka_unit_test(fields_are_shown_with_their_units),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
