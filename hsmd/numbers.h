#ifndef HSMD_NUMBERS_H
#define HSMD_NUMBERS_H
/* Numbers of events: reserved on disk in blocks of 1,000 before they are used, in STATE/numbers, apart from
 * the history, so that none is used twice whatever becomes of that. A restart skips the rest of its block. */

#include "disk.h"

typedef struct Numbers Numbers;

/* Reads STATE/numbers and reserves the first block; blocks (before the loop runs). at_least: the largest
 * number that the history knows; 0 when it is not known. A file that cannot be read is set aside,
 * *ret_warning says so (the caller frees it), and the numbers go on far beyond at_least. Negative errno. */
int numbers_new(const char *state, Disk *disk, uint64_t at_least, Numbers **ret, char **ret_warning);
/* After disk_free. */
Numbers *numbers_free(Numbers *numbers);

/* Never blocks; may go beyond what is reserved while the disk stalls. */
uint64_t numbers_next(Numbers *numbers);
/* The last one that is reserved: what is beyond must not be told to anybody yet. A reservation that failed is
 * tried again, once a second at most, when this or numbers_next is called. */
uint64_t numbers_reserved(Numbers *numbers);
/* The history came late and knows of numbers up to this. */
void numbers_at_least(Numbers *numbers, uint64_t last);

/* --- the file, for others that must not use a number again. Each blocks. */

/* What STATE/numbers says is reserved; -ENOENT, -EBADMSG. */
int numbers_peek(const char *state, uint64_t *ret);
int numbers_write(const char *state, uint64_t reserved);

#endif
