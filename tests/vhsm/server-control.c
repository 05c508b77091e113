/* The control socket: one line in, one line of JSON out. A line is words: `fault KIND [ARGUMENT]`, `clear
 * [KIND]`, `faults`, `kinds`, `counters`, `reset-counters`, `objects`, `room CELSIUS`. */
#include "server.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void json_text(FILE *out, const char *text) {
        fputc('"', out);
        for (const char *p = text; *p; p++)
                if ((unsigned char) *p < 0x20)
                        fprintf(out, "\\u%04x", (unsigned) *p);
                else
                        fprintf(out, "%s%c", *p == '"' || *p == '\\' ? "\\" : "", *p);
        fputc('"', out);
}

static void counters(const Machine *m, FILE *out) {
        fprintf(out,
                "{\"login_ok\": %llu, \"login_wrong\": %llu, \"sessions\": %u, \"sessions_max\": %u, "
                "\"sessions_rw\": %llu, \"operations\": %llu",
                (unsigned long long) m->login_ok, (unsigned long long) m->login_wrong, m->sessions_open,
                m->sessions_max, (unsigned long long) m->sessions_rw, (unsigned long long) m->operations);
        for (uint32_t i = 1; i < WIRE_FUNCTION_MAX; i++)
                if (m->counts[i] > 0)
                        fprintf(out, ", \"%s\": %llu", wire_name(i), (unsigned long long) m->counts[i]);
        fputs("}", out);
}

/* Where it stands is nothing that goes wrong with it: no fault. */
static int set_room(Machine *m, const char *word, char *error, size_t size) {
        char *end;
        double celsius = strtod(word, &end);

        if (end == word || *end || !(celsius >= -50 && celsius <= 150)) {
                snprintf(error, size, "room %s: right is degrees from -50 to 150", word);
                return -1;
        }
        m->room = celsius;
        return 0;
}

static void answer(Machine *m, char *line, FILE *out) {
        const char *words[8];
        char *save = NULL, error[160] = "";
        size_t n = 0;
        int r = 0;

        for (char *w = strtok_r(line, " \n", &save); w && n < ELEMENTSOF(words);
                w = strtok_r(NULL, " \n", &save))
                words[n++] = w;
        if (n >= 2 && streq(words[0], "fault"))
                r = fault_cause(m, words[1], words + 2, n - 2, error, sizeof(error));
        else if (n >= 1 && streq(words[0], "clear"))
                r = fault_clear(m, n > 1 ? words[1] : "", error, sizeof(error));
        else if (n == 2 && streq(words[0], "room"))
                r = set_room(m, words[1], error, sizeof(error));
        else if (n == 1 && streq(words[0], "reset-counters")) {
                memset(m->counts, 0, sizeof(m->counts));
                m->login_ok = m->login_wrong = m->operations = m->sessions_rw = 0;
                m->sessions_max = m->sessions_open;
        } else if (n == 1 && streq(words[0], "counters")) {
                counters(m, out);
                return;
        } else if (n == 1 && streq(words[0], "objects")) {
                objects_describe(m, out);
                return;
        } else if (n == 1 && (streq(words[0], "faults") || streq(words[0], "kinds"))) {
                faults_list(m, out, streq(words[0], "kinds"));
                return;
        } else {
                r = -1;
                copy_text(error, sizeof(error),
                        "right is: fault KIND [ARGUMENT], clear [KIND], faults, kinds, counters, "
                        "reset-counters, objects, room CELSIUS");
        }
        if (r == 0) {
                fputs("{}", out);
                return;
        }
        fputs("{\"error\": ", out);
        json_text(out, error);
        fputs("}", out);
}

static void serve_one(Machine *m, int fd) {
        struct timeval patience = {.tv_sec = 5}; /* with who connects and says nothing */
        FILE *in = fdopen(fd, "r+");
        char line[512];

        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
        if (!in) {
                close(fd);
                return;
        }
        if (fgets(line, sizeof(line), in)) {
                rewind(in);
                pthread_mutex_lock(&m->lock);
                answer(m, line, in);
                pthread_mutex_unlock(&m->lock);
                fputs("\n", in);
        }
        fclose(in);
}

void *serve_control(void *machine) {
        Machine *m = machine;
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (strlen(m->directory) + sizeof("/control") > sizeof(address.sun_path)) {
                fprintf(stderr, "%s: too long a name for a socket in it\n", m->directory);
                exit(EXIT_FAILURE);
        }
        snprintf(address.sun_path, sizeof(address.sun_path), "%.*s/control",
                (int) sizeof(address.sun_path) - 10, m->directory);
        unlink(address.sun_path);
        if (fd < 0 || bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0 || listen(fd, 8) < 0) {
                perror(address.sun_path);
                exit(EXIT_FAILURE);
        }
        machine_write(m, "ready", "ready\n");
        for (;;) {
                int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

                if (peer >= 0)
                        serve_one(m, peer);
        }
        return NULL;
}
