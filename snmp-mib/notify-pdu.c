#include "notify-pdu.h"

#include "mib-root.h"
#include "mib-value.h"

#define SYS_UP_TIME 1, 3, 6, 1, 2, 1, 1, 3, 0
#define SNMP_TRAP_OID 1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0
#define NOTIFICATIONS MIB_ROOT_ARCS, 0
#define FLEET MIB_ROOT_ARCS, 1, 1
#define NOTIFY_OBJECTS MIB_ROOT_ARCS, 1, 13

enum { /* arcs below hsmdNotifyObjects that are not an event's own */
        NOTIFY_SEQUENCE = 1,
        NOTIFY_REPEATED = 4,
        NOTIFY_TEXT_LOCAL = 17,
};

enum { HEARTBEAT = 10 }; /* hsmdHeartbeat's arc below hsmdNotifications */

/* A notification's arc, and its objects' below hsmdNotifyObjects, ended by 0. */
typedef struct Kind {
        uint8_t arc;
        const uint8_t *objects;
} Kind;

/* The OBJECTS of the NOTIFICATION-TYPEs. */
static const Kind *kind_of(unsigned type) {
        static const uint8_t alarm[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 0};
        static const uint8_t pool[] = {1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 16, 17, 0};
        static const uint8_t service[] = {1, 2, 3, 4, 5, 6, 8, 10, 11, 12, 13, 14, 15, 16, 17, 0};
        static const uint8_t life[] = {1, 2, 3, 4, 5, 12, 13, 14, 16, 17, 0};
        static const Kind kinds[EVENT_TYPE_LAST + 1] = {[EVENT_ALARM_RAISED] = {1, alarm},
                [EVENT_ALARM_CHANGED] = {2, alarm},
                [EVENT_ALARM_CLEARED] = {3, alarm},
                [EVENT_POOL_FAILOVER] = {4, pool},
                [EVENT_POOL_RECOVERED] = {5, pool},
                [EVENT_SERVICE_AT_RISK] = {6, service},
                [EVENT_SERVICE_RECOVERED] = {7, service},
                [EVENT_STARTED] = {8, life},
                [EVENT_STOPPING] = {9, life}};

        return type <= EVENT_TYPE_LAST && kinds[type].arc > 0 ? &kinds[type] : NULL;
}

/* ---- values ---- */

static void set_name(MibValue *v, const char *name, unsigned column) {
        char camel[64];

        /* a state is named as it is in the MIB; other names are what the operator gave */
        if (column == event_table.fields[EventField_state].column) {
                name_to_camel(camel, sizeof(camel), name);
                mib_set_ascii(v, camel, sizeof(camel) - 1);
        } else {
                mib_set_ascii(v, name, 63);
        }
}

/* The value of an object that is a field of the event. */
static void set_field(MibValue *v, const Event *event, unsigned ordinal) {
        const Field *f = &event_table.fields[ordinal];
        const void *p = (const uint8_t *) event + f->offset;
        bool valid = field_valid(event, ordinal);
        uint64_t u64 = 0;
        uint32_t u32 = 0;
        int32_t i32;

        switch (f->type) {
        case FIELD_NAME:
                set_name(v, valid ? p : "", f->column);
                break;
        case FIELD_TEXT:
                mib_set_ascii(v, valid ? p : "", NOTIFY_TEXT_MAX);
                break;
        case FIELD_COUNTER:
        case FIELD_INSTANT:
                if (valid)
                        memcpy(&u64, p, sizeof(u64));
                if (f->type == FIELD_COUNTER)
                        mib_set_counter(v, u64);
                else
                        mib_set_instant(v, u64);
                break;
        default:
                if (valid)
                        memcpy(&u32, p, sizeof(u32));
                memcpy(&i32, &u32, sizeof(i32));
                if (f->type == FIELD_BOOL)
                        mib_set_integer(v, ASN_INTEGER, u32 ? 1 : 2); /* TruthValue */
                else if (f->type == FIELD_ENUM)
                        mib_set_integer(v, ASN_INTEGER, u32 > 0 ? (long) u32 : SEVERITY_INDETERMINATE);
                else if (f->type == FIELD_I32)
                        mib_set_integer(v, ASN_INTEGER, i32);
                else
                        mib_set_integer(v, ASN_UNSIGNED, (long) u32);
        }
}

static int ordinal_of(unsigned object) {
        for (size_t i = 0; i < event_table.n_fields; i++)
                if (event_table.fields[i].column == object)
                        return (int) i;
        return -EINVAL;
}

/* ---- variable bindings ---- */

static int add(netsnmp_pdu *pdu, const oid *name, size_t n, u_char type, const void *value, size_t size) {
        return snmp_pdu_add_variable(pdu, name, n, type, value, size) ? 0 : -ENOMEM;
}

