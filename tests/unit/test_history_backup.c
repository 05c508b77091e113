/* What a backup holds comes back, and nothing that was used is used again. */
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "history-fixture.h"
#include "hsmd/disk.h"
#include "hsmd/history-backup.h"
#include "hsmd/numbers.h"
#include "remove-tree.h"
#include "unit.h"

#define EVENTS 5000

/* --- files
 * --------------------------------------------------------------------------------------------------- */

static void write_state(const char *state, const char *file, const char *text) {
        char path[256], *slash;

        snprintf(path, sizeof(path), "%s/%s", state, file);
        slash = strrchr(path, '/');
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
        assert_int_equal(write_file_durably(path, text, strlen(text)), 0);
}

static void remove_state(const char *state, const char *file) {
        char path[256];

        snprintf(path, sizeof(path), "%s/%s", state, file);
        assert_int_equal(unlink(path), 0);
}

static void assert_file(const char *state, const char *file, const char *text) {
        char path[256], content[256] = "";
        size_t size = 0;
        int r;

        snprintf(path, sizeof(path), "%s/%s", state, file);
        r = read_small_file(path, content, sizeof(content), &size);
        if (text)
                assert_string_equal(content, text);
        else
                assert_int_equal(r, -ENOENT);
}

static void fill(World *w) {
        write_state(w->state, "numbers", "reserved 6000\n");
        write_state(w->state, "host.key", "0123456789abcdef0123456789abcdef");
        write_state(w->state, "guard/sign-1", "note 1\n");
        write_state(w->state, "guard/sign-2", "note 2\n");
        write_state(w->state, "pins/bureau", "key 1\n");
        write_state(w->state, "sensors/device-sign-1", "next 1000\n");
        write_state(w->state, "measured/sign-1", "");
        write_state(w->state, "engine-serve", "id 80001f8805aabb\nboots 7\n");
        write_state(w->state, "secret", "PIN 1234\n"); /* nobody knows what it is */
        write_state(w->state, "guard/sign-3.new", "half\n");
        world_start(w);
        for (uint64_t id = 1; id <= EVENTS; id++) {
                Event e = event_full(id, id % 50 ? EVENT_DEVICE_STATE : EVENT_ALARM_RAISED, 1);

                FIELD_SET(Event, &e, notify_sequence, id);
                world_append(w, &e);
        }
        for (usec_t i = 0; i < 3000; i++) {
                RollupRow r = {0};

                FIELD_SET(Rollup, &r, device, 1 + (uint32_t) (i % 9));
                FIELD_SET(Rollup, &r, start, (28333333 + i / 9) * 60 * USEC_PER_SEC);
                FIELD_SET(Rollup, &r, probes, 6);
                history_rollup(w->history, &r);
        }
        world_until_stored(w, EVENTS);
}

static bool is_answered(const World *w) {
        return w->answered;
}

static void on_done(int error, const char *message, void *userdata) {
        World *w = userdata;

        w->error = error;
        free(w->text);
        w->text = strdup(message);
        w->answered = true;
}

static void backup_path(const World *w, char dst[static 192]) {
        snprintf(dst, 192, "%s.backup", w->state);
}

static int create(const World *w) {
        char path[192];
        int fd;

        backup_path(w, path);
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        return fd;
}

static void backup(World *w) {
        w->answered = false;
        history_backup(w->history, create(w), on_done, w);
        world_until(w, is_answered, "a backup");
        if (w->error < 0)
                fail_msg("backup: %s", w->text);
}

static int teardown(void **state) {
        char path[192];

        backup_path(*state, path);
        unlink(path);
        return world_teardown(state);
}

static int restore(World *w, bool force, char *message, size_t size) {
        CLEANUP_FREE char *said = NULL;
        char path[192];
        int r;

        backup_path(w, path);
        r = history_restore_file(&(RestoreOptions){.file = path, .state = w->state, .force = force}, &said);
        assert_non_null(said);
        copy_text(message, size, said);
        return r;
}

/* The state directory is lost. */
static void lose(World *w) {
        world_close(w);
        assert_int_equal(remove_tree(w->state), 0);
}

/* --- tests
 * --------------------------------------------------------------------------------------------------- */

