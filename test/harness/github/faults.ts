/** Planned trouble: the next requests that match fail, hang or lose their connection. */

export interface Fault {
  readonly method?: string;
  /** Matched against the path without its query; git requests are matched too. */
  readonly path?: RegExp;
  /** Answered instead of GitHub's own status. Without it (and without `drop`) a fault only delays. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The answer's body; by default a message as GitHub writes it. */
  readonly body?: unknown;
  /** How many requests it hits; 1 unless told. */
  readonly times?: number;
  /** The request takes effect, then the trouble comes. By default nothing happens but the trouble. */
  readonly after?: boolean;
  /** Milliseconds to wait before answering. */
  readonly hang?: number;
  /** Cuts the connection instead of answering. */
  readonly drop?: boolean;
}

export class FaultPlan {
  #planned: { fault: Fault; left: number }[] = [];

  /** @returns what takes it back */
  add(fault: Fault): () => void {
    const planned = { fault, left: fault.times ?? 1 };
    this.#planned.push(planned);
    return () => {
      this.#planned = this.#planned.filter((one) => one !== planned);
    };
  }

  /** The fault that hits a request, used up by it. */
  take(method: string, path: string): Fault | null {
    const hit = this.#planned.find(({ fault }) => matches(fault, method, path));
    if (hit === undefined) return null;
    hit.left -= 1;
    this.#planned = this.#planned.filter(({ left }) => left > 0);
    return hit.fault;
  }

  /** The faults that hit nothing yet. */
  get pending(): readonly Fault[] {
    return this.#planned.map(({ fault }) => fault);
  }
}

function matches(fault: Fault, method: string, path: string): boolean {
  if (fault.method !== undefined && fault.method.toUpperCase() !== method) return false;
  return fault.path === undefined || fault.path.test(path);
}
