#ifndef TINY_BLAS_H
#define TINY_BLAS_H
#include <stddef.h>

/* y = a*x + y, for n elements */
void tiny_axpy(size_t n, double a, const double *x, double *y);
/* the dot product of x and y */
double tiny_dot(size_t n, const double *x, const double *y);
/* C = A*B for square n*n matrices in row order */
void tiny_gemm(size_t n, const double *a, const double *b, double *c);
#endif
