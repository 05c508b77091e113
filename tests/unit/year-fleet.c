#include "year.h"

/* splitmix64: a seed is enough to have everything again. */
static uint64_t random_number(Year *y) {
        uint64_t z = (y->random += UINT64_C(0x9e3779b97f4a7c15));

        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        return z ^ z >> 31;
}

uint64_t chance(Year *y, uint64_t below) {
        return below > 0 ? random_number(y) % below : 0;
}

usec_t chance_time(Year *y, usec_t most) {
        return chance(y, most + 1);
}

/* Two machines are the usual pool, a province has seven, few have more. */
static size_t pool_size(Year *y) {
        static const size_t sizes[] = {1, 2, 2, 2, 2, 2, 3, 3, 4, 4, 5, 7, 7, 9, 12, POOL_MAX};

        return sizes[chance(y, ELEMENTSOF(sizes))];
}

static void make_device(Year *y, size_t i, size_t pool, size_t site) {
        Machine *m = &y->machines[i];

        snprintf(y->names[i], sizeof(y->names[i]), "hsm-%zu", i);
        y->devices[i] = (SituationDevice){.number = (uint32_t) i + 1,
                .name = y->names[i],
                .title = "服务器密码机",
                .pool = pool,
                .site = site,
                .shared_service = chance(y, 50) == 0 ? "relay" : NULL};
        m->capacity = chance(y, 10) ? 1000 + 500 * (uint32_t) chance(y, 5) : 0;
        y->members[pool][y->n_members[pool]++] = i;
}

static void make_services(Year *y, size_t pool) {
        for (uint64_t n = chance(y, 3); n > 0; n--) {
                size_t i = y->config.n_services++;

                snprintf(y->service_names[i], sizeof(y->service_names[i]), "service-%zu", i);
                y->services[i] = (SituationService){.number = (uint32_t) i + 1,
                        .name = y->service_names[i],
                        .title = "业务系统",
                        .pool = pool,
                        .keys = 1u << chance(y, 2),
                        .required_rate = chance(y, 2) ? 0 : 500 * (uint32_t) (1 + chance(y, 8))};
        }
}

/* A third of the pools stand at two sites. */
static size_t make_pool(Year *y, size_t device) {
        size_t pool = y->config.n_pools++, size = pool_size(y), n = MIN_OF(size, N_DEVICES - device);
        size_t site = chance(y, N_SITES), other = chance(y, 3) ? site : chance(y, N_SITES);

        snprintf(y->pool_names[pool], sizeof(y->pool_names[pool]), "pool-%zu", pool);
        for (size_t i = 0; i < n; i++)
                make_device(y, device + i, pool, i % 2 ? other : site);
        y->pools[pool] = (SituationPool){(uint32_t) pool + 1, y->pool_names[pool], "密码机集群",
                1 + (uint32_t) chance(y, (n + 1) / 2)};
        make_services(y, pool);
        return device + n;
}

void fleet_by_chance(Year *y) {
        for (size_t i = 0; i < N_SITES; i++) {
                snprintf(y->site_names[i], sizeof(y->site_names[i]), "site-%zu", i);
                y->sites[i] = (SituationSite){(uint32_t) i + 1, y->site_names[i], "机房"};
        }
        for (size_t i = 0; i < N_DEVICES && y->config.n_pools < MAX_POOLS;)
                i = make_pool(y, i);
        y->config = (SituationConfig){"fleet", "全部", y->devices, y->pools, y->sites, y->services, N_DEVICES,
                y->config.n_pools, N_SITES, y->config.n_services};
}
