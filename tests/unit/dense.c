#include "dense.h"

#include <math.h>

static void swap(double *a, double *b)
{
    const double kept = *a;
    *a = *b;
    *b = kept;
}

static void move_pivot_up(double *a, double *b, guint n, guint column)
{
    guint pivot = column;
    for (guint row = column; row < n; row++)
        if (fabs(a[row * n + column]) > fabs(a[pivot * n + column]))
            pivot = row;
    for (guint j = 0; j < n; j++)
        swap(&a[column * n + j], &a[pivot * n + j]);
    swap(&b[column], &b[pivot]);
}

void dense_solve(double *a, double *b, guint n)
{
    for (guint column = 0; column < n; column++) {
        move_pivot_up(a, b, n, column);
        for (guint row = column + 1; row < n; row++) {
            const double factor = a[row * n + column] / a[column * n + column];
            for (guint j = column; j < n; j++)
                a[row * n + j] -= factor * a[column * n + j];
            b[row] -= factor * b[column];
        }
    }
    for (guint row = n; row-- > 0;) {
        for (guint j = row + 1; j < n; j++)
            b[row] -= a[row * n + j] * b[j];
        b[row] /= a[row * n + row];
    }
}
