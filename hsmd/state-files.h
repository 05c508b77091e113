#ifndef HSMD_STATE_FILES_H
#define HSMD_STATE_FILES_H
/* A directory of small text files in the state directory, a file an owner: all are read before the loop runs,
 * written whole and durably by the disk's thread. What cannot be read is set aside, never overwritten. */

#include "disk.h"

typedef struct StateFiles {
        const char *directory; /* absolute; made with mode 0700 when it is missing */
        size_t size_max;       /* of a file, in octets */
        const char *what;      /* for messages: "its pinned keys" */
        const char *and_then;  /* what follows from its loss: "keys are pinned anew" */
        /* Takes a file's text, terminated, which it may change. -EBADMSG when it is none of ours. */
        int (*parse)(const char *name, char *text, size_t size, void *userdata);
        /* May be NULL. A file was not read; is_aside: it is out of the way, the name can be used again. */
        int (*lost)(const char *name, bool is_aside, void *userdata);
} StateFiles;

/* Blocks. Each file that cannot be read is renamed to NAME.unreadable (or NAME.unreadable.2 and so on), and
 * has its line in *ret_warning, which the caller frees; NULL when all are well. */
int state_files_read(const StateFiles *files, void *userdata, char **ret_warning);

/* Writes DIRECTORY/NAME soon. text is copied. written, which may be NULL, is called on the loop, or in
 * disk_free with cancelled, when the file has been written all the same; error: 0 or a negative errno, which
 * has been said already. */
typedef void (*StateWritten)(int error, bool cancelled, void *userdata);
int state_file_write(Disk *disk, const char *directory, const char *name, const char *text, size_t size,
        StateWritten written, void *userdata);

/* A word of printable ASCII without blanks for any text: [A-Za-z0-9_.-] stand for themselves, every other
 * octet as %XX. Cut, never in the middle of an octet, and terminated. Returns its length. */
size_t state_word_encode(char *dst, size_t size, const char *text);

/* Back in place. -EBADMSG for what no text is encoded as. */
int state_word_decode(char *word);

#endif
