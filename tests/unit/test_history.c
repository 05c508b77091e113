/* What is kept is what was given: every field, in order, once; and what a restart reads is what happened. */
#include <sqlite3.h>
#include <sys/stat.h>

#include "history-fixture.h"
#include "hsmd/history-store.h"
#include "unit.h"

/* --- rows
 * ---------------------------------------------------------------------------------------------------- */

/* A value of its own for each field, by its type. */
static void fill_field(const Field *field, unsigned i, char *member) {
        uint32_t small = field->names ? 2 : field->type == FIELD_BOOL ? 1 : 1000 + i;
        uint64_t large = UINT64_C(1234567890123) + i;

        switch (field->type) {
        case FIELD_NAME:
        case FIELD_TEXT:
                snprintf(member, 64, "字段 %u of \"%s\"", i, field->key);
                break;
        case FIELD_CELSIUS:
        case FIELD_I32:
                small = (uint32_t) - (int32_t) small;
                memcpy(member, &small, sizeof(small));
                break;
        case FIELD_COUNTER:
        case FIELD_INSTANT:
        case FIELD_AGE:
        case FIELD_MSEC:
        case FIELD_USEC:
                memcpy(member, &large, sizeof(large));
                break;
        default:
                memcpy(member, &small, sizeof(small));
        }
}

static void fill_row(const TableInfo *table, void *row, uint64_t *valid) {
        for (unsigned i = 0; i < table->n_fields; i++) {
                fill_field(&table->fields[i], i, (char *) row + table->fields[i].offset);
                field_mark(valid, i, true);
        }
}

static void every_field_comes_back(void **state) {
        World *w = *state;
        Event all = {0}, bare = event_of(1234567890124, EVENT_ACTION);

        world_start(w);
        fill_row(&event_table, &all, all.valid);
        all.id = 1234567890123;
        world_append(w, &all);
        world_append(w, &bare);
        world_until_stored(w, bare.id);
        world_events(w, &(EventFilter){0});
        assert_int_equal(w->n, 2);
        assert_memory_equal(&w->events[0], &all, sizeof(all));
        assert_memory_equal(&w->events[1], &bare, sizeof(bare));
}

static void every_field_of_a_minute_comes_back(void **state) {
        World *w = *state;
        RollupRow all = {0};

        world_start(w);
        fill_row(&rollup_table, &all, all.valid);
        all.start = 1700000040 * USEC_PER_SEC; /* a whole minute */
        history_rollup(w->history, &all);
        world_close(w);
        world_start(w);
        world_rollups(w, all.device, false, 0, 0);
        assert_int_equal(w->n, 1);
        assert_memory_equal(&w->rollups[0], &all, sizeof(all));
}

