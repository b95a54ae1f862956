/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The life of a connection's record: made, marked, told, finished, let go. A record is let go in one place,
 * conn_release, and only when nothing points to it any more: it is closed, stands in no queue, owes nothing
 * and the application has heard its last event or has let go itself.
 */
#include "conn.h"
#include "budget.h"

#include <string.h>

const struct conn_facts conn_facts[CONN_STATES] = {
    [CONN_CLOSED] = {"CLOSED", false, false, false},
    [CONN_LISTEN] = {"LISTEN", false, false, false},
    [CONN_SYN_SENT] = {"SYN-SENT", false, false, false},
    [CONN_SYN_RECEIVED] = {"SYN-RECEIVED", true, false, false},
    [CONN_ESTABLISHED] = {"ESTABLISHED", true, true, true},
    [CONN_FIN_WAIT_1] = {"FIN-WAIT-1", true, false, true},
    [CONN_FIN_WAIT_2] = {"FIN-WAIT-2", true, false, true},
    [CONN_CLOSE_WAIT] = {"CLOSE-WAIT", true, true, false},
    [CONN_CLOSING] = {"CLOSING", true, false, false},
    [CONN_LAST_ACK] = {"LAST-ACK", true, false, false},
    [CONN_TIME_WAIT] = {"TIME-WAIT", true, false, false},
};

struct conn *conn_new(struct conns *s)
{
    struct conn *c;
    uint32_t near, far, generation;
    uint32_t linked;

    if (s->free) {
        c = conn_at(s, s->free - 1);
        s->free = c->snd_wnd; /* of a free record: the link to the next */
    } else if (s->fresh < s->limit) {
        c = conn_at(s, s->fresh++);
    } else {
        s->counts.connections_full++;
        return NULL;
    }
    if (++s->used > s->peak)
        s->peak = s->used;

    /* Entries of the record's last life may still be in the wheel; they serve this one. */
    near = c->near;
    far = c->far;
    generation = c->generation;
    linked = c->flags & (CONN_NEAR | CONN_FAR);
    memset(c, 0, sizeof *c);
    memset(conn_cold(s, c), 0, sizeof(struct conn_cold));
    c->near = near;
    c->far = far;
    c->generation = generation;
    s->settings_uses[0]++;
    c->flags = linked;
    c->next_hop = CONN_NO_HOP;
    return c;
}

void conn_keep_hop(struct conns *s, struct conn *c, uint16_t next_hop)
{
    c->next_hop = next_hop;
    s->hop_uses[next_hop]++;
}

/* ---- settings ----------------------------------------------------------------------------------------- */

int conn_keep_settings(struct conns *s, const struct conn_settings *wanted)
{
    int free = -1;

    for (int i = 0; i < CONN_SETTINGS; i++) {
        if (i > 0 && !s->settings_uses[i]) {
            free = free < 0 ? i : free;
        } else if (memcmp(&s->settings[i], wanted, sizeof *wanted) == 0) {
            s->settings_uses[i]++;
            return i;
        }
    }
    if (free < 0)
        return -1;
    s->settings[free] = *wanted;
    s->settings_uses[free] = 1;
    return free;
}

void conn_drop_settings(struct conns *s, unsigned number)
{
    s->settings_uses[number]--;
}

bool conn_set_settings(struct conns *s, struct conn *c, const struct conn_settings *wanted)
{
    int number = conn_keep_settings(s, wanted);

    if (number < 0)
        return false;
    conn_drop_settings(s, c->settings);
    c->settings = (uint8_t)number;
    return true;
}

/* ---- the active block --------------------------------------------------------------------------------- */

struct conn_active *conn_activate_new(struct conns *s, struct conn *c)
{
    struct conn_active *a;

    c->active = slab_take(&s->actives);
    if (!c->active)
        return NULL;
    a = conn_active(s, c);
    memset(a, 0, offsetof(struct conn_active, board));
    scoreboard_init(&a->board, c->snd_una);
    return a;
}

