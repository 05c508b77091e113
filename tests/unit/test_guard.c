/* The PIN guard and the other small files that outlive a restart. */
#include <fcntl.h>
#include <sys/stat.h>

#include "hsmd/engine-file.h"
#include "hsmd/guard.h"
#include "hsmd/pin-return.h"
#include "remove-tree.h"
#include "unit.h"

#define DEADLINE (20 * USEC_PER_SEC)

typedef struct World {
        char directory[64], pin_path[96], note_path[96];
        sd_event *event;
        Disk *disk;
        Guard *guard;
        GuardAnswer answer;
        bool answered;
        const char *allowed; /* whom on_allowed has to name */
} World;

static void put(const char *path, const char *text) {
        FILE *f = fopen(path, "we");

        assert_non_null(f);
        fputs(text, f);
        fclose(f);
        assert_int_equal(chmod(path, 0600), 0);
}

static void open_world(World *w) {
        assert_int_equal(sd_event_new(&w->event), 0);
        assert_int_equal(disk_new(w->event, &w->disk), 0);
        assert_int_equal(guard_new(w->directory, w->disk, &w->guard), 0);
}

static void close_world(World *w) {
        w->disk = disk_free(w->disk, DEADLINE);
        w->guard = guard_free(w->guard);
        w->event = sd_event_unref(w->event);
}

static int setup(void **state) {
        World *w = calloc(1, sizeof(*w));

        copy_text(w->directory, sizeof(w->directory), "/tmp/hsmd-guard-XXXXXX");
        assert_non_null(mkdtemp(w->directory));
        snprintf(w->pin_path, sizeof(w->pin_path), "%s/pin", w->directory);
        snprintf(w->note_path, sizeof(w->note_path), "%s/guard/one", w->directory);
        put(w->pin_path, "1234\n");
        open_world(w);
        *state = w;
        return 0;
}

static int teardown(void **state) {
        World *w = *state;
        int r;

        close_world(w);
        r = remove_tree(w->directory);
        free(w);
        return r;
}

static void on_answer(const GuardAnswer *answer, void *userdata) {
        World *w = userdata;

        w->answer = *answer;
        w->answered = true;
}

static const GuardAnswer *ask(World *w, const GuardRequest *request) {
        GuardQuestion *q = NULL;
        usec_t until = now_monotonic() + DEADLINE;

        w->answered = false;
        assert_true(guard_ask(w->guard, request, on_answer, w, &q) >= 0);
        while (!w->answered && now_monotonic() < until)
                assert_true(sd_event_run(w->event, USEC_PER_SEC) >= 0);
        assert_true(w->answered);
        return &w->answer;
}

static const char *const pool[] = {"one", "two", "three"};

/* A device of a pool of three, all with the same PIN. */
static const GuardAnswer *ask_member(World *w, const char *device) {
        SecretSource source = {.file = w->pin_path};
        const char *members[2];
        size_t n = 0;

        for (size_t i = 0; i < ELEMENTSOF(pool); i++)
                if (!streq(pool[i], device))
                        members[n++] = pool[i];
        return ask(w, &(GuardRequest){.device = device,
                              .serial = device,
                              .source = &source,
                              .members = members,
                              .n_members = n});
}

/* A device alone in its pool. */
static const GuardAnswer *ask_for(World *w, const char *serial) {
        SecretSource source = {.file = w->pin_path};

        return ask(w, &(GuardRequest){.device = "one", .serial = serial, .source = &source});
}

static const GuardAnswer *ask_with_clear_flags(World *w, const char *serial) {
        SecretSource source = {.file = w->pin_path};

        return ask(w,
                &(GuardRequest){.device = "one", .serial = serial, .source = &source, .flags_clear = true});
}

/* A restart: what counts is what is on disk. */
static void restart(World *w) {
        close_world(w);
        open_world(w);
}

