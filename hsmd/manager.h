#ifndef HSMD_MANAGER_H
#define HSMD_MANAGER_H
/* The one object that owns everything in hsmd. */

#include "device.h"
#include "disk.h"
#include "environment.h"
#include "event.h"
#include "flap.h"
#include "history.h"
#include "manager-matrix.h"
#include "manager-situation.h"

typedef struct Poller Poller;
typedef struct Server Server;
typedef struct Lateness Lateness;
typedef struct Numbers Numbers;
typedef struct EventLog EventLog;
typedef struct Notifier Notifier;
typedef struct Watcher Watcher;
typedef struct Drill Drill;

typedef struct Options {
        const char *config, *libexec, *state, *runtime;
} Options;

struct Manager {
        Options options;
        sd_event *event;
        Journal *journal;
        Disk *disk;
        Guard *guard;
        Pins *pins;
        SensorNumbers *sensor_numbers;
        PoolKey *pool_keys; /* of all pools in order, each in order of its keys */
        Supervisor *supervisor;
        Control *control;
        Config *config;
        BoardWriter *board;
        Device **devices; /* in the configuration's order */
        size_t n_devices;
        Site *sites; /* likewise */
        size_t n_sites;
        bool board_outgrown; /* sensors were found that have no row on it */
        Lateness *lateness;
        Poller *poller;     /* worker `hsmd-snmp poll`; NULL where no device has an agent */
        uint64_t poll_sets; /* sets of agents made for any poller so far */
        Watcher *watcher;   /* of this host's own links; NULL where none is configured */
        Server *server;     /* worker `hsmd-snmp serve` */
        Notifier *notifier; /* worker `hsmd-snmp notify` */
        Drill *drills;      /* of the pools that have had one, in no order */
        FleetRow fleet;
        /* what the machines come to together, and what is kept and told of it */
        SituationConfig *situation_config;
        Situation *situation;
        History *history;
        HistoryState *kept; /* from before the start, until it is given to whoever it belongs to */
        Numbers *numbers;
        EventLog *events;
        Reason history_trouble;
        bool history_was_damaged; /* since the start */
        char history_detail[160], history_damage[160];
        bool notifier_restored, told_started, filling_board;
        usec_t started;
        uint64_t alarms_shown, failovers_shown; /* versions that are on the board */
        uint32_t generation;
        usec_t delay_maxima[60]; /* worst start delay of each of the last 60 seconds */
        unsigned delay_second;
        bool stopping;
        usec_t last_word; /* while stopping: until then receivers may acknowledge; 0 when that is over */
        usec_t next_second;
        int lock_fd;
        char status[512];
        sd_event_source *stop_source;
};

/* Takes the configuration over, also when it fails. */
int manager_new(const Options *options, Config *config, Manager **ret);
Manager *manager_free(Manager *manager);
/* Runs until it is told to stop. */
int manager_run(Manager *manager);

/* A device's shown state or keys changed: pools, sites and fleet are judged anew. */
void manager_device_changed(Manager *manager);
void manager_count_delay(Manager *manager, usec_t delay);
Device *manager_find_device(Manager *manager, const char *name);
Device *manager_device_by_number(const Manager *manager, uint32_t number);

FlapParams manager_flap_params(const Manager *manager);

/* manager-fleet.c: pools, sites, the fleet and the status line. */
void fleet_publish(Manager *manager);

/* manager-reload.c: a new configuration, read in the disk's thread. */
typedef void (*ReloadDone)(int error, const char *message, void *userdata);
/* done, if not NULL, is called once: now or later. */
void manager_reload(Manager *manager, uid_t uid, const char *by, ReloadDone done, void *userdata);

/* manager-apply.c */
/* Makes board, devices and workers fit a configuration, which it takes over; what is unchanged stays. */
int manager_apply(Manager *manager, Config *config);
/* Starts or ends the worker that polls, as agents are configured or not. */
void manager_fit_poller(Manager *manager);
/* The same configuration on a board with rows for the sensors that were found. */
int manager_renew_board(Manager *manager);
/* The mechanisms with which the keys of a device's pool are exercised on it: its rows in the table of
 * mechanisms. ret has room for PROTOCOL_MECHANISMS_MAX; returns how many. */
size_t manager_mechanisms(const Config *config, const ConfigDevice *device, ProbeMechanism *ret);

/* manager-control.c: what the control socket asks. */
extern const ControlOps manager_control_ops;

#endif
