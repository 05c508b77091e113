#ifndef HSMD_HISTORY_ROW_H
#define HSMD_HISTORY_ROW_H
/* A row of a list of fields (event.h) as a row of an SQLite table: a column a field, named by its JSON key,
 * in the unit that the key says, NULL where the field is not valid; enumerations by their snake_case names.
 * So a file can be read by hand, and a field that is added later is a column that is added.
 *
 * The functions that make SQL return a string that the caller frees, or NULL when memory is short. */

#include <sqlite3.h>

#include "board.h"

/* "PREFIX"."id",PREFIX."when",…; prefix: "" or an alias with its dot. */
char *row_columns(const TableInfo *table, const char *prefix);
/* CREATE TABLE name (columns, tail; tail: "PRIMARY KEY (…)) WITHOUT ROWID" or the like, or NULL: the first
 * field is the key. */
char *row_create(const TableInfo *table, const char *name, const char *tail);
/* INSERT INTO name (columns) VALUES (?1, …) tail */
char *row_insert(const TableInfo *table, const char *name, const char *tail);
/* "INTEGER", "REAL" or "TEXT". */
const char *row_sql_type(const Field *field);

/* Binds all fields to the parameters 1 …; the row must live until the statement was stepped. */
void row_bind(sqlite3_stmt *statement, const TableInfo *table, const void *row);
/* Reads all fields from the columns `first` … . A word that this version does not know is not valid. */
void row_read(sqlite3_stmt *statement, int first, const TableInfo *table, void *row);

#endif
