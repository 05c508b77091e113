#ifndef HSMD_SERVE_H
#define HSMD_SERVE_H
/* `hsmd-snmp serve`: answers HSMD-MIB from the board. */

/* Runs until hsmd says close or its end of the socket is gone. Negative errno when it cannot serve. */
int serve_main(int fd);

#endif
