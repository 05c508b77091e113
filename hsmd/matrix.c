#include "matrix.h"

static bool is_there(const MatrixCell *cell) {
        return cell->state != KEY_UNKNOWN && cell->state != KEY_MISSING;
}

static bool is_usable(const MatrixCell *cell) {
        return cell->state == KEY_USABLE || cell->state == KEY_PRESENT_ONLY;
}

typedef struct Tally {
        unsigned there, usable, missing, failing, unknown, mismatch;
        bool starting, differ;
        Fingerprint first;
} Tally;

static void count(Tally *t, const MatrixCell *cell) {
        t->starting = t->starting || cell->starting;
        t->unknown += cell->state == KEY_UNKNOWN;
        t->missing += cell->state == KEY_MISSING;
        t->failing += cell->state == KEY_FAILING;
        t->mismatch += cell->state == KEY_MISMATCH;
        t->usable += is_usable(cell);
        t->there += is_there(cell);
        if (!is_there(cell) || cell->fingerprint.size == 0)
                return;
        if (t->first.size == 0)
                t->first = cell->fingerprint;
        else if (!fingerprint_equal(&t->first, &cell->fingerprint))
                t->differ = true;
}

static MatrixState state_of(const Tally *t, size_t n, const Fingerprint *pinned) {
        bool other = pinned->size > 0 && t->first.size > 0 && !fingerprint_equal(pinned, &t->first);

        if (t->unknown == n)
                return MATRIX_UNKNOWN;
        if (t->mismatch > 0 || t->differ || other)
                return MATRIX_DIFFERENT;
        if (t->usable == 0)
                return MATRIX_NOWHERE;
        if (t->missing > 0)
                return MATRIX_MISSING;
        return t->failing > 0 ? MATRIX_FAILING : MATRIX_IDENTICAL;
}

MatrixVerdict matrix_judge(const MatrixCell *cells, size_t n, const Fingerprint *pinned) {
        Tally t = {0};
        MatrixVerdict v = {0};

        for (size_t i = 0; i < n; i++)
                count(&t, &cells[i]);
        v.state = state_of(&t, n, pinned);
        v.usable = t.usable;
        v.unknown = t.unknown;
        v.complete = !t.starting;
        if (!t.differ)
                v.agreed = t.first;
        return v;
}
