/* What a bad disk does to the history: files that are damaged, a disk that is full, one that stands still. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sqlite3.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "history-fixture.h"
#include "hsmd/numbers.h"
#include "unit.h"

#define EVENTS 8000 /* a good deal more than SQLite keeps in memory of a file */

/* --- damage
 * -------------------------------------------------------------------------------------------------- */

static void fill(World *w) {
        world_start(w);
        for (uint64_t id = 1; id <= EVENTS; id++) {
                Event e = event_full(id, EVENT_DEVICE_STATE, 1);

                world_append(w, &e);
        }
        world_until_stored(w, EVENTS);
        world_close(w);
}

/* The log goes back into the file, so that damage of the file is not hidden by it. */
static void checkpoint(const World *w) {
        char path[256];
        sqlite3 *db;

        assert_int_equal(sqlite3_open(world_path(w, "events.db", path), &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
}

static void scribble(const char *path, off_t at, size_t size) {
        CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);
        CLEANUP_FREE char *garbage = malloc(size);

        assert_true(fd >= 0);
        memset(garbage, 0x5a, size);
        assert_int_equal(pwrite(fd, garbage, size, at), size);
}

static void assert_said_and_new(World *w, const char *aside) {
        Event e = event_full(EVENTS + 1, EVENT_STARTED, 1);

        world_turn(w, 100 * USEC_PER_MSEC);
        assert_int_equal(w->trouble, REASON_HISTORY_DAMAGED);
        if (!strstr(w->detail, aside))
                fail_msg("\"%s\" is not in \"%s\"", aside, w->detail);
        assert_true(world_count(w, ".damaged-") > 0);
        world_append(w, &e);
        world_until_stored(w, EVENTS + 1);
        assert_int_equal(w->trouble, REASON_HISTORY_DAMAGED); /* until somebody has seen to it */
}

static void begins_anew(World *w) {
        HistoryState *kept = world_open(w);

        assert_non_null(kept);
        assert_int_equal(kept->last_event, 0);
        history_state_free(kept);
        assert_said_and_new(w, "kept as events.db.damaged-");
        world_events(w, &(EventFilter){0});
        assert_int_equal(w->n, 1);
}

static void a_truncated_file_is_set_aside(void **state) {
        World *w = *state;
        char path[256];

        fill(w);
        checkpoint(w);
        assert_int_equal(truncate(world_path(w, "events.db", path), 70000), 0);
        begins_anew(w);
}

static void a_scribbled_header_is_set_aside(void **state) {
        World *w = *state;
        char path[256];

        fill(w);
        checkpoint(w);
        scribble(world_path(w, "events.db", path), 0, 100);
        begins_anew(w);
}

static void an_empty_file_is_set_aside(void **state) {
        World *w = *state;
        char path[256];

        fill(w);
        assert_int_equal(truncate(world_path(w, "events.db", path), 0), 0);
        begins_anew(w);
        /* with its log, which SQLite would have deleted */
        assert_int_equal(world_count(w, "-wal"), 3); /* both files have one, too */
}

static void a_directory_in_its_place_is_set_aside(void **state) {
        World *w = *state;
        char path[256];

        fill(w);
        unlink(world_path(w, "events.db", path));
        assert_int_equal(mkdir(path, 0700), 0);
        begins_anew(w);
}

static void a_log_without_its_file_is_set_aside(void **state) {
        World *w = *state;
        char path[256];

        fill(w);
        unlink(world_path(w, "events.db", path));
        begins_anew(w);
}

static void a_foreign_database_is_set_aside(void **state) {
        World *w = *state;
        char path[256];
        sqlite3 *db;

        fill(w);
        checkpoint(w);
        assert_int_equal(sqlite3_open(world_path(w, "events.db", path), &db), SQLITE_OK);
        sqlite3_exec(db, "PRAGMA application_id = 5", NULL, NULL, NULL);
        sqlite3_close(db);
        begins_anew(w);
}

static void a_malformed_page_is_found_at_the_start(void **state) {
        World *w = *state;
        char path[256];

        fill(w);
        checkpoint(w);
        scribble(world_path(w, "events.db", path), 40 * 4096L, 4096);
        begins_anew(w);
}

/* The rest is whole: only what stood in the log is lost, and that is said. */
static void a_log_of_garbage_is_set_aside_alone(void **state) {
        World *w = *state;
        Event e = event_full(EVENTS + 1, EVENT_ACTION, 1);
        char path[256];

        fill(w);
        checkpoint(w);
        world_start(w);
        world_append(w, &e);
        world_until_stored(w, e.id);
        world_close(w);
        scribble(world_path(w, "events.db-wal", path), 0, 200);

        HistoryState *kept = world_open(w);

        assert_int_equal(kept->last_event, EVENTS);
        history_state_free(kept);
        assert_said_and_new(w, "events.db-wal was damaged; kept as events.db-wal.damaged-");
}

static void scribble_all(const World *w) {
        char path[256];
        struct stat st;

        assert_int_equal(stat(world_path(w, "events.db", path), &st), 0);
        scribble(path, 4096, (size_t) st.st_size - 4096);
}

/* A page that goes bad while hsmd runs: the question meets it; what is given afterwards is stored. */
static void damage_is_met_at_any_time(void **state) {
        World *w = *state;
        fill(w);
        checkpoint(w);
        world_start(w);
        scribble_all(w);
        world_events(w, &(EventFilter){.after = 1500});
        assert_int_equal(w->error, -EAGAIN);
        assert_said_and_new(w, "kept as events.db.damaged-");
        world_events(w, &(EventFilter){0});
        assert_int_equal(w->error, 0);
        assert_int_equal(w->n, 1);
}

static void damage_that_storing_meets_loses_no_event_that_waits(void **state) {
        World *w = *state;
        fill(w);
        checkpoint(w);
        world_start(w);
        for (uint64_t after = 0; after < EVENTS; after += 1000) /* then no index is in memory */
                world_events(w, &(EventFilter){.after = after});
        scribble_all(w);
        for (uint64_t id = EVENTS + 1; id <= EVENTS + 300; id++) {
                Event e = event_full(id, EVENT_ALARM_RAISED, (uint32_t) id);

                world_append(w, &e);
        }
        world_until_stored(w, EVENTS + 300);
        world_events(w, &(EventFilter){0});
        assert_int_equal(w->trouble, REASON_HISTORY_DAMAGED);
        assert_int_equal(w->n, 300);
        assert_int_equal(w->events[0].id, EVENTS + 1);
}

/* Receivers would take a sequence that they have seen for a repeat. */
static void no_sequence_is_used_again_after_damage(void **state) {
        World *w = *state;
        char path[256];

        assert_int_equal(numbers_write(w->state, 3000), 0);
        fill(w);
        assert_int_equal(truncate(world_path(w, "events.db", path), 10), 0);

        HistoryState *kept = world_open(w);

        assert_int_equal(kept->last_event, 0);
        assert_int_equal(kept->last_sequence, 3000);
        history_state_free(kept);
}

static void damaged_rollups_leave_events_alone(void **state) {
        World *w = *state;
        Event e = event_of(EVENTS + 1, EVENT_ACTION);
        char path[256];

        fill(w);
        scribble(world_path(w, "rollups.db", path), 0, 100);

        HistoryState *kept = world_open(w);

        assert_int_equal(kept->last_event, EVENTS);
        history_state_free(kept);
        assert_int_equal(w->trouble, REASON_HISTORY_DAMAGED);
        assert_non_null(strstr(w->detail, "rollups.db.damaged-"));
        world_append(w, &e);
        world_until_stored(w, e.id);
}

/* --- a disk of one's own
 * ------------------------------------------------------------------------------------- */

static bool mount_small(World *w, const char *size) {
        char options[32];

        snprintf(options, sizeof(options), "size=%s,mode=0700", size);
        if (mount("tmpfs", w->state, "tmpfs", 0, options) == 0)
                return true;
        print_message("NOT TESTED: mounting a tmpfs is not permitted here (%s)\n", strerror(errno));
        return false;
}

static void unmount(World *w) {
        world_close(w);
        assert_int_equal(umount(w->state), 0);
}

/* Takes what is left, but for so much. */
static void fill_disk(const World *w, const char *name, off_t but) {
        char path[256];
        CLEANUP_CLOSE int fd = open(world_path(w, name, path), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        CLEANUP_FREE char *block = calloc(1, 65536);
        off_t size = 0;
        ssize_t n;

        assert_true(fd >= 0);
        while ((n = write(fd, block, 4096)) > 0)
                size += n;
        assert_int_equal(ftruncate(fd, size - but), 0);
}

static bool disk_is_full(const World *w) {
        return w->trouble == REASON_DISK_FULL;
}

static bool all_is_well(const World *w) {
        return w->trouble == REASON_NONE;
}

static void append_until_full(World *w, uint64_t *id) {
        usec_t until = now_monotonic() + DEADLINE;

        while (w->trouble != REASON_DISK_FULL) {
                for (unsigned i = 0; i < 100; i++) {
                        Event e = event_full(++*id, EVENT_DEVICE_STATE, 1);

                        world_append(w, &e);
                }
                sd_event_run(w->event, 100 * USEC_PER_MSEC);
                assert_true(now_monotonic() < until);
        }
}

static void assert_all_are_there_once(World *w, uint64_t last) {
        uint64_t after = 0;

        for (; after < last; after = w->events[w->n - 1].id) {
                world_events(w, &(EventFilter){.after = after});
                assert_true(w->n > 0);
                for (size_t i = 0; i < w->n; i++)
                        assert_int_equal(w->events[i].id, after + i + 1);
        }
        assert_int_equal(after, last);
}

static void a_full_disk_is_told_and_what_waited_is_stored_when_there_is_room(void **state) {
        World *w = *state;
        uint64_t id = 0;
        char path[256];

        if (!mount_small(w, "48m"))
                skip();
        world_start(w);
        assert_int_equal(w->trouble, REASON_NONE);
        assert_int_equal(world_count(w, "ballast"), 1);
        fill_disk(w, "other", 65536);
        append_until_full(w, &id);
        /* the ballast is gone, and with it events go on being stored */
        assert_int_equal(world_count(w, "ballast"), 0);
        world_until_stored(w, id);
        fill_disk(w, "another", 4096);
        for (unsigned i = 0; i < 3000; i++) {
                Event e = event_full(++id, EVENT_DEVICE_STATE, 1);

                world_append(w, &e);
        }
        world_turn(w, 200 * USEC_PER_MSEC);
        assert_true(history_waiting(w->history) > 0);
        assert_true(w->stored < id);
        assert_int_equal(w->trouble, REASON_DISK_FULL);
        /* somebody makes room */
        unlink(world_path(w, "other", path));
        unlink(world_path(w, "another", path));
        world_until_stored(w, id);
        assert_all_are_there_once(w, id);
        world_until(w, all_is_well, "the end of the trouble");
        assert_int_equal(world_count(w, "ballast"), 1);
        assert_int_equal(history_dropped(w->history), 0);
        unmount(w);
}

static void a_history_is_begun_when_a_disk_that_was_full_has_room(void **state) {
        World *w = *state;
        Event e = event_of(1, EVENT_STARTED);
        char path[256];

        if (!mount_small(w, "48m"))
                skip();
        snprintf(path, sizeof(path), "%s/history", w->state);
        assert_int_equal(mkdir(path, 0700), 0);
        fill_disk(w, "other", 0);
        assert_null(world_open(w));
        world_append(w, &e);
        world_until(w, disk_is_full, "that the disk is full");
        assert_null(w->late);
        unlink(world_path(w, "other", path));
        world_until_stored(w, 1);
        assert_non_null(w->late);
        world_until(w, all_is_well, "the end of the trouble");
        unmount(w);
}

/* --- a disk that stands still
 * -------------------------------------------------------------------------------- */

static int freeze(const char *path, bool yes) {
        CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        return fd < 0 || ioctl(fd, yes ? FIFREEZE : FITHAW, 0) < 0 ? -errno : 0;
}

static bool mount_loop(World *w, const char *image) {
        char command[1024];

        snprintf(command, sizeof(command), "truncate -s 96M %s && mkfs.ext4 -q %s && mount -o loop %s %s",
                image, image, image, w->state);
        if (system(command) == 0) /* NOLINT(cert-env33-c): a fixed command of the test's own */
                return true;
        print_message("NOT TESTED: a loop mount is not possible here\n");
        return false;
}

static void a_disk_that_stands_still_delays_nobody(void **state) {
        World *w = *state;
        char image[160];
        usec_t began, longest = 0;
        uint64_t before;

        snprintf(image, sizeof(image), "%s.img", w->state);
        if (!mount_loop(w, image)) {
                unlink(image);
                skip();
        }
        world_start(w);
        for (uint64_t id = 1; id <= 10; id++) {
                Event e = event_of(id, EVENT_ACTION);

                world_append(w, &e);
        }
        world_until_stored(w, 10);
        assert_int_equal(freeze(w->state, true), 0);
        for (uint64_t id = 11; id <= 3000; id++) {
                Event e = event_of(id, EVENT_ACTION);

                began = now_monotonic();
                world_append(w, &e);
                longest = MAX_OF(longest, now_monotonic() - began);
        }
        world_turn(w, 300 * USEC_PER_MSEC);
        before = w->stored;
        assert_int_equal(freeze(w->state, false), 0); /* before anything can fail */
        assert_int_equal(before, 10);
        assert_true(longest < USEC_PER_SEC);
        world_until_stored(w, 3000);
        assert_all_are_there_once(w, 3000);
        unmount(w);
        unlink(image);
}

/* Its first thread has ended; others may hang in the kernel. */
static bool is_zombie(pid_t pid) {
        char path[64], line[256] = "";
        const char *state;
        FILE *f;

        snprintf(path, sizeof(path), "/proc/%d/stat", (int) pid);
        f = fopen(path, "re");
        if (!f)
                return false;
        state = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
        fclose(f);
        return state && state[1] && state[2] == 'Z';
}

/* In a process of its own: what the thread that is left behind holds ends with that. */
static int end_while_frozen(World *w) {
        Event e = event_of(1, EVENT_ACTION);

        if (sd_event_new(&w->event) < 0) /* the other one is the parent's */
                return 1;
        world_start(w);
        if (freeze(w->state, true) < 0)
                return 1;
        world_append(w, &e);
        history_free(w->history, 200 * USEC_PER_MSEC);
        return 0;
}

/* hsmd ends in time though its disk does not come back. */
static void an_end_does_not_wait_for_a_disk_that_stands_still(void **state) {
        World *w = *state;
        char image[160];
        usec_t until = now_monotonic() + DEADLINE;
        int status = -1;
        pid_t child, ended;

        snprintf(image, sizeof(image), "%s.img", w->state);
        if (!mount_loop(w, image)) {
                unlink(image);
                skip();
        }
        child = fork();
        if (child == 0)
                _exit(end_while_frozen(w));
        /* a process whose thread is stuck in the disk cannot end before that comes back: it is a zombie */
        while ((ended = waitpid(child, &status, WNOHANG)) == 0 && !is_zombie(child) &&
                now_monotonic() < until)
                usleep(20000);
        assert_true(ended == child || is_zombie(child));
        freeze(w->state, false);
        if (ended == 0)
                waitpid(child, &status, 0);
        assert_int_equal(status, 0);
        assert_int_equal(umount(w->state), 0);
        unlink(image);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
        const struct CMUnitTest tests[] = {
                TEST(a_truncated_file_is_set_aside),
                TEST(a_scribbled_header_is_set_aside),
                TEST(an_empty_file_is_set_aside),
                TEST(a_directory_in_its_place_is_set_aside),
                TEST(a_log_without_its_file_is_set_aside),
                TEST(a_foreign_database_is_set_aside),
                TEST(a_malformed_page_is_found_at_the_start),
                TEST(a_log_of_garbage_is_set_aside_alone),
                TEST(damage_is_met_at_any_time),
                TEST(damage_that_storing_meets_loses_no_event_that_waits),
                TEST(no_sequence_is_used_again_after_damage),
                TEST(damaged_rollups_leave_events_alone),
                TEST(a_full_disk_is_told_and_what_waited_is_stored_when_there_is_room),
                TEST(a_history_is_begun_when_a_disk_that_was_full_has_room),
                TEST(a_disk_that_stands_still_delays_nobody),
                TEST(an_end_does_not_wait_for_a_disk_that_stands_still),
        };

        return cmocka_run_group_tests_name("history_disk", tests, NULL, NULL);
}
