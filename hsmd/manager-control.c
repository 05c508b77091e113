#include "manager.h"
#include "measure.h"
#include "pin-retry.h"

/* What the control socket asks. */

static size_t op_rows(void *userdata, BoardTable table) {
        return board_writer_rows(((Manager *) userdata)->board, table);
}

static const void *op_row(void *userdata, BoardTable table, size_t index) {
        return board_published(((Manager *) userdata)->board, table, index);
}

static int op_attempts(void *userdata, const char *device, AttemptRecord *ret, size_t n) {
        const Device *d = manager_find_device(userdata, device);
        uint64_t have, first;

        if (!d)
                return -ENOENT;
        have = MIN_OF(MIN_OF(d->n_attempts, (uint64_t) ATTEMPTS_KEPT), (uint64_t) n);
        first = d->n_attempts - have;
        for (uint64_t i = 0; i < have; i++)
                ret[i] = d->attempts[(first + i) % ATTEMPTS_KEPT];
        return (int) have;
}

static int op_calls(void *userdata, const char *device, RingRecord *ret, size_t n) {
        const Device *d = manager_find_device(userdata, device);

        if (!d)
                return -ENOENT;
        return d->ring ? (int) ring_tail(d->ring, ret, n) : 0;
}

static void on_reloaded(int error, const char *message, void *userdata) {
        control_reply(userdata, error, message);
}

/* Read in the disk's thread; the verdict comes later. */
static int op_reload(
        void *userdata, uid_t uid, const char *by, ControlReply *reply, char **ret_message UNUSED) {
        manager_reload(userdata, uid, by, on_reloaded, reply);
        return 1;
}

static int op_confirm_keys(
        void *userdata, const char *pool, uint32_t key, const char *by, char **ret_message) {
        return matrix_confirm(userdata, pool, key, by, ret_message);
}

static int op_retry_pin(void *userdata, const char *device, const char *by, char **ret_message) {
        return pin_retry(userdata, device, by, ret_message);
}

static int op_measure(void *userdata, const MeasureRequest *request, const char *by, ControlReply *reply,
        char **ret_message) {
        return measure_request(userdata, request, by, reply, ret_message);
}

static int op_probe(
        void *userdata, const char *device, bool climb, uint64_t *ret_attempt, char **ret_message UNUSED) {
        Device *d = manager_find_device(userdata, device);

        if (!d)
                return -ENOENT;
        *ret_attempt = device_probe_now(d, climb);
        return 0;
}

const ControlOps manager_control_ops = {
        .rows = op_rows,
        .row = op_row,
        .attempts = op_attempts,
        .calls = op_calls,
        .reload = op_reload,
        .confirm_keys = op_confirm_keys,
        .retry_pin = op_retry_pin,
        .measure = op_measure,
        .probe = op_probe,
};
