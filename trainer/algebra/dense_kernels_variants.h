/* The variants' tables, each defined in dense_kernels_NAME.c; internal to dense_kernels.c. */
#pragma once

#include "dense_kernels.h"

#define DENSE_KERNELS(name) DENSE_KERNELS_PASTE(name)
#define DENSE_KERNELS_PASTE(name) dense_kernels_##name

extern const DenseKernels dense_kernels_plain;
extern const DenseKernels dense_kernels_avx2;
extern const DenseKernels dense_kernels_avx512;
extern const DenseKernels dense_kernels_neon;
