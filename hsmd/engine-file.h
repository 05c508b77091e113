#ifndef HSMD_ENGINE_FILE_H
#define HSMD_ENGINE_FILE_H
/* An SNMP engine's identity on disk: its id, made once, and how often it has booted. */

#include "macro.h"

typedef struct EngineFile {
        uint8_t id[32];
        size_t id_size;
        uint32_t boots;
} EngineFile;

/* Reads the file or makes it, raises boots by one and writes it durably. Blocks. -EBADMSG for a damaged file:
 * an id is never made anew silently, because pollers have learnt the old one. */
int engine_file_boot(const char *path, EngineFile *ret);

#endif
