#include "board-writer.h"

#include <fcntl.h>
#include <sys/mman.h>

struct BoardWriter {
        int fd;
        uint8_t *map;
        size_t size;
        size_t present[BOARD_TABLES]; /* of tables whose rows come and go: how many stand there */
};

/* What stands where no row is. */
static const union {
        AlarmRow alarm;
        FailoverRow failover;
} no_row;

static size_t aligned(size_t n) {
        return (n + 63) & ~(size_t) 63;
}

/* Truncation is sealed off, or any holder could kill us with SIGBUS; so is writing through any later mapping,
 * so that the one made before is the only one that can write. */
static int map_and_seal(BoardWriter *w) {
        if (ftruncate(w->fd, (off_t) w->size) < 0)
                return -errno;
        w->map = mmap(NULL, w->size, PROT_READ | PROT_WRITE, MAP_SHARED, w->fd, 0);
        if (w->map == MAP_FAILED) {
                w->map = NULL;
                return -errno;
        }
        if (fcntl(w->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) < 0)
                return -errno;
        return 0;
}

int board_writer_new(const size_t rows[BOARD_TABLES], BoardWriter **ret) {
        BoardWriter *w = calloc(1, sizeof(*w));
        BoardHeader header = {.magic = BOARD_MAGIC};
        size_t at = aligned(sizeof(header));
        int r;

        if (!w)
                return -ENOMEM;
        for (size_t i = 0; i < BOARD_TABLES; i++) {
                header.tables[i].offset = (uint32_t) at;
                header.tables[i].rows = (uint32_t) rows[i];
                header.tables[i].row_size = (uint32_t) board_tables[i].row_size;
                at = aligned(at + rows[i] * board_tables[i].row_size);
        }
        header.size = w->size = at;
        w->fd = memfd_create("hsmd-board", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        r = w->fd < 0 ? -errno : map_and_seal(w);
        if (r < 0) {
                board_writer_free(w);
                return r;
        }
        memcpy(w->map, &header, sizeof(header));
        *ret = w;
        return 0;
}

BoardWriter *board_writer_free(BoardWriter *w) {
        if (!w)
                return NULL;
        if (w->map)
                munmap(w->map, w->size);
        if (w->fd >= 0)
                close(w->fd);
        free(w);
        return NULL;
}

int board_writer_fd(const BoardWriter *w) {
        return w->fd;
}

void board_writer_tick(BoardWriter *w, usec_t now) {
        atomic_store_explicit(&((BoardHeader *) w->map)->tick, now, memory_order_release);
}

static uint8_t *row_at(const BoardWriter *w, BoardTable table, size_t index) {
        const BoardHeader *h = (const BoardHeader *) w->map;

        return w->map + h->tables[table].offset + index * h->tables[table].row_size;
}

void board_publish(BoardWriter *w, BoardTable table, size_t index, const void *row) {
        uint8_t *p = row_at(w, table, index);
        _Atomic uint32_t *sequence = (_Atomic uint32_t *) (void *) p;
        uint32_t s = atomic_load_explicit(sequence, memory_order_relaxed);

        atomic_store_explicit(sequence, s + 1, memory_order_relaxed);
        atomic_thread_fence(memory_order_release);
        memcpy(p + sizeof(*sequence), (const uint8_t *) row + sizeof(*sequence),
                board_tables[table].row_size - sizeof(*sequence));
        atomic_store_explicit(sequence, s + 2, memory_order_release);
}

/* The row that shall stand at a place. */
static const void *wanted_row(BoardTable table, const void *rows, size_t n, size_t index) {
        return index < n ? (const uint8_t *) rows + index * board_tables[table].row_size
                         : (const void *) &no_row;
}

static bool is_published(const BoardWriter *w, BoardTable table, size_t index, const void *row) {
        size_t skip = sizeof(((AlarmRow *) NULL)->sequence);

        return memcmp(row_at(w, table, index) + skip, (const uint8_t *) row + skip,
                       board_tables[table].row_size - skip) == 0;
}

/* An odd count tells readers that what they see may be half of the old places and half of the new ones. */
static void count_arrangement(BoardWriter *w, BoardTable table) {
        _Atomic uint32_t *arranged = &((BoardHeader *) w->map)->tables[table].arranged;
        uint32_t count = atomic_load_explicit(arranged, memory_order_relaxed);

        atomic_store_explicit(arranged, count + 1, memory_order_release);
        atomic_thread_fence(memory_order_release);
}

void board_arrange(BoardWriter *w, BoardTable table, const void *rows, size_t n) {
        size_t there = MIN_OF(n, board_writer_rows(w, table)), end = MAX_OF(there, w->present[table]);
        bool moves = false;

        for (size_t i = 0; i < end && !moves; i++)
                moves = board_row_id(row_at(w, table, i)) != board_row_id(wanted_row(table, rows, there, i));
        if (moves)
                count_arrangement(w, table);
        for (size_t i = 0; i < end; i++) {
                const void *row = wanted_row(table, rows, there, i);

                if (!is_published(w, table, i, row))
                        board_publish(w, table, i, row);
        }
        if (moves)
                count_arrangement(w, table);
        w->present[table] = there;
}

const void *board_published(const BoardWriter *w, BoardTable table, size_t index) {
        return row_at(w, table, index);
}

size_t board_writer_rows(const BoardWriter *w, BoardTable table) {
        return ((const BoardHeader *) w->map)->tables[table].rows;
}
