/* The group fleet. */
#include "config-reader.h"

#define GROUP_NAME_MAX 32 /* of a Unix group */
#define MINUTE (60 * USEC_PER_SEC)

/* When a machine that falls and comes back is called flapping. */
static void read_flapping(const Section *fleet, Config *c) {
        uint32_t flaps = 3;

        c->flap_forget = 20 * MINUTE;
        read_number(fleet, "flaps", 0, 100, &flaps);
        read_duration(fleet, "flap_forget", MINUTE, 24 * 60 * MINUTE, &c->flap_forget);
        c->flaps = flaps;
}

void read_fleet(const Section *root) {
        static const char *const keys[] = {"name", "title", "contact", "location", "group", "interval",
                "jitter", "fall", "rise", "fast_interval", "deadline", "restart", "measure", "flaps",
                "flap_forget", "heartbeat_interval"};
        Reader *r = root->reader;
        Config *c = r->config;
        Section fleet;

        r->timing = TIMING_UNSET;
        if (!config_need(root, "fleet", "fleet: { name = \"…\"; };") ||
                !config_subsection(root, "fleet", &fleet))
                return;
        r->fleet = fleet.own;
        config_check_keys(r, fleet.own, keys, ELEMENTSOF(keys));
        config_need(&fleet, "name", "name = \"…\";");
        read_string(&fleet, "name", CONFIG_NAME_MAX, check_name, &c->name);
        read_title(&fleet, c->name, &c->title);
        read_text(&fleet, "contact", &c->contact);
        read_text(&fleet, "location", &c->location);
        read_string(&fleet, "group", GROUP_NAME_MAX, check_name, &c->group);
        if (!c->group)
                c->group = reader_strdup(r, "hsmd");
        read_timing(&fleet, &r->timing);
        read_fleet_measure(&fleet, &r->measure);
        read_flapping(&fleet, c);
        read_heartbeat(&fleet);

        ConfigTiming whole = r->timing; /* the defaults are put in device by device */
        timing_finish(&fleet, &whole);
}
