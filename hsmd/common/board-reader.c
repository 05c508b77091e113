/* The reading side of the board: can neither block nor harm the writer, and is harmed by none. */

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "board.h"

#define READ_ATTEMPTS 100
#define STALE_TICKS 3
#define NEVER_LOOKED UINT32_MAX /* odd, so that no look finds it */
#define NEEDED_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

struct BoardReader {
        const uint8_t *map;
        size_t size;
        uint8_t *copy; /* last good copies, laid out as the board is */
        /* of tables whose rows come and go, as they were at the last look */
        struct {
                uint32_t arranged; /* odd: never looked */
                size_t present;
        } looked[BOARD_TABLES];
        uint8_t *look; /* room for the largest of them */
};

static bool header_is_sound(const BoardHeader *h, size_t size) {
        if (h->magic != BOARD_MAGIC || h->size != size)
                return false;
        for (size_t i = 0; i < BOARD_TABLES; i++) {
                uint64_t end =
                        (uint64_t) h->tables[i].offset + (uint64_t) h->tables[i].rows * h->tables[i].row_size;

                if (h->tables[i].row_size != board_tables[i].row_size || end > size ||
                        h->tables[i].offset % 8)
                        return false;
        }
        return true;
}

static const BoardHeader *header_of(const BoardReader *r) {
        return (const BoardHeader *) r->copy;
}

size_t board_rows(const BoardReader *r, BoardTable table) {
        return header_of(r)->tables[table].rows;
}

static int make_room_to_look(BoardReader *r) {
        size_t most = 1;

        for (BoardTable t = 0; t < BOARD_TABLES; t++)
                if (board_comes_and_goes(t))
                        most = MAX_OF(most, board_rows(r, t) * board_tables[t].row_size);
        r->look = malloc(most);
        return r->look ? 0 : -ENOMEM;
}

int board_reader_new(int fd, BoardReader **ret) {
        BoardReader *r = NULL;
        struct stat st;
        int seals = fcntl(fd, F_GET_SEALS);

        if (seals < 0 || (seals & NEEDED_SEALS) != NEEDED_SEALS)
                return -EBADMSG;
        if (fstat(fd, &st) < 0)
                return -errno;
        if ((size_t) st.st_size < sizeof(BoardHeader))
                return -EBADMSG;
        r = calloc(1, sizeof(*r));
        if (!r)
                return -ENOMEM;
        r->size = (size_t) st.st_size;
        r->copy = calloc(1, r->size);
        for (BoardTable t = 0; t < BOARD_TABLES; t++)
                r->looked[t].arranged = NEVER_LOOKED;
        r->map = mmap(NULL, r->size, PROT_READ, MAP_SHARED, fd, 0);
        if (!r->copy || r->map == MAP_FAILED) {
                if (r->map == MAP_FAILED)
                        r->map = NULL;
                board_reader_free(r);
                return -ENOMEM;
        }
        if (!header_is_sound((const BoardHeader *) r->map, r->size)) {
                board_reader_free(r);
                return -EBADMSG;
        }
        /* offsets are used from here on and must not change under us */
        memcpy(r->copy, r->map, sizeof(BoardHeader));
        if (make_room_to_look(r) < 0) {
                board_reader_free(r);
                return -ENOMEM;
        }
        *ret = r;
        return 0;
}

BoardReader *board_reader_free(BoardReader *r) {
        if (!r)
                return NULL;
        if (r->map)
                munmap((void *) r->map, r->size);
        free(r->copy);
        free(r->look);
        free(r);
        return NULL;
}

/* Copies a row as it is at one moment; false after too many attempts. */
static bool copy_row(const BoardReader *r, size_t offset, size_t size, void *ret) {
        const _Atomic uint32_t *sequence = (const _Atomic uint32_t *) (const void *) (r->map + offset);

        for (unsigned i = 0; i < READ_ATTEMPTS; i++) {
                uint32_t before = atomic_load_explicit(sequence, memory_order_acquire);

                if (before & 1)
                        continue;
                memcpy(ret, r->map + offset, size);
                atomic_thread_fence(memory_order_acquire);
                if (atomic_load_explicit(sequence, memory_order_relaxed) == before)
                        return true;
        }
        return false;
}

const void *board_read(BoardReader *r, BoardTable table, size_t index) {
        size_t row_size = board_tables[table].row_size;
        size_t offset = header_of(r)->tables[table].offset + index * row_size;
        _Alignas(8) uint8_t copy[sizeof(DeviceRow) > 4096 ? sizeof(DeviceRow) : 4096];

        if (!copy_row(r, offset, row_size, copy))
                return r->copy + offset;
        if (board_comes_and_goes(table) && board_row_id(copy) != board_row_id(r->copy + offset))
                return r->copy + offset; /* another one stands there by now */
        memcpy(r->copy + offset, copy, row_size);
        return r->copy + offset;
}

/* Copies the rows that are there; -EAGAIN if one cannot be read. They end where ids do not increase. */
static int copy_present(const BoardReader *r, BoardTable table, size_t *ret) {
        size_t row_size = board_tables[table].row_size, offset = header_of(r)->tables[table].offset, n = 0;
        uint32_t last = 0;

        for (; n < board_rows(r, table); n++) {
                uint8_t *row = r->look + n * row_size;

                if (!copy_row(r, offset + n * row_size, row_size, row))
                        return -EAGAIN;
                if (board_row_id(row) <= last)
                        break;
                last = board_row_id(row);
        }
        *ret = n;
        return 0;
}

static void keep_look(BoardReader *r, BoardTable table, uint32_t arranged, size_t n) {
        memcpy(r->copy + header_of(r)->tables[table].offset, r->look, n * board_tables[table].row_size);
        r->looked[table].arranged = arranged;
        r->looked[table].present = n;
}

size_t board_look(BoardReader *r, BoardTable table, bool *ret_changed) {
        const _Atomic uint32_t *arranged = &((const BoardHeader *) r->map)->tables[table].arranged;
        bool changed = false;
        size_t n = 0;

        for (unsigned i = 0; i < READ_ATTEMPTS && !changed; i++) {
                uint32_t before = atomic_load_explicit(arranged, memory_order_acquire);

                if (before == r->looked[table].arranged)
                        break;
                if (before & 1 || copy_present(r, table, &n) < 0)
                        continue;
                atomic_thread_fence(memory_order_acquire);
                if (atomic_load_explicit(arranged, memory_order_relaxed) != before)
                        continue;
                keep_look(r, table, before, n);
                changed = true;
        }
        if (ret_changed)
                *ret_changed = changed;
        return r->looked[table].present;
}

usec_t board_tick(const BoardReader *r) {
        return atomic_load_explicit(&((const BoardHeader *) r->map)->tick, memory_order_acquire);
}

bool board_stale(const BoardReader *r, usec_t now) {
        usec_t tick = board_tick(r);

        return now > tick && now - tick > STALE_TICKS * BOARD_TICK;
}
