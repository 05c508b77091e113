#ifndef HSMD_TESTS_CONFIG_FIXTURE_H
#define HSMD_TESTS_CONFIG_FIXTURE_H
/* A directory with a configuration in it, for each test of it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hsmd/config.h"

typedef struct Fixture {
        char directory[64], path[128]; /* path: of hsmd.conf */
        char *error;                   /* of the last load, NULL when it succeeded */
        Config *config;
} Fixture;

/* An empty directory with sensors/ and vendors/ in it. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* name: below the directory */
void write_file(const Fixture *f, const char *name, const void *data, size_t size);

/* As config_load of this text as hsmd.conf. */
int load_bytes(Fixture *f, const void *data, size_t size);
int load(Fixture *f, const char *text);

void assert_loads(Fixture *f, const char *text);
void assert_error(const Fixture *f, const char *expected);

/* The text of a shipped profile, of "vendors" or "sensors"; the caller frees it. */
char *shipped_profile(const char *kind, const char *name);

/* text with the first `find` replaced; the caller frees it */
char *replaced_in(const char *text, const char *find, const char *replacement);

#endif
