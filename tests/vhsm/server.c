/* vhsm-server DIR: one virtual cipher machine, as DIR/machine.conf says. vhsm-server --kinds: what can go
 * wrong. */
#include "server.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct Connection {
        Machine *machine;
        int fd;
        size_t slot;
        uint64_t client;
} Connection;

int listen_again(Machine *m) {
        struct sockaddr_in address = {.sin_family = AF_INET,
                .sin_port = htons((uint16_t) m->port),
                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t size = sizeof(address);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
        char text[16];

        if (fd < 0)
                return -1;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
        if (bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0 || listen(fd, 64) < 0 ||
                getsockname(fd, (struct sockaddr *) &address, &size) < 0) {
                perror("vhsm-server: listening");
                close(fd);
                return -1;
        }
        m->port = ntohs(address.sin_port);
        m->listener = fd;
        snprintf(text, sizeof(text), "%u\n", m->port);
        machine_write(m, "port", text);
        return 0;
}

/* A call that hangs is never answered, but its connection may end. */
static void hang(Machine *m, int fd) {
        char octet;

        pthread_mutex_unlock(&m->lock);
        while (recv(fd, &octet, 1, 0) > 0)
                ;
        pthread_mutex_lock(&m->lock);
}

static bool concerns(const Fault *f, uint32_t function) {
        return f && f->function == function;
}

/* Its time is taken without the lock: other calls go on. */
static void dawdle(Machine *m, uint64_t ms) {
        pthread_mutex_unlock(&m->lock);
        usleep((useconds_t) MIN_OF(ms * 1000, UINT64_C(3600000000)));
        pthread_mutex_lock(&m->lock);
}

static int serve_request(Connection *k, Wire *in, Wire *results, Wire *out) {
        Machine *m = k->machine;
        Call call = {.machine = m, .client = k->client, .in = in, .out = results};
        CK_RV rv;

        call.function = wire_get_u32(in);
        call.session = wire_get_u64(in);
        if (in->bad || call.function == WIRE_NONE || call.function >= WIRE_FUNCTION_MAX)
                return -1;
        m->counts[call.function]++;
        if (concerns(fault_on(m, FAULT_HANG), call.function)) {
                hang(m, k->fd);
                return -1;
        }
        if (concerns(fault_on(m, FAULT_SLOW), call.function))
                dawdle(m, m->faults[FAULT_SLOW].number);
        wire_start(results);
        rv = serve_call(&call);
        wire_start(out);
        wire_put_u64(out, rv);
        faults_direct(m, call.poison, out);
        if (!concerns(fault_on(m, FAULT_TRUNCATE), call.function))
                wire_put(out, results->data, results->size);
        return results->bad || out->bad ? -1 : 0;
}

static void *serve_connection(void *userdata) {
        Connection *k = userdata;
        Machine *m = k->machine;
        Wire in = {0}, results = {0}, out = {0};
        int r = 0;

        while (r == 0 && wire_receive(k->fd, &in) == 0) {
                pthread_mutex_lock(&m->lock);
                r = serve_request(k, &in, &results, &out);
                pthread_mutex_unlock(&m->lock);
                if (r == 0)
                        r = wire_send(k->fd, &out);
        }
        pthread_mutex_lock(&m->lock);
        client_gone(m, k->client); /* a session ends with its connection */
        m->connections[k->slot] = 0;
        close(k->fd);
        pthread_mutex_unlock(&m->lock);
        wire_free(&in);
        wire_free(&results);
        wire_free(&out);
        free(k);
        return NULL;
}

static void take_connection(Machine *m, int fd) {
        Connection *k = calloc(1, sizeof(*k));
        pthread_t thread;
        int one = 1;

        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        pthread_mutex_lock(&m->lock);
        if (k) {
                *k = (Connection){.machine = m, .fd = fd, .client = ++m->next_client};
                while (k->slot < SESSIONS_MAX && m->connections[k->slot] > 0)
                        k->slot++;
        }
        if (!k || k->slot == SESSIONS_MAX || now_monotonic() < m->down_until || fault_on(m, FAULT_UNPLUG) ||
                pthread_create(&thread, NULL, serve_connection, k) != 0) {
                close(fd);
                free(k);
        } else {
                m->connections[k->slot] = fd;
                pthread_detach(thread);
        }
        pthread_mutex_unlock(&m->lock);
}

static void serve(Machine *m) {
        for (;;) {
                int listener, fd;

                pthread_mutex_lock(&m->lock);
                listener = m->listener;
                pthread_mutex_unlock(&m->lock);
                fd = listener < 0 ? -1 : accept4(listener, NULL, NULL, SOCK_CLOEXEC);
                if (fd >= 0)
                        take_connection(m, fd);
                else
                        usleep(10000); /* unplugged: the listener comes back, or does not */
        }
}

int main(int argc, char **argv) {
        static Machine m = {.lock = PTHREAD_MUTEX_INITIALIZER};
        pthread_t control;
        char text[16];

        if (argc == 2 && streq(argv[1], "--kinds")) {
                faults_list(&m, stdout, true);
                puts("");
                return EXIT_SUCCESS;
        }
        if (argc != 2) {
                fprintf(stderr, "vhsm-server DIR | vhsm-server --kinds\n");
                return EXIT_FAILURE;
        }
        signal(SIGPIPE, SIG_IGN);
        if (machine_load(&m, argv[1]) < 0 || listen_again(&m) < 0)
                return EXIT_FAILURE;
        snprintf(text, sizeof(text), "%d\n", getpid());
        machine_write(&m, "pid", text);
        if (sensors_start(&m) < 0 || pthread_create(&control, NULL, serve_control, &m) != 0)
                return EXIT_FAILURE;
        serve(&m);
        return EXIT_SUCCESS;
}
