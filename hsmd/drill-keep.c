/* A drill whose end hsmd does not live to see: it is over, and that is told. */
#include "drill-event.h"
#include "drill-internal.h"
#include "history.h"

void drill_keep(Manager *m, const DrillProtocol *p) {
        CLEANUP_FREE char *json = drill_protocol_json(p);

        if (json && m->history)
                history_drill(m->history, p->id, p->pool, json);
}

/* What holds unless another word follows. That it has no end tells it from one that was cancelled. */
void drill_keep_begun(Manager *m, const DrillProtocol *p) {
        DrillProtocol lost = *p;

        lost.phase = DRILL_CANCELLED;
        lost.verdict = DRILL_FAILED;
        copy_text(lost.why, sizeof(lost.why), "hsmd ended while it was on: nothing more was measured");
        copy_text(lost.why_local, sizeof(lost.why_local), "演练期间 hsmd 退出，其后未测量");
        drill_keep(m, &lost);
}

static void on_kept(int error, const char *text, void *userdata) {
        Manager *m = userdata;
        DrillProtocol p;

        if (error < 0 || !m->events || drill_protocol_parse(text, &p) < 0)
                return;
        if (p.phase != DRILL_CANCELLED || p.ended != 0 || drill_is_on(m, p.pool))
                return;
        p.ended = now_realtime();
        drill_tell_ended(m, drill_find_pool(m, p.pool), &p, 0);
        drill_keep(m, &p);
}

void drills_restore(Manager *m) {
        for (size_t i = 0; m->history && i < m->config->n_pools; i++)
                history_drill_get(m->history, 0, m->config->pools[i].name, on_kept, m);
}
