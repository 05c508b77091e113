#ifndef HSMD_KEEPER_H
#define HSMD_KEEPER_H
/* Keeps one `hsmd-snmp` worker running: started, pinged every second, replaced when it dies, stops or does
 * not answer for five seconds. What it is told and what it says is its owner's business. */

#include "manager.h"

typedef struct Keeper Keeper;

typedef struct KeeperOps {
        void (*hello)(void *userdata); /* a new process is ready to be told */
        void (*message)(int type, const void *message, void *userdata);
        void (*room)(void *userdata); /* after keeper_send said -EAGAIN */
        void (*gone)(void *userdata); /* the process is gone; another follows */
} KeeperOps;

int keeper_new(Manager *manager, const char *verb, const KeeperOps *ops, void *userdata, Keeper **ret);
Keeper *keeper_free(Keeper *keeper);
/* Ends the process in good order and starts another: it is to be told something else. Not counted as a
 * restart. */
void keeper_renew(Keeper *keeper);
void keeper_close(Keeper *keeper, usec_t grace);

/* -EAGAIN: its queue is full, `room` follows; -ENOTCONN: there is no process now. */
int keeper_send(Keeper *keeper, const MessageHead *message, int fd);
void keeper_tick(Keeper *keeper, usec_t now);
void keeper_extend(Keeper *keeper, usec_t lateness);
uint64_t keeper_restarts(const Keeper *keeper);

#endif
