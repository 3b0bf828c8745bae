/* The variants' tables, each defined in solver_kernels_NAME.c; internal to solver_kernels.c. */
#pragma once

#include "solver_kernels.h"

#define SOLVER_KERNELS(name) SOLVER_KERNELS_PASTE(name)
#define SOLVER_KERNELS_PASTE(name) solver_kernels_##name

extern const SolverKernels solver_kernels_plain;
extern const SolverKernels solver_kernels_avx2;
extern const SolverKernels solver_kernels_avx512;
extern const SolverKernels solver_kernels_neon;
