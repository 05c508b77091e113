/* Stands in for hsmd-probe and misbehaves on command: what it is to do stands in the file `script` in its
 * working directory, a word a line:
 *
 *   good                     answers every attempt with success; signs are what the file `signs` says, else 1
 *   silent                   never says hello
 *   exit                     ends at once, after writing "I cannot" to stderr
 *   garbage                  sends a message that is none
 *   nonsense                 answers with numbers beyond every range
 *   absurd                   answers with success and the largest numbers and longest strings there are
 *   empty                    sends a message of no octets with a descriptor, then ends
 *   flood_hello, flood_result, flood_login   answers well, then sends the same message again and again
 *   flood_after              fails, and floods when it is asked to close
 *   flood_child              ends, but leaves a child that floods
 *   flood_output             answers well and fills its output
 *   pin                      asks for the PIN twice a climb, notes each that comes in the file `pins`, and
 *                            never says how the login ended
 *   hang                     answers the climb well and hangs in C_Sign at the next check
 *   ask                      runs hsmctl with the words of ASK, writes its status into the file `asked`
 *   write                    answers well, after writing into the file `disk/file` within C_Sign
 *   crowd                    leaves a process with a child of its own, both deaf to SIGTERM
 *   fail                     answers every attempt with a failure at `session`
 *   deaf                     good, but deaf to MSG_CLOSE */

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "hsmd/common/protocol.h"
#include "hsmd/common/ring.h"

typedef struct Play {
        char script[32];
        Ring *ring;
        MsgProbeConfig config;
        uint8_t *buffer;
} Play;

static void read_word(const char *path, char *dst, size_t size, const char *otherwise) {
        FILE *f = fopen(path, "re");

        snprintf(dst, size, "%s", otherwise);
        if (f && fgets(dst, (int) size, f))
                dst[strcspn(dst, "\n")] = '\0';
        if (f)
                fclose(f);
}

static void append_line(const char *path, const char *line) {
        FILE *f = fopen(path, "ae");

        if (f)
                fprintf(f, "%s\n", line);
        if (f)
                fclose(f);
}

static bool plays(const Play *p, const char *script) {
        return streq(p->script, script);
}

