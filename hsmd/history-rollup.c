#include "history-rollup.h"

#include "history-row.h"
#include "history-schema.h"
#include "history-statement.h"

#define FORGET_STEP 2000 /* rows; some 10 ms */

/* --- storing
 * ------------------------------------------------------------------------------------------------- */

/* How two parts of one time come together. */
static const char *together(unsigned ordinal) {
        switch (ordinal) {
        case RollupField_latency_max:
        case RollupField_temperature_max:
                return "max(%1$s, excluded.%1$s)";
        case RollupField_spare_rate: /* what was left in the worst moment */
                return "min(%1$s, excluded.%1$s)";
        default:
                return "%1$s + excluded.%1$s";
        }
}

static void print_together(FILE *f, unsigned i) {
        const char *key = rollup_table.fields[i].key, *rule = together(i);

        fprintf(f, "%s\"%s\" = coalesce(", i > RollupField_start + 1 ? ", " : "", key);
        for (const char *p = rule; *p; p++) {
                if (strncmp(p, "%1$s", 4) == 0) {
                        fprintf(f, "\"%s\"", key);
                        p += 3;
                } else
                        fputc(*p, f);
        }
        fprintf(f, ", excluded.\"%s\", \"%s\")", key, key);
}

/* INSERT … ON CONFLICT (start, device) DO UPDATE SET "probes" = coalesce("probes" + excluded."probes", …), …
 */
static char *store_sql(const char *table) {
        CLEANUP_FREE char *tail = NULL;
        size_t size;
        FILE *f = open_memstream(&tail, &size);

        if (!f)
                return NULL;
        fprintf(f, "ON CONFLICT (start, device) DO UPDATE SET ");
        for (unsigned i = 0; i < RollupField_LAST; i++)
                if (i != RollupField_device && i != RollupField_start)
                        print_together(f, i);
        return fclose(f) == 0 ? row_insert(&rollup_table, table, tail) : NULL;
}

static int store(HistoryFile *f, unsigned slot, const RollupRow *row, usec_t unit) {
        CLEANUP_FREE char *sql = NULL;
        RollupRow aligned;
        sqlite3_stmt *s = NULL;
        int code;

        if (!f->statements[slot]) {
                sql = store_sql(slot == STATEMENT_MINUTE ? "minutes" : "hours");
                if (!sql)
                        return SQLITE_NOMEM;
        }
        code = history_file_statement(f, slot, sql, &s);
        if (code != SQLITE_OK)
                return code;
        memcpy(&aligned, row, sizeof(aligned));
        aligned.start -= aligned.start % unit;
        row_bind(s, &rollup_table, &aligned);
        return history_file_run(s);
}

int history_rollup_store(HistoryFile *f, const RollupRow *rows, size_t n) {
        int code = history_file_exec(f, "BEGIN IMMEDIATE");

        for (size_t i = 0; i < n && code == SQLITE_OK; i++) {
                code = store(f, STATEMENT_MINUTE, &rows[i], HISTORY_MINUTE);
                if (code == SQLITE_OK)
                        code = store(f, STATEMENT_HOUR, &rows[i], HISTORY_HOUR);
        }
        return code == SQLITE_OK ? history_file_exec(f, "COMMIT") : code;
}

/* --- asking
 * -------------------------------------------------------------------------------------------------- */

/* Of one device: rows stand in order of time, with those of other devices between them, so each start is
 * looked up. */
static const char one_sql[] =
        "WITH RECURSIVE starts (s) AS (SELECT ?1 UNION ALL SELECT s + ?4 FROM starts"
        " WHERE s + ?4 <= ?2)"
        " SELECT %s FROM starts CROSS JOIN %s r ON r.start = s AND r.device = ?3 LIMIT ?5";
static const char all_sql[] =
        "SELECT %s FROM %s r WHERE start BETWEEN ?1 AND ?2 ORDER BY start, device LIMIT ?5";

/* From the first start that there is to the last one. */
static int bounds(
        HistoryFile *f, const RollupQuestion *q, usec_t unit, int64_t *ret_first, int64_t *ret_last) {
        const char *table = q->hours ? "hours" : "minutes";
        int64_t first = 0, last = 0;
        char sql[96];
        int code;

        snprintf(sql, sizeof(sql), "SELECT start FROM %s ORDER BY start LIMIT 1", table);
        code = history_number(f->db, sql, &first);
        snprintf(sql, sizeof(sql), "SELECT start FROM %s ORDER BY start DESC LIMIT 1", table);
        if (code == SQLITE_OK)
                code = history_number(f->db, sql, &last);
        if (q->since > (usec_t) first)
                first = (int64_t) ((q->since + unit - 1) / unit * unit);
        if (q->until > 0 && q->until < (usec_t) last)
                last = (int64_t) q->until;
        *ret_first = first;
        *ret_last = last;
        return code;
}