static void a_person_can_read_the_file(void **state) {
        World *w = *state;
        Event e = event_full(7, EVENT_ALARM_RAISED, 3);
        char path[256];
        sqlite3 *db;
        sqlite3_stmt *s;
        struct stat st;

        FIELD_SET(Event, &e, detection, 12345678);
        world_start(w);
        world_append(w, &e);
        world_until_stored(w, 7);
        world_close(w);
        assert_int_equal(stat(world_path(w, "events.db", path), &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(db,
                                 "SELECT type, severity, cause, detection_ms, datetime(\"when\" / 1000000,"
                                 " 'unixepoch'), pool FROM events",
                                 -1, &s, NULL),
                SQLITE_OK);
        assert_int_equal(sqlite3_step(s), SQLITE_ROW);
        assert_string_equal((const char *) sqlite3_column_text(s, 0), "alarm_raised");
        assert_string_equal((const char *) sqlite3_column_text(s, 1), "major");
        assert_string_equal((const char *) sqlite3_column_text(s, 2), "timeout");
        assert_string_equal((const char *) sqlite3_column_text(s, 3), "12345.678");
        assert_string_equal((const char *) sqlite3_column_text(s, 4), "2023-11-14 22:13:27");
        assert_int_equal(sqlite3_column_type(s, 5), SQLITE_NULL);
        sqlite3_finalize(s);
        sqlite3_close(db);
}

/* --- storing
 * ------------------------------------------------------------------------------------------------- */

/* The first may go alone; all that came while it was on its way go together. */
static void events_that_come_meanwhile_are_stored_together(void **state) {
        World *w = *state;

        world_start(w);
        for (uint64_t id = 1; id <= 500; id++) {
                Event e = event_full(id, EVENT_DEVICE_STATE, 1);

                world_append(w, &e);
        }
        world_until_stored(w, 500);
        assert_true(w->announcements <= 3); /* 500 are less than a batch */
        assert_true(history_commit_p99(w->history) > 0);
        assert_int_equal(history_waiting(w->history), 0);
        world_events(w, &(EventFilter){.limit = 1000});
        assert_int_equal(w->n, 500);
        for (uint64_t i = 0; i < 500; i++)
                assert_int_equal(w->events[i].id, i + 1);
}

static void what_waits_is_stored_at_the_end(void **state) {
        World *w = *state;

        world_start(w);
        for (uint64_t id = 1; id <= 2500; id++) {
                Event e = event_of(id, EVENT_ACTION);

                world_append(w, &e);
        }
        world_close(w);
        HistoryState *kept = world_open(w);

        assert_int_equal(kept->last_event, 2500);
        history_state_free(kept);
}

static void beyond_its_bound_the_oldest_are_dropped_and_counted(void **state) {
        HistoryQueue queue;
        HistoryBatch batch;

        (void) state;
        history_queue_init(&queue);
        for (uint64_t id = 1; id <= HISTORY_WAITING_MAX + 5; id++) {
                Event e = event_of(id, EVENT_ACTION);

                assert_int_equal(history_queue_event(&queue, &e), 0);
        }
        assert_int_equal(history_queue_dropped(&queue), 5);
        history_queue_take(&queue, 1000, &batch);
        assert_int_equal(batch.events->event.id, 6);
        for (uint64_t id = 20001; id <= 20010; id++) { /* while these are being stored */
                Event e = event_of(id, EVENT_ACTION);

                history_queue_event(&queue, &e);
        }
        history_queue_return(&queue, &batch); /* in vain */
        assert_int_equal(history_queue_waiting(&queue), HISTORY_WAITING_MAX);
        history_queue_take(&queue, HISTORY_WAITING_MAX, &batch);
        uint64_t last = 0;
        for (const WaitingEvent *e = batch.events; e; e = e->next) {
                assert_true(e->event.id > last);
                last = e->event.id;
        }
        assert_int_equal(last, 20010);
        history_queue_finish(&queue, &batch);
        history_queue_done(&queue);
}

/* --- asking
 * -------------------------------------------------------------------------------------------------- */

static void fill_for_questions(World *w) {
        uint64_t sequence = 0;

        world_start(w);
        for (uint64_t id = 1; id <= 3000; id++) {
                Event e = event_full(id, EVENT_DEVICE_STATE, (uint32_t) (id % 3 + 1));

                if (id == 2000) /* the clock was put back by an hour, for a while */
                        e.when -= 3600 * USEC_PER_SEC;
                if (id % 5 == 0)
                        FIELD_SET(Event, &e, notify_sequence, ++sequence);
                if (id % 100 == 0)
                        FIELD_SET(Event, &e, alarm, 77);
                world_append(w, &e);
        }
        world_until_stored(w, 3000);
}

static void assert_ids(const World *w, size_t n, uint64_t first, uint64_t last) {
        assert_int_equal(w->error, 0);
        assert_int_equal(w->n, n);
        assert_int_equal(w->events[0].id, first);
        assert_int_equal(w->events[n - 1].id, last);
        for (size_t i = 1; i < n; i++)
                assert_true(w->events[i].id > w->events[i - 1].id);
}

static void events_are_found_by_what_they_are(void **state) {
        World *w = *state;
        usec_t base = 1700000000 * USEC_PER_SEC;

        fill_for_questions(w);
        world_events(w, &(EventFilter){0});
        assert_ids(w, 1000, 1, 1000);
        world_events(w, &(EventFilter){.after = 1000, .before = 1005});
        assert_ids(w, 4, 1001, 1004);
        world_events(w, &(EventFilter){.newest = true, .limit = 10});
        assert_ids(w, 10, 2991, 3000);
        world_events(w, &(EventFilter){.device = 1, .after = 2990});
        assert_ids(w, 4, 2991, 3000);
        world_events(w, &(EventFilter){.alarm = 77, .newest = true, .limit = 2});
        assert_ids(w, 2, 2900, 3000);
        world_events(w, &(EventFilter){.notify_after = 597});
        assert_ids(w, 3, 2990, 3000);
        world_events(w, &(EventFilter){.only_notify = true, .limit = 2});
        assert_ids(w, 2, 5, 10);
        world_events(
                w, &(EventFilter){.since = base + 1995 * USEC_PER_SEC, .until = base + 2005 * USEC_PER_SEC});
        assert_ids(w, 10, 1995, 2005); /* without 2000 */
        world_events(w, &(EventFilter){.until = base});
        assert_int_equal(w->n, 1);
        assert_int_equal(w->events[0].id, 2000);
        world_events(w, &(EventFilter){.since = base * 2});
        assert_int_equal(w->n, 0);
        assert_int_equal(w->error, 0);
}

/* --- what a restart reads
 * ------------------------------------------------------------------------------------ */

#define MODEL_MAX 64

/* The slow way: it looks through all events for each thing. */
typedef struct Model {
        const Event *events;
        size_t n;
} Model;

static const Event *model_last(const Model *m, bool (*of)(const Event *e, uint32_t about), uint32_t about) {
        const Event *last = NULL;

        for (size_t i = 0; i < m->n; i++)
                if (of(&m->events[i], about))
                        last = &m->events[i];
        return last;
}

static bool says_alarm(const Event *e, uint32_t alarm) {
        return e->alarm == alarm && (e->type == EVENT_ALARM_RAISED || e->type == EVENT_ALARM_CHANGED ||
                                            e->type == EVENT_ALARM_CLEARED);
}

static bool acknowledges(const Event *e, uint32_t alarm) {
        return e->alarm == alarm && e->type == EVENT_ALARM_ACKNOWLEDGED;
}

static bool says_pool(const Event *e, uint32_t pool) {
        return e->pool == pool && (e->type == EVENT_POOL_STATE || e->type == EVENT_POOL_RECOVERED);
}

static bool says_service(const Event *e, uint32_t service) {
        return e->service == service &&
               (e->type == EVENT_SERVICE_AT_RISK || e->type == EVENT_SERVICE_RECOVERED);
}

static bool says_maintenance(const Event *e, uint32_t device) {
        return e->device == device &&
               (e->type == EVENT_MAINTENANCE_STARTED || e->type == EVENT_MAINTENANCE_ENDED);
}

static bool says_flap(const Event *e, uint32_t device) {
        return e->device == device && field_valid(e, EventField_flap);
}

static bool says_returned(const Event *e, uint32_t failover) {
        return e->type == EVENT_FAILOVER_RETURNED && e->failover == failover;
}

static void compare_alarms(const Model *m, const HistoryState *kept) {
        size_t n = 0;

        for (size_t i = 0; i < m->n; i++) {
                const Event *e = &m->events[i], *last, *ack;

                if (e->type != EVENT_ALARM_RAISED)
                        continue;
                last = model_last(m, says_alarm, e->alarm);
                if (last->type == EVENT_ALARM_CLEARED)
                        continue;
                assert_true(n < kept->n_alarms);
                assert_memory_equal(&kept->alarms[n].event, last, sizeof(*last));
                assert_int_equal(kept->alarms[n].since, e->when);
                ack = model_last(m, acknowledges, e->alarm);
                assert_int_equal(kept->alarms[n].acknowledged, ack != NULL);
                assert_string_equal(kept->alarms[n].acknowledged_by, ack ? ack->by : "");
                assert_int_equal(kept->alarms[n].acknowledged_when, ack ? ack->when : 0);
                n++;
        }
        assert_true(n > 0);
        assert_int_equal(kept->n_alarms, n);
}

static void compare_failovers(const Model *m, const HistoryState *kept) {
        Event *expected = test_calloc(m->n + 1, sizeof(*expected));
        size_t entered = 0, n = 0;

        for (size_t i = m->n; i-- > 0;) {
                const Event *e = &m->events[i], *returned;

                if (e->type != EVENT_POOL_FAILOVER)
                        continue;
                returned = model_last(m, says_returned, (uint32_t) e->id);
                if (entered >= 64 && returned)
                        continue; /* older, and over */
                if (returned)
                        expected[n++] = *returned;
                expected[n++] = *e;
                entered++;
        }
        assert_true(entered >= 64);
        assert_int_equal(kept->n_failovers, n);
        for (size_t i = 0; i < n; i++)
                assert_memory_equal(&kept->failovers[i], &expected[n - 1 - i], sizeof(Event));
        test_free(expected);
}

static void compare_failover_counts(const Model *m, const HistoryState *kept) {
        uint64_t counted = 0, entered = 0;

        for (size_t i = 0; i < kept->n_failover_counts; i++)
                counted += kept->failover_counts[i].n;
        for (size_t i = 0; i < m->n; i++)
                entered += m->events[i].type == EVENT_POOL_FAILOVER;
        assert_int_equal(counted, entered);
        assert_true(kept->n_failover_counts > 1);
}

static void compare_told(const Model *m, const HistoryState *kept) {
        size_t n = 0;

        for (uint32_t pool = 1; pool <= 3; pool++, n++)
                assert_memory_equal(&kept->told[n], model_last(m, says_pool, pool), sizeof(Event));
        for (uint32_t service = 1; service <= 3; service++, n++)
                assert_memory_equal(&kept->told[n], model_last(m, says_service, service), sizeof(Event));
        assert_int_equal(kept->n_told, n);
}

static void compare_devices(const Model *m, const HistoryState *kept) {
        size_t maintained = 0, flapped = 0;

        for (uint32_t device = 1; device <= 9; device++) {
                const Event *e = model_last(m, says_maintenance, device);

                if (e && e->type == EVENT_MAINTENANCE_STARTED) {
                        assert_int_equal(kept->maintenance[maintained].device, device);
                        assert_int_equal(kept->maintenance[maintained].until, e->until);
                        assert_string_equal(kept->maintenance[maintained].reason, e->reason_text);
                        maintained++;
                }
                e = model_last(m, says_flap, device);
                if (e && e->flap > 0) {
                        assert_int_equal(kept->flaps[flapped].device, device);
                        assert_int_equal(kept->flaps[flapped].level, e->flap);
                        assert_int_equal(kept->flaps[flapped].when, e->when);
                        flapped++;
                }
        }
        assert_int_equal(kept->n_maintenance, maintained);
        assert_int_equal(kept->n_flaps, flapped);
        assert_true(maintained > 0 && flapped > 0);
}

static uint32_t random_below(uint32_t *seed, uint32_t n) {
        *seed ^= *seed << 13; /* xorshift */
        *seed ^= *seed >> 17;
        *seed ^= *seed << 5;
        return *seed % n;
}

/* Any event that can be; about what there may be. */
static Event random_event(const Model *m, uint32_t *seed) {
        Event e = event_full(m->n + 1, 1 + random_below(seed, EVENT_TYPE_LAST), 1 + random_below(seed, 9));
        const Event *earlier = m->n > 0 ? &m->events[random_below(seed, (uint32_t) m->n)] : &e;

        FIELD_SET(Event, &e, pool, 1 + random_below(seed, 3));
        FIELD_SET(Event, &e, service, 1 + random_below(seed, 3));
        FIELD_SET(Event, &e, until, e.when + random_below(seed, 1000000));
        FIELD_TEXT_SET(Event, &e, reason_text, "新固件");
        FIELD_TEXT_SET(Event, &e, by, random_below(seed, 2) ? "li" : "wang");
        FIELD_SET(Event, &e, alarm, (uint32_t) e.id);
        if (e.type == EVENT_ALARM_CHANGED || e.type == EVENT_ALARM_CLEARED ||
                e.type == EVENT_ALARM_ACKNOWLEDGED)
                e.alarm = earlier->alarm;
        FIELD_SET(Event, &e, failover, (uint32_t) earlier->id);
        if (random_below(seed, 4) == 0)
                FIELD_SET(Event, &e, flap, random_below(seed, 3) * UINT64_C(100000001));
        return e;
}

/* An alarm that was never raised, or is cleared, changes and is acknowledged no more. */
static bool can_be(const Model *m, const Event *e) {
        const Event *last;

        if (e->type != EVENT_ALARM_CHANGED && e->type != EVENT_ALARM_CLEARED &&
                e->type != EVENT_ALARM_ACKNOWLEDGED)
                return true;
        last = model_last(m, says_alarm, e->alarm);
        return last && last->type != EVENT_ALARM_CLEARED;
}

static void a_restart_reads_what_happened(void **state) {
        World *w = *state;
        uint32_t seed = (uint32_t) now_realtime() | 1;
        Model m = {.events = calloc(3000, sizeof(Event))};

        print_message("seed %u\n", seed);
        world_start(w);
        while (m.n < 3000) {
                Event e = random_event(&m, &seed);

                if (!can_be(&m, &e))
                        continue;
                memcpy((Event *) (uintptr_t) &m.events[m.n++], &e, sizeof(e));
                world_append(w, &e);
                if (random_below(&seed, 700) == 0) {
                        world_close(w);
                        world_start(w);
                }
        }
        world_close(w);

        HistoryState *kept = world_open(w);

        compare_alarms(&m, kept);
        compare_failovers(&m, kept);
        compare_failover_counts(&m, kept);
        compare_told(&m, kept);
        compare_devices(&m, kept);
        assert_int_equal(kept->last_event, 3000);
        history_state_free(kept);
        free((void *) (uintptr_t) m.events);
}

static void a_longer_maintenance_stays_the_one_that_began(void **state) {
        World *w = *state;
        Event begin = event_full(5, EVENT_MAINTENANCE_STARTED, 2),
              longer = event_full(6, EVENT_MAINTENANCE_STARTED, 2);

        FIELD_SET(Event, &longer, until, 99);
        world_start(w);
        world_append(w, &begin);
        world_append(w, &longer);
        world_close(w);

        HistoryState *kept = world_open(w);

        assert_int_equal(kept->n_maintenance, 1);
        assert_int_equal(kept->maintenance[0].id, 5);
        assert_int_equal(kept->maintenance[0].start, begin.when);
        assert_int_equal(kept->maintenance[0].until, 99);
        history_state_free(kept);
}

static void cursors_and_sequences_go_on(void **state) {
        World *w = *state;
        CursorRecord a = {.name = "nms-1", .acknowledged = 3, .sent = 4, .acks = 3, .refused = 1},
                     b = {.name = "nms-2", .acknowledged = 9};
        Event e = event_of(40, EVENT_STARTED), later = event_of(41, EVENT_ACTION);

        FIELD_SET(Event, &e, notify_sequence, 12);
        world_start(w);
        world_append(w, &e);
        world_append(w, &later);
        history_cursor(w->history, &b);
        a.acknowledged = 1;
        history_cursor(w->history, &a);
        a.acknowledged = 3;
        history_cursor(w->history, &a);
        world_close(w);

        HistoryState *kept = world_open(w);

        assert_int_equal(kept->last_event, 41);
        assert_int_equal(kept->last_sequence, 12);
        assert_int_equal(kept->n_cursors, 2);
        assert_memory_equal(&kept->cursors[0], &a, sizeof(a));
        history_state_free(kept);
        history_forget_cursor(w->history, "nms-1");
        world_close(w);
        kept = world_open(w);
        assert_int_equal(kept->n_cursors, 1);
        assert_string_equal(kept->cursors[0].name, "nms-2");
        history_state_free(kept);
}

/* --- roll-ups
 * ------------------------------------------------------------------------------------------------ */

static RollupRow minute_of(uint32_t device, usec_t start) {
        RollupRow r = {0};

        FIELD_SET(Rollup, &r, device, device);
        FIELD_SET(Rollup, &r, start, start);
        FIELD_SET(Rollup, &r, probes, 6);
        FIELD_SET(Rollup, &r, serving, 59999999);
        FIELD_SET(Rollup, &r, observed, 60000000);
        return r;
}

static void minutes_add_up_to_hours(void **state) {
        World *w = *state;
        usec_t hour = 1700002800 * USEC_PER_SEC;

        assert_int_equal(hour % (3600 * USEC_PER_SEC), 0);
        world_start(w);
        for (usec_t m = 0; m < 90; m++)
                for (uint32_t device = 1; device <= 2; device++) {
                        RollupRow r = minute_of(device, hour + m * 60 * USEC_PER_SEC);

                        if (m == 30)
                                FIELD_SET(Rollup, &r, temperature_max, 451);
                        if (m > 30) {
                                FIELD_SET(Rollup, &r, temperature_max, 300);
                                FIELD_SET(Rollup, &r, spare_rate, (uint32_t) (1000 - m));
                        }
                        history_rollup(w->history, &r);
                }
        world_close(w);

        HistoryState *kept = world_open(w);

        history_state_free(kept);
        world_rollups(w, 2, true, 0, 0);
        assert_int_equal(w->n, 2);
        assert_int_equal(w->rollups[0].start, hour);
        assert_int_equal(w->rollups[0].device, 2);
        assert_int_equal(w->rollups[0].probes, 360);
        assert_int_equal(w->rollups[0].serving, 60 * UINT64_C(59999999));
        assert_int_equal(w->rollups[0].temperature_max, 451);
        assert_int_equal(w->rollups[0].spare_rate, 941);
        assert_int_equal(w->rollups[1].probes, 180);
        assert_int_equal(w->rollups[1].temperature_max, 300);
        assert_false(field_valid(&w->rollups[1], RollupField_latency_max));
        world_rollups(w, 1, false, hour + 1, hour + 10 * 60 * USEC_PER_SEC);
        assert_int_equal(w->n, 10);
        assert_int_equal(w->rollups[0].start, hour + 60 * USEC_PER_SEC);
        world_rollups(w, 0, false, hour + 89 * 60 * USEC_PER_SEC, 0);
        assert_int_equal(w->n, 2);
        world_rollups(w, 3, false, 0, 0);
        assert_int_equal(w->n, 0);
}

/* So that the next page can begin after the last row's start. */
static void a_page_of_all_devices_parts_no_minute(void **state) {
        World *w = *state;
        usec_t start = 1700002800 * USEC_PER_SEC;

        world_start(w);
        for (usec_t m = 0; m < 5; m++)
                for (uint32_t device = 1; device <= 300 + 900 * (m == 3); device++) {
                        RollupRow r = minute_of(device, start + m * 60 * USEC_PER_SEC);

                        history_rollup(w->history, &r);
                }
        world_close(w);
        world_start(w);
        world_rollups(w, 0, false, 0, 0);
        assert_int_equal(w->n, 900);
        world_rollups(w, 0, false, w->rollups[899].start + 1, 0);
        assert_int_equal(w->n, 1500);
}

static void the_last_month_counts_for_availability(void **state) {
        World *w = *state;
        usec_t now = now_realtime() / (3600 * USEC_PER_SEC) * (3600 * USEC_PER_SEC);
        RollupRow old = minute_of(4, now - (usec_t) 40 * 86400 * USEC_PER_SEC), new = minute_of(4, now);

        world_start(w);
        history_rollup(w->history, &old);
        history_rollup(w->history, &new);
        world_close(w);

        HistoryState *kept = world_open(w);

        assert_int_equal(kept->n_availability, 1);
        assert_int_equal(kept->availability[0].device, 4);
        assert_int_equal(kept->availability[0].start, now);
        assert_int_equal(kept->availability[0].serving, 59999999);
        assert_int_equal(kept->availability[0].observed, 60000000);
        history_state_free(kept);
}

static void what_is_too_old_is_forgotten_in_steps(void **state) {
        World *w = *state;
        HistoryStore *store;
        usec_t day = (usec_t) 86400 * USEC_PER_SEC, now = now_realtime();
        RollupRow r;

        assert_int_equal(history_store_new(w->state, 10 * day, 100 * day, &store), 0);
        assert_int_equal(history_store_open(store), 0);
        for (size_t i = 0; i < 5000; i++) {
                r = minute_of(1 + (uint32_t) i, now - 11 * day);
                assert_int_equal(history_queue_rollup(&store->queue, &r), 0);
        }
        r = minute_of(1, now - 9 * day);
        history_queue_rollup(&store->queue, &r);
        r = minute_of(1, now - 101 * day);
        history_queue_rollup(&store->queue, &r);
        assert_int_equal(history_store_rollups(store), 0);
        assert_int_equal(history_store_upkeep(store), 1); /* not all at once */
        unsigned steps = 1;
        while (history_store_upkeep(store) > 0)
                assert_true(++steps < 100);
        history_store_unref(store);

        world_start(w);
        world_rollups(w, 0, false, 0, 0);
        assert_int_equal(w->n, 1);
        world_rollups(w, 1, true, 0, 0);
        assert_int_equal(w->n, 2); /* 9 and 11 days ago */
}

/* --- drills
 * -------------------------------------------------------------------------------------------------- */

static void on_text(int error, const char *text, void *userdata) {
        World *w = userdata;

        free(w->text);
        w->text = text ? strdup(text) : NULL;
        w->error = error;
        w->answered = true;
}

static bool has_answer(const World *w) {
        return w->answered;
}

static const char *drill_of(World *w, uint64_t id, const char *pool) {
        w->answered = false;
        history_drill_get(w->history, id, pool, on_text, w);
        world_until(w, has_answer, "a drill's protocol");
        return w->text;
}

static void protocols_of_drills_are_kept(void **state) {
        World *w = *state;

        world_start(w);
        history_drill(w->history, 5, "bureau", "{\"a\": 1}");
        history_drill(w->history, 6, "portal", "{}");
        history_drill(w->history, 7, "bureau", "{\"a\": 2}");
        history_drill(w->history, 7, "bureau", "{\"a\": 3}");
        world_close(w);
        world_start(w);
        assert_string_equal(drill_of(w, 0, "bureau"), "{\"a\": 3}");
        assert_string_equal(drill_of(w, 5, "bureau"), "{\"a\": 1}");
        assert_null(drill_of(w, 0, "nowhere"));
        assert_int_equal(w->error, -ENOENT);
}

/* --- versions
 * ------------------------------------------------------------------------------------------------ */

static void sql_on(const World *w, const char *file, const char *sql) {
        char path[256];
        sqlite3 *db;

        assert_int_equal(sqlite3_open(world_path(w, file, path), &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
}

static void a_field_that_is_new_is_added_to_an_older_file(void **state) {
        World *w = *state;
        Event e = event_full(1, EVENT_ACTION, 1), newer = event_full(2, EVENT_ACTION, 1);

        world_start(w);
        world_append(w, &e);
        world_until_stored(w, 1);
        world_close(w);
        sql_on(w, "events.db",
                "ALTER TABLE events DROP COLUMN cause; ALTER TABLE events ADD COLUMN later TEXT");
        sql_on(w, "rollups.db", "ALTER TABLE hours DROP COLUMN signs");
        world_start(w);
        world_append(w, &newer);
        world_until_stored(w, 2);
        world_events(w, &(EventFilter){0});
        FIELD_CLEAR(Event, &e, cause);
        e.cause = 0;
        assert_memory_equal(&w->events[0], &e, sizeof(e));
        assert_memory_equal(&w->events[1], &newer, sizeof(newer));
        assert_int_equal(w->trouble, REASON_NONE);
}

static void a_newer_file_is_refused_and_left_alone(void **state) {
        World *w = *state;
        Event e = event_of(1, EVENT_ACTION);

        world_start(w);
        world_close(w);
        sql_on(w, "events.db", "PRAGMA user_version = 1000");
        assert_null(world_open(w));
        world_turn(w, 100 * USEC_PER_MSEC);
        assert_int_equal(w->trouble, REASON_HISTORY_DAMAGED);
        assert_non_null(strstr(w->detail, "only a newer hsmd understands"));
        world_append(w, &e);
        assert_int_equal(history_waiting(w->history), 0);
        assert_int_equal(history_dropped(w->history), 1);
        world_events(w, &(EventFilter){0});
        assert_int_equal(w->error, -EPROTONOSUPPORT);
        assert_int_equal(world_count(w, "damaged"), 0);
        assert_null(w->late);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
        const struct CMUnitTest tests[] = {
                TEST(every_field_comes_back),
                TEST(every_field_of_a_minute_comes_back),
                TEST(a_person_can_read_the_file),
                TEST(events_that_come_meanwhile_are_stored_together),
                TEST(what_waits_is_stored_at_the_end),
                cmocka_unit_test(beyond_its_bound_the_oldest_are_dropped_and_counted),
                TEST(events_are_found_by_what_they_are),
                TEST(a_restart_reads_what_happened),
                TEST(a_longer_maintenance_stays_the_one_that_began),
                TEST(cursors_and_sequences_go_on),
                TEST(minutes_add_up_to_hours),
                TEST(a_page_of_all_devices_parts_no_minute),
                TEST(the_last_month_counts_for_availability),
                TEST(what_is_too_old_is_forgotten_in_steps),
                TEST(protocols_of_drills_are_kept),
                TEST(a_field_that_is_new_is_added_to_an_older_file),
                TEST(a_newer_file_is_refused_and_left_alone),
        };

        return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