static void a_lost_state_directory_comes_back(void **state) {
        World *w = *state;
        char message[512];
        struct stat st;

        fill(w);
        backup(w);
        assert_non_null(strstr(w->text, "5000 events"));
        lose(w);
        if (restore(w, false, message, sizeof(message)) < 0)
                fail_msg("%s", message);
        assert_file(w->state, "host.key", "0123456789abcdef0123456789abcdef");
        assert_file(w->state, "guard/sign-2", "note 2\n");
        assert_file(w->state, "pins/bureau", "key 1\n");
        assert_file(w->state, "sensors/device-sign-1", "next 1000\n");
        assert_file(w->state, "secret", NULL);
        assert_file(w->state, "guard/sign-3.new", NULL);

        HistoryState *kept = world_open(w);

        assert_int_equal(w->trouble, REASON_NONE);
        assert_int_equal(kept->last_event, EVENTS);
        assert_int_equal(kept->n_alarms, EVENTS / 50);
        history_state_free(kept);
        world_events(w, &(EventFilter){.after = EVENTS - 1});
        assert_string_equal(w->events[0].text, "sign-1 is down: C_Sign had not returned after 5.0 s");
        world_rollups(w, 9, false, 0, 0);
        assert_int_equal(w->n, 333);
        world_rollups(w, 1, true, 0, 0);
        assert_int_equal(w->n, 6);
        assert_int_equal(world_count(w, ".new"), 0);
        world_path(w, "events.db", message);
        assert_int_equal(stat(message, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
}

static void nothing_that_was_used_is_used_again(void **state) {
        World *w = *state;
        char message[512];
        uint64_t reserved = 0;

        fill(w);
        backup(w);
        world_close(w);
        /* hsmd went on after the backup was made */
        write_state(w->state, "numbers", "reserved 9000000\n");
        write_state(w->state, "engine-serve", "id 80001f8805aabb\nboots 900\n");
        if (restore(w, true, message, sizeof(message)) < 0)
                fail_msg("%s", message);
        assert_int_equal(numbers_peek(w->state, &reserved), 0);
        assert_int_equal(reserved, 10000000);
        assert_file(w->state, "engine-serve", "id 80001f8805aabb\nboots 100900\n");

        HistoryState *kept = world_open(w);

        assert_int_equal(kept->last_sequence, 10000000);
        assert_int_equal(kept->hole_after, EVENTS);
        assert_int_equal(kept->hole_to, 10000000);
        history_state_free(kept);
}

static void what_is_there_is_set_aside_and_only_if_asked_for(void **state) {
        World *w = *state;
        char message[512], aside[256], *kept_as;

        fill(w);
        backup(w);
        world_close(w);
        write_state(w->state, "pins/bureau", "key of today\n");
        assert_int_equal(restore(w, false, message, sizeof(message)), -EEXIST);
        assert_non_null(strstr(message, "--force"));
        assert_file(w->state, "pins/bureau", "key of today\n");
        assert_int_equal(restore(w, true, message, sizeof(message)), 0);
        assert_file(w->state, "pins/bureau", "key 1\n");
        kept_as = strstr(message, "before-restore.kept-");
        assert_non_null(kept_as);
        snprintf(aside, sizeof(aside), "%.*s/pins/bureau", (int) strcspn(kept_as, ";"), kept_as);
        assert_file(w->state, aside, "key of today\n");
}

static void notes_of_pins_that_are_there_stay(void **state) {
        World *w = *state;
        char message[512];

        fill(w);
        backup(w);
        world_close(w);
        write_state(w->state, "guard/sign-1", "newer note 1\n");
        remove_state(w->state, "guard/sign-2");
        assert_int_equal(restore(w, true, message, sizeof(message)), 0);
        assert_file(w->state, "guard/sign-1", "newer note 1\n");
        assert_file(w->state, "guard/sign-2", "note 2\n"); /* of the same host's key */
        assert_non_null(strstr(message, "the notes of PINs that were there stay"));
        assert_null(strstr(message, "left out"));
        /* and on another host */
        write_state(w->state, "host.key", "another key another key another ");
        remove_state(w->state, "guard/sign-2");
        assert_int_equal(restore(w, true, message, sizeof(message)), 0);
        assert_file(w->state, "host.key", "another key another key another ");
        assert_file(w->state, "guard/sign-1", "newer note 1\n");
        assert_file(w->state, "guard/sign-2", NULL);
        assert_non_null(strstr(message, "left out"));
}

static int lock(const char *state) {
        struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        char path[256];
        int fd;

        snprintf(path, sizeof(path), "%s/lock", state);
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        return fd < 0 || fcntl(fd, F_SETLK, &whole) < 0 ? -1 : fd;
}

static void nothing_is_restored_while_hsmd_runs(void **state) {
        World *w = *state;
        char message[512], ready;
        int ends[2];
        pid_t child;

        fill(w);
        backup(w);
        world_close(w);
        assert_int_equal(pipe(ends), 0);
        child = fork();
        if (child == 0) { /* as hsmd: a lock is a process's */
                ready = lock(w->state) >= 0 ? 'y' : 'n';
                if (write(ends[1], &ready, 1) == 1)
                        pause();
                _exit(0);
        }
        assert_int_equal(read(ends[0], &ready, 1), 1);
        assert_int_equal(ready, 'y');
        assert_int_equal(restore(w, true, message, sizeof(message)), -EBUSY);
        kill(child, SIGKILL);
        assert_non_null(strstr(message, "systemctl stop hsmd"));
        assert_file(w->state, "numbers", "reserved 6000\n");
        close(ends[0]);
        close(ends[1]);
}

static void what_is_no_backup_is_refused_and_changes_nothing(void **state) {
        World *w = *state;
        char message[512], path[192];
        int fd;

        fill(w);
        backup(w);
        world_close(w);
        backup_path(w, path);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        assert_int_equal(pwrite(fd, message, sizeof(message), 30 * 4096), sizeof(message));
        assert_int_equal(pwrite(fd, message, sizeof(message), 31 * 4096), sizeof(message));
        close(fd);
        assert_int_equal(restore(w, true, message, sizeof(message)), -EINVAL);
        assert_non_null(strstr(message, "damaged"));
        assert_int_equal(truncate(path, 0), 0);
        assert_int_equal(restore(w, true, message, sizeof(message)), -EINVAL);
        assert_non_null(strstr(message, "hsmctl backup"));
        unlink(path);
        assert_int_equal(restore(w, true, message, sizeof(message)), -ENOENT);
        assert_file(w->state, "numbers", "reserved 6000\n");
        assert_int_equal(world_count(w, "events.db"), 2); /* with its log */
}

static void a_backup_of_a_newer_hsmd_is_refused(void **state) {
        World *w = *state;
        char message[512], path[192];
        sqlite3 *db;

        fill(w);
        backup(w);
        world_close(w);
        backup_path(w, path);
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL);
        sqlite3_close(db);
        assert_int_equal(restore(w, true, message, sizeof(message)), -EINVAL);
        assert_non_null(strstr(message, "newer hsmd"));
}

/* Events go on being stored meanwhile, and the backup is of one moment. */
static void a_backup_holds_up_no_event(void **state) {
        World *w = *state;
        char message[512];
        uint64_t id = EVENTS, during = 0;

        fill(w);
        w->answered = false;
        history_backup(w->history, create(w), on_done, w);
        while (!w->answered) {
                Event e = event_full(++id, EVENT_ACTION, 1);

                world_append(w, &e);
                during += w->stored == id - 1 && !w->answered;
                sd_event_run(w->event, 5 * USEC_PER_SEC);
        }
        assert_int_equal(w->error, 0);
        assert_true(during > 0);
        world_until_stored(w, id);
        lose(w);
        assert_int_equal(restore(w, false, message, sizeof(message)), 0);
        world_start(w);
        world_events(w, &(EventFilter){.newest = true, .limit = 1000});
        for (size_t i = 1; i < w->n; i++)
                assert_int_equal(w->events[i].id, w->events[i - 1].id + 1);
        assert_true(w->events[w->n - 1].id >= EVENTS);
}

static void on_other(int error, const char *message, void *userdata) {
        int *ret = userdata;

        assert_non_null(message);
        *ret = error;
}

static void one_backup_is_written_at_a_time(void **state) {
        World *w = *state;
        int other = 1;

        fill(w);
        w->answered = false;
        history_backup(w->history, create(w), on_done, w);
        history_backup(w->history, open("/dev/null", O_WRONLY | O_CLOEXEC), on_other, &other);
        assert_int_equal(other, -EBUSY);
        world_until(w, is_answered, "a backup");
        assert_int_equal(w->error, 0);
        backup(w);
}

static void a_backup_is_written_without_hsmd_too(void **state) {
        World *w = *state;
        char message[512];
        int fd;

        fill(w);
        world_close(w);
        fd = create(w);
        free(w->text);
        w->text = NULL;
        assert_int_equal(history_backup_write(w->state, fd, &w->text), 0);
        close(fd);
        lose(w);
        assert_int_equal(restore(w, false, message, sizeof(message)), 0);
        world_start(w);
        world_events(w, &(EventFilter){.newest = true, .limit = 1});
        assert_int_equal(w->events[0].id, EVENTS);
}

static void a_backup_that_cannot_be_written_is_told(void **state) {
        World *w = *state;

        fill(w);
        w->answered = false;
        history_backup(w->history, open("/dev/full", O_WRONLY | O_CLOEXEC), on_done, w);
        world_until(w, is_answered, "a backup");
        assert_int_equal(w->error, -ENOSPC);
        assert_non_null(strstr(w->text, "No space left"));
        assert_int_equal(world_count(w, ".new"), 0);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, teardown)
        const struct CMUnitTest tests[] = {
                TEST(a_lost_state_directory_comes_back),
                TEST(nothing_that_was_used_is_used_again),
                TEST(what_is_there_is_set_aside_and_only_if_asked_for),
                TEST(notes_of_pins_that_are_there_stay),
                TEST(nothing_is_restored_while_hsmd_runs),
                TEST(what_is_no_backup_is_refused_and_changes_nothing),
                TEST(a_backup_of_a_newer_hsmd_is_refused),
                TEST(a_backup_holds_up_no_event),
                TEST(one_backup_is_written_at_a_time),
                TEST(a_backup_is_written_without_hsmd_too),
                TEST(a_backup_that_cannot_be_written_is_told),
        };

        return cmocka_run_group_tests_name("history_backup", tests, NULL, NULL);
}
