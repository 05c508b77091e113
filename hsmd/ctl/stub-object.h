#ifndef HSMD_CTL_STUB_OBJECT_H
#define HSMD_CTL_STUB_OBJECT_H
/* Which object a variable belongs to, guessed without its MIB. */

#include "protocol.h"

#define OBJECT_ARCS_MAX 64

/* What kind of value a variable has, as far as a sensor goes. */
typedef enum ObjectClass {
        OBJECT_OTHER,
        OBJECT_NUMBER,
        OBJECT_COUNTER,
        OBJECT_TICKS,
        OBJECT_TEXT
} ObjectClass;

typedef struct Object {
        const PollFound *found;
        ObjectClass class;
        uint32_t arcs[OBJECT_ARCS_MAX];
        size_t n;
        size_t column; /* how many arcs make the column; 0: an instance by itself */
} Object;

/* The objects of the vendor among what was found, in the order of their OIDs, columns and instances told
 * apart. The caller frees *ret. -ENOMEM. */
int objects_of_vendor(const PollFound *found, size_t n, Object **ret, size_t *ret_n);

/* Whether both are rows of one column, or columns of one table. */
bool object_same_column(const Object *a, const Object *b);
bool object_same_table(const Object *a, const Object *b);

/* "INTEGER", "Counter64". */
const char *asn1_name(uint32_t type);

/* Whether an OID is, or lies below, another. */
bool oid_is_below(const char *oid, const char *root);

#endif
