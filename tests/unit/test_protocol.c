/* The protocol between hsmd and its workers: whole messages or none. */
#include <fcntl.h>
#include <sys/socket.h>

#include "hsmd/common/protocol.h"
#include "unit.h"

typedef struct Pair {
        int ends[2];
        _Alignas(64) uint8_t buffer[PROTOCOL_MAX];
} Pair;

static int setup(void **state) {
        Pair *p = aligned_alloc(64, sizeof(Pair));

        *state = p;
        return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, p->ends);
}

static int teardown(void **state) {
        Pair *p = *state;

        closep(&p->ends[0]);
        closep(&p->ends[1]);
        free(p);
        return 0;
}

static void a_message_passes_with_its_descriptor(void **state) {
        MsgPlain m = MESSAGE(MsgPlain, MSG_PING);
        Pair *p = *state;
        int fd = -1, null = open("/dev/null", O_RDONLY | O_CLOEXEC);

        m.sequence = 42;
        assert_int_equal(protocol_send(p->ends[0], &m.head, null), 0);
        assert_int_equal(protocol_receive(p->ends[1], p->buffer, &fd), MSG_PING);
        assert_int_equal(((MsgPlain *) (void *) p->buffer)->sequence, 42);
        assert_true(fd >= 0);
        assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        close(fd);
        close(null);
}

static void a_wrong_length_is_refused_and_its_descriptor_closed(void **state) {
        MsgPlain m = MESSAGE(MsgPlain, MSG_PROBE_RESULT); /* far too short for one */
        Pair *p = *state;
        int fd = -1, null = open("/dev/null", O_RDONLY | O_CLOEXEC);
        int next;

        assert_int_equal(protocol_send(p->ends[0], &m.head, null), 0);
        close(null);
        next = open(
                "/dev/null", O_RDONLY | O_CLOEXEC); /* the number that a leaked descriptor would take next */
        close(next);
        assert_int_equal(protocol_receive(p->ends[1], p->buffer, &fd), -EBADMSG);
        assert_int_equal(fd, -1);
        assert_int_equal(fcntl(next, F_GETFD), -1);
}

static void unknown_types_and_scraps_are_refused(void **state) {
        MessageHead none = {.type = 0, .size = sizeof(none)},
                    beyond = {.type = MSG_MAX, .size = sizeof(beyond)};
        Pair *p = *state;
        int fd = -1;

        assert_int_equal(protocol_send(p->ends[0], &none, -1), 0);
        assert_int_equal(protocol_receive(p->ends[1], p->buffer, &fd), -EBADMSG);
        assert_int_equal(protocol_send(p->ends[0], &beyond, -1), 0);
        assert_int_equal(protocol_receive(p->ends[1], p->buffer, &fd), -EBADMSG);
        assert_int_equal(send(p->ends[0], "x", 1, 0), 1);
        assert_int_equal(protocol_receive(p->ends[1], p->buffer, &fd), -EBADMSG);
        assert_int_equal(protocol_receive(p->ends[1], p->buffer, &fd), -EAGAIN);
}

static void an_end_is_an_end_whatever_was_left_unread(void **state) {
        MsgPlain m = MESSAGE(MsgPlain, MSG_PONG);
        Pair *p = *state;
        int fd = -1;

        assert_int_equal(protocol_send(p->ends[1], &m.head, -1), 0);
        close(p->ends[0]);
        p->ends[0] = -1;
        assert_int_equal(protocol_receive(p->ends[1], p->buffer, &fd), 0);
}

static void a_peer_that_does_not_read_is_not_waited_for(void **state) {
        MsgPlain m = MESSAGE(MsgPlain, MSG_PING);
        Pair *p = *state;
        int r = 0;

        for (unsigned i = 0; i < 100000 && r == 0; i++)
                r = protocol_send(p->ends[0], &m.head, -1);
        assert_int_equal(r, -EAGAIN);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(a_message_passes_with_its_descriptor, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        a_wrong_length_is_refused_and_its_descriptor_closed, setup, teardown),
                cmocka_unit_test_setup_teardown(unknown_types_and_scraps_are_refused, setup, teardown),
                cmocka_unit_test_setup_teardown(an_end_is_an_end_whatever_was_left_unread, setup, teardown),
                cmocka_unit_test_setup_teardown(a_peer_that_does_not_read_is_not_waited_for, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