static int add_value(netsnmp_pdu *pdu, const oid *name, size_t n, const MibValue *v) {
        return add(pdu, name, n, v->type, &v->data, v->size);
}

static int add_object(netsnmp_pdu *pdu, unsigned object, const MibValue *v) {
        const oid name[] = {NOTIFY_OBJECTS, object, 0};

        return add_value(pdu, name, ELEMENTSOF(name), v);
}

static int add_local_text(netsnmp_pdu *pdu, const Event *event, const NotifyForm *form) {
        const oid name[] = {NOTIFY_OBJECTS, NOTIFY_TEXT_LOCAL, 0};
        uint8_t octets[NOTIFY_TEXT_MAX];
        size_t n;

        if (!form->local_text)
                return 0;
        n = field_valid(event, EventField_text_local) ? notify_text(form->gb18030, event->text_local, octets)
                                                      : 0;
        return add(pdu, name, ELEMENTSOF(name), ASN_OCTET_STR, octets, n);
}

static int add_event(
        netsnmp_pdu *pdu, const MsgNotify *m, const Kind *kind, bool repeated, const NotifyForm *form) {
        int r = 0;

        for (const uint8_t *object = kind->objects; r >= 0 && *object; object++) {
                MibValue v;

                if (*object == NOTIFY_TEXT_LOCAL) {
                        r = add_local_text(pdu, &m->event, form);
                        continue;
                }
                if (*object == NOTIFY_REPEATED)
                        mib_set_integer(&v, ASN_INTEGER, repeated ? 1 : 2);
                else
                        set_field(&v, &m->event, (unsigned) ordinal_of(*object));
                r = add_object(pdu, *object, &v);
        }
        return r;
}

/* A scalar of the fleet, by the column of its field. */
static int add_fleet(netsnmp_pdu *pdu, unsigned ordinal, const MibValue *v) {
        const oid name[] = {FLEET, board_tables[BOARD_FLEET].fields[ordinal].column, 0};

        return add_value(pdu, name, ELEMENTSOF(name), v);
}

static int add_event_field(netsnmp_pdu *pdu, const Event *event, unsigned ordinal) {
        MibValue v;

        set_field(&v, event, ordinal);
        return add_object(pdu, event_table.fields[ordinal].column, &v);
}

static int add_heartbeat(netsnmp_pdu *pdu, const MsgNotify *m) {
        static const uint8_t alarms[] = {FleetField_alarms_critical, FleetField_alarms_major,
                FleetField_alarms_minor, FleetField_alarms_warning};
        MibValue v;
        int r;

        mib_set_counter(&v, m->last_sequence);
        r = add_object(pdu, NOTIFY_SEQUENCE, &v);
        if (r >= 0)
                r = add_event_field(pdu, &m->event, EventField_when);
        if (r >= 0)
                r = add_fleet(pdu, FleetField_last_notify_sequence, &v);
        if (r >= 0)
                r = add_event_field(pdu, &m->event, EventField_state);
        if (r >= 0)
                r = add_event_field(pdu, &m->event, EventField_serving);
        if (r >= 0)
                r = add_event_field(pdu, &m->event, EventField_total);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(alarms); i++) {
                mib_set_integer(&v, ASN_UNSIGNED, (long) m->alarms[i]);
                r = add_fleet(pdu, alarms[i], &v);
        }
        return r;
}

/* What stands first in each (RFC 3416, section 4.2.6). */
static int add_head(netsnmp_pdu *pdu, uint32_t ticks, uint8_t arc) {
        static const oid uptime[] = {SYS_UP_TIME}, trap_oid[] = {SNMP_TRAP_OID};
        const oid notification[] = {NOTIFICATIONS, arc};
        long t = (long) ticks;
        int r = add(pdu, uptime, ELEMENTSOF(uptime), ASN_TIMETICKS, &t, sizeof(t));

        return r < 0 ? r
                     : add(pdu, trap_oid, ELEMENTSOF(trap_oid), ASN_OBJECT_ID, notification,
                               sizeof(notification));
}

int notify_pdu(const MsgNotify *m, bool repeated, uint32_t ticks, const NotifyForm *form, netsnmp_pdu **ret) {
        const Kind *kind = m->heartbeat ? NULL : kind_of(m->event.type);
        netsnmp_pdu *pdu;
        int r;

        if (!m->heartbeat && !kind)
                return -EINVAL;
        pdu = snmp_pdu_create(form->inform ? SNMP_MSG_INFORM : SNMP_MSG_TRAP2);
        if (!pdu)
                return -ENOMEM;
        r = add_head(pdu, ticks, kind ? kind->arc : HEARTBEAT);
        if (r >= 0)
                r = kind ? add_event(pdu, m, kind, repeated, form) : add_heartbeat(pdu, m);
        if (r < 0) {
                snmp_free_pdu(pdu);
                return r;
        }
        *ret = pdu;
        return 0;
}
