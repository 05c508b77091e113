#include "poll-item.h"

bool poll_column_is_fact(PollColumn column) {
        return column != COLUMN_STATUS && column != COLUMN_TOTAL;
}

uint32_t poll_item_facts(const PollItem *item) {
        uint32_t facts = 0;

        for (PollColumn c = 0; c < POLL_COLUMNS; c++)
                if (poll_column_is_fact(c) && item->columns[c].n > 0)
                        facts |= 1u << c;
        return facts;
}

uint32_t poll_item_facts_needed(const PollItem *item) {
        return poll_item_facts(item) & ~(1u << COLUMN_UNITS);
}

static void parse(PollItem *item, const char *text, PollOid *ret) {
        if (*text && poll_oid_parse(text, ret) < 0)
                item->broken = true;
}

int poll_item_new(const MsgPollItem *config, PollItem **ret) {
        PollItem *item = calloc(1, sizeof(*item));

        if (!item)
                return -ENOMEM;
        item->references = 1;
        item->walk = config->walk != 0;
        item->kind = config->kind;
        item->type = config->type;
        item->scale = config->scale;
        item->min = config->min;
        item->max = config->max;
        parse(item, config->oid, &item->value);
        for (size_t i = 0; i < POLL_COLUMNS; i++)
                parse(item, config->columns[i], &item->columns[i]);
        item->broken = item->broken || item->value.n == 0;
        *ret = item;
        return 0;
}

PollItem *poll_item_ref(PollItem *item) {
        item->references++;
        return item;
}

PollItem *poll_item_unref(PollItem *item) {
        if (item && --item->references == 0)
                free(item);
        return NULL;
}
