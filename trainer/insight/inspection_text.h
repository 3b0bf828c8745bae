/* What inspection.h found, as tables for people. */
#pragma once

#include <stdio.h>

#include "inspection.h"

void inspection_print(const Inspection *found, FILE *out);
