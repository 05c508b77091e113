#include "serve-board.h"

#include "serve-cell.h"

#define COLUMNS_MAX 64
#define INDICES_MAX 2
#define NO_FIELD UINT8_MAX

/* Which tables of the board stand where below hsmdObjects, in that order. Scalars are columns of one row,
 * `0`. */
static const struct {
        oid arc;
        BoardTable table;
} groups[] = {
        {1, BOARD_FLEET},
        {2, BOARD_SITES},
        {3, BOARD_POOLS},
        {4, BOARD_SERVICES},
        {5, BOARD_DEVICES},
        {6, BOARD_KEYS},
        {7, BOARD_MECHANISMS},
        {8, BOARD_SENSORS},
        {9, BOARD_SITE_SENSORS},
        {10, BOARD_ALARMS},
        {11, BOARD_FAILOVERS},
        {12, BOARD_RECEIVERS},
};

/* One group of objects as it is laid out for searching. */
typedef struct Group {
        oid arc;
        BoardTable table;
        size_t prefix;              /* 1 for a table: its entry's arc; 0 for scalars */
        size_t indices;             /* how many arcs an instance has */
        size_t rows;                /* as many as there are now */
        uint32_t *index;            /* rows × indices */
        uint8_t field[COLUMNS_MAX]; /* ordinal of a column's field, or NO_FIELD */
} Group;

struct ServeBoard {
        BoardReader *reader;
        Group groups[ELEMENTSOF(groups)];
};

static void map_columns(Group *g) {
        const TableInfo *info = &board_tables[g->table];

        memset(g->field, NO_FIELD, sizeof(g->field));
        for (size_t i = 0; i < info->n_fields; i++) {
                const Field *f = &info->fields[i];

                if (f->column == 0 || f->column >= COLUMNS_MAX || i < info->n_index)
                        continue; /* not in the MIB, or an index: not accessible */
                g->field[f->column] = (uint8_t) i;
        }
}

static int compare_indices(const uint32_t *a, const uint32_t *b, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (a[i] != b[i])
                        return a[i] < b[i] ? -1 : 1;
        return 0;
}

/* The search below rests on the order, so it is checked once, here. */
static int read_indices(BoardReader *reader, Group *g) {
        const TableInfo *info = &board_tables[g->table];

        for (size_t row = 0; row < g->rows; row++) {
                const uint8_t *p = board_read(reader, g->table, row);
                uint32_t *index = g->index + row * g->indices;

                for (size_t i = 0; i < info->n_index; i++)
                        memcpy(&index[i], p + info->fields[i].offset, sizeof(index[i]));
                if (row > 0 && compare_indices(index - g->indices, index, g->indices) >= 0)
                        return -EBADMSG;
        }
        return 0;
}

/* Rows that come and go are looked at once a request: within it they keep their places. */
static void look_again(ServeBoard *b) {
        for (size_t i = 0; i < ELEMENTSOF(b->groups); i++) {
                Group *g = &b->groups[i];
                bool changed;

                if (!board_comes_and_goes(g->table))
                        continue;
                g->rows = board_look(b->reader, g->table, &changed);
                for (size_t row = 0; changed && row < g->rows; row++)
                        g->index[row] = board_row_id(board_read(b->reader, g->table, row));
        }
}

static int lay_out(BoardReader *reader, size_t i, Group *g) {
        const TableInfo *info = &board_tables[groups[i].table];

        g->arc = groups[i].arc;
        g->table = groups[i].table;
        g->prefix = info->n_index > 0;
        g->indices = MAX_OF(info->n_index, (size_t) 1);
        g->rows = board_rows(reader, g->table);
        g->index = calloc(g->rows + 1, g->indices * sizeof(*g->index));
        if (!g->index)
                return -ENOMEM;
        map_columns(g);
        if (!board_comes_and_goes(g->table))
                return read_indices(reader, g);
        g->rows = 0; /* until somebody asks */
        return 0;
}

int serve_board_new(int fd, ServeBoard **ret) {
        ServeBoard *b = calloc(1, sizeof(*b));
        int r;

        if (!b)
                return -ENOMEM;
        r = board_reader_new(fd, &b->reader);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(groups); i++)
                r = lay_out(b->reader, i, &b->groups[i]);
        if (r < 0) {
                serve_board_free(b);
                return r;
        }
        *ret = b;
        return 0;
}

ServeBoard *serve_board_free(ServeBoard *b) {
        if (!b)
                return NULL;
        for (size_t i = 0; i < ELEMENTSOF(b->groups); i++)
                free(b->groups[i].index);
        board_reader_free(b->reader);
        free(b);
        return NULL;
}

BoardReader *serve_board_reader(ServeBoard *b) {
        return b->reader;
}