/* Never sleeps: a flood is to be as dense as it can be. */
static void send_octets(const void *message, size_t size) {
        while (send(WORKER_FD, message, size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
                if (errno != EAGAIN && errno != EINTR)
                        _exit(1);
}

static void say(const MessageHead *head) {
        send_octets(head, head->size);
}

__attribute__((noreturn)) static void flood(const MessageHead *head) {
        for (;;)
                say(head);
}

static void leave_flooding_child(void) {
        MsgPlain hello = MESSAGE(MsgPlain, MSG_HELLO);

        if (fork() == 0)
                flood(&hello.head);
        _exit(0);
}

static void leave_a_crowd(void) {
        if (fork() > 0)
                return;
        signal(SIGTERM, SIG_IGN);
        setsid();
        if (fork() == 0)
                append_line("crowd", "child");
        for (;;)
                pause();
}

static void send_empty_with_descriptor(void) {
        char space[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = {0};
        struct iovec nothing = {.iov_base = NULL, .iov_len = 0};
        struct msghdr mh = {
                .msg_iov = &nothing, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space)};
        struct cmsghdr *c = CMSG_FIRSTHDR(&mh);
        int fd = 2;

        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &fd, sizeof(int));
        sendmsg(WORKER_FD, &mh, MSG_NOSIGNAL);
}

static MsgProbeResult success(const Play *p, uint64_t attempt) {
        MsgProbeResult r = MESSAGE(MsgProbeResult, MSG_PROBE_RESULT);
        char signs[32];

        read_word("signs", signs, sizeof(signs), "1");
        r.attempt = attempt;
        r.failed_step = STEP_NONE;
        r.reason = REASON_NONE;
        r.total_usec = 1000;
        r.signs = strtoull(signs, NULL, 0);
        r.n_keys = p->config.n_keys;
        for (uint32_t i = 0; i < MIN_OF(r.n_keys, (uint32_t) PROTOCOL_KEYS_MAX); i++)
                r.keys[i] = (ProbeKeyResult){
                        .number = p->config.keys[i].number, .state = KEY_USABLE, .exercised = 1};
        return r;
}

static MsgProbeResult absurd(const Play *p, uint64_t attempt) {
        MsgProbeResult r;

        memset(&r, 0xff, sizeof(r));
        r.head = (MessageHead){.type = MSG_PROBE_RESULT, .size = sizeof(r)};
        r.attempt = attempt;
        r.failed_step = STEP_NONE;
        r.reason = REASON_NONE;
        r.keys[0] = success(p, attempt).keys[0];
        return r;
}

/* The call in flight is what hsmd reads when it kills us. */
static void mark_call(Play *p, Call call, Step step) {
        p->ring->in_flight[0].started = now_monotonic();
        atomic_store(&p->ring->in_flight[0].call, call);
        atomic_store(&p->ring->step, step);
}

static void hang(Play *p) {
        mark_call(p, CALL_SIGN, STEP_SIGN);
        append_line("hangs", "hangs");
        for (;;)
                pause();
}

static void ask_for_pin(Play *p, uint64_t attempt) {
        MsgPinWanted wanted = MESSAGE(MsgPinWanted, MSG_PIN_WANTED);
        int fd = -1;

        wanted.attempt = attempt;
        strcpy(wanted.serial, "1");
        say(&wanted.head);
        while (protocol_receive(WORKER_FD, p->buffer, &fd) == MSG_PIN) {
                const MsgPin *pin = (const MsgPin *) p->buffer;
                MsgProbeResult refused = success(p, attempt);

                if (pin->reason != REASON_NONE) {
                        refused.failed_step = STEP_LOGIN;
                        refused.reason = pin->reason;
                        say(&refused.head);
                        return;
                }
                append_line("pins", "given");
                mark_call(p, CALL_LOGIN, STEP_LOGIN);
                say(&wanted.head);
        }
        _exit(0);
}

static void answer(Play *p, uint64_t attempt) {
        MsgProbeResult r = success(p, attempt);
        MsgLoginDone login = MESSAGE(MsgLoginDone, MSG_LOGIN_DONE);

        if (plays(p, "write")) {
                mark_call(p, CALL_SIGN, STEP_SIGN);
                append_line("disk/file", "written");
                atomic_store(&p->ring->in_flight[0].call, CALL_NONE);
        }
        if (plays(p, "pin")) {
                ask_for_pin(p, attempt);
                return;
        }
        if (plays(p, "absurd"))
                r = absurd(p, attempt);
        if (plays(p, "nonsense"))
                r.failed_step = 4000000000;
        if (plays(p, "fail") || plays(p, "flood_after")) {
                r.failed_step = STEP_SESSION;
                r.reason = REASON_CALL_FAILED;
                r.call = CALL_OPEN_SESSION;
                r.rv = 0x30;
                for (uint32_t i = 0; i < MIN_OF(r.n_keys, (uint32_t) PROTOCOL_KEYS_MAX); i++)
                        r.keys[i].state = KEY_UNKNOWN; /* as the probe says of keys that it did not come to */
        }
        say(&r.head);
        if (plays(p, "flood_result") || plays(p, "flood_after"))
                flood(&r.head);
        if (plays(p, "flood_login"))
                flood(&login.head);
        while (plays(p, "flood_output"))
                if (write(2, "chatter\n", 8) < 0)
                        _exit(1);
}

static void configure(Play *p, int ring_fd) {
        memcpy(&p->config, p->buffer, sizeof(p->config));
        if (ring_map(ring_fd, &p->ring) < 0)
                _exit(1);
        close(ring_fd);
}

static void loop(Play *p) {
        for (;;) {
                int fd = -1, type = protocol_receive(WORKER_FD, p->buffer, &fd);

                if (type == MSG_PROBE_CONFIG)
                        configure(p, fd);
                else if (type == MSG_PROBE_CHECK && plays(p, "hang"))
                        hang(p);
                else if (type == MSG_PROBE_CLIMB || type == MSG_PROBE_CHECK)
                        answer(p, ((const MsgProbeAttempt *) p->buffer)->attempt);
                else if (type != MSG_CLOSE || !plays(p, "deaf"))
                        return;
        }
}

static void ask(void) {
        /* NOLINTNEXTLINE(cert-env33-c): our own words alone */
        if (system("$HSMCTL $ASK > said 2>&1; echo $? > asked.new; mv asked.new asked") < 0)
                _exit(1);
}

/* What it does instead of its work, if anything. */
static void misbehave(const Play *p) {
        if (plays(p, "silent"))
                for (;;)
                        pause();
        if (plays(p, "exit")) {
                fprintf(stderr, "I cannot");
                exit(3);
        }
        if (plays(p, "garbage"))
                send_octets("garbage", 7);
        if (plays(p, "empty")) {
                send_empty_with_descriptor();
                exit(0);
        }
        if (plays(p, "flood_child"))
                leave_flooding_child();
        if (plays(p, "crowd"))
                leave_a_crowd();
        if (plays(p, "ask"))
                ask();
}

int main(void) {
        MsgPlain hello = MESSAGE(MsgPlain, MSG_HELLO);
        Play p = {.buffer = aligned_alloc(64, PROTOCOL_MAX)};

        if (!p.buffer)
                return 1;
        read_word("script", p.script, sizeof(p.script), "good");
        misbehave(&p);
        say(&hello.head);
        if (plays(&p, "flood_hello"))
                flood(&hello.head);
        loop(&p);
        free(p.buffer);
        return 0;
}