void conn_fold_block(struct conns *s, struct conn *c, struct conn_active *a)
{
    if (reassembly_any(&a->ahead) || a->fin_early || a->dsack_len || c->flags & CONN_URGENT_IN)
        return;
    if (a->refs_done && c->state != CONN_CLOSED && !(c->flags & CONN_ORPHAN))
        return; /* the application has not yet heard of it */
    scoreboard_clear(&a->board, &s->arrays);
    slab_give(&s->actives, c->active);
    c->active = 0;
}

/* ---- marks -------------------------------------------------------------------------------------------- */

void conn_set_state(struct conns *s, struct conn *c, enum conn_state state)
{
    c->state = (uint8_t)state;
    s->counts.entered[state]++;
    conn_note_usual(s, c);
}

bool conn_may_answer(const struct conns *s, uint32_t *answered)
{
    uint32_t now = tick_of(s->now);

    if (*answered && now - *answered < tick_of(CONN_ANSWER_AGAIN_MS * TIME_MS))
        return false;
    *answered = now ? now : 1;
    return true;
}

void conn_drop_ahead(struct conns *s, struct conn_active *a)
{
    reassembly_clear(&a->ahead, &s->arrays, &s->queues);
    a->fin_early = false;
}

/* ---- the end ------------------------------------------------------------------------------------------ */

void conn_finish(struct conns *s, struct conn *c, int error)
{
    struct conn_active *a = conn_active(s, c);

    if (c->flags & CONN_IN_TABLE)
        table_remove(&s->table, TABLE_CONN, conn_index(s, c));
    c->flags &= ~(uint32_t)(CONN_IN_TABLE | CONN_WANT_WRITE | CONN_KEEP | CONN_PROBE_OWED | CONN_PROBED |
                            CONN_FORCE | CONN_TAIL_PROBE);
    c->loss_at = c->ack_at = c->other_at = 0;
    c->owe &= OWE_RST;
    c->dup_acks = 0;
    c->snd_una = c->snd_nxt;
    if (a) {
        a->refs_done += queue_clear(&a->send, &s->queues);
        scoreboard_clear(&a->board, &s->arrays);
        conn_drop_ahead(s, a);
        a->dsack_len = 0;
        if (error || c->flags & CONN_ORPHAN)
            queue_clear(&a->recv, &s->queues);
        if (!a->recv.bytes)
            c->flags &= ~(uint32_t)CONN_URGENT_IN;
    }
    conn_fold(s, c);
    conn_set_state(s, c, CONN_CLOSED);
    if (error) {
        s->counts.failed++;
        conn_cold(s, c)->error = error;
        conn_tells(s, c, CONN_EV_FAILED);
    } else {
        s->counts.closed++;
        if (c->flags & CONN_END_TOLD)
            conn_tells(s, c, CONN_EV_CLOSED);
    }
    conn_release(s, c);
}

void conn_release(struct conns *s, struct conn *c)
{
    if (c->state != CONN_CLOSED || !(c->flags & CONN_ORPHAN) || c->flags & (CONN_IN_OWING | CONN_IN_EVENTS) ||
        c->owe)
        return;
    if (c->next_hop != CONN_NO_HOP)
        s->hop_uses[c->next_hop]--;
    conn_drop_settings(s, c->settings);
    conn_next_generation(c);
    c->snd_wnd = s->free;
    s->free = conn_index(s, c) + 1;
    s->used--;
}

/* ---- the receive window ------------------------------------------------------------------------------- */

/* The limit is what the budget has; an empty queue invites a segment in any case, and a whole one when its
 * last bits are lost to the window's scale. */
uint32_t conn_window_within_budget(const struct conns *s, const struct conn *c)
{
    uint32_t unread = conn_unread(s, c), limit = conn_receive_limit(s, c);
    uint32_t most = budget_part(s, budget_receive_line(s), c->active ? &conn_active(s, c)->recv : NULL);
    uint32_t segment = c->mss + (1u << (c->scale >> 4)) - 1;

    if (most < segment && !unread)
        most = segment;
    return conn_window_for(c, unread, unread < limit && most < limit - unread ? unread + most : limit);
}
