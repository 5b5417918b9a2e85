#include "tiny_blas.h"

void tiny_axpy(size_t n, double a, const double *x, double *y) {
  for (size_t i = 0; i < n; i++) y[i] += a * x[i];
}

double tiny_dot(size_t n, const double *x, const double *y) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i] * y[i];
  return sum;
}

void tiny_gemm(size_t n, const double *a, const double *b, double *c) {
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++) c[i * n + j] = 0;
    for (size_t k = 0; k < n; k++) tiny_axpy(n, a[i * n + k], b + k * n, c + i * n);
  }
}
