#ifndef HSMD_CTL_OPTIONS_H
#define HSMD_CTL_OPTIONS_H
/* What every verb of hsmctl shares: language, socket, exit codes. */

#include "words.h"

typedef enum JsonForm { JSON_OFF, JSON_SHORT, JSON_PRETTY } JsonForm;

/* hsmctl(1) documents these. */
typedef enum ExitCode {
        EXIT_OK = 0,
        EXIT_USAGE = 1,         /* a wrong command line, or a fault of hsmctl's own */
        EXIT_NOT_FOUND = 2,     /* no such device */
        EXIT_REFUSED = 3,       /* hsmd refused the configuration (the old one runs on) or the action */
        EXIT_UNREACHABLE = 4,   /* hsmd is not running or does not answer */
        EXIT_TIME_OUT = 5,      /* wait: the time ran out */
        EXIT_NOT_PERMITTED = 6, /* the socket or the action is not for this user */
} ExitCode;

typedef struct Options {
        Lang lang;
        const char *socket;
        const char *by; /* the name stated with an action */
        JsonForm json;
        bool check;             /* status: exit code by the fleet's state */
        double timeout;         /* wait: seconds */
        const char *device;     /* wait, events */
        const char *state;      /* wait: a state; restore: a directory */
        const char *note;       /* watch: a line to show below */
        bool yes;               /* keys confirm: do not ask */
        bool verbose;           /* keys, probe */
        bool climb;             /* probe: by a new process */
        bool out_of_service;    /* measure */
        bool force;             /* measure, maintenance start; over what is there */
        bool bad;               /* sensors: only those to look at */
        const char *output;     /* sensors discover: a file */
        uint32_t sessions, key; /* measure; 0: as configured */
        double duration;        /* measure: seconds; 0: as configured */
        bool follow;            /* events */
        bool hours;             /* history */
        bool no_probing;        /* maintenance start */
        bool show, cancel;      /* drill */
        const char *since, *until, *reason, *ticket, *gap;
        uint32_t count, alarm; /* events; 0: not given */
        int n_args;
        char **args; /* the verb and what follows it */
        char by_buffer[64];
} Options;

/* Chinese if the locale's messages are (LC_ALL, LC_MESSAGES, LANG: the first that is set). */
Lang lang_from_environment(void);

/* One text in the chosen language. */
const char *say(const Options *o, const char *en, const char *zh)
        __attribute__((format_arg(2), format_arg(3)));

/* Reads the command line. EXIT_OK to go on; EXIT_USAGE after a message; *ret_done is set when --help or
 * --version was all that was asked. */
ExitCode options_parse(int argc, char **argv, Options *ret, bool *ret_done);

#endif
