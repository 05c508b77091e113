/* Where a sensor's values stand: in one instance, or in a table whose rows are sensors. */
#include "config-reader.h"
#include "config-text.h"

#define PATTERNS_MAX 32
#define PATTERN_OCTETS_MAX 127

/* By PollColumn. */
static const char *const column_keys[POLL_COLUMNS] = {
        [COLUMN_LABEL] = "label_column",
        [COLUMN_TYPE] = "type_column",
        [COLUMN_SCALE] = "scale_column",
        [COLUMN_PRECISION] = "precision_column",
        [COLUMN_STATUS] = "status_column",
        [COLUMN_UNITS] = "units_column",
        [COLUMN_TOTAL] = "total",
};

static const char *check_oid(const char *value) {
        return oid_is_numeric(value) ? NULL : "a numeric OID of an instance, as \"1.3.6.1.4.1.8072.1.0\"";
}

static const char *check_column(const char *value) {
        return oid_is_numeric(value) ? NULL
                                     : "the numeric OID of a table's column, without a row's index, as "
                                       "\"1.3.6.1.2.1.2.2.1.8\"";
}

/* A bracket that is not closed is only itself to fnmatch, and never what was meant. */
static const char *check_pattern(const char *value) {
        const char *open = strchr(value, '[');

        if (*value == '\0')
                return "a shell pattern, as \"/run*\"";
        return open && !strchr(open, ']') ? "a shell pattern whose “[” is closed, as \"fan [12]\"" : NULL;
}

/* A table's keys mean nothing of a single instance, but for its total. */
static void refuse_table_keys(const Section *s) {
        for (size_t i = 0; i < POLL_COLUMNS + 2; i++) {
                const char *key = i < POLL_COLUMNS ? column_keys[i] : i == POLL_COLUMNS ? "only" : "except";
                const config_setting_t *at = i == COLUMN_TOTAL ? NULL : config_get(s, key);

                if (at)
                        config_error(s->reader, at,
                                "“%s” is of a table, and “oid” names a single instance; remove it, or write "
                                "walk = \"…\"; instead of oid",
                                key);
        }
}

static void read_instance(const Section *s, ConfigSensor *sensor) {
        read_string(s, "oid", SENSOR_OID_MAX, check_oid, &sensor->oid);
        read_string(s, "total", SENSOR_OID_MAX, check_oid, &sensor->columns[COLUMN_TOTAL]);
        refuse_table_keys(s);
}

/* A row's units, type or scale are the table's or the profile's, not both. */
static void refuse_both(const Section *s, const char *key, PollColumn column) {
        const config_setting_t *at = config_get(s, key);

        if (at && config_get(s, column_keys[column]))
                config_error(s->reader, at, "“%s” and “%s” are both given; remove one of them", key,
                        column_keys[column]);
}

static void read_table(const Section *s, ConfigSensor *sensor) {
        const config_setting_t *number = config_get(s, "number");

        sensor->walk = true;
        read_string(s, "walk", SENSOR_OID_MAX, check_column, &sensor->oid);
        for (size_t i = 0; i < POLL_COLUMNS; i++)
                read_string(s, column_keys[i], SENSOR_OID_MAX, check_column, &sensor->columns[i]);
        refuse_both(s, "type", COLUMN_TYPE);
        refuse_both(s, "units", COLUMN_UNITS);
        read_strings(s, "only", PATTERNS_MAX, PATTERN_OCTETS_MAX, check_pattern, &sensor->only);
        read_strings(s, "except", PATTERNS_MAX, PATTERN_OCTETS_MAX, check_pattern, &sensor->except);
        if (number)
                config_error(s->reader, number,
                        "a table has no number of its own: its rows are numbered when they are found; remove "
                        "“number”");
}

void read_sensor_place(const Section *s, ConfigSensor *sensor) {
        const config_setting_t *walk = config_get(s, "walk");

        if (walk && config_get(s, "oid")) {
                config_error(s->reader, walk,
                        "“oid” and “walk” are both given; write oid for one instance, or walk for a table's "
                        "column");
                return;
        }
        if (walk) {
                read_table(s, sensor);
                return;
        }
        config_need(s, "oid", "oid = \"1.3.6.1.…\";, or walk = \"1.3.6.1.…\"; for a table's column");
        read_instance(s, sensor);
}