static void a_new_pin_is_given_once_and_is_not_proven(void **state) {
        const GuardAnswer *a = ask_for(*state, "S1");

        assert_int_equal(a->reason, REASON_NONE);
        assert_string_equal(a->pin, "1234");
        assert_false(a->proven);
}

static void a_refused_pin_stays_refused_across_restarts(void **state) {
        World *w = *state;
        char hmac[65];

        copy_text(hmac, sizeof(hmac), ask_for(w, "S1")->hmac);
        guard_note(w->guard, "one", "S1", hmac, PIN_REFUSED, "CKR_PIN_INCORRECT");
        assert_int_equal(ask_for(w, "S1")->reason, REASON_PIN_REFUSED);
        restart(w);
        assert_int_equal(ask_for(w, "S1")->reason, REASON_PIN_REFUSED);
        assert_int_equal(w->answer.pin[0], '\0');
}

static void a_login_that_never_came_back_is_not_tried_again(void **state) {
        World *w = *state;
        char hmac[65];

        copy_text(hmac, sizeof(hmac), ask_for(w, "S1")->hmac);
        guard_note(w->guard, "one", "S1", hmac, PIN_KILLED, "none");
        assert_int_equal(ask_for(w, "S1")->reason, REASON_PIN_REFUSED);
}

static void a_changed_pin_gets_one_new_attempt(void **state) {
        World *w = *state;
        char hmac[65];

        copy_text(hmac, sizeof(hmac), ask_for(w, "S1")->hmac);
        guard_note(w->guard, "one", "S1", hmac, PIN_REFUSED, "CKR_PIN_INCORRECT");
        put(w->pin_path, "5678");
        assert_int_equal(ask_for(w, "S1")->reason, REASON_NONE);
        assert_string_equal(w->answer.pin, "5678");
}

static void a_note_removed_by_hand_gives_one_new_attempt(void **state) {
        World *w = *state;
        char hmac[65];

        copy_text(hmac, sizeof(hmac), ask_for(w, "S1")->hmac);
        guard_note(w->guard, "one", "S1", hmac, PIN_REFUSED, "CKR_PIN_INCORRECT");
        assert_int_equal(ask_for(w, "S1")->reason, REASON_PIN_REFUSED);
        assert_int_equal(unlink(w->note_path), 0);
        assert_int_equal(ask_for(w, "S1")->reason, REASON_NONE);
}

static void success_is_proof_for_this_token_alone(void **state) {
        World *w = *state;
        char hmac[65];

        copy_text(hmac, sizeof(hmac), ask_for(w, "S1")->hmac);
        guard_note(w->guard, "one", "S1", hmac, PIN_SUCCEEDED, "CKR_OK");
        restart(w);
        assert_true(ask_for(w, "S1")->proven);
        assert_false(ask_for(w, "S2")->proven);
}

static void a_damaged_note_means_closed(void **state) {
        World *w = *state;

        put(w->note_path, "rubbish\n");
        assert_int_equal(ask_for(w, "S1")->reason, REASON_GUARD_UNREADABLE);
        put(w->note_path, "");
        assert_int_equal(ask_for(w, "S1")->reason, REASON_GUARD_UNREADABLE);
        assert_int_equal(unlink(w->note_path), 0);
        assert_int_equal(mkdir(w->note_path, 0700), 0); /* cannot be read as a file at all */
        assert_int_equal(ask_for(w, "S1")->reason, REASON_GUARD_UNREADABLE);
}

static void a_pin_that_others_can_read_is_not_used(void **state) {
        World *w = *state;

        assert_int_equal(chmod(w->pin_path, 0644), 0);
        assert_int_equal(ask_for(w, "S1")->reason, REASON_PIN_UNAVAILABLE);
        assert_non_null(strstr(w->answer.detail, "0600"));
        assert_int_equal(unlink(w->pin_path), 0);
        assert_int_equal(ask_for(w, "S1")->reason, REASON_PIN_UNAVAILABLE);
}

