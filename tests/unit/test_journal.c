/* The log, against a real datagram socket where journald's would be. Each test runs in a child with a mount
 * namespace of its own, where /run is empty. */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "hsmd/journal.h"

#define DEADLINE (20 * USEC_PER_SEC)

/* cmocka's assertions belong to the parent; in the child a failure is an exit status with its reason on
 * stdout. */
#define CHECK(condition)                                                                                     \
        do {                                                                                                 \
                if (!(condition)) {                                                                          \
                        printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                       \
                        exit(1);                                                                             \
                }                                                                                            \
        } while (0)

static int enter_private_run(void) {
        if (unshare(CLONE_NEWNS) < 0)
                return -errno;
        if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return -errno;
        return mount("tmpfs", "/run", "tmpfs", 0, NULL) < 0 ? -errno : 0;
}

/* A socket bound where journald listens, with room for whatever the kernel gives. */
static int fake_journald(void) {
        struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"};
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        CHECK(fd >= 0);
        CHECK(mkdir("/run/systemd", 0755) == 0 && mkdir("/run/systemd/journal", 0755) == 0);
        CHECK(bind(fd, (struct sockaddr *) &address, sizeof(address)) == 0);
        return fd;
}

/* The next datagram, terminated; false at the deadline. */
static bool next_datagram(int fd, char *dst, size_t size) {
        struct pollfd p = {.fd = fd, .events = POLLIN};

        if (poll(&p, 1, (int) (DEADLINE / USEC_PER_MSEC)) != 1)
                return false;
        ssize_t n = recv(fd, dst, size - 1, 0);
        CHECK(n > 0);
        dst[n] = '\0';
        return true;
}

