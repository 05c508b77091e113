/* hsmctl wait */

#include <time.h>

#include "picture.h"
#include "verbs.h"

#define POLL_INTERVAL (100 * USEC_PER_MSEC)

static bool has_state(const Options *o, const DeviceRow *d) {
        if (!o->state || streq(o->state, "judged"))
                return device_is_judged(d);
        return ROW_GET(Device, d, state, 0) == name_value(&device_state_names, o->state);
}

/* 1: it is so; 0: not yet; -ENODEV: there is no such device. */
static int look(const Options *o, const Picture *p) {
        const DeviceRow *d;

        if (o->device) {
                d = picture_find_device(p, o->device);
                return d ? has_state(o, d) : -ENODEV;
        }
        for (size_t i = 0; i < picture_rows(p, BOARD_DEVICES); i++)
                if (!has_state(o, picture_device(p, i)))
                        return 0;
        return picture_rows(p, BOARD_DEVICES) > 0;
}

static usec_t deadline_until(usec_t until) {
        usec_t now = now_monotonic();

        return MIN_OF(CLIENT_DEADLINE, until > now ? until - now : 1);
}

static int connect_and_look(const Options *o, usec_t until, Client **client) {
        CLEANUP_PICTURE Picture p = {0};
        int r = *client ? 0 : client_new(o->socket, client);

        if (r >= 0)
                r = picture_fetch(*client, 1U << BOARD_DEVICES, deadline_until(until), &p);
        if (r < 0) { /* it may be starting, or restarting: try afresh */
                *client = client_free(*client);
                return r;
        }
        return look(o, &p);
}

static ExitCode time_ran_out(const Options *o, int last_error) {
        if (last_error < 0)
                (void) client_complain(o, NULL, last_error);
        fputs(say(o, "hsmctl: time ran out while waiting\n", "hsmctl：等待超时\n"), stderr);
        return EXIT_TIME_OUT;
}

static ExitCode no_such_state(const Options *o) {
        fprintf(stderr,
                say(o, "hsmctl: --state cannot be \"%s\"; see hsmctl --help\n",
                        "hsmctl：--state 不能是“%s”；请看 hsmctl --help\n"),
                o->state);
        return EXIT_USAGE;
}

ExitCode verb_wait(const Options *o) {
        CLEANUP_CLIENT Client *client = NULL;
        usec_t until = now_monotonic() + (usec_t) (o->timeout * (double) USEC_PER_SEC);

        if (o->state && !streq(o->state, "judged") && name_value(&device_state_names, o->state) == 0)
                return no_such_state(o);
        for (;;) {
                int r = connect_and_look(o, until, &client);

                if (r > 0)
                        return EXIT_OK;
                if (r == -ENODEV) {
                        fprintf(stderr, say(o, "hsmctl: there is no device %s\n", "hsmctl：没有密码机 %s\n"),
                                o->device);
                        return EXIT_NOT_FOUND;
                }
                if (r == -EACCES || r == -EPERM)
                        return client_complain(o, NULL, r);
                if (now_monotonic() >= until)
                        return time_ran_out(o, r == -EREMOTEIO ? -EBADMSG : r);
                nanosleep(&(struct timespec){.tv_nsec = (long) POLL_INTERVAL * 1000}, NULL);
        }
}
