/* The group history: how long what happened is kept, and how long telling it waits for the disk. */
#include "config-reader.h"

#define DAY (24 * 3600 * USEC_PER_SEC)

void read_history(const Section *root) {
        static const char *const keys[] = {"durable_timeout", "keep_minutes", "keep_hours"};
        Config *c = root->reader->config;
        Section s;

        c->durable_timeout = 2 * USEC_PER_SEC;
        c->keep_minutes = 90 * DAY;
        c->keep_hours = 1095 * DAY;
        if (!config_subsection(root, "history", &s))
                return;
        config_check_keys(s.reader, s.own, keys, ELEMENTSOF(keys));
        read_duration(&s, "durable_timeout", 100 * USEC_PER_MSEC, 60 * USEC_PER_SEC, &c->durable_timeout);
        read_duration(&s, "keep_minutes", DAY, 3650 * DAY, &c->keep_minutes);
        read_duration(&s, "keep_hours", DAY, 36500 * DAY, &c->keep_hours);
}