static int run_in_child(void (*child)(void)) {
        int status = -1;

        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0) {
                int k = enter_private_run();

                if (k < 0) {
                        printf("SKIPPED: no mount namespace here: %s\n", strerror(-k));
                        exit(77);
                }
                child();
                exit(0);
        }
        assert_true(pid > 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static void in_child(void (*child)(void)) {
        if (geteuid() != 0) {
                print_message("SKIPPED: only root can put a socket where journald's is\n");
                skip();
        }
        int status = run_in_child(child);
        if (status == 77)
                skip();
        assert_int_equal(status, 0);
}

static const LogEvent fault = {.priority = LOG_ERR,
        .message_id = MESSAGE_DEVICE_STATE,
        .device = "bureau-3",
        .state = "down",
        .reason = "timeout",
        .step = "sign",
        .call = "C_Sign",
        .ret = "CKR_DEVICE_ERROR",
        .duration = 5 * USEC_PER_SEC,
        .operator_uid = "1000",
        .operator_name = "li"};

static void child_fields(void) {
        static const char *const expected[] = {"MESSAGE=密码机 3 is down\n", "PRIORITY=3\n",
                ("MESSAGE_ID=" MESSAGE_DEVICE_STATE "\n"), "HSM_DEVICE=bureau-3\n", "HSM_STATE=down\n",
                "HSM_REASON=timeout\n", "HSM_STEP=sign\n", "HSM_CALL=C_Sign\n",
                "HSM_RETURN=CKR_DEVICE_ERROR\n", "HSM_DURATION_US=5000000\n", "HSM_OPERATOR_UID=1000\n",
                "HSM_OPERATOR=li\n"};
        char text[8192];
        Journal *j = NULL;
        int fd = fake_journald();

        CHECK(journal_new(16, &j) == 0);
        log_event(j, &fault, "密码机 %d is down", 3);
        CHECK(next_datagram(fd, text, sizeof(text)));
        for (size_t i = 0; i < ELEMENTSOF(expected); i++) {
                if (!strstr(text, expected[i]))
                        printf("missing: %s", expected[i]);
                CHECK(strstr(text, expected[i]));
        }
        journal_free(j, DEADLINE);
        close(fd);
}

static void line_reaches_the_journal_with_all_its_fields(UNUSED void **state) {
        in_child(child_fields);
}

/* A line with every field that there is: none pushes another one out. */
static void child_alarm(void) {
        static const char *const expected[] = {"HSM_DEVICE=bureau-3\n", "HSM_POOL=bureau\n",
                "HSM_SERVICE=licence\n", "HSM_SITE=bureau-room\n", "HSM_EVENT=18446744073709551615\n",
                "HSM_ALARM=1017\n", "HSM_CODE=key-missing\n", "HSM_SEVERITY=major\n",
                "HSM_RESOURCE=licence-sign\n", "HSM_OPERATOR=li\n"};
        LogEvent alarm = fault;
        char text[8192];
        Journal *j = NULL;
        int fd = fake_journald();

        alarm.pool = "bureau";
        alarm.service = "licence";
        alarm.site = "bureau-room";
        alarm.event = UINT64_MAX;
        alarm.alarm = 1017;
        alarm.code = "key-missing";
        alarm.severity = "major";
        alarm.resource = "licence-sign";
        CHECK(journal_new(16, &j) == 0);
        log_event(j, &alarm, "a key is missing");
        CHECK(next_datagram(fd, text, sizeof(text)));
        for (size_t i = 0; i < ELEMENTSOF(expected); i++) {
                if (!strstr(text, expected[i]))
                        printf("missing: %s", expected[i]);
                CHECK(strstr(text, expected[i]));
        }
        journal_free(j, DEADLINE);
        close(fd);
}

static void alarms_line_says_which_alarm_and_of_what(UNUSED void **state) {
        in_child(child_alarm);
}

static void child_unset(void) {
        const LogEvent plain = {.priority = LOG_INFO};
        char text[8192];
        Journal *j = NULL;
        int fd = fake_journald();

        CHECK(journal_new(16, &j) == 0);
        log_event(j, &plain, "hello");
        CHECK(next_datagram(fd, text, sizeof(text)));
        CHECK(!strstr(text, "HSM_") && !strstr(text, "MESSAGE_ID"));
        journal_free(j, DEADLINE);
        close(fd);
}

static void unset_fields_are_left_out(UNUSED void **state) {
        in_child(child_unset);
}

#define LINES 2000
#define CAPACITY 100

/* Fills the socket, so that the very next sender waits. */
static void fill_socket(void) {
        struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"};
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        CHECK(fd >= 0 && connect(fd, (struct sockaddr *) &address, sizeof(address)) == 0);
        while (send(fd, "MESSAGE=filling\n", 16, 0) > 0)
                ;
        CHECK(errno == EAGAIN);
        close(fd);
}

/* Returns at all: nobody reads, and no call waits for that. */
static Journal *log_into_a_full_socket(void) {
        const LogEvent plain = {.priority = LOG_INFO};
        Journal *j = NULL;

        fill_socket();
        CHECK(journal_new(CAPACITY, &j) == 0);
        for (int i = 0; i < LINES; i++)
                log_event(j, &plain, "line %d", i);
        return j;
}

/* The thread was given one line before it was stuck, or none: so many lines arrive in all. */
static void child_stuck(void) {
        char text[8192];
        int fd = fake_journald();
        Journal *j = log_into_a_full_socket();
        uint64_t dropped = journal_dropped(j), told = 0, lines = 0, lines_before_news = 0;

        CHECK(dropped == LINES - CAPACITY || dropped == LINES - CAPACITY - 1);
        while (lines + dropped < LINES) {
                CHECK(next_datagram(fd, text, sizeof(text)));
                const char *news = strstr(text, "HSM_DROPPED="), *line = strstr(text, "MESSAGE=line ");

                if (news) {
                        CHECK(strstr(text, "MESSAGE_ID=" MESSAGE_LOG_DROPPED));
                        told += strtoull(news + strlen("HSM_DROPPED="), NULL, 10);
                        lines_before_news = lines;
                } else if (line) {
                        CHECK(strtoull(line + strlen("MESSAGE=line "), NULL, 10) == lines++);
                }
        }
        CHECK(told == dropped);
        CHECK(lines_before_news <= 1); /* the queue of CAPACITY lines came after the news */
        CHECK(journal_dropped(j) == dropped);
        journal_free(j, DEADLINE);
        close(fd);
}

static void full_journal_makes_no_call_wait_and_the_loss_is_told_first(UNUSED void **state) {
        in_child(child_stuck);
}

static size_t count_threads(void) {
        char line[256];
        size_t n = 0;
        FILE *f = fopen("/proc/self/status", "re");

        CHECK(f);
        while (fgets(line, sizeof(line), f))
                sscanf(line, "Threads: %zu", &n);
        fclose(f);
        return n;
}

static void child_abandoned(void) {
        char text[8192];
        size_t threads = count_threads();
        int fd = fake_journald();
        Journal *j = log_into_a_full_socket();

        journal_free(j, 50 * USEC_PER_MSEC); /* returns, though the thread is stuck */
        CHECK(count_threads() == threads + 1);

        /* when journald reads again the thread ends and takes its memory with it */
        usec_t end = now_monotonic() + DEADLINE;
        while (count_threads() > threads && now_monotonic() < end) {
                struct pollfd p = {.fd = fd, .events = POLLIN};

                if (poll(&p, 1, 10) == 1)
                        CHECK(recv(fd, text, sizeof(text), 0) > 0);
        }
        CHECK(count_threads() == threads);
        close(fd);
}

static void stuck_thread_does_not_delay_a_stop(UNUSED void **state) {
        in_child(child_abandoned);
}

static void child_exits_stuck(void) {
        fake_journald();
        journal_free(log_into_a_full_socket(), 0);
        /* exit with the thread still stuck: no leak is reported, the process ends */
}

static void process_ends_while_the_thread_is_stuck(UNUSED void **state) {
        in_child(child_exits_stuck);
}

static void child_drains(void) {
        const LogEvent plain = {.priority = LOG_INFO};
        char text[8192];
        Journal *j = NULL;
        int fd = fake_journald();

        CHECK(journal_new(CAPACITY, &j) == 0);
        for (int i = 0; i < 8; i++)
                log_event(j, &plain, "line %d", i);
        journal_free(j, DEADLINE);
        for (int i = 0; i < 8; i++) {
                CHECK(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT) > 0);
                CHECK(atoi(strstr(text, "MESSAGE=line ") + 13) == i);
        }
        close(fd);
}

