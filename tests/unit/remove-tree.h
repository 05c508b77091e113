#ifndef HSMD_TESTS_REMOVE_TREE_H
#define HSMD_TESTS_REMOVE_TREE_H
/* A test's temporary directory, with all that is in it. */

#include <ftw.h>
#include <stdio.h>

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void) st;
        (void) type;
        (void) ftw;
        return remove(path);
}

/* 0, or what remove() said. */
static inline int remove_tree(const char *path) {
        return nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
