/* The list services: which business systems sign with which keys. Checked now, judged later. */
#include "config-reader.h"

static bool has_number(const uint32_t *numbers, size_t n, uint32_t number) {
        for (size_t i = 0; i < n; i++)
                if (numbers[i] == number)
                        return true;
        return false;
}

static void read_key_number(
        Reader *r, const config_setting_t *at, const ConfigPool *pool, ConfigService *service) {
        long long value;
        bool known = false;

        if (!setting_integer(at, &value)) {
                config_error(r, at, "an element of “keys” %s; write numbers of the pool's keys",
                        config_type_text(at));
                return;
        }
        for (size_t i = 0; i < pool->n_keys; i++)
                known = known || pool->keys[i].number == value;
        if (!known)
                config_error(r, at, "pool \"%s\" has no key %lld; name its keys by number",
                        pool->name ? pool->name : "", value);
        else if (has_number(service->keys, service->n_keys, (uint32_t) value))
                config_error(r, at, "key %lld is named twice; name each key once", value);
        else
                service->keys[service->n_keys++] = (uint32_t) value;
}

static void read_service_keys(const Section *s, const ConfigPool *pool, ConfigService *service) {
        config_setting_t *keys = config_need(s, "keys", "keys = [ 1 ];, numbers of the pool's keys");

        if (!keys)
                return;
        if (!config_setting_is_array(keys) && !config_setting_is_list(keys)) {
                config_error(
                        s->reader, keys, "“keys” %s; write an array, as [ 1, 2 ]", config_type_text(keys));
                return;
        }
        unsigned n = (unsigned) config_setting_length(keys);
        if (n == 0)
                config_error(s->reader, keys, "“keys” is empty; a service uses at least one key of its pool");
        service->keys = reader_calloc(s->reader, n, sizeof(uint32_t));
        for (unsigned i = 0; service->keys && i < n; i++)
                read_key_number(s->reader, config_setting_get_elem(keys, i), pool, service);
}

static void read_service(Reader *r, config_setting_t *group, ConfigService *service) {
        static const char *const keys[] = {
                "number", "name", "title", "pool", "keys", "required_rate", "confirmed"};
        Section s = {.reader = r, .own = group};
        Config *c = r->config;

        config_check_keys(r, group, keys, ELEMENTSOF(keys));
        read_identity(&s, INT32_MAX, &service->number, &service->name, &service->title);
        config_need(&s, "pool", "pool = \"…\";, the name of one of pools");
        if (read_reference(&s, "pool", r->pool_names, c->n_pools, &service->pool))
                read_service_keys(&s, &c->pools[service->pool], service);
        read_number(&s, "required_rate", 0, 10000000, &service->required_rate);
        read_bool(&s, "confirmed", &service->confirmed);
}

void read_services(const Section *root) {
        Reader *r = root->reader;
        Config *c = r->config;
        config_setting_t *list = config_list(root, "services");
        size_t n = list ? (size_t) config_setting_length(list) : 0;
        CLEANUP_FREE Seen *numbers = reader_calloc(r, n, sizeof(Seen));
        CLEANUP_FREE Seen *names = reader_calloc(r, n, sizeof(Seen));
        SeenList seen_numbers = {.seen = numbers}, seen_names = {.seen = names};

        c->services = reader_calloc(r, n, sizeof(ConfigService));
        for (unsigned i = 0; c->services && i < n; i++) {
                config_setting_t *group = config_group_element(r, list, i);

                if (!group)
                        continue;
                ConfigService *service = &c->services[c->n_services++];
                read_service(r, group, service);
                seen_number(&seen_numbers, service->number, group);
                seen_text(&seen_names, service->name, group);
        }
        refuse_duplicates(r, &seen_numbers, "service number");
        refuse_duplicates(r, &seen_names, "service name");
        sort_by_number(c->services, c->n_services, sizeof(ConfigService));
}