static void stop_writes_what_is_queued_in_order(UNUSED void **state) {
        in_child(child_drains);
}

/* stderr into a pipe; what was written to it until it was closed */
static int redirect_stderr(void) {
        int fds[2];

        CHECK(pipe2(fds, O_CLOEXEC) == 0);
        CHECK(dup2(fds[1], STDERR_FILENO) == STDERR_FILENO);
        close(fds[1]);
        return fds[0];
}

static void read_stderr(int fd, int saved, char *dst, size_t size) {
        dup2(saved, STDERR_FILENO);
        ssize_t n = read(fd, dst, size - 1);
        CHECK(n > 0);
        dst[n] = '\0';
        close(fd);
        close(saved);
}

static void child_stderr(void) {
        char text[8192];
        Journal *j = NULL;
        int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10), fd = redirect_stderr();

        CHECK(journal_new(16, &j) == 0);
        log_event(j, &fault, "bureau-3\nis \033[31mdown");
        journal_free(j, DEADLINE);
        read_stderr(fd, saved, text, sizeof(text));
        const char *expected =
                "bureau-3 is ?[31mdown HSM_DEVICE=bureau-3 HSM_STATE=down HSM_REASON=timeout "
                "HSM_STEP=sign HSM_CALL=C_Sign HSM_RETURN=CKR_DEVICE_ERROR HSM_DURATION_US=5000000 "
                "HSM_OPERATOR_UID=1000 HSM_OPERATOR=li\n";
        if (!streq(text, expected))
                printf("got: %s", text);
        CHECK(streq(text, expected));
}

