/* Questions to the history. */
#include "history-job.h"
#include "history-row.h"
#include "history-statement.h"

#define QUESTION_MAX                                                                                         \
        USEC_PER_SEC /* no reading holds up the checkpoints, and so the log's size, for longer               \
                      */

/* A question's answer to who does not get one, or will not now. */
static int ready(const HistoryFile *f) {
        return f->db ? 0 : f->refused ? -EPROTONOSUPPORT : -ENOTCONN;
}

/* --- events
 * -------------------------------------------------------------------------------------------------- */

typedef struct EventsJob {
        HistoryJob job;
        EventFilter filter;
        HistoryEvents done;
        void *userdata;
        Event *events;
        size_t n;
        int error;
} EventsJob;

/* The clock may have jumped, so times are no order; but the first and the last event of a span of time bound
 * the numbers of what can be in it. */
static int bound_ids(sqlite3 *db, EventFilter *filter) {
        char sql[96];
        int64_t id = 0;
        int code = SQLITE_OK;

        if (filter->since > 0) {
                snprintf(sql, sizeof(sql), "SELECT min(id) FROM events WHERE \"when\" >= %lld",
                        (long long) filter->since);
                code = history_number(db, sql, &id);
                if (id > 0)
                        filter->after = MAX_OF(filter->after, (uint64_t) id - 1);
        }
        if (code == SQLITE_OK && filter->until > 0) {
                snprintf(sql, sizeof(sql), "SELECT max(id) FROM events WHERE \"when\" <= %lld",
                        (long long) filter->until);
                code = history_number(db, sql, &id);
                if (filter->before == 0 || filter->before > (uint64_t) id + 1)
                        filter->before = (uint64_t) id + 1;
        }
        return code;
}

static char *events_sql(const EventFilter *f) {
        CLEANUP_FREE char *columns = row_columns(&event_table, "");
        const char *order = f->notify_after > 0 || f->only_notify ? "sequence" : "id";
        char *text = NULL;
        size_t size;
        FILE *file = columns ? open_memstream(&text, &size) : NULL;

        if (!file)
                return NULL;
        fprintf(file, "SELECT %s FROM events WHERE 1", columns);
        if (f->device > 0)
                fprintf(file, " AND device = ?3");
        if (f->alarm > 0)
                fprintf(file, " AND alarm = ?4");
        if (f->since > 0)
                fprintf(file, " AND +\"when\" >= ?5");
        if (f->until > 0)
                fprintf(file, " AND +\"when\" <= ?6");
        if (streq(order, "sequence"))
                fprintf(file, " AND sequence > ?7 AND +id > ?1 AND +id < ?2");
        else
                fprintf(file, " AND id > ?1 AND id < ?2");
        fprintf(file, " ORDER BY %s%s LIMIT ?8", order, f->newest ? " DESC" : "");
        return fclose(file) == 0 ? text : NULL;
}

static void bind_filter(sqlite3_stmt *s, const EventFilter *f) {
        sqlite3_bind_int64(s, 1, (int64_t) f->after);
        sqlite3_bind_int64(s, 2, f->before > 0 ? (int64_t) f->before : INT64_MAX);
        sqlite3_bind_int64(s, 3, f->device);
        sqlite3_bind_int64(s, 4, f->alarm);
        sqlite3_bind_int64(s, 5, (int64_t) f->since);
        sqlite3_bind_int64(s, 6, (int64_t) f->until);
        sqlite3_bind_int64(s, 7, (int64_t) f->notify_after);
        sqlite3_bind_int64(s, 8, (int64_t) f->limit);
}

static void reverse(Event *events, size_t n) {
        Event swap;

        for (size_t i = 0; i < n / 2; i++) {
                memcpy(&swap, &events[i], sizeof(swap));
                memcpy(&events[i], &events[n - 1 - i], sizeof(swap));
                memcpy(&events[n - 1 - i], &swap, sizeof(swap));
        }
}

static int read_events(HistoryFile *file, EventsJob *e) {
        CLEANUP_FREE char *sql = NULL;
        sqlite3_stmt *s = NULL;
        int code = bound_ids(file->db, &e->filter);

        sql = events_sql(&e->filter);
        e->events = calloc(e->filter.limit, sizeof(Event));
        if (!sql || !e->events)
                return SQLITE_NOMEM;
        if (code == SQLITE_OK)
                code = sqlite3_prepare_v2(file->db, sql, -1, &s, NULL);
        if (code == SQLITE_OK) {
                bind_filter(s, &e->filter);
                while (e->n < e->filter.limit && (code = sqlite3_step(s)) == SQLITE_ROW)
                        row_read(s, 0, &event_table, &e->events[e->n++]);
        }
        sqlite3_finalize(s);
        return code;
}

static void events_work(HistoryJob *job) {
        EventsJob *e = (EventsJob *) job;
        HistoryFile *file = &job->store->events;

        e->error = ready(file);
        if (e->error < 0)
                return;
        file->deadline = now_monotonic() + QUESTION_MAX;
        e->error = history_file_result(file, read_events(file, e));
        file->deadline = USEC_INFINITY;
        if (e->error >= 0 && e->filter.newest)
                reverse(e->events, e->n);
}

static void events_done(HistoryJob *job, bool cancelled) {
        EventsJob *e = (EventsJob *) job;
        int error = cancelled ? -ECANCELED : e->error;

        e->done(error, e->events, error < 0 ? 0 : e->n, e->userdata);
        free(e->events);
        free(e);
}

