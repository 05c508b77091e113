/* The frames between the virtual cipher machine and its module: what is written is read, and nothing else is
 * believed. */

#include "unit.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../vhsm/wire.h"

typedef struct Line {
        int ends[2];
        Wire out, in;
} Line;

static int setup(void **state) {
        static Line line;

        line = (Line){0};
        *state = &line;
        return socketpair(AF_UNIX, SOCK_STREAM, 0, line.ends);
}

static int teardown(void **state) {
        Line *l = *state;

        close(l->ends[0]);
        close(l->ends[1]);
        wire_free(&l->out);
        wire_free(&l->in);
        return 0;
}

/* What is sent to the reader, and then the end. */
static void raw(Line *l, const void *octets, size_t n) {
        assert_int_equal(write(l->ends[0], octets, n), n);
        shutdown(l->ends[0], SHUT_WR);
}

static void what_is_put_is_got_in_order(void **state) {
        Line *l = *state;
        const uint8_t *octets;
        size_t n;

        wire_put_u32(&l->out, 0x01020304);
        wire_put(&l->out, "abc", 3);
        wire_put(&l->out, NULL, 0);
        wire_put_u64(&l->out, UINT64_C(0x8090a0b0c0d0e0f0));
        assert_int_equal(wire_send(l->ends[0], &l->out), 0);
        assert_int_equal(wire_receive(l->ends[1], &l->in), 0);
        assert_int_equal(wire_get_u32(&l->in), 0x01020304);
        octets = wire_get(&l->in, &n);
        assert_int_equal(n, 3);
        assert_memory_equal(octets, "abc", 3);
        (void) wire_get(&l->in, &n);
        assert_int_equal(n, 0);
        assert_true(wire_get_u64(&l->in) == UINT64_C(0x8090a0b0c0d0e0f0));
        assert_false(l->in.bad);
}

static void numbers_are_most_significant_first(void **state) {
        Line *l = *state;

        wire_put_u32(&l->out, 0x01020304);
        assert_memory_equal(l->out.data, "\1\2\3\4", 4);
}

static void beyond_the_end_are_zeros_and_a_mark_that_stays(void **state) {
        Line *l = *state;
        size_t n;

        wire_put_u32(&l->out, 7);
        assert_true(wire_get_u64(&l->out) == 0);
        assert_true(l->out.bad);
        assert_int_equal(wire_get_u32(&l->out), 0); /* though four octets are there */
        assert_null(wire_get(&l->out, &n));
        assert_int_equal(n, 0);
}

static void octets_longer_than_the_rest_are_none(void **state) {
        Line *l = *state;
        size_t n = 99;

        wire_put_u32(&l->out, UINT32_MAX);
        wire_put_u32(&l->out, 0);
        assert_null(wire_get(&l->out, &n));
        assert_int_equal(n, 0);
        assert_true(l->out.bad);
}

static void a_used_wire_starts_again_empty(void **state) {
        Line *l = *state;

        wire_put_u32(&l->out, 1);
        (void) wire_get_u64(&l->out);
        wire_start(&l->out);
        assert_false(l->out.bad);
        wire_put_u32(&l->out, 2);
        assert_int_equal(l->out.size, 4);
        assert_int_equal(wire_get_u32(&l->out), 2);
}

static void more_than_a_frame_holds_is_refused_and_never_sent(void **state) {
        static const uint8_t much[WIRE_MAX];
        Line *l = *state;

        wire_put(&l->out, much, WIRE_MAX - 4);
        assert_false(l->out.bad);
        wire_put_u32(&l->out, 1);
        assert_true(l->out.bad);
        assert_int_equal(wire_send(l->ends[0], &l->out), -1);
        wire_start(&l->out);
        wire_put(&l->out, much, SIZE_MAX); /* an absurd length of a caller: not one octet is touched */
        assert_true(l->out.bad);
}

static void a_frame_that_is_too_long_or_empty_is_none(void **state) {
        Line *l = *state;

        wire_put_u32(&l->out, 1);
        assert_int_equal(wire_send(l->ends[0], &l->out), 0);
        assert_int_equal(wire_receive(l->ends[1], &l->in), 0);
        assert_int_equal(write(l->ends[0], "\0\0\0\0", 4), 4);
        assert_int_equal(wire_receive(l->ends[1], &l->in), -1);
        raw(l, "\0\x10\0\1xxxx", 8); /* 1 MiB and one */
        assert_int_equal(wire_receive(l->ends[1], &l->in), -1);
}

static void a_frame_cut_off_leaves_nothing_to_read(void **state) {
        Line *l = *state;

        wire_put_u64(&l->out, 42);
        assert_int_equal(wire_send(l->ends[0], &l->out), 0);
        assert_int_equal(wire_receive(l->ends[1], &l->in), 0);
        raw(l, "\0\0\0\x08\1\2\3", 7);
        assert_int_equal(wire_receive(l->ends[1], &l->in), -1);
        assert_true(wire_get_u64(&l->in) == 0);
        assert_true(l->in.bad);
}

static void a_peer_that_left_is_an_error_and_no_signal(void **state) {
        Line *l = *state;

        close(l->ends[1]);
        l->ends[1] = -1;
        wire_put_u32(&l->out, 1);
        assert_int_equal(wire_send(l->ends[0], &l->out), -1);
        assert_int_equal(wire_receive(l->ends[0], &l->in), -1);
}

static void every_function_has_a_name_and_a_number(void **state) {
        (void) state;
        for (uint32_t i = WIRE_NONE + 1; i < WIRE_FUNCTION_MAX; i++)
                assert_int_equal(wire_number(wire_name(i)), i);
        assert_int_equal(WIRE_FUNCTION_MAX - 1, 67);
        assert_string_equal(wire_name(WIRE_Sign), "C_Sign");
        assert_int_equal(wire_number("C_Nothing"), WIRE_NONE);
        assert_string_equal(wire_name(WIRE_NONE), "C_?");
        assert_string_equal(wire_name(WIRE_FUNCTION_MAX), "C_?");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(what_is_put_is_got_in_order, setup, teardown),
                cmocka_unit_test_setup_teardown(numbers_are_most_significant_first, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        beyond_the_end_are_zeros_and_a_mark_that_stays, setup, teardown),
                cmocka_unit_test_setup_teardown(octets_longer_than_the_rest_are_none, setup, teardown),
                cmocka_unit_test_setup_teardown(a_used_wire_starts_again_empty, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        more_than_a_frame_holds_is_refused_and_never_sent, setup, teardown),
                cmocka_unit_test_setup_teardown(a_frame_that_is_too_long_or_empty_is_none, setup, teardown),
                cmocka_unit_test_setup_teardown(a_frame_cut_off_leaves_nothing_to_read, setup, teardown),
                cmocka_unit_test_setup_teardown(a_peer_that_left_is_an_error_and_no_signal, setup, teardown),
                cmocka_unit_test(every_function_has_a_name_and_a_number),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