static void without_a_journal_the_line_goes_to_stderr(UNUSED void **state) {
        in_child(child_stderr);
}

static void child_null(void) {
        char text[8192];
        int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10), fd = redirect_stderr();
        const LogEvent plain = {.priority = LOG_INFO};

        errno = ENOTTY;
        log_event(NULL, &plain, "early");
        CHECK(errno == ENOTTY);
        CHECK(journal_dropped(NULL) == 0 && journal_free(NULL, 0) == NULL);
        read_stderr(fd, saved, text, sizeof(text));
        CHECK(streq(text, "early\n"));
}

static void without_a_writer_the_line_goes_to_stderr(UNUSED void **state) {
        in_child(child_null);
}

static void child_long(void) {
        char text[16384];
        CLEANUP_FREE char *message = malloc(9001);
        const LogEvent plain = {.priority = LOG_INFO, .device = "bureau-1"};
        Journal *j = NULL;
        int fd = fake_journald();

        for (size_t i = 0; i < 9000; i += 3)
                memcpy(message + i, "密", 3);
        message[9000] = '\0';
        CHECK(journal_new(16, &j) == 0);
        log_event(j, &plain, "x%s", message);
        CHECK(next_datagram(fd, text, sizeof(text)));
        const char *start = strstr(text, "MESSAGE=x"), *end = start ? strchr(start, '\n') : NULL;
        CHECK(start && end);
        CHECK((size_t) (end - start - 9) % 3 == 0 && end - start > 3000 && end - start < 4000);
        CHECK(strstr(text, "HSM_DEVICE=bureau-1\n"));
        journal_free(j, DEADLINE);
        close(fd);
}

static void long_message_is_cut_between_characters(UNUSED void **state) {
        in_child(child_long);
}

static void on_signal(UNUSED int number) {
}

/* Nobody but the journal's thread could take the signal, and it must not: so it is still there to be waited
 * for. */
static void child_signals(void) {
        const struct sigaction action = {.sa_handler = on_signal};
        const struct timespec limit = {.tv_sec = DEADLINE / USEC_PER_SEC};
        sigset_t signals, before;
        const LogEvent plain = {.priority = LOG_INFO};
        char text[1024];
        Journal *j = NULL;
        int fd = fake_journald();

        CHECK(journal_new(16, &j) == 0);
        log_event(j, &plain, "running");
        CHECK(next_datagram(
                fd, text, sizeof(text))); /* a thread that is only starting takes no signal anyway */
        CHECK(sigprocmask(SIG_SETMASK, NULL, &before) == 0 &&
                !sigismember(&before, SIGTERM)); /* ours is as it was */
        sigemptyset(&signals);
        sigaddset(&signals, SIGTERM);
        CHECK(sigaction(SIGTERM, &action, NULL) == 0);
        CHECK(pthread_sigmask(SIG_BLOCK, &signals, NULL) == 0);
        CHECK(kill(getpid(), SIGTERM) == 0);
        CHECK(sigtimedwait(&signals, NULL, &limit) == SIGTERM);
        journal_free(j, DEADLINE);
        close(fd);
}

static void thread_takes_no_signal(UNUSED void **state) {
        in_child(child_signals);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(line_reaches_the_journal_with_all_its_fields),
                cmocka_unit_test(alarms_line_says_which_alarm_and_of_what),
                cmocka_unit_test(unset_fields_are_left_out),
                cmocka_unit_test(full_journal_makes_no_call_wait_and_the_loss_is_told_first),
                cmocka_unit_test(stuck_thread_does_not_delay_a_stop),
                cmocka_unit_test(process_ends_while_the_thread_is_stuck),
                cmocka_unit_test(stop_writes_what_is_queued_in_order),
                cmocka_unit_test(without_a_journal_the_line_goes_to_stderr),
                cmocka_unit_test(without_a_writer_the_line_goes_to_stderr),
                cmocka_unit_test(long_message_is_cut_between_characters),
                cmocka_unit_test(thread_takes_no_signal),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
