/** A refusal as GitHub words it: thrown by actions, answered by routes. */
export class Refusal extends Error {
  readonly status: number;
  readonly errors: readonly unknown[] | undefined;

  constructor(status: number, message: string, errors?: readonly unknown[]) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

export function refused(status: number, message: string, errors?: readonly unknown[]): Refusal {
  return new Refusal(status, message, errors);
}

/** 422 for one field. */
export function invalid(resource: string, field: string, code: string, message?: string): Refusal {
  const detail = { resource, field, code, ...(message === undefined ? {} : { message }) };
  return new Refusal(422, 'Validation Failed', [detail]);
}
