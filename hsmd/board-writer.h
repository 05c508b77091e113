#ifndef HSMD_BOARD_WRITER_H
#define HSMD_BOARD_WRITER_H
/* The writing side of the board: hsmd alone. */

#include "board.h"

typedef struct BoardWriter BoardWriter;

/* A board with the given number of rows a table, nothing valid in it yet. Negative errno. */
int board_writer_new(const size_t rows[BOARD_TABLES], BoardWriter **ret);
BoardWriter *board_writer_free(BoardWriter *writer);

/* The sealed memfd; remains the writer's. */
int board_writer_fd(const BoardWriter *writer);

/* The judge turned. */
void board_writer_tick(BoardWriter *writer, usec_t now);

/* Replaces a row by a copy of `row` (its sequence field is ignored). */
void board_publish(BoardWriter *writer, BoardTable table, size_t index, const void *row);

/* Makes a table whose rows come and go consist of these n rows (in order of their ids; what is beyond the
 * table's size is left out). Rows that did not change are not written. */
void board_arrange(BoardWriter *writer, BoardTable table, const void *rows, size_t n);

/* The row as last published. */
const void *board_published(const BoardWriter *writer, BoardTable table, size_t index);
size_t board_writer_rows(const BoardWriter *writer, BoardTable table);

#endif
