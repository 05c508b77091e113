/* List(), page by page, of a table whose rows come and go between two pages. */
#include "unit.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "control-internal.h"
#include "ctl/picture.h"

#define ROWS 2600 /* of the table; 2,500 alarms are more than two pages */
#define ALARMS 2500
#define DEADLINE (10 * USEC_PER_SEC)

/* hsmd's side. Every page is asked for after the first alarm that is left was cleared. */
typedef struct Judge {
        FleetRow fleet;
        AlarmRow alarms[ROWS];
        size_t cleared;
} Judge;

static size_t judge_rows(void *userdata, BoardTable table) {
        Judge *j = userdata;

        if (table == BOARD_FLEET)
                return 1;
        if (table != BOARD_ALARMS)
                return 0;
        memmove(j->alarms, j->alarms + 1, (ROWS - 1) * sizeof(j->alarms[0]));
        j->cleared++;
        return ROWS;
}

static const void *judge_row(void *userdata, BoardTable table, size_t i) {
        const Judge *j = userdata;

        return table == BOARD_FLEET ? (const void *) &j->fleet : &j->alarms[i];
}

static void serve(const char *path, int ready) {
        static const ControlOps ops = {.rows = judge_rows, .row = judge_row};
        Judge *j = calloc(1, sizeof(*j));
        Control *control = NULL;
        sd_event *event = NULL;

        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nothing behind */
        if (!j || sd_event_new(&event) < 0 || control_new(event, path, NULL, NULL, &ops, j, &control) < 0)
                _exit(EXIT_FAILURE);
        for (uint32_t i = 0; i < ALARMS; i++)
                FIELD_SET(Alarm, &j->alarms[i], id, i + 1);
        close(ready);
        sd_event_loop(event);
        _exit(EXIT_FAILURE);
}

static void every_alarm_that_is_there_throughout_is_listed_once(void **state UNUSED) {
        char directory[] = "/tmp/control-list-XXXXXX", path[64], c;
        CLEANUP_PICTURE Picture p = {0};
        Client *client = NULL;
        size_t n, first;
        int ready[2];
        pid_t pid;

        assert_non_null(mkdtemp(directory));
        snprintf(path, sizeof(path), "%s/control", directory);
        assert_int_equal(pipe(ready), 0);
        pid = fork();
        if (pid == 0) {
                close(ready[0]);
                serve(path, ready[1]);
        }
        close(ready[1]);
        assert_int_equal(read(ready[0], &c, 1), 0);
        close(ready[0]);
        assert_return_code(client_new(path, &client), 0);
        assert_return_code(picture_fetch(client, 1U << BOARD_ALARMS, DEADLINE, &p), 0);
        n = picture_rows(&p, BOARD_ALARMS);
        assert_true(n > 0);
        first = picture_alarm(&p, 0)->id;
        /* what was cleared while it was read may be missing, nothing else */
        for (size_t i = 0; i < n; i++)
                assert_int_equal(picture_alarm(&p, i)->id, first + i);
        assert_int_equal(picture_alarm(&p, n - 1)->id, ALARMS);
        client_free(client);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        unlink(path);
        rmdir(directory);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_alarm_that_is_there_throughout_is_listed_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
