#include "tiny_blas.h"
#include <stdio.h>

#define N 64

int main(void) {
  static double a[N * N], b[N * N], c[N * N];
  for (size_t i = 0; i < N * N; i++) {
    a[i] = (double)(i % 7);
    b[i] = (double)(i % 5);
  }
  tiny_gemm(N, a, b, c);
  printf("tiny-blas 1.4 trace %.0f\n", tiny_dot(N, c, b));
  return 0;
}
