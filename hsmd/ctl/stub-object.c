#include "stub-object.h"

/* ASN.1 tags of SNMP values as net-snmp has them (RFC 2578, RFC 3416; the last two are Opaque-wrapped). */
enum {
        TAG_INTEGER = 0x02,
        TAG_OCTETS = 0x04,
        TAG_COUNTER32 = 0x41,
        TAG_GAUGE32 = 0x42,
        TAG_TICKS = 0x43,
        TAG_COUNTER64 = 0x46,
        TAG_FLOAT = 0x78,
        TAG_DOUBLE = 0x79,
};

/* iso.org.dod.internet.private.enterprises, and the arc of the enterprise behind it */
#define ENTERPRISES "1.3.6.1.4.1"
#define ENTERPRISE_ARCS 7

/* UCD-SNMP-MIB has profiles of its own and NET-SNMP-MIB tells of the agent, not of the machine. What stands
 * below netSnmpPlaypen, for experiments, is somebody else's. */
#define UCD ENTERPRISES ".2021"
#define NET_SNMP ENTERPRISES ".8072"
#define PLAYPEN NET_SNMP ".9999"

bool oid_is_below(const char *oid, const char *root) {
        size_t n = strlen(root);

        if (*oid == '.')
                oid++;
        return strncmp(oid, root, n) == 0 && (oid[n] == '.' || oid[n] == '\0');
}

static bool is_vendors(const char *oid) {
        if (!oid_is_below(oid, ENTERPRISES) || oid_is_below(oid, UCD))
                return false;
        return !oid_is_below(oid, NET_SNMP) || oid_is_below(oid, PLAYPEN);
}

const char *asn1_name(uint32_t type) {
        switch (type) {
        case TAG_INTEGER:
                return "INTEGER";
        case TAG_OCTETS:
                return "OCTET STRING";
        case TAG_COUNTER32:
                return "Counter32";
        case TAG_GAUGE32:
                return "Gauge32";
        case TAG_TICKS:
                return "TimeTicks";
        case TAG_COUNTER64:
                return "Counter64";
        case TAG_FLOAT:
        case TAG_DOUBLE:
                return "Opaque float";
        default:
                return "?";
        }
}

static ObjectClass class_of(const PollFound *found) {
        switch (found->type) {
        case TAG_INTEGER:
        case TAG_GAUGE32:
        case TAG_FLOAT:
        case TAG_DOUBLE:
                return OBJECT_NUMBER;
        case TAG_COUNTER32:
        case TAG_COUNTER64:
                return OBJECT_COUNTER;
        case TAG_TICKS:
                return OBJECT_TICKS;
        case TAG_OCTETS:
                return OBJECT_TEXT;
        default:
                return OBJECT_OTHER;
        }
}

static bool parse_arcs(const char *oid, Object *o) {
        if (*oid == '.')
                oid++;
        for (o->n = 0; o->n < OBJECT_ARCS_MAX; oid++) {
                char *end;
                unsigned long arc;

                if (*oid < '0' || *oid > '9')
                        return false;
                errno = 0;
                arc = strtoul(oid, &end, 10);
                if (errno || arc > UINT32_MAX)
                        return false;
                o->arcs[o->n++] = (uint32_t) arc;
                if (*end == '\0')
                        return o->n > ENTERPRISE_ARCS;
                if (*end != '.')
                        return false;
                oid = end;
        }
        return false;
}

static int compare(const void *a, const void *b) {
        const Object *x = a, *y = b;

        for (size_t i = 0; i < x->n && i < y->n; i++)
                if (x->arcs[i] != y->arcs[i])
                        return x->arcs[i] < y->arcs[i] ? -1 : 1;
        return (x->n > y->n) - (x->n < y->n);
}

static bool begin_alike(const Object *a, const Object *b, size_t n) {
        return a->n >= n && b->n >= n && memcmp(a->arcs, b->arcs, n * sizeof(a->arcs[0])) == 0;
}

/* SMIv2 (RFC 2578, 7.7): a table's entry has arc 1, below it stand the columns, and below a column its rows;
 * an instance by itself ends in 0. The entry that is taken is the deepest that leaves a column and a row. */
static size_t guess_column(const Object *o, bool alone) {
        if (alone && o->arcs[o->n - 1] == 0)
                return 0;
        for (size_t entry = o->n - 3; entry >= ENTERPRISE_ARCS; entry--)
                if (o->arcs[entry] == 1)
                        return entry + 2;
        return 0;
}

static void guess_columns(Object *objects, size_t n) {
        for (size_t i = 0; i < n; i++) {
                size_t parent = objects[i].n - 1;
                bool alone = !(i > 0 && begin_alike(&objects[i - 1], &objects[i], parent)) &&
                             !(i + 1 < n && begin_alike(&objects[i + 1], &objects[i], parent));

                objects[i].column = guess_column(&objects[i], alone);
        }
}

bool object_same_column(const Object *a, const Object *b) {
        return a->column > 0 && a->column == b->column && begin_alike(a, b, a->column);
}

bool object_same_table(const Object *a, const Object *b) {
        return a->column > 0 && a->column == b->column && begin_alike(a, b, a->column - 1);
}

int objects_of_vendor(const PollFound *found, size_t n, Object **ret, size_t *ret_n) {
        Object *objects = calloc(n + 1, sizeof(Object));
        size_t kept = 0;

        if (!objects)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                Object *o = &objects[kept];

                *o = (Object){.found = &found[i], .class = class_of(&found[i])};
                if (o->class != OBJECT_OTHER && is_vendors(found[i].oid) && parse_arcs(found[i].oid, o))
                        kept++;
        }
        qsort(objects, kept, sizeof(Object), compare);
        guess_columns(objects, kept);
        *ret = objects;
        *ret_n = kept;
        return 0;
}
