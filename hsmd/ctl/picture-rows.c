/* What stands in a picture that was fetched. */

#include "picture.h"

size_t picture_rows(const Picture *p, BoardTable table) {
        return p->tables[table].n;
}

const void *picture_row(const Picture *p, BoardTable table, size_t i) {
        return (const uint8_t *) p->tables[table].rows + i * board_tables[table].row_size;
}

const FleetRow *picture_fleet(const Picture *p) {
        return picture_row(p, BOARD_FLEET, 0);
}

const PoolRow *picture_pool(const Picture *p, size_t i) {
        return picture_row(p, BOARD_POOLS, i);
}

const DeviceRow *picture_device(const Picture *p, size_t i) {
        return picture_row(p, BOARD_DEVICES, i);
}

const SiteRow *picture_site(const Picture *p, size_t i) {
        return picture_row(p, BOARD_SITES, i);
}

const ServiceRow *picture_service(const Picture *p, size_t i) {
        return picture_row(p, BOARD_SERVICES, i);
}

const AlarmRow *picture_alarm(const Picture *p, size_t i) {
        return picture_row(p, BOARD_ALARMS, i);
}

const FailoverRow *picture_failover(const Picture *p, size_t i) {
        return picture_row(p, BOARD_FAILOVERS, i);
}

const ReceiverRow *picture_receiver(const Picture *p, size_t i) {
        return picture_row(p, BOARD_RECEIVERS, i);
}

const DeviceRow *picture_find_device(const Picture *p, const char *name) {
        for (size_t i = 0; i < picture_rows(p, BOARD_DEVICES); i++)
                if (streq(picture_device(p, i)->name, name))
                        return picture_device(p, i);
        return NULL;
}

const SiteRow *picture_find_site(const Picture *p, const char *name) {
        for (size_t i = 0; i < picture_rows(p, BOARD_SITES); i++)
                if (streq(picture_site(p, i)->name, name))
                        return picture_site(p, i);
        return NULL;
}

const PoolRow *picture_find_pool(const Picture *p, const char *name) {
        for (size_t i = 0; i < picture_rows(p, BOARD_POOLS); i++)
                if (streq(picture_pool(p, i)->name, name))
                        return picture_pool(p, i);
        return NULL;
}

/* What the functions below rely on. */
_Static_assert(offsetof(KeyRow, device) == offsetof(SensorRow, device) &&
                       offsetof(KeyRow, device) == offsetof(MechanismRow, device) &&
                       offsetof(KeyRow, device) == offsetof(SiteSensorRow, site),
        "they begin with their owner");
_Static_assert(sizeof(SensorRow) == sizeof(SiteSensorRow), "sensors are laid out alike");

static uint32_t owner_of(const Picture *p, BoardTable table, size_t i) {
        return ((const KeyRow *) picture_row(p, table, i))->device;
}

size_t picture_first_of(const Picture *p, BoardTable table, uint32_t owner) {
        size_t low = 0, high = picture_rows(p, table);

        while (low < high) {
                size_t middle = (low + high) / 2;

                if (owner_of(p, table, middle) < owner)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

const SensorRow *picture_sensors(const Picture *p, BoardTable table, uint32_t owner, size_t *ret_n) {
        size_t first = picture_first_of(p, table, owner), end = first;

        while (end < picture_rows(p, table) && owner_of(p, table, end) == owner)
                end++;
        *ret_n = end - first;
        return end > first ? picture_row(p, table, first) : NULL;
}

bool device_is_judged(const DeviceRow *d) {
        unsigned reason = ROW_GET(Device, d, reason, REASON_STARTING);

        switch (ROW_GET(Device, d, state, DEVICE_UNKNOWN)) {
        case DEVICE_UNKNOWN: /* unknown for a reason is a verdict too */
                return reason != REASON_STARTING && reason != REASON_NONE;
        default:
                return true;
        }
}
