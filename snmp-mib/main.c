/* hsmd-snmp: the only program of hsmd that speaks SNMP. hsmd starts it as a worker, one process a duty. */

#include <sys/prctl.h>
#include <sys/resource.h>

#include "confine.h"
#include "macro.h"
#include "notify.h"
#include "poll.h"
#include "protocol.h"
#include "serve.h"

#ifdef HSMD_SANITIZE
/* The leak check attaches to its own process, which no confined one may. */
const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__asan_default_options(void) {
        return "detect_leaks=0";
}
#endif

typedef int (*Duty)(int fd);

/* A core file or another process of the same user must not show secrets. exec resets both, so each program
 * does it. */
static int harden(void) {
        const struct rlimit none = {0, 0};

        if (setrlimit(RLIMIT_CORE, &none) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
                prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return -errno;
        /* it reads packets from the network: nothing that is kept here is within its reach */
        return confine(NULL, 0);
}

static Duty duty_of(const char *verb) {
        if (streq(verb, "serve"))
                return serve_main;
        return streq(verb, "poll") ? poll_main : NULL;
}

static int usage(FILE *out) {
        fputs("usage: hsmd-snmp serve|poll|notify\n"
              "\n"
              "A worker of hsmd, started by it with a socket as descriptor 3; see hsmd-snmp(8).\n",
                out);
        return out == stdout ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv) {
        const MsgPlain hello = MESSAGE(MsgPlain, MSG_HELLO);
        bool notify = argc == 2 && streq(argv[1], "notify");
        Duty duty = argc == 2 && !notify ? duty_of(argv[1]) : NULL;
        CLEANUP(notify_text_close) iconv_t gb18030 = (iconv_t) -1;
        int r;

        if (argc == 2 && streq(argv[1], "--help"))
                return usage(stdout);
        if (!duty && !notify)
                return usage(stderr);
        if (notify) /* from here on no file can be read */
                gb18030 = notify_text_open();
        r = harden();
        if (r >= 0)
                r = protocol_send(WORKER_FD, &hello.head, -1);
        if (r < 0) {
                fprintf(stderr, "hsmd-snmp %s: is started by hsmd, not by hand: %s\n", argv[1], strerror(-r));
                return EXIT_FAILURE;
        }
        r = notify ? notify_main(WORKER_FD, gb18030) : duty(WORKER_FD);
        if (r < 0)
                fprintf(stderr, "hsmd-snmp %s: %s\n", argv[1], strerror(-r));
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
