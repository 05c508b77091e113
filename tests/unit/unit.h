#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H
/* cmocka wants these before its own header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* last */
#include <cmocka.h>
#endif
