/* The dot products that a cluster may have, bit for bit.
 *
 * Symbols: q [k] query vector, d [k] a document's vector, both float32.
 *
 * How a script's dotProduct() is computed differs between versions of Elasticsearch, of Java and of
 * the processor:
 *
 *   lucene-scalar    Lucene's DefaultVectorUtilSupport: from 33 dimensions on, four sums in turn;
 *                    a node without the Vector API (8.x on Java 17)
 *   lucene-…         Lucene's PanamaVectorUtilSupport: vectors of 128, 256 or 512 bits, four sums,
 *                    whole vectors left over go to the first sum, then single values. The Vector
 *                    API leaves the order in which the lanes of the last vector are added open:
 *                    one after the other while Java interprets the method, and always before
 *                    Java 24; on x86-64 since then the compiled method adds the upper half to the
 *                    lower one, again and again; on NEON neighbours are added
 *   simdvec-…        Elasticsearch's native library (9.4 with Java 22 or newer): AVX2, AVX-512,
 *                    NEON, SVE
 *
 * All of them are one scheme with other figures, which is what a Kernel is. Sources: apache/lucene
 * (9.12 and 10.4, org.apache.lucene.internal.vectorization), elastic/elasticsearch (libs/simdvec),
 * openjdk/jdk (c2_MacroAssembler_x86.cpp). */
#pragma once

#include <glib.h>

typedef enum {
    LANES_IN_ORDER, /* ((s0 + s1) + s2) + s3 … */
    LANES_FOLDED,   /* the upper half to the lower half, until one is left */
    LANES_IN_PAIRS, /* s0 + s1, s2 + s3, …, until one is left */
} KernelLanes;

typedef enum {
    REST_SINGLE,        /* all that does not fill a block: one value after the other */
    REST_VECTORS,       /* whole vectors go to the first sum, then single values */
    REST_MASKED_VECTOR, /* whole vectors, then one filled up with zeros, go to the sum of sums */
} KernelRest;

typedef struct {
    const char *name;
    guint lanes;        /* values of a vector: 1, 4, 8, 16 */
    guint sums;         /* vectors added in turn: a block is lanes × sums values */
    guint longer_than;  /* up to this k, there are only single values */
    gboolean fma;       /* vectors are multiplied and added with one rounding */
    gboolean fma_rest;  /* so are single values */
    gboolean sum_pairs; /* the sums are added as (s0 + s1) + (s2 + s3), else one by one */
    KernelRest rest;
    KernelLanes order;
    const char *summary;
} Kernel;

/* The table, and how many there are. */
extern const Kernel kernel_models[];
extern const guint kernel_models_count;

/* NULL if there is none of this name. */
const Kernel *kernel_by_name(const char *name);

/* The dot product of q [k] and d [k] as this kernel computes it. */
float kernel_dot(const Kernel *kernel, const float *q, const float *d, guint k);

/* The _score of `params.shift + dotProduct(params.query_vector, 'embedding') + doc['bias'].value`:
 * the kernel's float32, two additions in double, one rounding to float32. */
float kernel_score(const Kernel *kernel, const float *q, const float *d, guint k, double shift,
                   double bias);

/* What the same node computes while Java interprets the method, which can come back when a compiled
 * method is given up: the same kernel with lanes in order. NULL if there is no difference. */
const Kernel *kernel_interpreted(const Kernel *kernel);