/* Whether the cell is instantiated, and its value. */
static bool read_cell(ServeBoard *b, const Group *g, size_t column, size_t row, usec_t now, MibValue *ret) {
        const Field *f = &board_tables[g->table].fields[g->field[column]];
        const void *copy = board_read(b->reader, g->table, row);

        if (!field_valid(copy, g->field[column]))
                return false;
        serve_cell(f, copy, now, board_stale(b->reader, now), ret);
        return true;
}

/* Compares a row's index with the arcs of an instance; a shorter one that is a prefix comes first. */
static int compare_instance(const Group *g, size_t row, const oid *name, size_t n) {
        const uint32_t *index = g->index + row * g->indices;

        for (size_t i = 0; i < g->indices && i < n; i++)
                if (index[i] != name[i])
                        return index[i] < name[i] ? -1 : 1;
        return g->indices < n ? -1 : g->indices > n;
}

static size_t row_count(const Group *g) {
        return g->prefix ? g->rows : MIN_OF(g->rows, (size_t) 1);
}

/* The first row whose index is after (or, with or_equal, at or after) the instance; row_count() if none. */
static size_t find_row(const Group *g, const oid *name, size_t n, bool or_equal) {
        size_t low = 0, high = row_count(g);

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                int c = compare_instance(g, middle, name, n);

                if (c > 0 || (or_equal && c == 0))
                        high = middle;
                else
                        low = middle + 1;
        }
        return low;
}

static bool has_column(const Group *g, oid column) {
        return column < COLUMNS_MAX && g->field[column] != NO_FIELD;
}

static const Group *find_group(const ServeBoard *b, oid arc) {
        for (size_t i = 0; i < ELEMENTSOF(b->groups); i++)
                if (b->groups[i].arc == arc)
                        return &b->groups[i];
        return NULL;
}

int serve_board_get(ServeBoard *b, const oid *name, size_t n, usec_t now, MibValue *ret) {
        const Group *g = n > 0 ? find_group(b, name[0]) : NULL;
        size_t at = g ? 1 + g->prefix : 0; /* where the column's arc stands */
        size_t row;

        look_again(b);
        if (!g || n <= at || (g->prefix && name[1] != 1) || !has_column(g, name[at]))
                return -ENXIO;
        if (n - at - 1 != g->indices)
                return -ENODATA;
        row = find_row(g, name + at + 1, g->indices, true);
        if (row >= row_count(g) || compare_instance(g, row, name + at + 1, g->indices) != 0)
                return -ENODATA;
        return read_cell(b, g, name[at], row, now, ret) ? 0 : -ENODATA;
}

/* Where a search in a group begins. */
typedef struct Position {
        size_t column, row;
} Position;

/* The first cell of the group that is after the OID below the group's arc. */
static Position seek(const Group *g, const oid *name, size_t n) {
        const Position first = {0, 0}, end = {COLUMNS_MAX, 0};

        if (g->prefix) {
                if (n == 0 || name[0] < 1)
                        return first;
                if (name[0] > 1)
                        return end;
                name++;
                n--;
        }
        if (n == 0)
                return first;
        if (name[0] >= COLUMNS_MAX)
                return end;
        return (Position){(size_t) name[0], find_row(g, name + 1, n - 1, false)};
}

/* The first instantiated cell at or after a position. */
static bool scan(ServeBoard *b, const Group *g, Position *at, usec_t now, MibValue *ret) {
        for (; at->column < COLUMNS_MAX; at->column++, at->row = 0) {
                if (!has_column(g, at->column))
                        continue;
                for (; at->row < row_count(g); at->row++)
                        if (read_cell(b, g, at->column, at->row, now, ret))
                                return true;
        }
        return false;
}

static size_t write_name(const Group *g, const Position *at, oid name[static SERVE_OID_MAX]) {
        size_t n = 0;

        name[n++] = g->arc;
        if (g->prefix)
                name[n++] = 1;
        name[n++] = at->column;
        for (size_t i = 0; i < g->indices; i++)
                name[n++] = g->index[at->row * g->indices + i];
        return n;
}

int serve_board_next(ServeBoard *b, const oid *name, size_t n, usec_t now, oid ret_name[static SERVE_OID_MAX],
        size_t *ret_n, MibValue *ret) {
        look_again(b);
        for (size_t i = 0; i < ELEMENTSOF(b->groups); i++) {
                const Group *g = &b->groups[i];
                Position at = {0, 0};

                if (n > 0 && g->arc < name[0])
                        continue;
                if (n > 0 && g->arc == name[0])
                        at = seek(g, name + 1, n - 1);
                if (!scan(b, g, &at, now, ret))
                        continue;
                *ret_n = write_name(g, &at, ret_name);
                return 0;
        }
        return -ENODATA;
}