void history_events(History *h, const EventFilter *filter, HistoryEvents done, void *userdata) {
        EventsJob *e = calloc(1, sizeof(*e));

        if (!e) {
                done(-ENOMEM, NULL, 0, userdata);
                return;
        }
        *e = (EventsJob){.job = {.work = events_work, .done = events_done},
                .filter = *filter,
                .done = done,
                .userdata = userdata};
        if (e->filter.limit == 0 || e->filter.limit > HISTORY_PAGE)
                e->filter.limit = HISTORY_PAGE;
        history_job(h, &e->job);
}

/* --- roll-ups
 * ------------------------------------------------------------------------------------------------ */

typedef struct RollupsJob {
        HistoryJob job;
        RollupQuestion question;
        HistoryRollups done;
        void *userdata;
        RollupRow *rows;
        size_t n;
        int error;
} RollupsJob;

static void rollups_work(HistoryJob *job) {
        RollupsJob *r = (RollupsJob *) job;
        HistoryFile *file = &job->store->rollups;

        r->error = ready(file);
        if (r->error < 0)
                return;
        file->deadline = now_monotonic() + QUESTION_MAX;
        r->error = history_file_result(file, history_rollup_read(file, &r->question, &r->rows, &r->n));
        file->deadline = USEC_INFINITY;
}

static void rollups_done(HistoryJob *job, bool cancelled) {
        RollupsJob *r = (RollupsJob *) job;
        int error = cancelled ? -ECANCELED : r->error;

        r->done(error, r->rows, error < 0 ? 0 : r->n, r->userdata);
        free(r->rows);
        free(r);
}

void history_rollups(History *h, uint32_t device, bool hours, usec_t since, usec_t until, HistoryRollups done,
        void *userdata) {
        RollupsJob *r = calloc(1, sizeof(*r));

        if (!r) {
                done(-ENOMEM, NULL, 0, userdata);
                return;
        }
        *r = (RollupsJob){.job = {.work = rollups_work, .done = rollups_done},
                .question = {.device = device, .hours = hours, .since = since, .until = until},
                .done = done,
                .userdata = userdata};
        history_job(h, &r->job);
}

/* --- protocols of drills
 * ------------------------------------------------------------------------------------- */

typedef struct DrillJob {
        HistoryJob job;
        uint64_t id;
        char pool[64];
        char *json;
        HistoryText done; /* NULL: it is to be stored */
        void *userdata;
        int error;
} DrillJob;

static int store_drill(HistoryFile *f, const DrillJob *d) {
        sqlite3_stmt *s = NULL;
        int code = history_file_statement(
                f, STATEMENT_DRILL, "INSERT OR REPLACE INTO drills (id, pool, json) VALUES (?1, ?2, ?3)", &s);

        if (code != SQLITE_OK)
                return code;
        sqlite3_bind_int64(s, 1, (int64_t) d->id);
        sqlite3_bind_text(s, 2, d->pool, -1, SQLITE_STATIC);
        sqlite3_bind_text(s, 3, d->json, -1, SQLITE_STATIC);
        return history_file_run(s);
}

static int read_drill(HistoryFile *f, DrillJob *d) {
        sqlite3_stmt *s = NULL;
        int code = sqlite3_prepare_v2(f->db,
                "SELECT json FROM drills WHERE (?1 = 0 OR id = ?1) AND (?2 = '' OR pool = ?2)"
                " ORDER BY id DESC LIMIT 1",
                -1, &s, NULL);

        if (code != SQLITE_OK)
                return code;
        sqlite3_bind_int64(s, 1, (int64_t) d->id);
        sqlite3_bind_text(s, 2, d->pool, -1, SQLITE_STATIC);
        code = sqlite3_step(s);
        if (code == SQLITE_ROW && sqlite3_column_text(s, 0))
                d->json = strdup((const char *) sqlite3_column_text(s, 0));
        sqlite3_finalize(s);
        return code;
}

static void drill_work(HistoryJob *job) {
        DrillJob *d = (DrillJob *) job;
        HistoryFile *f = &job->store->events;

        do {
                d->error = ready(f);
                if (d->error >= 0)
                        d->error = history_file_result(f, d->done ? read_drill(f, d) : store_drill(f, d));
        } while (d->error == -EAGAIN); /* bounded by how many files are set aside */
        if (d->error >= 0 && !d->json)
                d->error = -ENOENT;
}

static void drill_done(HistoryJob *job, bool cancelled) {
        DrillJob *d = (DrillJob *) job;
        int error = cancelled && (d->done || !job->ran) ? -ECANCELED : d->error;

        if (d->done)
                d->done(error, error < 0 ? NULL : d->json, d->userdata);
        else if (error < 0)
                fprintf(stderr, "the protocol of drill %llu could not be stored: %s\n",
                        (unsigned long long) d->id, strerror(-error));
        free(d->json);
        free(d);
}

void history_drill(History *h, uint64_t id, const char *pool, const char *json) {
        DrillJob *d = calloc(1, sizeof(*d));

        if (!d)
                return;
        *d = (DrillJob){.job = {.work = drill_work, .done = drill_done}, .id = id, .json = strdup(json)};
        copy_text(d->pool, sizeof(d->pool), pool);
        history_job(h, &d->job);
}

void history_drill_get(History *h, uint64_t id, const char *pool, HistoryText done, void *userdata) {
        DrillJob *d = calloc(1, sizeof(*d));

        if (!d) {
                done(-ENOMEM, NULL, userdata);
                return;
        }
        *d = (DrillJob){.job = {.work = drill_work, .done = drill_done},
                .id = id,
                .done = done,
                .userdata = userdata};
        copy_text(d->pool, sizeof(d->pool), pool ? pool : "");
        history_job(h, &d->job);
}
