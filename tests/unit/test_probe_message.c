/* What a probe signs can never pass for anything else. */

#include "unit.h"

#include "pkcs11/message.h"

static void message_says_whose_it_is_and_when(void **state) {
        static const uint8_t head[] = "HSMD probe\0bureau-1\0\x01\x02\x03\x04\x05\x06\x07\x08";
        uint8_t message[MESSAGE_SIZE_MAX];

        (void) state;
        assert_int_equal(message_make("bureau-1", UINT64_C(0x0102030405060708), message),
                sizeof(head) - 1 + MESSAGE_NONCE_SIZE);
        assert_memory_equal(message, head, sizeof(head) - 1);
}

static void no_two_messages_are_alike(void **state) {
        uint8_t a[MESSAGE_SIZE_MAX] = {0}, b[MESSAGE_SIZE_MAX] = {0};

        (void) state;
        assert_int_equal(message_make("one", 1, a), message_make("one", 1, b));
        assert_memory_not_equal(a, b, sizeof(a));
}

static void longest_name_fits_and_a_longer_one_is_refused(void **state) {
        char name[65];
        uint8_t message[MESSAGE_SIZE_MAX];

        (void) state;
        memset(name, 'x', sizeof(name));
        name[63] = '\0';
        assert_int_equal(message_make(name, 1, message), MESSAGE_SIZE_MAX);
        name[63] = 'x';
        name[64] = '\0';
        assert_int_equal(message_make(name, 1, message), -EINVAL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(message_says_whose_it_is_and_when),
                cmocka_unit_test(no_two_messages_are_alike),
                cmocka_unit_test(longest_name_fits_and_a_longer_one_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
