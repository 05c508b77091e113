#include "event-pages.h"

#define PAGE_ROWS 1000
/* Asking the history's thread takes longer than a look at the board when the disk is slow. */
#define PAGE_DEADLINE (10 * USEC_PER_SEC)
/* Short, so that a hsmd that has stopped is found out soon. */
#define WAIT_MS 5000

/* Hands over what an answer has, and moves on behind it. */
static int take_rows(
        sd_bus_message *reply, EventQuery *query, EventTake take, void *userdata, size_t *ret_n) {
        CLEANUP_TABLE Table table = {0};
        int r = table_read(reply, &event_table, now_monotonic(), &table);

        if (r < 0)
                return r == -ENOMEM ? r : -EBADMSG;
        for (size_t i = 0; i < table.n; i++) {
                const Event *e = (const Event *) table.rows + i;

                if (e->id > query->after)
                        query->after = e->id;
                take(e, userdata);
        }
        *ret_n = table.n;
        return 0;
}

static int ask(Client *client, const EventQuery *q, uint32_t limit, sd_bus_message **ret_reply) {
        return client_call(client, PAGE_DEADLINE, ret_reply, "GetEvents", "a{sv}", 7, "after", "t", q->after,
                "since", "t", q->since, "until", "t", q->until, "device", "u", q->device, "alarm", "u",
                q->alarm, "limit", "u", limit, "newest", "b", (int) q->newest);
}

int events_fetch(Client *client, EventQuery *query, EventTake take, void *userdata) {
        uint32_t left = query->limit ? query->limit : UINT32_MAX;

        for (;;) {
                CLEANUP_MESSAGE sd_bus_message *reply = NULL;
                size_t n = 0;
                int r = ask(client, query, MIN_OF(left, (uint32_t) PAGE_ROWS), &reply);

                if (r >= 0)
                        r = take_rows(reply, query, take, userdata, &n);
                if (r < 0)
                        return r;
                /* a page of the last ones may be cut at its end: what is left comes behind it */
                query->newest = false;
                left -= (uint32_t) MIN_OF(n, (size_t) left);
                if (n == 0 || left == 0)
                        return 0;
        }
}

int events_wait(Client *client, EventQuery *query, EventTake take, void *userdata) {
        CLEANUP_MESSAGE sd_bus_message *reply = NULL;
        size_t n;
        int r = client_call(client, WAIT_MS * USEC_PER_MSEC + CLIENT_DEADLINE, &reply, "WaitEvents", "tuu",
                query->after, query->device, (uint32_t) WAIT_MS);

        return r < 0 ? r : take_rows(reply, query, take, userdata, &n);
}

static void forget(const Event *e UNUSED, void *userdata UNUSED) {
}

int events_last(Client *client, uint64_t *ret) {
        EventQuery last = {.limit = 1, .newest = true};
        int r = events_fetch(client, &last, forget, NULL);

        if (r < 0)
                return r;
        *ret = last.after;
        return 0;
}