static void the_note_holds_no_pin(void **state) {
        World *w = *state;
        char text[1024], hmac[65];
        size_t size = 0;
        struct stat st;

        put(w->pin_path, "a-very-secret-pin");
        copy_text(hmac, sizeof(hmac), ask_for(w, "S1")->hmac);
        guard_note(w->guard, "one", "S1", hmac, PIN_REFUSED, "CKR_PIN_INCORRECT");
        restart(w);
        assert_int_equal(read_small_file(w->note_path, text, sizeof(text), &size), 0);
        assert_null(strstr(text, "a-very-secret-pin"));
        assert_non_null(strstr(text, "CKR_PIN_INCORRECT"));
        assert_int_equal(stat(w->note_path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_dropped_question_is_not_answered(void **state) {
        World *w = *state;
        SecretSource source = {.file = w->pin_path};
        GuardQuestion *q = NULL;

        w->answered = false;
        assert_true(guard_ask(w->guard, &(GuardRequest){.device = "one", .serial = "S1", .source = &source},
                            on_answer, w, &q) >= 0);
        guard_drop(q);
        /* the disk works in order: an answer to a later question says that the first one is over */
        ask_for(w, "S2");
        assert_true(w->answered);
        assert_false(w->answer.proven);
        /* and its mark is taken back */
        restart(w);
        assert_int_equal(ask_for(w, "S1")->reason, REASON_NONE);
}

/* The mark is on disk already when nobody wants the answer any more. */
static void a_question_dropped_too_late_takes_its_mark_back(void **state) {
        World *w = *state;
        SecretSource source = {.file = w->pin_path};
        GuardQuestion *q = NULL;
        usec_t until = now_monotonic() + DEADLINE;

        assert_true(guard_ask(w->guard, &(GuardRequest){.device = "one", .serial = "S1", .source = &source},
                            on_answer, w, &q) >= 0);
        while (access(w->note_path, F_OK) < 0 && now_monotonic() < until)
                usleep(1000);
        assert_int_equal(access(w->note_path, F_OK), 0);
        guard_drop(q);
        assert_int_equal(ask_for(w, "S1")->reason, REASON_NONE);
}

static void end(World *w, const char *device, PinVerdict verdict) {
        assert_true(guard_note(w->guard, device, device, w->answer.hmac, verdict, "words") >= 0);
}

static void a_crash_inside_login_counts_as_a_refusal(void **state) {
        World *w = *state;

        assert_int_equal(ask_for(w, "S1")->reason, REASON_NONE);
        restart(w); /* nobody has said how it ended */
        assert_int_equal(ask_for(w, "S1")->reason, REASON_PIN_REFUSED);
        assert_non_null(strstr(w->answer.detail, "hsmctl pin retry one"));
        put(w->pin_path, "5678");
        assert_int_equal(ask_for(w, "S1")->reason, REASON_NONE);
}

/* The mark is there before the answer is: at that moment a crash may come. */
static void a_pin_is_marked_before_it_is_given(void **state) {
        World *w = *state;
        char text[1024];
        size_t size = 0;

        assert_int_equal(ask_for(w, "S1")->reason, REASON_NONE);
        assert_int_equal(read_small_file(w->note_path, text, sizeof(text), &size), 0);
        assert_non_null(strstr(text, "verdict in_flight\n"));
        assert_non_null(strstr(text, w->answer.hmac));
}

static void clear_flags_that_can_be_believed_undo_a_crash_but_no_hang(void **state) {
        World *w = *state;

        assert_int_equal(ask_for(w, "S1")->reason, REASON_NONE);
        restart(w);
        assert_int_equal(ask_with_clear_flags(w, "S1")->reason, REASON_NONE);
        guard_note(w->guard, "one", "S1", w->answer.hmac, PIN_KILLED, "none");
        assert_int_equal(ask_with_clear_flags(w, "S1")->reason, REASON_PIN_REFUSED);
}

static void a_login_that_was_not_made_leaves_no_trace(void **state) {
        World *w = *state;

        assert_int_equal(ask_for(w, "S1")->reason, REASON_NONE);
        assert_true(guard_withdraw(w->guard, "one") >= 0);
        restart(w);
        assert_int_equal(access(w->note_path, F_OK), -1);
        assert_int_equal(ask_for(w, "S1")->reason, REASON_NONE);
}

static void a_second_probe_gets_a_proven_pin_and_marks_nothing(void **state) {
        World *w = *state;
        SecretSource source = {.file = w->pin_path};
        GuardRequest second = {.device = "one", .serial = "S1", .source = &source, .proven_only = true};

        assert_int_equal(ask(w, &second)->reason, REASON_PIN_WAITING);
        assert_int_equal(access(w->note_path, F_OK), -1);
        assert_int_equal(ask_for(w, "S1")->reason, REASON_NONE);
        guard_note(w->guard, "one", "S1", w->answer.hmac, PIN_SUCCEEDED, "CKR_OK");
        assert_int_equal(ask(w, &second)->reason, REASON_NONE);
        assert_true(w->answer.proven);
}

static void a_refused_pin_stays_refused_when_it_comes_back_after_another(void **state) {
        World *w = *state;

        ask_for(w, "S1");
        guard_note(w->guard, "one", "S1", w->answer.hmac, PIN_REFUSED, "CKR_PIN_INCORRECT");
        put(w->pin_path, "5678");
        ask_for(w, "S1");
        guard_note(w->guard, "one", "S1", w->answer.hmac, PIN_SUCCEEDED, "CKR_OK");
        put(w->pin_path, "1234");
        assert_int_equal(ask_for(w, "S1")->reason, REASON_PIN_REFUSED);
}

/* --- a PIN that is new to a pool
 * ---------------------------------------------------------------------------- */

static void a_new_pin_is_tried_on_one_member_while_the_others_wait(void **state) {
        World *w = *state;

        assert_int_equal(ask_member(w, "two")->reason, REASON_NONE);
        assert_int_equal(ask_member(w, "one")->reason, REASON_PIN_WAITING);
        assert_non_null(strstr(w->answer.detail, "tried on two first"));
        assert_int_equal(ask_member(w, "three")->reason, REASON_PIN_WAITING);
        end(w, "two", PIN_SUCCEEDED);
        assert_int_equal(ask_member(w, "one")->reason, REASON_NONE);
        assert_false(w->answer.proven);
        assert_int_equal(ask_member(w, "three")->reason, REASON_NONE);
}

static void a_pin_refused_on_one_member_stops_the_pool(void **state) {
        World *w = *state;

        ask_member(w, "two");
        end(w, "two", PIN_REFUSED);
        for (unsigned i = 0; i < 2; i++) {
                assert_int_equal(ask_member(w, "one")->reason, REASON_PIN_REFUSED);
                assert_non_null(strstr(w->answer.detail, "refused on two"));
                restart(w);
        }
        put(w->pin_path, "5678");
        assert_int_equal(ask_member(w, "one")->reason, REASON_NONE);
        assert_int_equal(ask_member(w, "two")->reason, REASON_PIN_WAITING);
}

static void a_trial_that_never_ends_blocks_that_member_alone(void **state) {
        World *w = *state;

        ask_member(w, "two");
        end(w, "two", PIN_KILLED);
        assert_int_equal(ask_member(w, "two")->reason, REASON_PIN_REFUSED);
        assert_int_equal(ask_member(w, "one")->reason, REASON_NONE);
        restart(w); /* crashes in it */
        assert_int_equal(ask_member(w, "one")->reason, REASON_PIN_REFUSED);
        assert_int_equal(ask_member(w, "three")->reason, REASON_NONE);
}

static void a_trial_that_was_not_made_passes_on(void **state) {
        World *w = *state;

        ask_member(w, "two");
        assert_int_equal(ask_member(w, "one")->reason, REASON_PIN_WAITING);
        guard_withdraw(w->guard, "two");
        assert_int_equal(ask_member(w, "one")->reason, REASON_NONE);
        assert_int_equal(ask_member(w, "two")->reason, REASON_PIN_WAITING);
}

static void a_pin_that_is_right_for_the_pool_is_refused_by_the_odd_member_alone(void **state) {
        World *w = *state;

        ask_member(w, "two");
        end(w, "two", PIN_SUCCEEDED);
        ask_member(w, "one");
        end(w, "one", PIN_REFUSED);
        assert_int_equal(ask_member(w, "one")->reason, REASON_PIN_REFUSED);
        assert_int_equal(ask_member(w, "three")->reason, REASON_NONE);
}

static void a_damaged_note_of_another_member_may_hide_a_refusal(void **state) {
        World *w = *state;

        put(w->note_path, "rubbish\n");
        assert_int_equal(ask_member(w, "two")->reason, REASON_GUARD_UNREADABLE);
        assert_non_null(strstr(w->answer.detail, "one"));
}

/* --- an operator's word
 * ------------------------------------------------------------------------------------- */

static void on_allowed(int error, const char *device, void *userdata) {
        World *w = userdata;

        assert_int_equal(error, 0);
        assert_string_equal(device, w->allowed);
        w->answered = true;
}

/* Until it is done: the PIN is read meanwhile. */
static void allow(World *w, const char *device) {
        SecretSource source = {.file = w->pin_path};
        usec_t until = now_monotonic() + DEADLINE;

        w->answered = false;
        w->allowed = device;
        assert_true(guard_allow(w->guard, device, &source, "zhang", on_allowed, w) >= 0);
        while (!w->answered && now_monotonic() < until)
                assert_true(sd_event_run(w->event, USEC_PER_SEC) >= 0);
        assert_true(w->answered);
}

static void an_operator_allows_exactly_one_more_attempt(void **state) {
        World *w = *state;

        ask_for(w, "S1");
        guard_note(w->guard, "one", "S1", w->answer.hmac, PIN_REFUSED, "CKR_PIN_INCORRECT");
        allow(w, "one");
        restart(w);
        assert_int_equal(ask_for(w, "S1")->reason, REASON_NONE);
        guard_note(w->guard, "one", "S1", w->answer.hmac, PIN_REFUSED, "CKR_PIN_INCORRECT");
        assert_int_equal(ask_for(w, "S1")->reason, REASON_PIN_REFUSED);
}

static void a_word_that_could_not_be_used_is_not_lost(void **state) {
        World *w = *state;

        ask_for(w, "S1");
        guard_note(w->guard, "one", "S1", w->answer.hmac, PIN_REFUSED, "CKR_PIN_INCORRECT");
        allow(w, "one");
        assert_int_equal(ask_for(w, "S1")->reason, REASON_NONE);
        guard_withdraw(w->guard, "one");
        assert_int_equal(ask_for(w, "S1")->reason, REASON_NONE);
        restart(w); /* a crash uses it up */
        assert_int_equal(ask_for(w, "S1")->reason, REASON_PIN_REFUSED);
        assert_int_equal(ask_with_clear_flags(w, "S1")->reason, REASON_PIN_REFUSED);
}

static void one_more_attempt_on_a_member_is_none_for_its_pool(void **state) {
        World *w = *state;

        ask_member(w, "two");
        end(w, "two", PIN_REFUSED);
        allow(w, "one"); /* which has not tried it yet */
        assert_int_equal(ask_member(w, "three")->reason, REASON_PIN_REFUSED);
        assert_int_equal(ask_member(w, "two")->reason, REASON_PIN_REFUSED);
        assert_int_equal(ask_member(w, "one")->reason, REASON_NONE);
        end(w, "one", PIN_KILLED);
        allow(w, "two");
        ask_member(w, "two");
        end(w, "two", PIN_KILLED);
        assert_int_equal(ask_member(w, "three")->reason, REASON_PIN_REFUSED);
}

static void an_operators_word_mends_a_damaged_note(void **state) {
        World *w = *state;

        put(w->note_path, "rubbish\n");
        allow(w, "one");
        assert_int_equal(ask_for(w, "S1")->reason, REASON_NONE);
        end(w, "one", PIN_REFUSED);
        restart(w);
        allow(w, "one");
        put(w->pin_path, "5678"); /* the word was for the other PIN, and a changed one needs none */
        assert_int_equal(ask_for(w, "S1")->reason, REASON_NONE);
}

/* --- what is damaged
 * ---------------------------------------------------------------------------------------- */

static void one_changed_character_damages_a_note(void **state) {
        World *w = *state;
        char text[2048], *digit;
        size_t size = 0;

        ask_for(w, "S1");
        guard_note(w->guard, "one", "S1", w->answer.hmac, PIN_REFUSED, "CKR_PIN_INCORRECT");
        restart(w);
        assert_int_equal(read_small_file(w->note_path, text, sizeof(text), &size), 0);
        digit = strstr(text, "hmac ") + 5;
        *digit = *digit == 'a' ? 'b' : 'a'; /* still an HMAC, but of another PIN */
        put(w->note_path, text);
        assert_int_equal(ask_for(w, "S1")->reason, REASON_GUARD_UNREADABLE);
}

static void without_its_host_key_the_guard_is_closed(void **state) {
        World *w = *state;
        char key[96];

        ask_for(w, "S1");
        guard_note(w->guard, "one", "S1", w->answer.hmac, PIN_REFUSED, "CKR_PIN_INCORRECT");
        snprintf(key, sizeof(key), "%s/host.key", w->directory);
        assert_null(guard_closed(w->guard));
        close_world(w);
        assert_int_equal(unlink(key), 0);
        open_world(w);
        assert_non_null(guard_closed(w->guard));
        assert_int_equal(ask_for(w, "S1")->reason, REASON_GUARD_UNREADABLE);
        assert_non_null(strstr(w->answer.detail, "host.key is gone"));
        assert_int_equal(access(key, F_OK), -1); /* a new one would look as if nothing had been refused */
        close_world(w);
        put(key, "too short");
        open_world(w);
        assert_int_equal(ask_for(w, "S1")->reason, REASON_GUARD_UNREADABLE);
}

static void a_pin_that_cannot_be_marked_is_not_given(void **state) {
        World *w = *state;
        char blocker[128];

        snprintf(blocker, sizeof(blocker), "%s.new", w->note_path);
        assert_int_equal(mkdir(blocker, 0700), 0); /* in the way of writing the note */
        assert_int_equal(ask_for(w, "S1")->reason, REASON_GUARD_UNREADABLE);
        assert_int_equal(rmdir(blocker), 0);
        assert_int_equal(ask_for(w, "S1")->reason, REASON_NONE);
}

static void an_outcome_that_the_disk_did_not_take_is_not_forgotten(void **state) {
        World *w = *state;
        char blocker[128];

        assert_int_equal(ask_member(w, "one")->reason, REASON_NONE);
        snprintf(blocker, sizeof(blocker), "%s.new", w->note_path);
        assert_int_equal(mkdir(blocker, 0700), 0);
        end(w, "one", PIN_SUCCEEDED);
        assert_true(ask_member(w, "one")->proven);
        assert_int_equal(ask_member(w, "two")->reason, REASON_NONE);
        assert_int_equal(rmdir(blocker), 0);
}

/* --- what an answer of C_Login says (PKCS#11 v2.40, section 11.1)
 * ------------------------------------------ */

#define OF_PIN_INCORRECT 0xA0
#define OF_PIN_LOCKED 0xA4
#define OF_FUNCTION_FAILED 0x06
#define OF_DEVICE_ERROR 0x30
#define OF_ALREADY_LOGGED_IN 0x100
#define OF_VENDOR UINT64_C(0x80000001)

static void a_plain_refusal_counts_even_for_a_proven_pin(void **state UNUSED) {
        const ConfigVendor vendor = {0};

        for (uint64_t rv = OF_PIN_INCORRECT; rv <= OF_PIN_LOCKED; rv++)
                for (int proven = 0; proven < 2; proven++)
                        assert_int_equal(pin_return(rv, proven, &vendor), PIN_RETURN_COUNTED);
        assert_int_equal(pin_return(0, false, &vendor), PIN_RETURN_ACCEPTED);
}

static void a_vague_answer_counts_for_an_unproven_pin_alone(void **state UNUSED) {
        const ConfigVendor vendor = {0};

        assert_int_equal(pin_return(OF_FUNCTION_FAILED, false, &vendor), PIN_RETURN_COUNTED);
        assert_int_equal(pin_return(OF_FUNCTION_FAILED, true, &vendor), PIN_RETURN_NOTHING);
        assert_int_equal(pin_return(OF_VENDOR, false, &vendor), PIN_RETURN_COUNTED);
        assert_int_equal(pin_return(OF_VENDOR, true, &vendor), PIN_RETURN_NOTHING);
        assert_int_equal(pin_return(OF_DEVICE_ERROR, false, &vendor), PIN_RETURN_NOTHING);
        assert_int_equal(pin_return(OF_ALREADY_LOGGED_IN, false, &vendor), PIN_RETURN_NOTHING);
}

static void a_vendors_own_return_is_what_its_profile_says(void **state UNUSED) {
        ProbeReturn returns[] = {{OF_VENDOR, RETURN_CREDENTIAL, "CKR_OURS_BAD_PIN"},
                {OF_VENDOR + 1, RETURN_BUSY, "CKR_OURS_BUSY"},
                {OF_VENDOR + 2, RETURN_SESSION, "CKR_OURS_SESSIONS"}};
        const ConfigVendor vendor = {.returns = returns, .n_returns = ELEMENTSOF(returns)};
        char buffer[24];

        for (int proven = 0; proven < 2; proven++) {
                assert_int_equal(pin_return(OF_VENDOR, proven, &vendor), PIN_RETURN_COUNTED);
                assert_int_equal(pin_return(OF_VENDOR + 1, proven, &vendor), PIN_RETURN_NOTHING);
                assert_int_equal(pin_return(OF_VENDOR + 2, proven, &vendor), PIN_RETURN_NOTHING);
        }
        assert_string_equal(pin_return_name(OF_VENDOR, &vendor, buffer), "CKR_OURS_BAD_PIN");
        assert_string_equal(pin_return_name(OF_PIN_LOCKED, &vendor, buffer), "CKR_PIN_LOCKED");
}

static void count_work(void *job UNUSED) {
        usleep(20 * 1000);
}

static void count_done(void *job, bool cancelled) {
        *(unsigned *) job += !cancelled;
}

/* What was promised is finished, and no longer waited for than that. */
static void the_disk_ends_as_soon_as_its_jobs_are_done(void **state) {
        World *w = *state;
        unsigned done = 0;
        usec_t began = now_monotonic();

        for (unsigned i = 0; i < 3; i++)
                assert_int_equal(disk_submit(w->disk, &done, count_work, count_done), 0);
        w->disk = disk_free(w->disk, DEADLINE);
        assert_true(now_monotonic() - began < DEADLINE / 2);
}

static void engine_boots_only_grow_and_the_id_stays(void **state) {
        World *w = *state;
        EngineFile first = {0}, next = {0};
        char path[96];

        snprintf(path, sizeof(path), "%s/engine", w->directory);
        assert_int_equal(engine_file_boot(path, &first), 0);
        assert_int_equal(first.boots, 1);
        assert_in_range(first.id_size, 5, 32); /* RFC 3411, SnmpEngineID */
        for (uint32_t i = 2; i < 5; i++) {
                assert_int_equal(engine_file_boot(path, &next), 0);
                assert_int_equal(next.boots, i);
                assert_memory_equal(next.id, first.id, sizeof(first.id));
        }
        put(path, "id zz\n");
        assert_int_equal(engine_file_boot(path, &next), -EBADMSG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(a_new_pin_is_given_once_and_is_not_proven, setup, teardown),
                cmocka_unit_test_setup_teardown(a_refused_pin_stays_refused_across_restarts, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        a_login_that_never_came_back_is_not_tried_again, setup, teardown),
                cmocka_unit_test_setup_teardown(a_changed_pin_gets_one_new_attempt, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        a_note_removed_by_hand_gives_one_new_attempt, setup, teardown),
                cmocka_unit_test_setup_teardown(success_is_proof_for_this_token_alone, setup, teardown),
                cmocka_unit_test_setup_teardown(a_damaged_note_means_closed, setup, teardown),
                cmocka_unit_test_setup_teardown(a_pin_that_others_can_read_is_not_used, setup, teardown),
                cmocka_unit_test_setup_teardown(the_note_holds_no_pin, setup, teardown),
                cmocka_unit_test_setup_teardown(a_dropped_question_is_not_answered, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        a_question_dropped_too_late_takes_its_mark_back, setup, teardown),
                cmocka_unit_test_setup_teardown(a_crash_inside_login_counts_as_a_refusal, setup, teardown),
                cmocka_unit_test_setup_teardown(a_pin_is_marked_before_it_is_given, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        clear_flags_that_can_be_believed_undo_a_crash_but_no_hang, setup, teardown),
                cmocka_unit_test_setup_teardown(a_login_that_was_not_made_leaves_no_trace, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        a_second_probe_gets_a_proven_pin_and_marks_nothing, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        a_refused_pin_stays_refused_when_it_comes_back_after_another, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        a_new_pin_is_tried_on_one_member_while_the_others_wait, setup, teardown),
                cmocka_unit_test_setup_teardown(a_pin_refused_on_one_member_stops_the_pool, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        a_trial_that_never_ends_blocks_that_member_alone, setup, teardown),
                cmocka_unit_test_setup_teardown(a_trial_that_was_not_made_passes_on, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        a_pin_that_is_right_for_the_pool_is_refused_by_the_odd_member_alone, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        a_damaged_note_of_another_member_may_hide_a_refusal, setup, teardown),
                cmocka_unit_test_setup_teardown(an_operator_allows_exactly_one_more_attempt, setup, teardown),
                cmocka_unit_test_setup_teardown(a_word_that_could_not_be_used_is_not_lost, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        one_more_attempt_on_a_member_is_none_for_its_pool, setup, teardown),
                cmocka_unit_test_setup_teardown(an_operators_word_mends_a_damaged_note, setup, teardown),
                cmocka_unit_test_setup_teardown(one_changed_character_damages_a_note, setup, teardown),
                cmocka_unit_test_setup_teardown(without_its_host_key_the_guard_is_closed, setup, teardown),
                cmocka_unit_test_setup_teardown(a_pin_that_cannot_be_marked_is_not_given, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        an_outcome_that_the_disk_did_not_take_is_not_forgotten, setup, teardown),
                cmocka_unit_test(a_plain_refusal_counts_even_for_a_proven_pin),
                cmocka_unit_test(a_vague_answer_counts_for_an_unproven_pin_alone),
                cmocka_unit_test(a_vendors_own_return_is_what_its_profile_says),
                cmocka_unit_test_setup_teardown(the_disk_ends_as_soon_as_its_jobs_are_done, setup, teardown),
                cmocka_unit_test_setup_teardown(engine_boots_only_grow_and_the_id_stays, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
