/* The ring: what a dead probe's calls leave behind, and how little its reader believes. */

#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "ring.h"

typedef struct Rings {
        int fd;
        Ring *ring;
} Rings;

static int setup(void **state) {
        Rings *r = calloc(1, sizeof(*r));

        if (!r || ring_new(&r->fd, &r->ring) < 0)
                return -1;
        *state = r;
        return 0;
}

static int teardown(void **state) {
        Rings *r = *state;

        ring_unmap(r->ring);
        close(r->fd);
        free(r);
        return 0;
}

static void put(Ring *ring, uint64_t sequence, uint32_t call) {
        ring->records[(sequence - 1) % RING_RECORDS] =
                (RingRecord){.sequence = sequence, .call = call, .started = sequence, .ended = sequence + 1};
        ring->finished = sequence;
}

static void ring_cannot_be_truncated_or_unsealed(void **state) {
        Rings *r = *state;

        assert_int_equal(ftruncate(r->fd, 0), -1);
        assert_int_equal(errno, EPERM);
        assert_int_equal(fcntl(r->fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
}

static void both_mappings_are_one_memory(void **state) {
        Rings *r = *state;
        Ring *other = NULL;

        assert_int_equal(ring_map(r->fd, &other), 0);
        put(other, 1, CALL_SIGN);
        assert_int_equal(r->ring->records[0].call, CALL_SIGN);
        ring_unmap(other);
}

static void descriptor_that_is_no_ring_is_refused(void **state) {
        CLEANUP_CLOSE int unsealed = memfd_create("x", MFD_ALLOW_SEALING);
        CLEANUP_CLOSE int small = memfd_create("x", MFD_ALLOW_SEALING);
        Ring *ring = NULL;

        (void) state;
        assert_int_equal(ftruncate(unsealed, sizeof(Ring)), 0);
        assert_int_equal(ring_map(unsealed, &ring), -EBADMSG);
        assert_int_equal(ftruncate(small, 4096), 0);
        assert_int_equal(fcntl(small, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), 0);
        assert_int_equal(ring_map(small, &ring), -EBADMSG);
        assert_null(ring);
}

static void empty_ring_tells_nothing(void **state) {
        Rings *r = *state;
        RingRecord record;

        assert_false(ring_last_finished(r->ring, &record));
        assert_false(ring_oldest_in_flight(r->ring, &record));
        assert_int_equal(ring_tail(r->ring, &record, 1), 0);
}

static void tail_is_the_last_calls_oldest_first(void **state) {
        Rings *r = *state;
        RingRecord records[3];

        for (uint64_t i = 1; i <= 2 * RING_RECORDS + 5; i++)
                put(r->ring, i, CALL_SIGN);
        assert_int_equal(ring_tail(r->ring, records, 3), 3);
        assert_int_equal(records[0].sequence, 2 * RING_RECORDS + 3);
        assert_int_equal(records[2].sequence, 2 * RING_RECORDS + 5);
}

static void half_written_record_is_left_out(void **state) {
        Rings *r = *state;
        RingRecord records[3];

        for (uint64_t i = 1; i <= 3; i++)
                put(r->ring, i, CALL_SIGN);
        r->ring->records[1].sequence = 0;
        assert_int_equal(ring_tail(r->ring, records, 3), 2);
        assert_int_equal(records[1].sequence, 3);
}

static void hostile_numbers_are_not_believed(void **state) {
        Rings *r = *state;
        RingRecord records[RING_RECORDS], record;

        for (uint64_t i = 1; i <= RING_RECORDS; i++)
                put(r->ring, i, CALL_MAX + 7);
        assert_int_equal(ring_tail(r->ring, records, RING_RECORDS), 0);
        r->ring->finished = UINT64_MAX;
        assert_int_equal(ring_tail(r->ring, records, RING_RECORDS), 0);
        put(r->ring, 1, CALL_SIGN);
        r->ring->records[0].ended = 0;
        assert_false(ring_last_finished(r->ring, &record));
        r->ring->in_flight[3].call = CALL_MAX;
        assert_false(ring_oldest_in_flight(r->ring, &record));
}

static void oldest_call_in_flight_is_found(void **state) {
        Rings *r = *state;
        RingRecord record;

        r->ring->in_flight[2] = (RingInFlight){.call = CALL_SIGN, .session = 9, .started = 200};
        r->ring->in_flight[5] = (RingInFlight){.call = CALL_LOGIN, .session = 3, .started = 100};
        assert_true(ring_oldest_in_flight(r->ring, &record));
        assert_int_equal(record.call, CALL_LOGIN);
        assert_int_equal(record.session, 3);
        assert_int_equal(record.thread, 5);
}

static void every_call_has_a_name(void **state) {
        (void) state;
        for (uint32_t call = 0; call < CALL_MAX; call++)
                assert_string_not_equal(pkcs11_call_name(call), "invalid");
        assert_string_equal(pkcs11_call_name(CALL_SIGN), "C_Sign");
        assert_string_equal(pkcs11_call_name(CALL_MAX), "invalid");
}

static void unknown_returns_are_named_by_their_number(void **state) {
        char buffer[24];

        (void) state;
        assert_string_equal(pkcs11_return_name(0x30, buffer), "CKR_DEVICE_ERROR");
        assert_string_equal(pkcs11_return_name(0x80000035, buffer), "0x80000035");
        assert_string_equal(pkcs11_return_name(UINT64_MAX, buffer), "0xFFFFFFFFFFFFFFFF");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(ring_cannot_be_truncated_or_unsealed, setup, teardown),
                cmocka_unit_test_setup_teardown(both_mappings_are_one_memory, setup, teardown),
                cmocka_unit_test(descriptor_that_is_no_ring_is_refused),
                cmocka_unit_test_setup_teardown(empty_ring_tells_nothing, setup, teardown),
                cmocka_unit_test_setup_teardown(tail_is_the_last_calls_oldest_first, setup, teardown),
                cmocka_unit_test_setup_teardown(half_written_record_is_left_out, setup, teardown),
                cmocka_unit_test_setup_teardown(hostile_numbers_are_not_believed, setup, teardown),
                cmocka_unit_test_setup_teardown(oldest_call_in_flight_is_found, setup, teardown),
                cmocka_unit_test(every_call_has_a_name),
                cmocka_unit_test(unknown_returns_are_named_by_their_number),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
