#include "fake-event.h"

#include <sys/epoll.h>
#include <sys/time.h>
#include <systemd/sd-event.h>

#include "fuzz.h"

struct sd_event_source {
        sd_event *event;
        sd_event_source *next;
        bool timer;
        int enabled; /* SD_EVENT_OFF, ON, ONESHOT */
        int64_t priority;
        int fd;
        uint32_t io_events;
        usec_t when;
        sd_event_io_handler_t on_io;
        sd_event_time_handler_t on_time;
        void *data;
};

struct sd_event {
        sd_event_source *sources;
        bool exiting;
        int code;
};

/* The process's clock is one, too. */
static struct {
        FakeWorld world;
        usec_t now;
} fake;

void fake_event_begin(const FakeWorld *world) {
        fake.world = *world;
        fake.now = 1000 * USEC_PER_SEC;
        fake.world.until += fake.now;
}

usec_t fake_event_now(void) {
        return fake.now;
}

/* ---- the clocks of the worker and of libnetsnmp ---- */

usec_t __wrap_now_monotonic(void);

usec_t __wrap_now_monotonic(void) {
        return fake.now;
}

void netsnmp_get_monotonic_clock(struct timeval *tv);

IN_PLACE_OF_THE_LIBRARY void netsnmp_get_monotonic_clock(struct timeval *tv) {
        *tv = (struct timeval){.tv_sec = (time_t) (fake.now / USEC_PER_SEC),
                .tv_usec = (suseconds_t) (fake.now % USEC_PER_SEC)};
}

/* ---- sd-event ---- */

int sd_event_new(sd_event **ret) {
        *ret = calloc(1, sizeof(**ret));
        return *ret ? 0 : -ENOMEM;
}

sd_event *sd_event_unref(sd_event *event) {
        MUST(!event || !event->sources, "an event source outlives its loop");
        free(event);
        return NULL;
}

static sd_event_source *add(sd_event *event, sd_event_source **ret) {
        sd_event_source *source = calloc(1, sizeof(*source));

        if (!source)
                return NULL;
        source->event = event;
        source->next = event->sources;
        event->sources = source;
        if (ret)
                *ret = source;
        return source;
}

int sd_event_add_io(sd_event *event, sd_event_source **ret, int fd, uint32_t events,
        sd_event_io_handler_t callback, void *data) {
        sd_event_source *source = add(event, ret);

        if (!source)
                return -ENOMEM;
        source->fd = fd;
        source->io_events = events;
        source->on_io = callback;
        source->data = data;
        source->enabled = SD_EVENT_ON;
        return 0;
}

int sd_event_add_time(sd_event *event, sd_event_source **ret, clockid_t clock UNUSED, uint64_t when,
        uint64_t accuracy UNUSED, sd_event_time_handler_t callback, void *data) {
        sd_event_source *source = add(event, ret);

        if (!source)
                return -ENOMEM;
        source->timer = true;
        source->when = when;
        source->on_time = callback;
        source->data = data;
        source->enabled = SD_EVENT_ONESHOT;
        return 0;
}

int sd_event_source_set_time(sd_event_source *source, uint64_t when) {
        source->when = when;
        return 0;
}

int sd_event_source_set_enabled(sd_event_source *source, int enabled) {
        source->enabled = enabled;
        return 0;
}

int sd_event_source_set_priority(sd_event_source *source, int64_t priority) {
        source->priority = priority;
        return 0;
}

int sd_event_source_set_io_events(sd_event_source *source, uint32_t events) {
        source->io_events = events;
        return 0;
}

sd_event *sd_event_source_get_event(sd_event_source *source) {
        return source->event;
}

sd_event_source *sd_event_source_disable_unref(sd_event_source *source) {
        sd_event_source **link;

        if (!source)
                return NULL;
        for (link = &source->event->sources; *link != source; link = &(*link)->next)
                ;
        *link = source->next;
        free(source);
        return NULL;
}

int sd_event_exit(sd_event *event, int code) {
        event->exiting = true;
        event->code = code;
        return 0;
}

/* ---- the loop ---- */

static bool ready(const sd_event_source *source) {
        if (source->enabled == SD_EVENT_OFF)
                return false;
        if (source->timer)
                return source->when <= fake.now;
        return (source->io_events & EPOLLIN) && fake.world.readable(source->fd, fake.world.data);
}

static sd_event_source *first_ready(const sd_event *event) {
        sd_event_source *first = NULL;

        for (sd_event_source *s = event->sources; s; s = s->next)
                if (ready(s) && (!first || s->priority < first->priority))
                        first = s;
        return first;
}

/* To the next timer; false if there is none in time. */
static bool let_time_pass(const sd_event *event) {
        usec_t next = USEC_INFINITY;

        for (const sd_event_source *s = event->sources; s; s = s->next)
                if (s->timer && s->enabled != SD_EVENT_OFF)
                        next = MIN_OF(next, s->when);
        if (next > fake.world.until)
                return false;
        fake.now = next;
        return true;
}

static int dispatch(sd_event_source *source) {
        if (source->enabled == SD_EVENT_ONESHOT)
                source->enabled = SD_EVENT_OFF;
        if (source->timer)
                return source->on_time(source, source->when, source->data);
        return source->on_io(source, source->fd, EPOLLIN, source->data);
}

int sd_event_loop(sd_event *event) {
        unsigned turns = 0;

        while (!event->exiting) {
                sd_event_source *source = first_ready(event);

                MUST(turns++ < fake.world.max_turns, "the loop comes to no end");
                if (source)
                        MUST(dispatch(source) >= 0, "a handler failed: sd-event would never call it again");
                else if (!let_time_pass(event))
                        break;
        }
        return event->code;
}
