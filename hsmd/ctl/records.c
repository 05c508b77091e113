#include "records.h"

static void put_attempt(Json *j, uint64_t attempt, uint64_t due, uint64_t started, uint64_t ended,
        const char *step, bool climb, const char *ret) {
        json_open(j, NULL, '{');
        json_unsigned(j, "attempt", attempt);
        json_unsigned(j, "due_us", due);
        json_unsigned(j, "started_us", started);
        json_unsigned(j, "ended_us", ended);
        json_unsigned(j, "start_delay_us", started > due ? started - due : 0);
        json_unsigned(j, "duration_us", ended > started ? ended - started : 0);
        json_string(j, "failed_step", step); /* a step's name is one word: alike in both spellings */
        json_bool(j, "climb", climb);
        json_string(j, "return", ret);
        json_close(j, '}');
}

int json_attempts(Json *j, sd_bus_message *reply) {
        uint64_t attempt, due, started, ended, rv;
        const char *step, *ret;
        int climb, r = sd_bus_message_enter_container(reply, 'a', "(ttttsbts)");

        json_open(j, "attempts", '[');
        while (r >= 0 && (r = sd_bus_message_read(reply, "(ttttsbts)", &attempt, &due, &started, &ended,
                                  &step, &climb, &rv, &ret)) > 0)
                put_attempt(j, attempt, due, started, ended, step, climb != 0, ret);
        json_close(j, ']');
        return r;
}

int json_calls(Json *j, sd_bus_message *reply) {
        uint64_t sequence, session, started, ended, rv;
        const char *call, *ret;
        uint32_t thread;
        int r = sd_bus_message_enter_container(reply, 'a', "(tsutttts)");

        json_open(j, "calls", '[');
        while (r >= 0 && (r = sd_bus_message_read(reply, "(tsutttts)", &sequence, &call, &thread, &session,
                                  &started, &ended, &rv, &ret)) > 0) {
                json_open(j, NULL, '{');
                json_unsigned(j, "sequence", sequence);
                json_string(j, "call", call);
                json_unsigned(j, "thread", thread);
                json_unsigned(j, "session", session);
                json_unsigned(j, "started_us", started);
                json_unsigned(j, "ended_us", ended);
                json_unsigned(j, "duration_us", ended > started ? ended - started : 0);
                json_string(j, "return", ret);
                json_close(j, '}');
        }
        json_close(j, ']');
        return r;
}
