/* The variants' tables, each defined in kernels_NAME.c; internal to kernels.c. */
#pragma once

#include "kernels.h"

#define KERNELS(name) KERNELS_PASTE(name)
#define KERNELS_PASTE(name) kernels_##name

extern const Kernels kernels_plain;
extern const Kernels kernels_avx2;
extern const Kernels kernels_avx512;
extern const Kernels kernels_neon;
