/* hsmctl sensors: what rooms and machines tell over SNMP. */

#include "discover.h"
#include "json-picture.h"
#include "sensors-view.h"
#include "verbs.h"

/* What a person asks for: all, a room with its machines, or a machine. */
typedef struct Scope {
        const SiteRow *site;
        const DeviceRow *device;
} Scope;

static ExitCode no_such_owner(const Options *o, const Picture *p, const char *name) {
        fprintf(stderr,
                say(o, "hsmctl: there is no device or site %s; there are:",
                        "hsmctl：没有密码机或机房 %s；现有："),
                name);
        for (size_t i = 0; i < picture_rows(p, BOARD_SITES); i++)
                fprintf(stderr, " %s", picture_site(p, i)->name);
        for (size_t i = 0; i < picture_rows(p, BOARD_DEVICES); i++)
                fprintf(stderr, " %s", picture_device(p, i)->name);
        fputc('\n', stderr);
        return EXIT_NOT_FOUND;
}

static ExitCode take_scope(const Options *o, const Picture *p, Scope *ret) {
        const char *name = o->n_args > 1 ? o->args[1] : NULL;

        *ret = (Scope){0};
        if (!name)
                return EXIT_OK;
        ret->device = picture_find_device(p, name);
        if (!ret->device)
                ret->site = picture_find_site(p, name);
        return ret->device || ret->site ? EXIT_OK : no_such_owner(o, p, name);
}

/* Sections stand apart by an empty line. */
static void put_gap(const Screen *s, bool *any) {
        if (*any)
                fputc('\n', s->f);
        *any = true;
}

typedef struct Sections {
        const Screen *s;
        const Picture *p;
        bool bad_only, any;
} Sections;

static void put_site(Sections *x, const SiteRow *site, bool neighbours) {
        if (!sensors_site_matters(x->p, site, x->bad_only))
                return;
        put_gap(x->s, &x->any);
        sensors_of_site(x->s, x->p, site, x->bad_only);
        if (neighbours)
                sensors_of_neighbours(x->s, x->p, site);
}

static void put_device(Sections *x, const DeviceRow *d) {
        if (!sensors_device_matters(x->p, d, x->bad_only))
                return;
        put_gap(x->s, &x->any);
        sensors_of_device(x->s, x->p, d, x->bad_only);
}

static void put_devices_of(Sections *x, const SiteRow *site) {
        for (size_t i = 0; i < picture_rows(x->p, BOARD_DEVICES); i++)
                if (picture_device(x->p, i)->site == site->number)
                        put_device(x, picture_device(x->p, i));
}

static void show(const Options *o, const Picture *p, const Scope *scope) {
        Screen s;
        Sections x = {.s = &s, .p = p, .bad_only = o->bad};

        screen_init(&s, o);
        if (scope->device)
                put_device(&x, scope->device);
        for (size_t i = 0; !scope->device && i < picture_rows(p, BOARD_SITES); i++) {
                const SiteRow *site = picture_site(p, i);

                if (scope->site && scope->site != site)
                        continue;
                put_site(&x, site, scope->site && !o->bad);
                if (!scope->site || o->bad)
                        put_devices_of(&x, site);
        }
        if (!x.any)
                fprintf(s.f, "%s\n", say(o, "nothing is wrong", "没有异常"));
}

static ExitCode wrong_words(const Options *o) {
        fputs(say(o,
                      "hsmctl: right is: hsmctl sensors [DEVICE|SITE], or: hsmctl sensors discover "
                      "DEVICE|SITE/AGENT\n",
                      "hsmctl：正确用法：hsmctl sensors [密码机|机房]，或 hsmctl sensors discover "
                      "密码机|机房/代理\n"),
                stderr);
        return EXIT_USAGE;
}

ExitCode verb_sensors(const Options *o) {
        CLEANUP_CLIENT Client *client = NULL;
        CLEANUP_PICTURE Picture p = {0};
        bool discovering = o->n_args > 1 && streq(o->args[1], "discover");
        ExitCode code;
        Scope scope;
        int r;

        if (o->n_args > 2 + discovering || (discovering && o->n_args < 3))
                return wrong_words(o);
        r = client_new(o->socket, &client);
        if (r >= 0)
                r = picture_fetch(client, SENSORS_VIEW_TABLES, CLIENT_DEADLINE, &p);
        if (r < 0)
                return client_complain(o, client, r);
        if (discovering)
                return discover(o, client, &p);
        code = take_scope(o, &p, &scope);
        if (code != EXIT_OK)
                return code;
        if (o->json)
                json_sensors(stdout, &p, scope.site, scope.device, o->bad, o->json == JSON_PRETTY);
        else
                show(o, &p, &scope);
        return EXIT_OK;
}
