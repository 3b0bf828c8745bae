/* Small dense systems of equations, for oracles. */
#pragma once

#include <glib.h>

/* Solves A x = b in place, A [n, n], b [n], by Gauss's elimination with pivots. */
void dense_solve(double *a, double *b, guint n);
