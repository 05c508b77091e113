#include "action.h"

#include "control.h"

ExitCode action_failed(const Options *o, const Client *client, int error) {
        const sd_bus_error *e = error == -EREMOTEIO ? client_error(client) : NULL;

        if (e && sd_bus_error_has_name(e, CONTROL_ERROR_REFUSED)) {
                fprintf(stderr, say(o, "hsmctl: refused: %s\n", "hsmctl：被拒绝：%s\n"), e->message);
                return EXIT_REFUSED;
        }
        if (e && sd_bus_error_has_name(e, CONTROL_ERROR_NO_SUCH_DEVICE)) {
                fprintf(stderr,
                        say(o, "hsmctl: %s; hsmctl status lists them\n",
                                "hsmctl：%s；hsmctl status 列出全部密码机\n"),
                        e->message);
                return EXIT_NOT_FOUND;
        }
        return client_complain(o, client, error);
}