static int read_pages(sqlite3_stmt *s, size_t max, RollupRow **ret, size_t *ret_n) {
        RollupRow *rows = *ret;
        size_t n = *ret_n;
        int code;

        while (n < max && (code = sqlite3_step(s)) == SQLITE_ROW)
                row_read(s, 0, &rollup_table, &rows[n++]);
        *ret_n = n;
        return n == max ? SQLITE_OK : code;
}

/* Rows of the last start of a full page may go on beyond it: they come with the next one. */
static size_t cut_page(const RollupRow *rows, size_t n, size_t max) {
        size_t cut = n;

        if (n < max)
                return n;
        while (cut > 0 && rows[cut - 1].start == rows[n - 1].start)
                cut--;
        return cut;
}

static int read_at_most(HistoryFile *f, const RollupQuestion *q, size_t max, RollupRow **ret, size_t *ret_n) {
        CLEANUP_FREE char *columns = row_columns(&rollup_table, "r."), *sql = NULL;
        usec_t unit = q->hours ? HISTORY_HOUR : HISTORY_MINUTE;
        int64_t first, last;
        sqlite3_stmt *s = NULL;
        int code = bounds(f, q, unit, &first, &last);

        *ret = calloc(max, sizeof(RollupRow));
        if (!*ret || !columns ||
                asprintf(&sql, q->device ? one_sql : all_sql, columns, q->hours ? "hours" : "minutes") < 0) {
                sql = NULL;
                return SQLITE_NOMEM;
        }
        if (code == SQLITE_OK)
                code = sqlite3_prepare_v2(f->db, sql, -1, &s, NULL);
        if (code == SQLITE_OK) {
                sqlite3_bind_int64(s, 1, first);
                sqlite3_bind_int64(s, 2, last);
                sqlite3_bind_int64(s, 3, q->device);
                sqlite3_bind_int64(s, 4, (int64_t) unit);
                sqlite3_bind_int64(s, 5, (int64_t) max);
                code = read_pages(s, max, ret, ret_n);
        }
        sqlite3_finalize(s);
        return code == SQLITE_DONE ? SQLITE_OK : code;
}

int history_rollup_read(HistoryFile *f, const RollupQuestion *q, RollupRow **ret, size_t *ret_n) {
        for (size_t max = HISTORY_PAGE;; max *= 4) {
                RollupRow *rows = NULL;
                size_t n = 0, whole;
                int code = read_at_most(f, q, max, &rows, &n);

                whole = q->device ? n : cut_page(rows, n, max);
                if (code == SQLITE_OK && n > 0 && whole == 0) { /* one start alone fills it */
                        free(rows);
                        continue;
                }
                if (code != SQLITE_OK) {
                        free(rows);
                        return code;
                }
                *ret = rows;
                *ret_n = whole;
                return SQLITE_OK;
        }
}

/* --- forgetting
 * ---------------------------------------------------------------------------------------------- */

static int forget(HistoryFile *f, const char *table, usec_t before, bool *ret_more) {
        char sql[256];
        int code;

        snprintf(sql, sizeof(sql),
                "DELETE FROM %s WHERE (start, device) IN"
                " (SELECT start, device FROM %s WHERE start < %lld ORDER BY start, device LIMIT %d)",
                table, table, (long long) before, FORGET_STEP);
        code = history_file_exec(f, sql);
        if (code == SQLITE_OK && sqlite3_changes(f->db) == FORGET_STEP)
                *ret_more = true;
        return code;
}

int history_rollup_forget(
        HistoryFile *f, usec_t minutes_before, usec_t hours_before, bool full, bool *ret_more) {
        bool more = false;
        int64_t free_pages = 0;
        int code = forget(f, "minutes", full ? INT64_MAX : minutes_before, &more);

        if (code == SQLITE_OK)
                code = forget(f, "hours", hours_before, &more);
        if (code == SQLITE_OK)
                code = history_file_exec(f, "PRAGMA incremental_vacuum(256)");
        if (code == SQLITE_OK)
                code = history_number(f->db, "PRAGMA freelist_count", &free_pages);
        if (code == SQLITE_OK)
                *ret_more = !full && (more || free_pages > 0);
        return code;
}
